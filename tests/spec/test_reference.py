"""The generated documents: complete, the same each time, and every link leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmtrade.catalog import KINDS
from firmtrade.cli import app
from firmtrade.explain import explain
from firmtrade.reference import PAGES, write_reference
from firmtrade.study import read_study
from support_manual import manual


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated folders, as they lie in docs/."""
    folder = tmp_path_factory.mktemp("docs")
    write_reference(folder / "reference")
    manual.write(folder / "manual")
    return folder


def test_every_part_has_its_page(docs: Path) -> None:
    assert {path.stem for path in (docs / "reference").iterdir()} == {"index", *PAGES}


def test_every_word_has_its_section(docs: Path) -> None:
    spec = read_study("belgium-2002")
    for kind in {word.kind for word in spec.catalog}:
        page = (docs / "reference" / f"{kind}s.md").read_text(encoding="utf-8")
        told = re.findall(r"^## (.+)$", page, re.MULTILINE)
        assert sorted(told) == spec.catalog.names(kind)
    index = (docs / "reference" / "index.md").read_text(encoding="utf-8")
    assert index.count("\n| [") == sum(1 for _ in spec.catalog)
    assert {word.kind for word in spec.catalog} <= set(KINDS)


def test_every_table_has_its_section(docs: Path) -> None:
    page = (docs / "reference" / "tables.md").read_text(encoding="utf-8")
    tables = [table.name for table in read_study("belgium-2002").tables]
    assert re.findall(r"^### (.+)$", page, re.MULTILINE) == tables


def test_every_command_shows_its_help(docs: Path) -> None:
    page = (docs / "reference" / "command-line.md").read_text(encoding="utf-8")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert re.findall(r"^## firmtrade (.+)$", page, re.MULTILINE) == names
    assert all(f"firmtrade {name} [OPTIONS]" in page for name in names)
    assert max(map(len, page.splitlines())) <= 100


def test_a_word_is_said_as_explain_says_it(docs: Path) -> None:
    page = (docs / "reference" / "measures.md").read_text(encoding="utf-8")
    section = page.partition("\n## paired-employment\n")[2].partition("\n## ")[0]
    card = dict(explain("paired-employment", read_study("belgium-2002")).parts)
    for heading in ("measure", "in words", "expression", "unit", "adds up", "defined in"):
        assert all(text in section for text in card[heading])
    assert "[productivity](measures.md#productivity)" in section


def test_links_lead_somewhere(docs: Path) -> None:
    broken = []
    for page in docs.rglob("*.md"):
        for target, anchor in re.findall(
            r"\]\(([\w./-]+\.md)?(?:#([^)]+))?\)", page.read_text(encoding="utf-8")
        ):
            there = page.parent / target if target else page
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{page.name}: {target}#{anchor}")
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The places of a page, named as its viewers name them: the heading in small letters, with hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_same_bytes_in_another_terminal(docs: Path, root: Path, tmp_path: Path) -> None:
    surroundings = {"COLUMNS": "60", "FORCE_COLOR": "1", "TERM": "xterm-256color", "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-m", "firmtrade.reference", str(tmp_path / "again")],
        env={**os.environ, **surroundings, "PYTHONPATH": str(root / "src")},
        check=True,
    )
    first = {path.name: path.read_bytes() for path in (docs / "reference").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
