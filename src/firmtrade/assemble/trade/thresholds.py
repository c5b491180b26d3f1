"""Reporting thresholds: from which yearly value on a firm must declare its trade.

What is known is data: definitions/thresholds.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from firmtrade.acquire.contract import FLOWS
from firmtrade.acquire.transactions.partners import find
from firmtrade.catalog import DEFINITIONS
from firmtrade.errors import StudyError, nearest

_FIELDS = {"country", "union", "values"}
_VALUE = {"flow", "from", "until", "value", "unit", "source"}


@dataclass(frozen=True)
class Threshold:
    """From `value` of the flow in a year a firm must declare it; holds in the years `since` to `until`."""

    country: str
    flow: str
    since: int
    until: int
    value: float
    source: str
    unit: str = "EUR"


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of one country, or those that a study gives itself."""

    country: str
    entries: tuple[Threshold, ...] = ()

    def of(self, flow: str, year: int) -> float | None:
        """The threshold of a flow (import_intra ...) in a year; None where none is known."""
        return next(
            (one.value for one in self.entries if one.flow == flow and one.since <= year <= one.until), None
        )

    def changes(self, years: Iterable[int]) -> list[tuple[int, str, float, float]]:
        """(year, flow, threshold before, from then on) of each change from one of the years to the next.

        Where the threshold of one of two years is not known, nothing is said.
        """
        found = []
        for before, year in pairwise(sorted(years)):
            for flow in FLOWS:
                old, new = self.of(flow, before), self.of(flow, year)
                if old is not None and new is not None and old != new:
                    found.append((year, flow, old, new))
        return found


def thresholds(entry: Mapping[str, Any], home: str, where: str) -> Thresholds:
    """The thresholds of a study's part [thresholds]; without one, those that are known of its country."""
    for key in entry:
        if key not in _FIELDS:
            raise StudyError(f"{where}, [thresholds]: '{key}' is not known.{nearest(key, _FIELDS)}")
    country = _country(entry["country"], where) if "country" in entry else home
    own = tuple(_read(country, value, f"{where}, [thresholds]") for value in entry.get("values", ()))
    return Thresholds(country, own or of_country(country).entries)


def of_country(code: str) -> Thresholds:
    """The built-in thresholds of a country; empty where none is known."""
    return Thresholds(code, tuple(one for one in _built_in() if one.country == code))


def known_countries() -> tuple[str, ...]:
    """The countries of which thresholds are known."""
    return tuple(sorted({one.country for one in _built_in()}))


@lru_cache(maxsize=1)
def _built_in() -> tuple[Threshold, ...]:
    path = DEFINITIONS / "thresholds.toml"
    parts = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        _read(country, value, path.name) for country, values in parts.items() for value in values["values"]
    )


def _country(text: Any, where: str) -> str:
    found = find(str(text))
    if found is None or not found.is_country:
        raise StudyError(f"{where}, [thresholds]: '{text}' is no country.")
    return found.code


def _read(country: str, entry: Mapping[str, Any], where: str) -> Threshold:
    for key in entry:
        if key not in _VALUE:
            raise StudyError(f"{where}: '{key}' is not known.{nearest(key, _VALUE)}")
    for key in ("flow", "value", "source"):
        if key not in entry:
            raise StudyError(f"{where}: a threshold has a flow, a value and a source; '{key}' is missing.")
    if entry["flow"] not in FLOWS:
        raise StudyError(f"{where}: '{entry['flow']}' is no flow.{nearest(str(entry['flow']), FLOWS)}")
    return Threshold(
        country, entry["flow"], int(entry.get("from", 0)), int(entry.get("until", 9999)),
        float(entry["value"]), str(entry["source"]), str(entry.get("unit", "EUR")),
    )  # fmt: skip
