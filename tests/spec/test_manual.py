"""Each example of the manual gives the answer that is drawn beside it, on every engine."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade.classify.expand import CONTRACT, Meaning
from firmtrade.describe.cells import Codes
from firmtrade.describe.compute import Setting, compute
from firmtrade.describe.groups import Groups
from firmtrade.errors import FirmtradeError
from firmtrade.result import Attrition, Cell, Result
from firmtrade.study import StudySpec, make_study

ROOT = Path(__file__).resolve().parents[2]

# Drawn figures are worked out in double precision, as the last step of a measure is.
TOLERANCE = 1e-9

TYPES = {
    **dict.fromkeys(CONTRACT, "decimal(18, 6)"),
    **dict.fromkeys(("firm", "activity", "region"), "varchar"),
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
CHAPTERS = manual.chapters()
EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name, chapter in CHAPTERS.items()
    for number, example in enumerate(chapter["examples"], 1)
]


@pytest.fixture(scope="module", params=["duckdb"])
def engine(request: pytest.FixtureRequest) -> Iterator[DuckDB]:
    """An engine by name; a further one needs `execute` and `rows`, and a place in the list above."""
    with {"duckdb": DuckDB}[request.param](threads=1) as made:
        yield made


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(engine: DuckDB, example: dict[str, Any]) -> None:
    assert set(example) <= manual.KEYS, "an example has a key that is not known"
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


def work_out(engine: DuckDB, example: dict[str, Any]) -> tuple[list[Result], list[Attrition]]:
    """Ask the example's question of its panel."""
    raw = {key: example[key] for key in manual.STUDY if key in example}
    spec = make_study(raw, "manual", Path(), "study.toml")
    header, rows = manual.drawn(example.get("firms", "firm | year"))
    draw_panel(engine, header, rows)
    columns = frozenset(header) if example.get("lacking") else frozenset({*CONTRACT, *header})
    results, attrition, _ = compute(engine, spec.tables, setting(spec, columns), lambda text: None)
    return results, attrition


def setting(spec: StudySpec, columns: frozenset[str]) -> Setting:
    from firmtrade.acquire.classification import divisions

    meaning = Meaning(spec.catalog, columns - set(CONTRACT))
    codes = Codes(spec.catalog, divisions(spec.panel.get("classification", "")))
    return Setting(spec.catalog, meaning, columns, spec.windows, codes, Groups(meaning))


def draw_panel(engine: DuckDB, header: list[str], rows: list[list[str]]) -> None:
    """The relation `panel`: columns of the contract that are not drawn are unknown in every row."""
    cells = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    types = {**TYPES, **{name: further(cells[name]) for name in header if name not in TYPES}}
    engine.execute(f"create or replace table panel ({', '.join(f'{n} {t}' for n, t in types.items())})")
    for row in rows:
        given = dict(zip(header, row, strict=True))
        values = ", ".join(literal(given.get(name, "-"), kind) for name, kind in types.items())
        engine.execute(f"insert into panel values ({values})")


def further(cells: tuple[str, ...]) -> str:
    """The type of a column of the study's own: yes / no, numbers, else text."""
    known = [cell for cell in cells if cell != "-"]
    if all(cell in ("yes", "no") for cell in known):
        return "boolean"
    return "decimal(18, 6)" if all(cell.lstrip("-")[:1].isdigit() for cell in known) else "varchar"


def literal(cell: str, kind: str) -> str:
    if cell == "-":
        return "null"
    if kind == "boolean":
        return {"yes": "true", "no": "false"}[cell]
    return f"'{cell}'" if kind == "varchar" else f"cast({Decimal(cell)} as {kind})"


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


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_all_parts(name: str) -> None:
    chapter = CHAPTERS[name]
    assert set(chapter) == {"title", "prose", "examples"}
    titles = [example["title"] for example in chapter["examples"]]
    assert len(set(titles)) == len(titles), "a title is a link"


def test_the_pages_are_the_same_each_time(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        manual.write(tmp_path / folder)
    pages = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert pages == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert set(pages) == {"index.md", *(f"{name}.md" for name in CHAPTERS)}
