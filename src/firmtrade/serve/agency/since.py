"""An opened evaluation by year since the support: the rows of its table, and the same as a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from firmtrade.serve.draw import Picture, Point, Series, both
from firmtrade.serve.speak import Tongue
from firmtrade.support.impact.judge import IMPACT, may_say

#: The year that all others are compared with.
REFERENCE = -1


@dataclass(frozen=True)
class Year:
    """A year since the support (negative: before it); effect and bounds as they are printed, None if unknown.

    `low` and `high` are None where an interval has no width (all firms of a side moved alike) or no end.
    """

    key: int
    effect: float | None
    low: float | None
    high: float | None
    supported: int
    others: int


@dataclass(frozen=True)
class Since:
    """What the page shows: years, their decimals and unit, the chart (None: nothing to draw), its notes."""

    years: tuple[Year, ...]
    decimals: int
    unit: str
    chart: Markup | None
    notes: tuple[str, ...]


def since(found: Mapping[str, Any], share: bool, tongue: Tongue) -> Since:
    """The effect by year of `found` (an opening's JSON): percentage points of a `share`, log points else."""
    years = tuple(_year(each, 100.0 if share else 1.0) for each in found["by_year_since"])
    unit = tongue.say("agency.unit_points" if share else "agency.unit_log")
    decimals = 1 if share else 3
    word = (found["judged"] or {}).get("word")
    if not any(each.effect is not None for each in years):
        return Since(years, decimals, unit, None, ())
    chart = both(_picture(years, decimals, unit, tongue), "since")
    return Since(years, decimals, unit, chart, tuple(_notes(years, word == IMPACT, tongue.say)))


def verdict(found: Mapping[str, Any]) -> str:
    """What the page says of it: "impact", "none" (not to be told from none), "withheld", "" (no estimate)."""
    judged, effect = found["judged"], found["effect"] or {}
    if not judged:
        return ""
    if judged["word"] != IMPACT:
        return "withheld"
    return "impact" if may_say(IMPACT, effect.get("low"), effect.get("high")) == IMPACT else "none"


def _year(each: Mapping[str, Any], unit: float) -> Year:
    effect, low, high = (_finite(each[name], unit) for name in ("effect", "low", "high"))
    if low is None or high is None or low == high:
        low = high = None
    return Year(each["key"], effect, low, high, each["supported"], each["others"])


def _finite(value: float | str | None, unit: float) -> float | None:
    """The number; None for one that is unknown, or infinite (a word in the JSON)."""
    return unit * value if isinstance(value, (int, float)) else None


def _picture(years: tuple[Year, ...], decimals: int, unit: str, tongue: Tongue) -> Picture:
    """Effects since the support, and apart those before it, which check that both sides moved alike."""
    say = tongue.say
    after = tuple(_point(each, decimals, tongue) for each in years if each.key > REFERENCE)
    before = tuple(_point(each, decimals, tongue) for each in years if each.key < REFERENCE)
    # The year of reference has a place on the axis and no figure: it is 0 because all is measured from it.
    named = ((say("agency.since_after"), after), (say("agency.since_before"), (*before, Point("-1", None))))
    return Picture(
        title=f"{say('agency.by_year')} ({unit})",
        series=tuple(Series(label, points) for label, points in named if points),
        kind="intervals",
        axis=say("agency.since_axis", unit=unit),
        description=_described(years, say),
        number=tongue.number,
        breaks=(str(REFERENCE),),
        below=say("agency.years_since_support"),
    )


def _point(each: Year, decimals: int, tongue: Tongue) -> Point:
    if each.effect is None:
        return Point(str(each.key), None, "-")
    text = tongue.number(each.effect, decimals)
    if each.low is not None and each.high is not None:
        text += f" ({tongue.number(each.low, decimals)} … {tongue.number(each.high, decimals)})"
    return Point(str(each.key), each.effect, text, each.low, each.high)


def _described(years: tuple[Year, ...], say: Callable[..., str]) -> str:
    """The chart in words: how many intervals leave nought out, before and since."""
    told = []
    for part, chosen in (
        ("before", [y for y in years if y.key < 0]),
        ("after", [y for y in years if y.key >= 0]),
    ):
        known = [(y.low, y.high) for y in chosen if y.low is not None and y.high is not None]
        above, below = sum(low > 0 for low, _ in known), sum(high < 0 for _, high in known)
        told.append(say(f"agency.since_told_{part}", known=len(known), above=above, below=below))
    return " ".join(told)


def _notes(years: tuple[Year, ...], impact: bool, say: Callable[..., str]) -> list[str]:
    """What stands below the chart; what is not drawn is named."""
    notes = [] if impact else [say("agency.since_withheld")]
    notes.append(say("agency.since_help"))
    unknown = [each for each in years if each.effect is None]
    alike = [each for each in years if each.effect is not None and each.low is None]
    if unknown:
        notes.append(say("agency.since_unknown", years=_listed(unknown)))
    if alike:
        notes.append(say("agency.since_alike", years=_listed(alike)))
    return notes


def _listed(years: Iterable[Year]) -> str:
    return ", ".join(str(each.key) for each in years)
