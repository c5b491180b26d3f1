"""What a row of a panel must and should not be: each rule is data.

`stop` rules make a panel unusable, `warn` rules are printed in the report, `info` rules only count.
A rule applies where all of its columns are there; its condition is SQL over them.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmtrade._engine.dialect import DUCKDB, Dialect
from firmtrade.acquire.classification import division_length, divisions
from firmtrade.acquire.contract import FLOWS, column
from firmtrade.acquire.read import literal
from firmtrade.acquire.source import PanelSpec

#: Years outside are mistakes; years of foundation before EARLIEST_FOUNDED too.
FIRST_YEAR, LAST_YEAR, EARLIEST_FOUNDED = 1900, 2100, 1500


@dataclass(frozen=True)
class Rule:
    """`about` is the column whose value is shown with an example; `columns` are those it needs."""

    name: str
    severity: str
    title: str
    about: str
    condition: str
    remedy: str
    columns: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """All columns of the condition."""
        return self.columns or (self.about,)


_NEGATIVE = (
    "If it is a code for missing, write  missing = { %s = [...] }  in [panel]; else correct the source."
)

_FIXED: tuple[Rule, ...] = (
    Rule("missing-firm", "stop", "rows without a firm", "firm", "firm is null",
         "Give each row its firm, or leave such rows out with  drop  in [panel]."),
    Rule("missing-year", "stop", "rows without a year", "year", "year is null",
         "Give each row its year; for a file of one year write  constant = { year = 2002 }  in [panel]."),
    Rule("impossible-year", "stop", f"years outside {FIRST_YEAR}-{LAST_YEAR}", "year",
         f"year not between {FIRST_YEAR} and {LAST_YEAR}",
         "Two-digit years need  year_offset = 1900  in [panel]."),
    Rule("negative-employment", "stop", "negative employment", "employment", "employment < 0",
         _NEGATIVE % "employment"),
    Rule("impossible-founded", "warn", "impossible years of foundation (the age is then unknown)", "founded",
         f"founded < {EARLIEST_FOUNDED} or founded > {LAST_YEAR} or founded > year",
         "A firm is not founded after the year it is observed in. If it is a code for missing, write  "
         "missing = { founded = [...] }  in [panel].", ("founded", "year")),
    Rule("negative-turnover", "warn", "negative turnover", "turnover", "turnover < 0",
         _NEGATIVE % "turnover"),
    Rule("value-added-above-turnover", "info", "value added above turnover", "value_added",
         "turnover > 0 and value_added > turnover", "Possible, but rare: is one of them in another unit?",
         ("value_added", "turnover")),
)  # fmt: skip


def rules(spec: PanelSpec, how: Dialect = DUCKDB) -> tuple[Rule, ...]:
    """All rules about single rows, with the study's classification and regions."""
    flows = (
        Rule(f"negative-{flow.replace('_', '-')}", "stop", f"negative {column(flow).title.split(',')[0]}",
             flow, f"{flow} < 0", _NEGATIVE % flow)
        for flow in FLOWS
    )  # fmt: skip
    return (*_FIXED[:4], *flows, *_FIXED[4:], *_activity(spec, how), *_region(spec))


def _activity(spec: PanelSpec, how: Dialect) -> tuple[Rule, ...]:
    known = divisions(spec.classification)
    if not known:
        return ()
    length = division_length(spec.classification)
    # A code shorter than a division (31 in ISIC 2) is known if it starts one.
    starts = sorted({code[:size] for code in known for size in range(1 if length == 3 else 2, length + 1)})
    # Searched in one text: the engine then looks at each distinct code once, not at each row.
    codes = literal("|" + "|".join(starts) + "|")
    known_code = how.contains(codes, f"'|' || substring(activity, 1, {length}) || '|'")
    return (
        Rule("unknown-activity", "warn", f"activity codes that {spec.classification} does not have",
             "activity",
             f"not ({known_code})",
             f"Is the classification of the panel {spec.classification}? Other codes: map them with  codes = "
             f"{{ activity = {{ \"their code\" = \"code\" }} }}  in [panel]."),
    )  # fmt: skip


def _region(spec: PanelSpec) -> tuple[Rule, ...]:
    if not spec.regions:
        return ()
    lengths = sorted({len(prefix) for prefix in spec.regions})
    known = " or ".join(
        f"substring(region, 1, {length}) in "
        f"({', '.join(literal(prefix.upper()) for prefix in spec.regions if len(prefix) == length)})"
        for length in lengths
    )
    return (
        Rule("unknown-region", "warn", f"region codes that do not start with {', '.join(spec.regions)}",
             "region", f"not ({known})",
             "Map them with  codes = { region = { \"their code\" = \"code\" } }  or add to  regions  in "
             "[panel]."),
    )  # fmt: skip
