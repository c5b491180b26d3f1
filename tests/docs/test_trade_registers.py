"""What docs/trade-registers.md shows runs: its files are written, its commands run in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app


def test_the_page_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (root / "docs" / "trade-registers.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"^`([^`]+)`[^\n]*:\n\n```[a-z]+\n(.*?)```", page, re.MULTILINE | re.DOTALL))
    assert set(files) == {"declarations.csv", "register.csv", "study.toml"}
    tables = [
        block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if block.startswith("[tables.")
    ]
    for name, text in files.items():
        further = "".join(tables) if name == "study.toml" else ""
        (tmp_path / name).write_text(text + further, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for commands, told in re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", page, re.DOTALL):
        output = "".join(_run(line) for line in commands.splitlines())
        assert told in output
    _run("firmtrade run study.toml --out out --unprotected drawn")
    tables = (tmp_path / "out" / "tables.csv").read_text(encoding="utf-8")
    # Poland is outside in March and inside in June; a partner that is not allocated is on neither side.
    for flow, firms in {"import-intra": 1, "import-extra": 1, "export-intra": 1, "export-extra": 1}.items():
        assert re.search(rf"^participation,.*,{flow},.*,firms,{firms},", tables, re.MULTILINE), flow


def _run(line: str) -> str:
    command, *arguments = line.split()
    assert command == "firmtrade"
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_links_lead_somewhere(root: Path) -> None:
    page = root / "docs" / "trade-registers.md"
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert links and all(page.parent.joinpath(link).exists() for link in links)
