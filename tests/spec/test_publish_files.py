"""What a release becomes: files that are complete, equal in every run, and harmless to open."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from firmtrade.errors import DisclosureError, FirmtradeError, StudyError
from firmtrade.publish import write
from firmtrade.publish.table_csv import tables_csv
from firmtrade.publish.words import unknown_texts
from firmtrade.result import Result, Unknown
from support_release import LABELS, PUBLISHED, cell, growth_table, printed_release, release, size_table, table

CONTRACT = (
    "table,sample,period,activity,region,size,age,cohort,technology,mode,scope,flow,given,status,venture,"
    "measure,value,unit,decimals,confidentiality"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(release(), tmp_path_factory.mktemp("publish") / "out")


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def test_the_folder_holds_what_is_promised(folder: Path) -> None:
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == [
        "figures/figure-19.png",
        "figures/figure-19.svg",
        "manifest.json",
        "release.json",
        "report.html",
        "report.pdf",
        "tables.csv",
        "tables.xlsx",
    ]


def test_progress_is_told_in_order(tmp_path: Path) -> None:
    told: list[str] = []
    assert write(release(size_table()), tmp_path / "out", told.append) == tmp_path / "out"
    assert told == ["figures", "tables.csv", "tables.xlsx", "report.html", "report.pdf", "manifest.json"]


# -- tables.csv


def test_csv_has_the_columns_of_the_contract(folder: Path) -> None:
    content = (folder / "tables.csv").read_bytes()
    assert content.startswith(CONTRACT.encode() + b"\n") and b"\r" not in content


def test_csv_is_unrounded_and_says_what_is_missing() -> None:
    lines = {(r["measure"], r["status"]): r for r in rows(tables_csv(release(growth_table())))}
    assert lines["employment-growth", "traders"]["value"] == "1.1"
    assert lines["value-added-growth", "stopped"]["value"] == "-0.04"
    undefined, hidden = lines["employment-growth", "new"], lines["employment-growth", "constant"]
    assert (undefined["value"], undefined["confidentiality"]) == ("", "F")
    assert (hidden["value"], hidden["confidentiality"]) == ("", "C")
    assert undefined["size"] == "_T" and undefined["flow"] == "export"


def test_csv_has_the_unknown_firms_of_each_table_once() -> None:
    unknown = [r for r in rows(tables_csv(release(size_table()))) if r["size"] == "unknown"]
    assert [(r["measure"], r["value"], r["unit"]) for r in unknown] == [("firms", "3114", "count")]
    shown = replace(size_table(), cells=(*size_table().cells, cell("firms", 3114, size="unknown")))
    assert sum(r["size"] == "unknown" for r in rows(tables_csv(release(shown)))) == 1


def test_further_dimensions_stand_after_venture() -> None:
    made_up = table("t", ("colour",), ("measure",), [cell("firms", 1, colour="red")])
    header = tables_csv(release(made_up, dimensions=("colour", "size"))).split(b"\n")[0].decode()
    assert ",venture,colour,measure," in header


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the printed cells (FIRMTRADE_SHARED) are not here")
def test_csv_has_every_key_of_the_printed_report() -> None:
    key = CONTRACT.split(",")[:16]
    ours = {tuple(row[name] for name in key): row for row in rows(tables_csv(printed_release()))}
    printed = rows(PUBLISHED.read_bytes())
    assert len(printed) == 614
    for row in printed:
        assert float(ours[tuple(row[name] for name in key)]["value"]) == float(row["value"])


# -- tables.xlsx


def test_xlsx_has_a_sheet_a_table_and_numbers_that_are_numbers(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    assert book.sheetnames == ["Contents", "table-04", "table-06", "figure-19"]
    sheet = book["table-06"]
    numbers = [c for line in sheet.iter_rows() for c in line if isinstance(c.value, int | float)]
    assert [c.value for c in numbers] == [1.1, 3.25, -0.9, -0.04]
    assert {c.number_format for c in numbers} == {'+#,##0.0;"\u2212"#,##0.0;#,##0.0'}
    texts = [c.value for line in sheet.iter_rows() for c in line if isinstance(c.value, str)]
    assert "Employment growth (% a year)" in texts and texts.count("n/a") == 2 and texts.count("c") == 2


def test_xlsx_contents_lead_to_each_sheet(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "tables.xlsx")["Contents"]
    links = [c.hyperlink.location for line in sheet.iter_rows() for c in line if c.hyperlink]
    assert links == ["'table-04'!A1", "'table-06'!A1", "'figure-19'!A1"]


@pytest.mark.parametrize(
    "attack", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", '=HYPERLINK("http://x")', "{=1}"]
)
def test_no_text_becomes_a_formula(tmp_path: Path, attack: str) -> None:
    labels = {**LABELS, "size": {"0-9": attack}, "measure": {"firms": attack}}
    evil = replace(
        table(
            "t",
            ("size",),
            ("measure", "flow"),
            [cell("firms", 1, size="0-9", flow="import"), cell("firms", 2, size="0-9", flow="export")],
        ),
        labels=labels,
        title=attack,
        notes=(attack,),
        section=attack,
    )
    out = write(
        release(evil, title=attack, subtitle=attack, source=attack, protection=attack, warnings=(attack,)),
        tmp_path / "out",
    )
    book = openpyxl.load_workbook(out / "tables.xlsx")
    cells = [c for sheet in book for line in sheet.iter_rows() for c in line if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "n"}
    assert attack in [c.value for c in cells]
    links = [c.hyperlink for c in cells if c.hyperlink]
    assert all(link.target is None for link in links)


def test_sheet_names_fit_and_differ(tmp_path: Path) -> None:
    long = [replace(size_table(), name=f"a-table-with-a-very-long-name-indeed-{at}") for at in range(3)]
    names = openpyxl.load_workbook(write(release(*long), tmp_path / "out") / "tables.xlsx").sheetnames
    assert len(set(names)) == 4 and max(map(len, names)) <= 31


# -- manifest.json


def test_the_manifest_has_the_hash_of_every_other_file(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {
        p.relative_to(folder).as_posix(): p
        for p in folder.rglob("*")
        if p.is_file() and p.name != "manifest.json"
    }
    assert manifest["outputs"] == {
        name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in files.items()
    }
    assert manifest["inputs"] == {"panel.parquet": "ab" * 32} and manifest["catalog"] == "cd" * 32
    assert manifest["code"] == "0.1.0" and manifest["rows"] == {"read": 812345, "kept": 812001}
    assert manifest["attrition"][0]["steps"][0] == {
        "condition": "records of the year",
        "left": 98211,
        "unknown": 0,
    }
    assert manifest["protection"] == "Not protected: synthetic panel" and manifest["protected"] is False
    assert set(manifest["packages"]) >= {"duckdb", "vl-convert-python", "typst", "xlsxwriter"}


def test_the_same_release_gives_the_same_bytes_in_another_process(
    folder: Path, tmp_path: Path, root: Path
) -> None:
    code = (
        "import pathlib, sys, support_release as s; from firmtrade.publish import write; "
        "write(s.release(), pathlib.Path(sys.argv[1]))"
    )
    paths = os.pathsep.join([str(root / "src"), str(root / "tests")])
    environment = {
        **os.environ,
        "PYTHONPATH": paths,
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], check=True, env=environment)
    assert (tmp_path / "again" / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()


# -- refusals: each leaves nothing behind


def test_only_a_release_is_published(tmp_path: Path) -> None:
    result = Result("t", "T", "smes", ("size",), ("measure",), ())
    with pytest.raises(DisclosureError, match=r"A Result cannot be published: only firmtrade\.protect"):
        write(result, tmp_path / "out")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_hidden_cell_that_still_has_its_value_stops_everything(tmp_path: Path) -> None:
    leaky = table("t", ("size",), ("measure",), [cell("firms", 2, size="0-9", conf="C")])
    with pytest.raises(DisclosureError, match="has status C and still has a value") as caught:
        write(release(leaky), tmp_path / "out")
    assert " 2 " not in str(caught.value) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([replace(size_table(), name="../up")], "cannot name a file"),
        ([size_table(), replace(size_table(), name="TABLE-04")], "Two tables are called"),
        ([table("t", ("size",), ("measure",), [cell("firms", float("nan"), size="0-9")])], "is nan"),
    ],
)
def test_a_release_that_cannot_be_written_is_refused(tmp_path: Path, tables: list, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(StudyError, match=message):
        write(release(*tables), tmp_path / "out")


def test_a_failure_half_way_leaves_the_earlier_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write(release(size_table()), tmp_path / "out")
    before = (out / "manifest.json").read_bytes()
    monkeypatch.setattr("firmtrade.publish.pdf.render", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(release(growth_table()), out)
    assert (out / "manifest.json").read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["out"]


# -- odd releases


def test_a_table_without_cells_and_a_release_without_tables(tmp_path: Path) -> None:
    empty = replace(size_table(), cells=(), unknowns=())
    drawn = replace(empty, name="figure-1", chart=release().tables[2].chart)
    out = write(release(empty, drawn, attrition=(), warnings=(), words={}, subtitle=""), tmp_path / "out")
    assert "Firms per size class" in (out / "report.html").read_text(encoding="utf-8")
    write(replace(release(), tables=()), out)
    assert tables_csv(replace(release(), tables=())) == CONTRACT.encode() + b"\n"


def test_markup_in_any_text_is_printed_as_it_is(tmp_path: Path) -> None:
    nasty = '<script>alert(1)</script> #panic("x") & "quoted" $x$ `raw` \\'
    labels = {**LABELS, "size": {"0-9": nasty, "10-49": nasty + "2"}}
    tables = [
        replace(item, labels=labels, title=nasty, notes=(nasty,), section=nasty) for item in release().tables
    ]
    try:
        out = write(
            release(*tables, title=nasty, source=nasty, protection=nasty, warnings=(nasty,)), tmp_path / "out"
        )
    except FirmtradeError as error:  # pragma: no cover
        pytest.fail(str(error))
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_unknown_firms_are_named(tmp_path: Path) -> None:
    flows = Unknown("services", "2002", "flow", "export", 1, {"flow": "export", "given": "unknown"}, "firms")
    both = replace(size_table(), unknowns=(*size_table().unknowns, flows))
    page = (write(release(both), tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "Size class (2002): 3,114 firms; Trade flow (Services, 2002): export 1 firm." in page


def test_the_unknowns_of_several_years_are_said_once() -> None:
    years = [
        replace(item, period=str(year), firms=3114 + year - 2000, dimension="flow", code="import")
        for item in size_table().unknowns
        for year in (2002, 2000, 2001)
    ]
    table = replace(size_table(), unknowns=tuple(years))
    assert unknown_texts(table, {}) == ["Flow (2000\u20132002): import 3,114 to 3,116 firms"]
