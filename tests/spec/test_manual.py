"""Each example of the manual gives the answer that is drawn beside it, on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade.errors import FirmtradeError
from support_manual import compare, compare_attrition, manual, unknowns, work_out

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
