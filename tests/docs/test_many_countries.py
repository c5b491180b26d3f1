"""What docs/many-countries.md shows runs: its files are written, its commands run in their order."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.publish.released import read_release

HEAD = "firm,year,activity,founded,employment,turnover,value_added,domestic,export_intra,export_extra"


def panel(path: Path, seed: int, head: str = HEAD) -> None:
    """A drawn panel of 80 firms, in the contract's columns or others."""
    draw = random.Random(seed)
    rows = [
        f"f{n},2002,{draw.choice(['1511', '2911', '5151'])},1990,{draw.choice([3, 5, 8, 20, 30])},"
        f"{draw.randrange(9000)},{draw.randrange(10**6)},true,{draw.choice([0, 0, 5])},{draw.choice([0, 9])}"
        for n in range(80)
    ]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def test_the_page_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (root / "docs" / "many-countries.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"`([\w.]+)`(?:, [^\n]*)?:\n\n```toml\n(.*?)```", page, re.DOTALL))
    assert set(files) == {"exporters.toml", "nl.toml"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    panel(tmp_path / "BE.csv", 1)
    panel(tmp_path / "NL.csv", 2, HEAD.replace("turnover", "OMZET"))
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", page, re.DOTALL)
    assert len(commands) == 4
    for lines, told in commands:
        output = "".join(_run(line) for line in lines.splitlines())
        assert told in output
    joint = read_release(tmp_path / "countries")
    assert {cell.codes["country"] for table in joint.tables for cell in table.cells} == {"BE", "NL"}
    assert {"exporters-countries", "value-added-countries"} <= {table.name for table in joint.tables}


def _run(line: str) -> str:
    command, *arguments = line.split()
    assert command == "firmtrade"
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code in (0, 11) if arguments[0] == "check" else done.exit_code == 0, done.output
    return done.output


def test_links_lead_somewhere(root: Path) -> None:
    page = root / "docs" / "many-countries.md"
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert links and all(page.parent.joinpath(link).exists() for link in links)
