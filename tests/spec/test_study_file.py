"""Every key of a study file is in the reference, with an example that runs."""

from __future__ import annotations

import csv
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest

from firmtrade import Study, catalog, study_engine, study_file
from firmtrade.acquire.source import PanelSpec
from firmtrade.acquire.transactions.spec import Correspondence, TransactionsSpec
from firmtrade.acquire.vintage import Vintage
from firmtrade.assemble.trade import blocs, thresholds
from firmtrade.describe import spec as tables
from firmtrade.estimate.model import COMMON
from firmtrade.publish.sdmx import spec as sdmx_spec
from firmtrade.reference.study_file import contents, study_file_page
from support_manual import compare, manual

FOUND = contents()
PARTS = {part["name"]: part for part in FOUND["parts"]}
EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name, part in PARTS.items()
    for number, example in enumerate(part["examples"], 1)
]

# What the code accepts, by part: a key that is added there must be explained in the reference.
ACCEPTED: dict[str, set[str]] = {
    "study": study_file._KNOWN | {"extends", "without"},
    "panel": set(PanelSpec.model_fields) | {"synthetic"},
    "vintages": {field.alias or name for name, field in Vintage.model_fields.items()},
    # Keys of [panel] are explained there; [register], [accounts] and [identifiers] have no others.
    "transactions": set(TransactionsSpec.model_fields) - set(PanelSpec.model_fields) | {"synthetic"},
    "correspondence": {field.alias or name for name, field in Correspondence.model_fields.items()},
    "blocs": blocs._FIELDS,
    "thresholds": thresholds._FIELDS,
    "protect": study_file._PROTECT,
    "engine": set(study_engine.KEYS),
    "sdmx": set(sdmx_spec._KEYS),
    "windows": {"t0", "t1", "outcome"},
    "models": set(COMMON),
    "tables": tables._TABLE,
    "chart": tables._CHART,
    **{kind: catalog._REQUIRED[kind[:-1]] | catalog._OPTIONAL[kind[:-1]] for kind in study_file.WORDS},
}


def test_every_part_is_there() -> None:
    assert set(PARTS) == set(ACCEPTED)


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_key_is_explained_and_shown(name: str) -> None:
    assert set(PARTS[name]["keys"]) == ACCEPTED[name]
    shown = {key for example in PARTS[name]["examples"] for key in example["shows"]}
    # The parts of the file itself have examples under their own headings.
    elsewhere = {*PARTS, "register", "accounts", "identifiers"}
    assert shown | (elsewhere if name == "study" else set()) >= ACCEPTED[name]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(tmp_path: Path, example: dict[str, Any]) -> None:
    for name, text in {"firms.csv": FOUND["base"]["file"], **example.get("files", {})}.items():
        write(tmp_path / name, text.lstrip("\n"))
    (tmp_path / "study.toml").write_text(whole(example["study"]), encoding="utf-8")
    asked = Study(tmp_path / "study.toml")
    for key, value in example.get("spec", {}).items():
        assert getattr(asked.spec, key) == value
    if "answer" not in example:
        return
    results = asked.tables()
    compare([cell for result in results for cell in result.cells], *manual.drawn(example["answer"]))
    for key, value in example.get("result", {}).items():
        found = getattr(results[0], key)
        assert (list(found) if isinstance(found, tuple) else found) == value


def test_the_page_shows_every_example() -> None:
    page = study_file_page()
    assert all(example.values[0]["study"].strip() in page for example in EXAMPLES)


def whole(text: str) -> str:
    """The example's study, with the base's panel and question where it has none."""
    said = tomllib.loads(text)
    parts = ["[panel]", "[tables.example]"] if "extends" not in said else []
    base = FOUND["base"]["study"].split("\n\n")
    missing = [part for name, part in zip(("panel", "tables"), base, strict=True) if name not in said]
    return "\n".join([text, *(missing if parts else [])])


def write(path: Path, text: str) -> None:
    """A file of the example; what is not text is made from the text that is shown."""
    rows = list(csv.reader(text.splitlines()))
    if path.suffix == ".xlsx":
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        book.active.title = "notes"
        sheet = book.create_sheet("panel")
        for row in rows:
            sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
        book.save(path)
    elif path.suffix == ".db":
        pytest.importorskip("sqlalchemy")
        with sqlite3.connect(path) as database:
            database.execute(f"create table panel ({', '.join(rows[0])})")
            marks = ", ".join("?" for _ in rows[0])
            database.executemany(f"insert into panel values ({marks})", rows[1:])
        database.close()
    else:
        path.write_text(text, encoding="latin-1" if path.suffix == ".dat" else "utf-8")
