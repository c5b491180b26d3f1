"""Which partners are inside a union of countries, by date (definitions/blocs.toml, or [blocs] of a study)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from firmtrade.acquire.transactions.partners import find
from firmtrade.catalog import DEFINITIONS
from firmtrade.errors import StudyError, nearest

#: First and last month that can be meant, as 195801.
EVER, NEVER = 190001, 999912
_FIELDS = {
    "title",
    "text",
    "source",
    "members",
    "through",
    "changes",
    "inside",
    "outside",
    "like",
    "as_of",
    "from",
}
_MEMBER = {"codes", "from", "until", "source", "member"}
_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Bloc:
    """A union: the first and last month of each membership by partner code.

    `direct` are the members themselves, without territories that are inside through one of them; `inside` and
    `outside` are special codes that say by themselves where they are.
    """

    name: str
    title: str
    source: str
    spans: Mapping[str, Spans]
    direct: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()

    def member(self, code: str, month: int) -> bool:
        """Whether a partner is a member in a month (as 200405)."""
        return any(first <= month <= last for first, last in self.spans.get(code, ()))

    def holds(self, code: str, year: int, month: int = 0, joining: str = "december") -> bool | None:
        """Whether trade with a partner in a month (0: in the year) is inside; None where nobody can tell.

        A year in which the partner joins or leaves is decided by `joining`: its membership in december or in
        january, or unknown.
        """
        if code in self.inside or code in self.outside:
            return code in self.inside
        partner = find(code)
        if code not in self.spans and (partner is None or not partner.is_country):
            return None
        if month:
            return self.member(code, year * 100 + month)
        first, last = self.member(code, year * 100 + 1), self.member(code, year * 100 + 12)
        if joining == "unknown":
            months = {self.member(code, year * 100 + n) for n in range(1, 13)}
            return first if len(months) == 1 else None
        return last if joining == "december" else first

    def changes(self) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
        """(month, who joins, who leaves) of each change of members after the first, in order."""
        joined: dict[int, list[str]] = {}
        left: dict[int, list[str]] = {}
        for code in sorted(self.direct):
            for first, last in self.spans.get(code, ()):
                joined.setdefault(first, []).append(code)
                left.setdefault(_after(last), []).append(code)
        months = sorted({*joined, *left} - {NEVER, EVER})
        return [(month, tuple(joined.get(month, ())), tuple(left.get(month, ()))) for month in months[1:]]


def bloc(name: str, own: Mapping[str, Any] | None = None, where: str = "study") -> Bloc:
    """A bloc by its name: one of the study's own, else a built-in one; raises StudyError."""
    entries = {**_built_in(), **(own or {})}
    if name not in entries:
        raise StudyError(
            f"{where}: there is no union '{name}'.{nearest(name, entries)} Known: {', '.join(entries)}; "
            f'your own is  [blocs.{name}] with members = [{{ codes = ["BE", ...], from = "1995-01" }}].'
        )
    return _read(name, entries, where, ())


def bloc_names() -> tuple[str, ...]:
    """The built-in blocs."""
    return tuple(_built_in())


@lru_cache(maxsize=1)
def _built_in() -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads((DEFINITIONS / "blocs.toml").read_text(encoding="utf-8"))
    return found


def _read(name: str, entries: Mapping[str, Any], where: str, trail: tuple[str, ...]) -> Bloc:
    entry, at = entries[name], f"{where}, [blocs.{name}]"
    if name in trail or not isinstance(entry, Mapping):
        raise StudyError(f"{at}: a bloc has members and may be like another, but not like itself.")
    for key in entry:
        if key not in _FIELDS:
            raise StudyError(f"{at}: '{key}' is not known.{nearest(key, _FIELDS)}")
    model = entry.get("like")
    if model is not None and model not in entries:
        raise StudyError(f"{at}: like = '{model}' names no bloc.{nearest(str(model), entries)}")
    base = _read(model, entries, where, (*trail, name)) if model else Bloc(name, "", "", {})
    spans = {code: list(found) for code, found in base.spans.items()}
    if "from" in entry:
        start = _month(entry["from"], at)
        spans = {code: _clipped(found, start, NEVER) for code, found in spans.items()}
    for change in entry.get("changes", ()):
        for code in _codes(change, at):
            spans[code] = []
    _add(spans, (*entry.get("members", ()), *entry.get("changes", ())), at)
    direct = base.direct | {code for code in spans if code not in base.spans}
    _through(spans, entry.get("through", ()), at)
    if "as_of" in entry:
        month = _month(entry["as_of"], at)
        spans = {
            code: [(EVER, NEVER)] for code, found in spans.items() if any(a <= month <= b for a, b in found)
        }
    return Bloc(
        name,
        entry.get("title", name),
        entry.get("source", "own"),
        {code: _joined(found) for code, found in sorted(spans.items()) if found},
        frozenset(direct),
        frozenset(entry.get("inside", base.inside)),
        frozenset(entry.get("outside", base.outside)),
    )


def _add(spans: dict[str, list[tuple[int, int]]], members: tuple[Any, ...], where: str) -> None:
    for member in members:
        first, last = _span(member, where)
        for code in _codes(member, where):
            spans.setdefault(code, []).append((first, last))


def _through(spans: dict[str, list[tuple[int, int]]], parts: tuple[Any, ...], where: str) -> None:
    """Territories that a member's trade contains are inside when it is."""
    for part in parts:
        first, last = _span(part, where)
        for code in _codes(part, where):
            found = spans.get(str(part.get("member")), [])
            spans.setdefault(code, []).extend(_clipped(found, first, last))


def _codes(member: Any, where: str) -> list[str]:
    if not isinstance(member, Mapping) or not member.get("codes"):
        raise StudyError(f'{where}: a member is written {{ codes = ["BE", ...], from = "1995-01" }}.')
    for key in member:
        if key not in _MEMBER:
            raise StudyError(f"{where}: '{key}' is not known.{nearest(key, _MEMBER)}")
    codes = []
    for text in member["codes"]:
        found = find(str(text))
        if found is None or not found.is_country:
            raise StudyError(f"{where}: '{text}' is no country.")
        codes.append(found.code)
    return codes


def _span(member: Any, where: str) -> tuple[int, int]:
    first = _month(member["from"], where) if "from" in member else EVER
    last = _month(member["until"], where) if "until" in member else NEVER
    if first > last:
        raise StudyError(f"{where}: a member is in from {member['from']} until {member['until']}.")
    return first, last


def _month(text: Any, where: str) -> int:
    found = _MONTH.match(str(text))
    if not found or not 1 <= int(found[2]) <= 12:
        raise StudyError(f"{where}: '{text}' is not a month such as 2004-05.")
    return int(found[1] + found[2])


def _clipped(spans: list[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    cut = [(max(first, a), min(last, b)) for a, b in spans]
    return [(a, b) for a, b in cut if a <= b]


def _joined(spans: list[tuple[int, int]]) -> Spans:
    """Spans that follow or overlap each other are one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= _after(found[-1][1]):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _after(month: int) -> int:
    """The month after: 200412 -> 200501."""
    if month >= NEVER:
        return NEVER
    return month + 89 if month % 100 == 12 else month + 1
