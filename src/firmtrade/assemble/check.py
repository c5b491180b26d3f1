"""The check on entry: every problem of a panel at once, each with the rows that cause it.

One pass counts the rows that each rule hits, one grouping by firm finds duplicates and gaps; rows are
looked up only for the rules that were hit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from firmtrade._engine.engine import Engine
from firmtrade.acquire.contract import column
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.check_keys import check_keys
from firmtrade.assemble.check_recode import recode_notes
from firmtrade.assemble.check_report import CheckReport, Example, Problem
from firmtrade.assemble.check_rules import Rule, rules
from firmtrade.assemble.check_units import check_units
from firmtrade.assemble.load import RECORD, UNIT
from firmtrade.assemble.panel import Panel

__all__ = ["CheckReport", "Example", "Problem", "check_panel"]

#: Rows shown for each problem.
SHOWN = 5


@dataclass(frozen=True)
class _Checked:
    """What the parts of the check share."""

    engine: Engine
    panel: Panel
    spec: PanelSpec


def check_panel(engine: Engine, panel: Panel, spec: PanelSpec) -> CheckReport:
    """Every problem of an open panel. Nothing is changed and nothing raised: see `CheckReport.stops`."""
    checked = _Checked(engine, panel, spec)
    applying = [
        rule for rule in rules(spec, engine.dialect) if all(name in panel.columns for name in rule.needs)
    ]
    counts = _count(checked, applying)
    complete = not counts["missing-firm"] and not counts["missing-year"]
    keys = check_keys(engine, panel, counts["__first"], counts["__last"], complete)
    problems = [
        *_empty(counts["__rows"]),
        *unusable(engine, panel, spec, counts["__bad"]),
        *keys.problems(engine, panel),
        *(_problem(checked, rule, counts[rule.name]) for rule in applying if counts[rule.name]),
        *_absent(panel),
        *check_units(engine, panel, keys.firms),
        *keys.notes(),
        *recode_notes(engine, spec, panel.rows, panel.columns),
        *(Problem("settled", "info", note, 0, "Nothing to do if that is right.") for note in panel.notes),
    ]
    order = {"stop": 0, "warn": 1, "info": 2}
    problems.sort(key=lambda problem: order[problem.severity])
    facts = {
        "first year": counts["__first"],
        "last year": counts["__last"],
        "years": keys.years,
        "gaps": keys.gaps,
    }
    return CheckReport(
        tuple(problems), counts["__rows"], keys.firms, keys.years, facts, panel.name, dict(panel.dropped)
    )


def _count(checked: _Checked, applying: list[Rule]) -> Mapping[str, int]:
    """How many rows each rule hits, in one pass."""
    count_if = checked.engine.dialect.count_if
    counted = {
        "__rows": "count(*)",
        "__first": "min(year)",
        "__last": "max(year)",
        "__bad": count_if("__bad is not null") if checked.panel.checked else "0",
    }
    counted |= {rule.name: count_if(rule.condition) for rule in applying}
    row = checked.engine.rows(f"select {', '.join(counted.values())} from {checked.panel.rows}")[0]
    return {
        name: value if name in ("__first", "__last") else value or 0
        for name, value in zip(counted, row, strict=True)
    }


def _problem(checked: _Checked, rule: Rule, count: int) -> Problem:
    noted = rule.severity == "info"  # only counted: to look for its rows is another pass
    rows = () if noted else examples(checked.engine, checked.panel, rule.condition, rule.about)
    return Problem(rule.name, rule.severity, rule.title, count, rule.remedy, rule.about, rows)


def examples(engine: Engine, panel: Panel, condition: str, about: str) -> tuple[Example, ...]:
    """The first rows, in the source's order, for which the condition holds."""
    found = engine.rows(
        f"select __file, __row, firm, year, cast({about} as string) from {panel.rows} where {condition} "
        f"order by __file, __row, firm, year limit {SHOWN}"
    )
    return tuple(Example(panel.place(file, row), firm, year, value) for file, row, firm, year, value in found)


