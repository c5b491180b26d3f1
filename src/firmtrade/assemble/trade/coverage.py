"""Which population of a trade register a firm is in: above or below the threshold, or of unknown activity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firmtrade.acquire.classification import division_length, divisions
from firmtrade.acquire.contract import FLOWS
from firmtrade.acquire.read import literal
from firmtrade.assemble.trade.thresholds import Thresholds

#: The codes, in the order in which they are told. The first three together are all traders.
POPULATIONS: Mapping[str, str] = {
    "above": "above the reporting threshold, activity known",
    "below": "below the reporting threshold, activity known",
    "unknown-activity": "activity unknown",
    "not-declaring": "no declaration",
}


def known_activity(column: str, classification: str, seen: Iterable[str]) -> str:
    """SQL: whether a firm's activity is known; in a stated classification it must be one of its codes.

    `seen` are the beginnings of codes, as long as those of divisions, that there are.
    """
    wrong = sorted(set(seen) - set(divisions(classification))) if classification else []
    if not wrong:
        return f"{column} is not null"
    length = division_length(classification)
    codes = ", ".join(literal(code) for code in wrong)
    return f"coalesce(substring({column}, 1, {length}) not in ({codes}), false)"


def above_value(thresholds: Thresholds, years: Iterable[int], row: str) -> str:
    """SQL: whether a firm-year that declares is above the threshold, over its `row` of the fold.

    It is below if each flow that it declares is below that of the flow and year; a flow without a threshold
    (as trade with countries outside the union, which customs see) is never below.
    """
    listed = sorted(years)
    above = [f"{row}.{name} > 0" for name in ("import_aside", "export_aside")]
    for flow in FLOWS:
        limits = {one: thresholds.of(flow, one) for one in listed}
        whens = " ".join(f"when {one} then {limit!r}" for one, limit in limits.items() if limit)
        limit = f"coalesce(case {row}.year {whens} end, 0)" if whens else "0"
        above.append(f"({row}.{flow} > 0 and {row}.{flow} >= {limit})")
    return f"coalesce({' or '.join(above)}, false)"


def coverage_value(declares: str, known: str, above: str) -> str:
    """SQL of a firm-year's population: whether it declares, its activity is known, it is above."""
    return (
        f"case when not ({declares}) then 'not-declaring' when not ({known}) then 'unknown-activity' "
        f"when {above} then 'above' else 'below' end"
    )
