"""Each example of the manual gives the answer that is drawn beside it; test_engines.py asks other engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmtrade._engine.engine import Engine
from support_engines import engine as engine_of
from support_manual import answers, manual

CHAPTERS = manual.chapters()
EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name, chapter in CHAPTERS.items()
    for number, example in enumerate(chapter["examples"], 1)
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of("duckdb")


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(engine: Engine, example: dict[str, Any]) -> None:
    assert set(example) <= manual.KEYS, "an example has a key that is not known"
    answers(engine, example)


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
