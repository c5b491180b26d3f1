"""Panels: cells and bytes of a CSV are changed; what is read of it is worked out here once more, slowly."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random

from firmtrade import Study
from firmtrade.result import Result
from fuzz.draw import ODD_TEXT, damaged
from support_ledger import COLUMNS, drawn
from support_panels import write_excel, write_parquet, write_sqlite

STUDY = """
title = "Fuzz"
[panel]
classification = "NACE 1.1"
[tables.fuzz]
sample = "all-firms"
period = 2002
measures = ["firms", "turnover"]
by = { region = ["BE1", "BE2", "BE3", "_T"], size = ["0-9", "10-49", "50-99", "100-249", "_T"] }
"""
SIZES = (("0-9", 0, 10), ("10-49", 10, 50), ("50-99", 50, 100), ("100-249", 100, 250))
_CELLS = {
    "year": ("2001", "2002", "2003", "02", "2002.0", "20002", "-1", "1e3", "MMII"),
    "activity": ("15", "1511", "15.11", "9999", "xx", "0111", "15.1"),
    "region": ("BE1", "BE10", "BE100", "BE2", "be2", "NL1", "BE", "BE9", "1"),
    "employment": ("0", "0.5", "9.99", "10", "49.9", "50", "99.99", "100", "249.9", "250", "-1", "1e2",
                   "12,5", "99999999999999999999", "NaN", "1.2345678"),
    "turnover": ("0", "-1", "0.01", "1234.56", "1e6", "1,234", "999999999999.99", "1" * 40, "1.005"),
    "firm": ("", "F0001", "F0002", "=1+1", "0001", "é", "a" * 300),
}  # fmt: skip
Cells = Mapping[tuple[str, str, str], Decimal | None]


class Refused(Exception):
    """The computation here says that the panel must be refused."""


class Unclear(Exception):
    """The file is not plain enough for the computation here."""


def example(draw: Random, folder: Path) -> Path:
    """A panel of some firms with something wrong in it, as CSV."""
    rows = [[str(firm[name]) for name in COLUMNS] for firm in drawn(40, draw.randrange(10**6))]
    for _ in range(draw.choice((0, 1, 1, 2, 3, 8))):
        row, at = draw.choice(rows), draw.randrange(len(COLUMNS))
        row[at] = draw.choice(("", *_CELLS[COLUMNS[at]], *_CELLS[COLUMNS[at]], draw.choice(ODD_TEXT[:40])))
    what = draw.randrange(12)
    if what == 0:
        rows.append(list(draw.choice(rows)))
    if what == 1:
        rows = [row[:-1] for row in rows]
    if what == 2:
        draw.shuffle(rows)
    if what == 3:
        rows = []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=draw.choice(("\n", "\r\n")))
    writer.writerow(COLUMNS[:-1] if what == 4 else COLUMNS)
    writer.writerows(rows)
    content = text.getvalue().encode("utf-8", "surrogatepass")
    if draw.random() < 0.4:
        content = damaged(draw, content)
    path = folder / "panel.csv"
    path.write_bytes(content)
    return path


def other_format(draw: Random, folder: Path) -> Path:
    """A workbook, a Parquet file or a SQLite database with some of its bytes changed."""
    ending, write = draw.choice((("xlsx", write_excel), ("parquet", write_parquet), ("sqlite", write_sqlite)))
    sound, path = folder / f"sound.{ending}", folder / f"changed.{ending}"
    if not sound.exists():
        write(sound)
    if ending != "xlsx" or draw.random() < 0.3:
        path.write_bytes(damaged(draw, sound.read_bytes()))
        return path
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w") as new:
        changed = draw.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, damaged(draw, content) if name == changed else content)
    return path


def tried(draw: Random, folder: Path) -> str:
    """What became of an example: read and compared, or refused. AssertionError where the two differ."""
    from firmtrade.errors import FirmtradeError

    study = folder / "panel.toml"
    if not study.exists():
        study.write_text(STUDY, encoding="utf-8")
    path = example(draw, folder) if draw.random() < 0.75 else other_format(draw, folder)
    try:
        expected: Cells | None = slowly(path.read_bytes()) if path.suffix == ".csv" else None
    except Refused:
        expected = {}
    except Unclear:
        expected = None
    try:
        (found,) = Study(study, str(path), threads=1).tables()
    except FirmtradeError:
        assert not expected, "refused, and there is nothing wrong with it"
        return "refused"
    if expected is None:
        return "read"
    assert expected, "read, and it should have been refused"
    compare(expected, found)
    return "read, and equal to the slow computation"


def compare(expected: Cells, found: Result) -> None:
    """Every cell of ours is that of the computation here."""
    for cell in found.cells:
        key = (cell.measure, cell.codes.get("region", "_T"), cell.codes.get("size", "_T"))
        value = expected[key]
        given = None if cell.value is None else float(cell.value)
        assert (value is None) == (given is None), f"{key}: {given}, not {value}"
        if value is not None and given is not None:
            assert abs(float(value) - given) <= 1e-6 * max(1.0, abs(given)), f"{key}: {given}, not {value}"


def slowly(content: bytes) -> Cells:
    """The table of the study, from a file in which each cell is plainly what it should be."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unclear from None
    if "\0" in text or "\ufeff" in text or '"' in text or re.search("\r(?!\n)", text):
        raise Unclear
    lines = [line.split(",") for line in text.replace("\r\n", "\n").split("\n") if line]
    if not lines or lines[0] != list(COLUMNS) or len(lines) == 1 or "\n\n" in text.replace("\r\n", "\n"):
        raise Unclear
    if any(len(line) != len(COLUMNS) for line in lines):
        raise Refused
    rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]
    _plain(rows)
    keys = [(row["firm"], row["year"]) for row in rows]
    if len(set(keys)) < len(keys) or any(not row["firm"] or not row["year"] for row in rows):
        raise Refused
    return _cells([row for row in rows if row["year"] == "2002"])


def _plain(rows: list[dict[str, str]]) -> None:
    """Nothing that another reader could understand otherwise."""
    shapes = {"firm": "F?[0-9]{0,6}", "year": "(199[0-9]|200[0-9])?", "activity": "1511|2411|2911",
              "region": "BE[123][0-9]{0,2}", "employment": "([0-9]|[1-9][0-9]{1,2})([.][0-9]{1,2})?|",
              "turnover": "[0-9]{1,12}([.][0-9]{1,2})?|"}  # fmt: skip
    for row in rows:
        for name, shape in shapes.items():
            if not re.fullmatch(shape, row[name]):
                raise Unclear
        if row["employment"] and Decimal(row["employment"]) >= 250:
            raise Unclear


def _cells(rows: list[dict[str, str]]) -> Cells:
    made: dict[tuple[str, str, str], Decimal | None] = {}
    for region in ("BE1", "BE2", "BE3", "_T"):
        for size in (*(name for name, _, _ in SIZES), "_T"):
            inside = [row for row in rows if region == "_T" or row["region"].startswith(region)]
            inside = [row for row in inside if size == "_T" or _size(row["employment"]) == size]
            known = [Decimal(row["turnover"]) for row in inside if row["turnover"]]
            made["firms", region, size] = Decimal(len(inside))
            made["turnover", region, size] = sum(known, Decimal(0)) if known else None
    return made


def _size(employment: str) -> str:
    if not employment:
        return ""
    return next(name for name, low, high in SIZES if low <= Decimal(employment) < high)
