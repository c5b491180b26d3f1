"""A stress test of reporting thresholds: what moves if firms below another one need not declare.

It is a study of its own, over the panel of another: its figures before and after are measures over the same
firms, so that disclosure control sees both, and their difference, as one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from firmtrade.catalog import DEFINITIONS
from firmtrade.errors import StudyError, nearest
from firmtrade.study_file import StudySpec, make_study, read_raw

if TYPE_CHECKING:
    from pathlib import Path

    from firmtrade._engine.engine import Engine
    from firmtrade.assemble.panel import Panel

#: What a firm below the threshold is read as.
READ_AS = ("no-trade", "unknown")
_WORD = re.compile(r"[a-z_]+")


@dataclass(frozen=True)
class Stress:
    """The thresholds that are tried, by flow; `said` tells where they are from."""

    limits: Mapping[str, float]
    said: str
    read_as: str
    sample: str
    raw: Mapping[str, Any] = field(repr=False)
    file: str = ""


def limits_of(text: str) -> tuple[dict[str, float], str]:
    """({flow: threshold}, what they are) of 'BE:2015'. Raises StudyError where nothing is known of it."""
    from firmtrade.acquire.transactions.partners import find, named
    from firmtrade.assemble.trade.thresholds import known_countries, of_country

    country, _, year = text.partition(":")
    partner = find(country)
    if partner is None or not re.fullmatch(r"\d{4}", year):
        raise StudyError(f"--threshold-of '{text}': write a country and a year, such as BE:2015.")
    known = of_country(partner.code)
    found = {one.flow: one for one in known.entries if one.since <= int(year) <= one.until}
    if not found:
        years = sorted({f"{one.since}-{one.until}" for one in known.entries})
        there = f"known of it: {', '.join(years)}" if years else f"known: {', '.join(known_countries())}"
        raise StudyError(
            f"No threshold of {named(partner.code)} in {year} is known ({there}). Give it:  "
            f"--threshold-import "
            f"VALUE --threshold-export VALUE."
        )
    units = {one.unit for one in found.values()}
    if units != {"EUR"}:
        raise StudyError(
            f"The thresholds of {named(partner.code)} are in {', '.join(sorted(units))}. Give them in the "
            f"panel's "
            f"currency:  --threshold-import VALUE --threshold-export VALUE."
        )
    return {flow: one.value for flow, one in found.items()}, f"{named(partner.code)}, {year}"


def stress_spec(
    study: str | Path, limits: Mapping[str, float], said: str, read_as: str, sample: str
) -> StudySpec:
    """The stress test of a study's panel. Its tables are made when the years of the panel are known."""
    if read_as not in READ_AS:
        raise StudyError(
            f"A firm below is read as {' or '.join(READ_AS)}, not '{read_as}'.{nearest(read_as, READ_AS)}"
        )
    raw, name, base, file = read_raw(study)
    left = ("tables", "models", "published", "windows")
    kept = {key: value for key, value in raw.items() if key not in left}
    kept["title"] = f"Stress test of reporting thresholds: {raw.get('title', name)}"
    kept["subtitle"] = _subtitle(limits, said, read_as)
    spec = make_study(kept, f"{name}-stress", base, file)
    spec.catalog.get(sample, "sample", where="--sample")
    return replace(spec, stress=Stress(limits, said, read_as, sample, kept, file))


def _subtitle(limits: Mapping[str, float], said: str, read_as: str) -> str:
    parts = [f"{flow.replace('_intra', 's')} from {value:,.0f}" for flow, value in sorted(limits.items())]
    below = "do not trade" if read_as == "no-trade" else "are of unknown trade"
    return f"{' and '.join(parts)} a year with the union ({said}); firms below {below}"


