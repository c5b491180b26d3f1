"""From curves, tests and hazard ratios to the tables of a report, each figure with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from firmtrade.estimate.data import Data
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import Model
from firmtrade.estimate.survival.hazards import Effect, HazardModel
from firmtrade.estimate.survival.kaplan_meier import AtRisk, Curve, Step
from firmtrade.estimate.survival.logrank import LogRank
from firmtrade.result import Chart, Evidence, Finding, Result

Codes = Mapping[str, str]


def joined(curve: Curve, fewest: int) -> list[tuple[Step, int]]:
    """The steps that are shown, each with the firms that had the event since the one before.

    Steps with fewer firms than `fewest` are joined with the next: the curve is told where enough has
    happened, and the figures do not tell of few firms when they left. What happens after the last is not
    told.
    """
    found, since = [], 0
    for step in curve.steps:
        since += step.event_firms
        if since >= fewest:
            found.append((step, since))
            since = 0
    return found


def curve_lines(
    sample: str,
    period: str,
    found: Iterable[Curve],
    groups: str | None,
    fewest: int,
    statistic: str = "survival",
) -> list[Line]:
    """Share and interval at the start and at each step that is shown, of each group."""
    lines = []
    for curve in found:
        codes = {groups: curve.group} if groups else {}
        if statistic == "incidence":
            codes["exit-reason"] = "death" if curve.cause == 1 else "merger"
        shown = joined(curve, fewest)
        if shown:
            start = Evidence("count", curve.firms)
            value = 0.0 if statistic == "incidence" else 100.0
            begin = {**codes, "duration": f"{curve.since:g}"}
            lines.append(Line(sample, period, statistic, value, start, begin))
        for step, since in shown:
            lines += _step(sample, period, statistic, step, since, {**codes, "duration": f"{step.time:g}"})
    return lines


def _step(sample: str, period: str, statistic: str, step: Step, since: int, codes: Codes) -> list[Line]:
    evidence = Evidence("survival-step", step.firms, None, step.largest, since)
    values = (
        (statistic, step.survival), (f"{statistic}-low", step.low), (f"{statistic}-high", step.high),
    )  # fmt: skip
    return [
        Line(sample, period, name, None if value is None else 100 * value, evidence, codes)
        for name, value in values
    ]


def risk_lines(sample: str, period: str, found: Iterable[AtRisk], groups: str | None) -> list[Line]:
    """The numbers at risk."""
    return [
        Line(
            sample, period, "at-risk", float(each.spells),
            Evidence("count", each.firms, None, each.largest),
            {**({groups: each.group} if groups else {}), "duration": f"{each.time:g}"},
        )
        for each in found
    ]  # fmt: skip


def curve_tables(
    model: Model, data: Data, lines: list[Line], risk: list[Line], groups: str | None, title: str
) -> list[Result]:
    """The figure, and the numbers at risk that belong below it."""
    several = _several(lines)
    by = (*several, *([groups] if groups else []))
    facet = several[0] if several else None
    chart = Chart(
        "steps", "duration", groups, facet, measure="survival", low="survival-low", high="survival-high"
    )
    name = "Numbers at risk, by years"
    return [
        table(model, data.catalog, "curve", title, lines, (*by, "duration"), chart=chart),
        table(model, data.catalog, "at-risk", name, risk, by or ("measure",), ("duration",)),
    ]


def incidence_table(model: Model, data: Data, lines: list[Line], groups: str | None, title: str) -> Result:
    """The figure of who has left for which reason, a panel for each group."""
    by = (*_several(lines), *([groups] if groups else []), "exit-reason", "duration")
    chart = Chart(
        "steps",
        "duration",
        "exit-reason",
        groups,
        measure="incidence",
        low="incidence-low",
        high="incidence-high",
    )
    return table(model, data.catalog, "incidence", title, lines, by, chart=chart)


def _several(lines: Iterable[Line]) -> tuple[str, ...]:
    """'sample' where the lines are of several."""
    return ("sample",) if len({line.sample for line in lines}) > 1 else ()


def median_lines(sample: str, period: str, found: Iterable[Curve], groups: str | None) -> list[Line]:
    """The median of each group."""
    return [
        Line(
            sample,
            period,
            "median-survival",
            curve.median,
            _at_median(curve),
            {groups: curve.group} if groups else {},
        )
        for curve in found
    ]


def _at_median(curve: Curve) -> Evidence:
    """The firms at risk when half have gone; where there is no median, all."""
    step = curve.at(curve.median) if curve.median is not None else None
    return Evidence("count", step.firms if step else curve.firms, None, step.largest if step else None)


def logrank_lines(sample: str, period: str, found: LogRank) -> list[Line]:
    """The test, with the smallest group as its evidence."""
    firms = min(group.firms for group in found.groups)
    evidence = Evidence("test-statistic", firms, None, None, min(group.event_firms for group in found.groups))
    values = (("logrank-chi2", found.chi2), ("logrank-p", found.p))
    return [Line(sample, period, name, value, evidence) for name, value in values]


def effect_lines(
    sample: str, period: str, found: HazardModel, name: str, groups: str | None, titles: Mapping[str, str]
) -> list[Line]:
    """Ratio, interval and p of each term; `titles` are those of the numbers by their column."""
    lines = []
    for effect in found.effects:
        codes = {"hazard-model": name, **_codes(effect, groups, titles)}
        evidence = Evidence("coefficient", effect.firms, effect.degrees, effect.largest, effect.event_firms)
        for statistic, value in (
            ("hazard-ratio", effect.ratio),
            ("hazard-ratio-low", effect.ratio_low),
            ("hazard-ratio-high", effect.ratio_high),
            ("hazard-p", effect.p),
        ):
            lines.append(Line(sample, period, statistic, value, evidence, codes))
    return lines


def _codes(effect: Effect, groups: str | None, titles: Mapping[str, str]) -> dict[str, str]:
    if effect.level is not None and groups:
        return {groups: effect.level}
    return {"term": titles.get(effect.term, effect.term)}


def proportional_lines(
    sample: str, period: str, found: HazardModel, name: str, titles: Mapping[str, str]
) -> list[Line]:
    """p of each test that a ratio is the same at any duration."""
    return [
        Line(
            sample,
            period,
            "proportional-p",
            test.p,
            Evidence("test-statistic", test.firms, test.degrees, None, test.events),
            {"hazard-model": name, "term": titles.get(test.term, test.term)},
        )
        for test in found.proportionality
    ]


def hazard_tables(
    model: Model, data: Data, lines: list[Line], checks: list[Line], groups: str | None
) -> list[Result]:
    """Hazard ratios, their figure, and the check of proportional hazards."""
    several = _several(lines)
    by = (*several, "hazard-model", *([groups] if groups else []), "term")
    made = [table(model, data.catalog, "hazard", "Hazard ratios", lines, by)]
    drawn = [_excess(line) for line in lines if groups in line.codes and line.statistic != "hazard-p"]
    if groups and drawn:
        chart = Chart(
            "interval", "hazard-model", groups, several[0] if several else None,
            measure="hazard-excess", low="hazard-excess-low", high="hazard-excess-high",
        )  # fmt: skip
        title = "Difference of the rate from that of the reference, with 95 % intervals"
        made.append(table(model, data.catalog, "hazard-figure", title, drawn, by[:-1], chart=chart))
    if checks:
        title = "Is the ratio the same at any duration?"
        made.append(
            table(model, data.catalog, "proportional", title, checks, (*several, "hazard-model", "term"))
        )
    return made


def _excess(line: Line) -> Line:
    """A hazard ratio as a difference in per cent, which a figure draws around nought."""
    value = None if line.value is None else 100 * (line.value - 1)
    return replace(line, statistic=line.statistic.replace("hazard-ratio", "hazard-excess"), value=value)


def fate_lines(sample: str, period: str, counts: Mapping[str, int], firms: int) -> list[Line]:
    """What became of the firms, or spells: each number rests on itself, a nought on all `firms`."""
    return [
        Line(sample, period, "fate-count", float(count), Evidence("count", count or firms), {"fate": fate})
        for fate, count in counts.items()
    ]


def fate_table(model: Model, data: Data, lines: list[Line], title: str) -> Result:
    """The counts, in the order in which they arise."""
    return table(model, data.catalog, "followed", title, lines, (*_several(lines), "fate"))


def differences(
    made: Result, model: str, who: Mapping[str, str], what: str, reference: str
) -> tuple[Finding, ...]:
    """A sentence for each group, by the hazard `model`: at which rate it leaves beside the reference.

    `who` are labels of groups, `what` what ends ('leave'). Told by the interval: it leaves out 1 or not.
    """
    found: dict[tuple[str, str], dict[str, tuple[int, Any]]] = {}
    for at, cell in enumerate(made.cells):
        group = next((cell.codes[key] for key in cell.codes if key not in ("hazard-model", "term")), None)
        if group is not None and cell.codes.get("hazard-model") == model:
            found.setdefault((cell.sample, group), {})[cell.measure] = (at, cell.value)
    names = ("hazard-ratio", "hazard-ratio-low", "hazard-ratio-high")
    return tuple(
        _difference(made.name, sample, who.get(group, group), who.get(reference, reference), what,
                    [figures[name] for name in names])
        for (sample, group), figures in found.items()
        if all(figures[name][1] is not None for name in names)
    )  # fmt: skip


def _difference(
    name: str, sample: str, label: str, base: str, what: str, figures: Sequence[tuple[int, Any]]
) -> Finding:
    (_, ratio), (_, low), (_, high) = figures
    verdict = "less" if high < 1 else "more" if low > 1 else "cannot tell"
    rate = f"at {ratio:.2f} times the rate (95 % interval {low:.2f} to {high:.2f})"
    text = f"Firms with {label} {what} {verdict} often than firms with {base}: {rate}."
    if verdict == "cannot tell":
        text = (
            f"It cannot be told whether firms with {label} {what} more or less often than firms with {base}: "
            f"{rate}."
        )
    return Finding(f"{sample}: {label}", verdict, text, tuple((name, at) for at, _ in figures))


RULE = (
    "A group is said to leave, or stop, more or less often where the 95 % interval of its hazard ratio in "
    "yearly steps (complementary log-log) leaves out 1; otherwise it cannot be told. A difference between "
    "groups is no proof that what they differ by makes it."
)