def _empty(rows: int) -> Iterator[Problem]:
    if not rows:
        remedy = "The study drops all rows: look at  drop  in [panel]."
        yield Problem("no-rows", "stop", "no row is left", 0, remedy)


def unusable(engine: Engine, panel: Panel, spec: PanelSpec, count: int) -> Iterator[Problem]:
    """Values that are not of the type of a column or not in its value map, column by column."""
    if not count:
        return
    parts = engine.dialect.parts(f"trim(trailing chr({RECORD}) from __bad)", f"chr({RECORD})")
    rows = f"select *, {parts} as cell"
    cells = (
        f"select __file, __row, firm, year, split_part(cell, chr({UNIT}), 1) as name, "
        f"split_part(cell, chr({UNIT}), 2) as value "
        f"from ({rows} from {panel.rows} where __bad is not null) as bad"
    )
    for name, hits in sorted(engine.rows(f"select name, count(*) from ({cells}) as cells group by name")):
        found = engine.rows(
            f"select __file, __row, firm, year, value from ({cells}) as cells where name = '{name}' "
            f"order by __file, __row, firm, year limit {SHOWN}"
        )
        shown = tuple(Example(panel.place(file, row), *rest) for file, row, *rest in found)
        rule, title = (
            f"unusable-{name.replace('_', '-')}",
            f"values of {name} that are {_not(spec, name)}",
        )
        yield Problem(rule, "stop", title, hits, _remedy(spec, name, shown[0].value or ""), name, shown)


def _not(spec: PanelSpec, name: str) -> str:
    if name in spec.codes:
        return "not in its value map"
    kinds = {"whole": "no year", "yesno": "neither true nor false", "code": "no code"}
    kinds |= dict.fromkeys(("amount", "flow"), "no usable number")
    return kinds.get(spec.column(name).kind, "of another type")


def _remedy(spec: PanelSpec, name: str, value: str) -> str:
    """What to do about the first unusable value of the column."""
    value = value.removesuffix(".0")
    written = json.dumps(value, ensure_ascii=False)
    missing = f"If {value} means missing, write  missing = {{ {name} = [{written}] }}  in [panel]"
    if name in spec.codes:
        return f"Add {value} to  codes.{name}  in [panel]. {missing}."
    if spec.column(name).kind == "yesno":
        example = f"codes = {{ {name} = {{ {written} = true }} }}"
        return f"Say what each value means:  {example}  in [panel]. {missing}."
    if spec.column(name).kind == "whole":
        return f"{missing}. Write dates as 1998-05-31. Else correct the source."
    plain = value.replace("\xa0", " ").replace("\u202f", " ")  # spaces that do not break
    for thousands, decimal in ((",", "."), (".", ","), (" ", ","), ("'", ".")):
        if re.fullmatch(rf"-?\d{{1,3}}([{thousands}]\d{{3}})+([{decimal}]\d*)?", plain):
            how = f'thousands = "{thousands}", decimal = "{decimal}"'
            return f"If the file writes thousands so, say  {how}  in [panel]. {missing}."
    return f'{missing}; a decimal comma is  decimal = "," . Else correct the source.'


def _absent(panel: Panel) -> Iterator[Problem]:
    """Columns of the contract that are not there: what needs them cannot be answered."""
    near = {name: theirs for name, theirs in panel.missing.items() if theirs}
    for name, theirs in near.items():
        title = f"no column {name} ({column(name).title}). The nearest name there is '{theirs}'."
        remedy = f'If that is it, write  columns = {{ {name} = "{theirs}" }}  in [panel].'
        yield Problem("missing-column", "warn", title, 0, remedy, name)
    rest = [name for name in panel.missing if name not in near]
    if rest:
        remedy = "Tables that need them are not answered. Map a column of another name in [panel], columns."
        yield Problem("missing-column", "warn", f"no column {', '.join(rest)}", 0, remedy, rest[0])
