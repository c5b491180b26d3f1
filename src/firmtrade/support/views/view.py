"""A view: what the report recommends, a number with its meaning and limits, and a list of firms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError, nearest
from firmtrade.support.register.kinds import plain
from firmtrade.support.words import Part, checked, cited, read_toml


class Words(Part):
    """What views.toml says of a view."""

    title: str
    recommends: str
    meaning: str
    limits: str
    evidence: tuple[str, ...]
    contrary: tuple[str, ...]


@cache
def words() -> Mapping[str, Words]:
    """The words of each view by its number, '01' to '12'."""
    found = {}
    for name, entry in read_toml(Path(__file__).parent / "views.toml").items():
        found[name] = checked(Words, entry, f"views.toml, [{name}]")
        for each in (*found[name].evidence, *found[name].contrary):
            cited(each, f"views.toml, [{name}]")
    return found


def number(name: str) -> str:
    """'02' of '2'. DataError for a view that there is not."""
    plain_name = name.zfill(2)
    if plain_name not in words():
        raise DataError(f"There is no view '{name}': 01 to 12.{nearest(plain_name, words())}")
    return plain_name


@dataclass(frozen=True)
class Figure:
    """A number: `value` (None: there is none, and `of` says why), its unit and what it was counted from."""

    title: str
    value: float | None
    unit: str = "firms"
    of: str = ""

    @property
    def text(self) -> str:
        """The number as it is read."""
        if self.value is None:
            return "-"
        told = f"{self.value:,.1f}" if self.unit in ("%", "days", "points", "years") else f"{self.value:,.0f}"
        return f"EUR {told}" if self.unit == "EUR" else f"{told} {self.unit}"


@dataclass(frozen=True)
class Listed:
    """A list: its columns and rows; `firms` says that rows are named firms."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    firms: bool = True


@dataclass(frozen=True)
class View:
    """A recommendation at a day. The first figure is the number."""

    number: str
    day: date
    figures: tuple[Figure, ...]
    lists: tuple[Listed, ...] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> Words:
        """What is recommended, meant and limited."""
        return words()[self.number]

    def as_json(self, listed: int | None = None) -> dict[str, Any]:
        """The view for JSON; at most `listed` rows of each list (None: all)."""
        said = self.words
        return {
            "view": self.number,
            "title": said.title,
            "date": self.day.isoformat(),
            "recommends": said.recommends,
            "meaning": said.meaning,
            "limits": said.limits,
            "evidence": list(said.evidence),
            "contrary": list(said.contrary),
            "figures": [vars(each) for each in self.figures],
            "warnings": list(self.warnings),
            "lists": [
                {
                    "title": each.title,
                    "rows_in_all": len(each.rows),
                    "rows": [
                        dict(zip(each.header, map(plain, row), strict=True)) for row in each.rows[:listed]
                    ],
                }
                for each in self.lists
            ],
        }


def share(part: int, whole: int, title: str, of: str) -> Figure:
    """A share in per cent; no number of nothing."""
    return Figure(title, 100 * part / whole if whole else None, "%", f"{part:,} of {whole:,} {of}")


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    from statistics import median

    return float(median(values)) if values else None
