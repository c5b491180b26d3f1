"""What docs/sdmx.md shows really runs, in its order, and prints what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_is_what_happens(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pysdmx", reason="the extra sdmx is not installed")
    monkeypatch.chdir(tmp_path)
    page = (root / "docs" / "sdmx.md").read_text(encoding="utf-8")
    printed, shown = "", 0
    for found in _BLOCK.finditer(page):
        kind, text = found[1], found[2]
        before = page[: found.start()].rstrip("\n").rsplit("\n\n", 1)[-1]
        if kind in ("csv", "toml"):
            name = re.findall(rf"`([\w.]+\.{kind})`", before)[-1]
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind == "sh":
            done = CliRunner().invoke(app, shlex.split(text)[1:], catch_exceptions=False)
            assert done.exit_code == 0, done.output
            printed = done.stdout
        else:
            shown += 1
            assert text in printed, printed
    assert shown == 2
    made = sorted(path.name for path in (tmp_path / "out" / "sdmx").iterdir())
    assert made == ["data.csv", "data.json", "data.xml", "structure.json", "structure.xml"]
    assert "20$2B" in (tmp_path / "out" / "sdmx" / "data.csv").read_text(encoding="utf-8")
