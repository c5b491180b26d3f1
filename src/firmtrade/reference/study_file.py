"""The page about the study file, written from study_file.toml, whose examples a test runs."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from firmtrade.reference.markdown import code, rows

FILE = Path(__file__).with_suffix(".toml")
#: The parts about a trade register; they stand after the panel.
TRADE = FILE.with_name("study_trade.toml")


def contents() -> dict[str, Any]:
    """`base` (study and file of an example that does not say so) and `parts` of a study file."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    trade = tomllib.loads(TRADE.read_text(encoding="utf-8"))
    whole, panel, *rest = found["parts"]
    whole["keys"].update(trade["study"])
    return {**found, "parts": [whole, panel, *trade["parts"], *rest]}


def study_file_page() -> str:
    """Every part of a study file: its keys, and examples."""
    found = contents()
    lines = ["# The study file\n", *_base(found["base"])]
    for part in found["parts"]:
        lines += _part(part)
    return "\n".join(lines)


def _base(base: Mapping[str, str]) -> Iterator[str]:
    yield (
        "The examples below say only what they are about. What they leave out is this study and this file\n"
        "(`firms.csv`); each of them is run by a test.\n"
    )
    yield f"```toml\n{base['study'].strip()}\n```\n"
    yield f"```text\n{base['file'].strip()}\n```\n"


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {part['heading']}\n"
    yield f"{part['text'].strip()}\n"
    yield rows(["key", "what it says"], [[code(key), text] for key, text in part["keys"].items()])
    for example in part["examples"]:
        yield from _example(example)


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    shown = ", ".join(map(code, example["shows"]))
    yield f"Example of {shown}." + (f" {example['text'].strip()}" if "text" in example else "") + "\n"
    yield f"```toml\n{example['study'].strip()}\n```\n"
    for name, text in example.get("files", {}).items():
        yield f"{code(name)}:\n\n```text\n{text.strip()}\n```\n"
    if "answer" in example:
        yield f"It gives:\n\n```text\n{example['answer'].strip()}\n```\n"
