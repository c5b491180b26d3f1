"""The figures of tests/golden/survival/make.R by our own methods, under the same names."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandas as pd

from firmtrade.estimate.survival.discrete import discrete
from firmtrade.estimate.survival.hazards import cox
from firmtrade.estimate.survival.kaplan_meier import Curve, curves, incidence
from firmtrade.estimate.survival.logrank import logrank

GOLDEN = Path(__file__).parent / "golden" / "survival"
TERMS = {"both": "both", "one": "one", None: "x"}


def expected(text: str) -> dict[str, float]:
    """What make.R printed; NA is not a number."""
    rows = csv.DictReader(text.splitlines())
    return {row["figure"]: math.nan if row["value"] == "NA" else float(row["value"]) for row in rows}


def ours(durations: pd.DataFrame) -> dict[str, float]:
    """The same figures from the package."""
    frame = durations.rename(columns={"cause": "event"})
    single = frame.loc[~frame["firm"].duplicated()]
    zero = single.assign(entry=0)
    found: dict[str, float] = {}
    for name, data in (("greenwood", single), ("by-firm", frame), ("from-zero", zero)):
        for curve in curves(data, "mode"):
            found |= _curve(name, curve)
    for curve in incidence(frame, "mode", firm="row"):
        cause = {1: "death", 2: "merger"}[curve.cause]
        for step in curve.steps:
            key = f"incidence/{curve.group}/{cause}/{step.time:g}"
            found |= {f"{key}/share": step.survival, f"{key}/error": step.error}
    for name, strata in (("plain", None), ("strata", "area")):
        found |= _logrank(name, frame, strata)
        found |= _cox(name, frame, strata)
    for link in ("cloglog", "logit"):
        found |= _yearly(link, frame)
    return found


def _curve(name: str, curve: Curve) -> dict[str, float]:
    found = {}
    for step in curve.steps:
        key = f"{name}/{curve.group}/{step.time:g}"
        found |= {f"{key}/n": step.at_risk, f"{key}/survival": step.survival, f"{key}/error": step.error}
        found |= {f"{key}/{side}": getattr(step, side) for side in ("low", "high")}
    return {key: math.nan if value is None else value for key, value in found.items()}


def _logrank(name: str, frame: pd.DataFrame, strata: str | None) -> dict[str, float]:
    plain = logrank(frame.assign(entry=0), "mode", strata=strata)
    late = logrank(frame.iloc[:60], "mode", strata=strata)
    groups = {f"logrank/{name}/expected/{each.group}": each.expected for each in plain.groups}
    return {f"logrank/{name}/chi2": plain.chi2, f"logrank/{name}/truncated": late.chi2, **groups}


def _cox(name: str, frame: pd.DataFrame, strata: str | None) -> dict[str, float]:
    found = {}
    model = cox(frame, {"mode": "none"}, ("x",), strata=strata)
    found[f"cox/{name}/likelihood"] = model.log_likelihood
    for effect in model.effects:
        found[f"cox/{name}/{TERMS[effect.level]}"] = effect.estimate
        found[f"cox/{name}/{TERMS[effect.level]}/error"] = effect.error
    for effect in cox(frame, {"mode": "none"}, ("x",), strata=strata, errors="by-firm").effects:
        found[f"cox/{name}/{TERMS[effect.level]}/by-firm"] = effect.error
    for ours_, theirs in (("time", "identity"), ("log", "log")):
        tests = cox(frame, {"mode": "both"}, ("x",), strata=strata, transform=ours_).proportionality
        found |= {f"zph/{name}/{theirs}/{test.term}": test.chi2 for test in tests}
    return found


def _yearly(link: str, frame: pd.DataFrame) -> dict[str, float]:
    found = {}
    for errors, name in (("model", "error"), ("by-firm", "by-firm")):
        model = discrete(frame, {"mode": "none"}, ("x",), link=link, errors=errors)
        found[f"yearly/{link}/likelihood"] = model.log_likelihood
        for effect in model.effects:
            found[f"yearly/{link}/{TERMS[effect.level]}"] = effect.estimate
            found[f"yearly/{link}/{TERMS[effect.level]}/{name}"] = effect.error
    return found


def differences(mine: dict[str, float], theirs: dict[str, float]) -> list[str]:
    """Figures that are not the same.

    R says NaN for an interval where nobody has the event yet or nobody is left, and 1 or 0 for one of its
    sides; ours has none. Its error where nobody is left is NaN, ours 0. Everything else agrees to 1e-6.
    """
    wrong = [
        f"{key} is only in {'ours' if key in mine else 'R'}" for key in sorted(mine.keys() ^ theirs.keys())
    ]
    for key in sorted(mine.keys() & theirs.keys()):
        own, other = mine[key], theirs[key]
        if math.isnan(own) or math.isnan(other):
            base = key.rsplit("/", 1)[0]
            if theirs.get(f"{base}/survival") not in (0, 1):
                wrong.append(f"{key}: {own} is not {other}")
        elif abs(own - other) > 1e-6 * max(1, abs(other)):
            wrong.append(f"{key}: {own} is not {other}")
    return wrong
