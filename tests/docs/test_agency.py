"""What docs/agency.md shows really runs, in its order, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app

PAGE = "docs/agency.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file that the paragraph before it names."""

    kind: str
    text: str
    file: str


def blocks(page: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(page):
        paragraph = page[: match.start()].rstrip("\n").rsplit("\n\n", 1)[-1]
        named = re.match(r"`([\w.]+)`:", paragraph)
        found.append(Block(match[1], match[2], named[1] if named else ""))
    return found


def run(line: str) -> str:
    """What a command prints; its exit code is 0, or 11 where rows were rejected."""
    words = shlex.split(line)
    if words[0] == "export":
        os.environ.update(word.split("=", 1) for word in words[1:])
        return ""
    assert words[0] == "firmtrade"
    done = CliRunner().invoke(app, words[1:], catch_exceptions=False)
    assert done.exit_code in (0, 11), f"{line}: {done.output}"
    return str(done.stdout)


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines() if line.strip()]


def shown(page: str) -> list[tuple[Block, str]]:
    """Each block that shows output, with what the block before it prints."""
    printed, found = "", []
    for block in blocks(page):
        if block.kind == "csv":
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "sh":
            lines = [run(line) for line in block.text.splitlines()]
            printed = lines[-1]
        elif block.kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.text, PAGE, "exec"), {})
            printed = out.getvalue()
        elif block.kind == "text":
            found.append((block, printed))
    return found


def test_the_page_is_what_happens(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRMTRADE_USER", "FIRMTRADE_PURPOSE", "FIRMTRADE_REGISTER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    found = shown((root / PAGE).read_text(encoding="utf-8"))
    assert len(found) == 19
    for block, printed in found:
        assert plain(block.text) == plain(printed)
    lines = (tmp_path / "scores" / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("firm,segment,readiness,logistic,boosted,band,adds cash") and len(lines) > 20
    assert (tmp_path / "scores" / "card.json").is_file()
    rejected = (tmp_path / "rejected.csv").read_text(encoding="utf-8")
    assert rejected.startswith("file,row,column,reason,remedy\nexports.csv,17,firm_id,")
