"""What the tests of the manual and of the study file share: drawn panels and drawn answers."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from firmtrade._engine.engine import Engine
from firmtrade.classify.expand import CONTRACT, Meaning
from firmtrade.describe.cells import Codes
from firmtrade.describe.compute import Setting, compute
from firmtrade.describe.groups import Groups
from firmtrade.errors import FirmtradeError
from firmtrade.result import Attrition, Cell, Result
from firmtrade.study import StudySpec, make_study

ROOT = Path(__file__).resolve().parents[1]

# Drawn figures are worked out in double precision, as the last step of a measure is.
TOLERANCE = 1e-9

TYPES = {
    **dict.fromkeys(CONTRACT, "decimal(18, 6)"),
    **dict.fromkeys(("firm", "activity", "region"), "string"),
    **dict.fromkeys(("year", "founded"), "integer"),
    "employment": "decimal(18, 9)",
    "domestic": "boolean",
}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


manual = load("manual")


def work_out(engine: Engine, example: dict[str, Any]) -> tuple[list[Result], list[Attrition]]:
    """Ask the example's question of its panel."""
    raw = {key: example[key] for key in manual.STUDY if key in example}
    spec = make_study(raw, "manual", Path(), "study.toml")
    header, rows = manual.drawn(example.get("firms", "firm | year"))
    draw_panel(engine, header, rows)
    columns = frozenset(header) if example.get("lacking") else frozenset({*CONTRACT, *header})
    asked = replace(setting(spec, columns), dialect=engine.dialect)
    found = compute(engine, spec.tables, asked, lambda text: None)
    return list(found.results), list(found.attrition)


def answers(engine: Engine, example: dict[str, Any]) -> None:
    """The example gives what is drawn beside it, or is refused with the words that it says."""
    if "error" in example:
        with pytest.raises(FirmtradeError) as raised:
            work_out(engine, example)
        assert example["error"] in str(raised.value)
        return
    results, attrition = work_out(engine, example)
    assert "answer" in example, "an example has an answer or an error"
    compare([cell for result in results for cell in result.cells], *manual.drawn(example["answer"]))
    if "unknowns" in example:
        assert unknowns(results) == sorted(manual.drawn(example["unknowns"])[1])
    if "attrition" in example:
        compare_attrition(attrition, *manual.drawn(example["attrition"]))


def setting(spec: StudySpec, columns: frozenset[str]) -> Setting:
    from firmtrade.acquire.classification import divisions

    meaning = Meaning(spec.catalog, columns - set(CONTRACT))
    codes = Codes(spec.catalog, divisions(spec.panel.get("classification", "")))
    return Setting(spec.catalog, meaning, columns, spec.windows, codes, Groups(meaning))


def draw_panel(engine: Engine, header: list[str], rows: list[list[str]]) -> None:
    """The relation `panel`: columns of the contract that are not drawn are unknown in every row."""
    cells = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    types = {**TYPES, **{name: further(cells[name]) for name in header if name not in TYPES}}
    lines = []
    for row in rows or [["-"] * len(header)]:
        given = dict(zip(header, row, strict=True))
        values = {name: literal(given.get(name, "-"), kind) for name, kind in types.items()}
        lines.append("select " + ", ".join(f"cast({v} as {types[n]}) as {n}" for n, v in values.items()))
    drawn = " union all ".join(lines)
    # A view of written-out rows: engines of large data take long to make a table of a few.
    engine.view("panel", drawn if rows else f"select * from ({drawn}) as nobody where 1 = 0")


def further(cells: tuple[str, ...]) -> str:
    """The type of a column of the study's own: yes / no, numbers, else text."""
    known = [cell for cell in cells if cell != "-"]
    if all(cell in ("yes", "no") for cell in known):
        return "boolean"
    return "decimal(18, 6)" if all(cell.lstrip("-")[:1].isdigit() for cell in known) else "string"


def literal(cell: str, kind: str) -> str:
    if cell == "-":
        return "null"
    if kind == "boolean":
        return {"yes": "true", "no": "false"}[cell]
    if kind != "string":
        return str(Decimal(cell))
    return "'" + cell.replace("'", "''") + "'"


def compare(cells: list[Cell], header: list[str], rows: list[list[str]]) -> None:
    """The drawn answer has each cell once, in the same order, with the same value."""
    measures = list(dict.fromkeys(cell.measure for cell in cells if cell.measure in header))
    keys = [name for name in header if name not in (*measures, "value")]
    expected = {}
    for row in rows:
        given = dict(zip(header, row, strict=True))
        for measure in measures or ["value"]:
            expected[(*(given[key] for key in keys), *([measure] if measures else []))] = given[measure]
    expected = {key: text for key, text in expected.items() if text != ""}
    found = [
        (tuple(cell.attribute(key) for key in [*keys, *(["measure"] if measures else [])]), cell)
        for cell in cells
    ]
    assert len({key for key, _ in found}) == len(found), "the drawn answer does not tell all cells apart"
    assert {key for key, _ in found} == set(expected)
    order = [list(dict.fromkeys(key[: len(keys)] for key in each)) for each in (dict(found), expected)]
    assert order[0] == order[1], "the rows of the answer stand in another order"
    values = {key: cell.value for key, cell in found}
    drawn = {key: manual.number(text) for key, text in expected.items()}
    assert values == {
        key: None if value is None else pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE)
        for key, value in drawn.items()
    }


def unknowns(results: list[Result]) -> list[list[str]]:
    """Dimension, code and number of firms of each unknown group that has any firm."""
    found = [u for result in results for u in result.unknowns if u.firms]
    return sorted([u.dimension, u.code or "-", str(u.firms)] for u in found)


def compare_attrition(attrition: list[Attrition], header: list[str], rows: list[list[str]]) -> None:
    assert header == ["condition", "left", "unknown"]
    found = [[step.condition, str(step.left), str(step.unknown)] for loss in attrition for step in loss.steps]
    assert found == rows