def stressed(engine: Engine, panel: Panel, stress: Stress) -> Panel:
    """The panel with each flow as it would be declared; raises StudyError for flows without values."""
    values = []
    for flow in ("import_intra", "export_intra"):
        if flow not in panel.columns:
            raise StudyError(f"The panel has no {flow}: there is nothing to test.")
        limit = stress.limits.get(flow, 0.0)
        if flow in panel.flags and limit:
            raise StudyError(f"The panel's {flow} says only whether a firm trades, and not from which value.")
        below = "cast(0 as integer)" if stress.read_as == "no-trade" else "null"
        values.append(
            f"case when {flow} > 0 and {flow} < {limit!r} then {below} else {flow} end as stressed_{flow}"
        )
    listed = ", ".join([*panel.columns, *values])
    engine.view("panel", f"select {listed} from {panel.rows}")
    return replace(panel, columns=engine.describe("panel"))


def completed(spec: StudySpec, years: Iterable[int]) -> StudySpec:
    """The study with the words, windows and tables of the test, for the years of the panel."""
    stress = spec.stress
    assert stress is not None
    listed = sorted(years)
    asked = tomllib.loads((DEFINITIONS / "stress.toml").read_text(encoding="utf-8"))
    starts = [year for year in listed if {year + 1, year + 2} <= set(listed)]
    raw = {
        **stress.raw,
        "title": spec.title,
        "subtitle": spec.subtitle,
        "measures": {**stress.raw.get("measures", {}), **_measures(asked)},
        "windows": {f"from-{year}": {"t0": year, "t1": year + 1, "outcome": year + 2} for year in starts},
        "tables": dict(_tables(asked, stress.sample, listed, starts)),
    }
    made = make_study(raw, spec.name, spec.base, stress.file)
    return replace(made, stress=stress)


def _measures(asked: Mapping[str, Any]) -> dict[str, Any]:
    """For each figure and flow: numerator, denominator and percentage before and after, and what moved."""
    found: dict[str, Any] = {}
    for name, figure in asked["figures"].items():
        for flow, words in asked["flows"].items():
            label = figure["title"].format(flow=words["title"])
            prefix = f"stress-{name}-{flow}"
            for when in ("before", "after"):
                found |= _one(f"{prefix}-{when}", figure, words[when], f"{label}, {when}")
            key = prefix.replace("-", "_")
            moved = f"{key}_after - {key}_before"
            found[f"{prefix}-moved"] = _word("Difference (percentage points)", moved, "percentage points", 2)
    return found


def _one(name: str, figure: Mapping[str, Any], condition: str, label: str) -> dict[str, Any]:
    points = {point: _at(condition, point) for point in ("t0", "t1", "outcome")}
    top, bottom = (figure[part].format(x=condition, **points) for part in ("top", "bottom"))
    key = name.replace("-", "_")
    return {
        f"{name}-top": _word(label, top, "count", 0),
        f"{name}-bottom": _word(f"{label}: firms that the percentage is taken of", bottom, "count", 0),
        name: _word(f"{label} (%)", f"100 * {key}_top / {key}_bottom", "percent", 2, figure["text"]),
    }


def _word(title: str, expr: str, unit: str, decimals: int, text: str = "") -> dict[str, Any]:
    said = {"text": text} if text else {}
    return {"title": title, "expr": expr, "unit": unit, "decimals": decimals, "source": "own", **said}


def _at(condition: str, point: str) -> str:
    """The condition about one point of a window: each name in it is that of the point."""
    return _WORD.sub(
        lambda word: word[0] if word[0] in ("or", "and", "not") else f"{point}.{word[0]}", condition
    )


def _tables(
    asked: Mapping[str, Any], sample: str, years: list[int], starts: list[int]
) -> Iterator[tuple[str, Any]]:
    for name, figure in asked["figures"].items():
        windowed = bool(figure.get("window"))
        if not (starts if windowed else years):
            continue
        for flow, words in asked["flows"].items():
            parts = ("before-top", "after-top", "before", "after", "moved")
            entry: dict[str, Any] = {
                "title": figure["title"].format(flow=words["title"]),
                "section": figure["title"].split(":")[0].split(" with ")[0],
                "sample": sample,
                "measures": [f"stress-{name}-{flow}-{part}" for part in parts],
                "rows": ["period"],
                "columns": ["measure"],
                "notes": [figure["text"]],
            }
            if windowed:
                entry["cells"] = [{"window": f"from-{year}"} for year in starts]
            else:
                entry["period"] = [str(year) for year in years]
            yield f"stress-{name}-{flow}", entry
