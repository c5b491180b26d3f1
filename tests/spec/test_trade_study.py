"""A study of a trade register: formats of declarations, linkage, coverage, breaks, stress test."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import DataError, StudyError
from firmtrade.publish.charts import alternative, spec
from firmtrade.study import Study
from firmtrade.study_stress import limits_of
from firmtrade.synthesize.transactions import write_register
from support_trade import COLUMNS, linked, write

ROWS = [
    ("0007", 200401, "import", "PL", "01012100", 100.5, 5.0),
    ("0007", 200406, "import", "PL", "01012100", 50.0, None),
    ("0007", 200406, "export", "Österreich", "84713000", 70.25, 2.0),
    ("Müller", 200403, "export", "US", "84713000", 10.0, 1.0),
    ("Müller", 200403, "export", "QX", "84713000", 5.0, 1.0),
    ("Müller", 200512, "import", None, "01012100", 5.0, 0.0),
]
SPEC = {"products": "CN", "home": "BE", "complete": True, "codes": {"partner": {"Österreich": "AT"}}}
EXPECTED = [
    ("0007", 2004, 1, "import", "PL", False, "01012100", 100.5),
    ("0007", 2004, 6, "export", "AT", True, "84713000", 70.25),
    ("0007", 2004, 6, "import", "PL", True, "01012100", 50),
    ("Müller", 2004, 3, "export", "QX", None, "84713000", 5),
    ("Müller", 2004, 3, "export", "US", False, "84713000", 10),
    ("Müller", 2005, 12, "import", "unknown", None, "01012100", 5),
]
WHAT = "firm, year, month, flow, partner, intra, product, cast(value as double)"


def _excel(path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (COLUMNS, *ROWS):
        book.active.append(row)
    book.save(path)


def _stata(path: Path) -> None:
    import pandas

    frame = pandas.DataFrame([list(row) for row in ROWS], columns=list(COLUMNS))
    frame["partner"] = frame["partner"].fillna("")
    frame.to_stata(path, write_index=False, version=118)


def _sqlite(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute(
            "create table t (firm text, period integer, flow text, partner text, product text, value real, "
            "quantity real)"
        )
        base.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?)", ROWS)


def _parquet(path: Path) -> None:
    import duckdb

    with duckdb.connect() as base:
        base.execute(
            "create table t (firm varchar, period integer, flow varchar, partner varchar, product varchar, "
            "value double, quantity double)"
        )
        base.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?)", ROWS)
        base.execute(f"copy t to '{path}' (format parquet)")


def _partitioned(path: Path) -> None:
    import duckdb

    with duckdb.connect() as base:
        base.execute(
            "create table t (firm varchar, period date, flow varchar, partner varchar, product varchar, "
            "value decimal(15, 2), quantity double)"
        )
        rows = [(row[0], f"{row[1] // 100}-{row[1] % 100:02d}-15", *row[2:]) for row in ROWS]
        base.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?)", rows)
        base.execute(f"copy t to '{path}' (format parquet, partition_by (flow))")


def _text(path: Path) -> None:
    lines = [";".join(COLUMNS)]
    for row in ROWS:
        cells = [
            "" if cell is None else str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)
            for cell in row
        ]
        lines.append(";".join(cells))
    path.write_bytes("\r\n".join(lines).encode("latin-1"))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("t.parquet", _parquet),
        ("t", _partitioned),
        ("t.csv", _text),
        ("t.xlsx", _excel),
        ("t.dta", _stata),
        ("t.db", _sqlite),
    ],
)
def test_every_format_gives_the_same_declarations(tmp_path: Path, name: str, make: Any) -> None:
    make(tmp_path / name)
    with linked(tmp_path, transactions={"files": name, **SPEC}) as it:
        assert it.rows(WHAT, "transactions") == EXPECTED
        assert it.rules("stop") == []


def test_many_files_and_our_names_for_theirs(tmp_path: Path) -> None:
    columns = ("vat", "year", "month", "stroom", "land", "gn", "waarde")
    write(tmp_path / "a.csv", [("1", 2004, 1, 1, "DE", "1012100", 3)], columns)
    write(
        tmp_path / "b.csv",
        [("1", 2004, 2, 2, "DE", "1012100", 4), ("1", 2004, None, 2, "FR", "1012100", 4)],
        columns,
    )
    spec = {
        "files": "*.csv",
        "products": "CN",
        "digits": 6,
        "codes": {"flow": {"1": "import", "2": "export"}},
        "columns": {"firm": "vat", "flow": "stroom", "partner": "land", "product": "gn", "value": "waarde"},
        "units": {"value": 1000},
    }
    with linked(tmp_path, transactions=spec) as it:
        assert it.rows(WHAT, "transactions") == [
            ("1", 2004, 1, "import", "DE", True, "010121", 3000),
            ("1", 2004, 2, "export", "DE", True, "010121", 4000),
            ("1", 2004, None, "export", "FR", True, "010121", 4000),
        ]


def test_a_correspondence_splits_and_leads(tmp_path: Path) -> None:
    write(
        tmp_path / "t.csv",
        [("1", 2004, "import", "DE", "01012100", 8, 4), ("1", 2004, "import", "DE", "99", 1, 1)],
    )
    write(
        tmp_path / "map.csv", [("01012100", "111", 0.25), ("01012100", "112", 0.75)], ("cn", "bec", "share")
    )
    table = {"file": "map.csv", "from": "cn", "to": "bec", "weight": "share", "products": "BEC"}
    spec = {"files": "t.csv", "products": "CN", "correspondence": table}
    with linked(tmp_path, transactions=spec) as it:
        found = it.rows("product, cast(value as double), cast(quantity as double)", "trade_cells")
        assert found == [("111", 2, 1), ("112", 6, 3), ("unknown", 1, 1)]
        assert it.rules("warn") == ["no-correspondence"]


def test_the_published_correspondences_can_be_read(tmp_path: Path, shared: Path) -> None:
    for target, column in (("BEC4", "BEC Rev. 4"), ("SITC4", "SITC Rev. 4")):
        write(tmp_path / "t.csv", [("1", 2004, "import", "DE", "01011010", 8, 4)])
        table = {
            "file": str(shared / "data" / "reference" / f"CN2021_{target}.csv"),
            "from": "CN 2021",
            "to": column,
            "start": "START",
            "end": "END",
            "products": target[:-1],
        }
        with linked(
            tmp_path, transactions={"files": "t.csv", "products": "CN", "correspondence": table}
        ) as it:
            assert it.rows("product", "trade_cells") == [("111" if target == "BEC4" else "00151",)]


# -- the study
# -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_register(tmp_path_factory.mktemp("register") / "made", rows=12_000).folder


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def _cells(folder: Path) -> list[dict[str, str]]:
    with (folder / "tables.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_register_is_run_and_says_what_was_linked(register: Path, tmp_path: Path) -> None:
    _run("run", str(register / "study.toml"), "--out", str(tmp_path / "out"))
    cells = _cells(tmp_path / "out")
    assert {"link-rate", "link-value", "link-size", "link-size-value", "link-coverage", "participation"} == {
        c["table"] for c in cells
    }
    told = [c for c in cells if c["table"] == "link-rate" and c["measure"] == "match-rate"]
    rates = [float(c["value"]) for c in told if c["declared"] == "any"]
    assert len(rates) == 8 and all(80 < rate < 97 for rate in rates)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert (
        "Covers all firms of the sample" in page
        and "Covers each population of the trade register by itself" in page
    )
    assert "Series break in 2020: in February United Kingdom" in page


def test_the_populations_are_told_apart(register: Path) -> None:
    study = Study(register / "study.toml")
    table = study.table("firms", by={"coverage": "all"}, sample="firms", period="2015")
    found = {cell.codes["coverage"]: cell.value for cell in table.cells}
    assert found["all-traders"] == found["above"] + found["below"] + found["unknown-activity"]
    assert all(found.values())
    with pytest.raises(StudyError, match="do not add up"):
        study.table("firms", by={"coverage": ["above + below"]}, sample="firms", period="2015")


def test_a_table_says_whom_it_covers(register: Path, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        f'extends = "{register / "study.toml"}"\n[tables.above]\nsample = "firms"\nperiod = "2015-2016"\n'
        'measures = ["firms"]\nwhere = { coverage = ["above | below"] }\n',
        encoding="utf-8",
    )
    sources = {
        "transactions": str(register / "transactions"),
        "register": str(register / "register.parquet"),
        "accounts": str(register / "accounts.parquet"),
    }
    tables = {table.name: table for table in Study(tmp_path / "study.toml", sources=sources).tables()}
    assert tables["above"].notes[0] == (
        "Covers above the reporting threshold, activity known; below the reporting threshold, activity known."
    )
    assert not any("Series break" in note for note in tables["above"].notes)
    assert any("Series break in 2020" in note for note in tables["participation"].notes)


def test_a_register_is_protected_as_a_panel_is(register: Path, tmp_path: Path) -> None:
    text = (register / "study.toml").read_text(encoding="utf-8")
    (register / "real.toml").write_text(text.replace("\nsynthetic = ", "\n#"), encoding="utf-8")
    _run("run", str(register / "real.toml"), "--out", str(tmp_path / "out"))
    hidden = [cell for cell in _cells(tmp_path / "out") if cell["confidentiality"] != "F"]
    assert hidden and all(cell["value"] == "" for cell in hidden)
    assert "link-coverage" in {cell["table"] for cell in hidden}


def test_known_thresholds_of_the_country_are_breaks(register: Path, tmp_path: Path) -> None:
    extended = f'extends = "{register / "study.toml"}"\n[thresholds]\ncountry = "BE"\nvalues = []\n'
    (tmp_path / "study.toml").write_text(extended, encoding="utf-8")
    sources = {"transactions": str(register / "transactions"), "register": str(register / "register.parquet"),
               "accounts": str(register / "accounts.parquet")}  # fmt: skip
    study = Study(tmp_path / "study.toml", sources=sources)
    (table,) = [table for table in study.tables() if table.name == "participation"]
    broken = "Series break in 2015: from then on imports from the union are declared from 1,500,000 a year"
    assert any(note.startswith(broken) for note in table.notes)
    lacking = [problem.title for problem in study.check().warnings if problem.rule == "unknown-threshold"]
    assert (
        len(lacking) == 2 and "2017, 2018, 2019, 2020: in these years no firm counts as below" in lacking[0]
    )


def test_check_reads_declarations(register: Path) -> None:
    output = _run("check", str(register / "transactions"), "--study", str(register / "study.toml"))
    assert "12,000 declarations of " in output and "Linked to a panel of" in output


def test_the_files_may_come_from_the_command_line(register: Path, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        '[transactions]\nhome = "BE"\ncomplete = true\n[protect]\nsynthetic = "made up"\n'
        '[tables.t]\nsample = "all-firms"\nperiod = 2016\nmeasures = ["firms"]\nby = ["flow"]\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="names no declarations"):
        Study(tmp_path / "study.toml").tables()
    _run(
        "run",
        str(tmp_path / "study.toml"),
        "--transactions",
        str(register / "transactions"),
        "--out",
        str(tmp_path / "out"),
    )
    assert {cell["table"] for cell in _cells(tmp_path / "out")} == {"t"}
    with pytest.raises(StudyError, match=r"no source 'transaction'\. Did you mean 'transactions'"):
        Study(tmp_path / "study.toml", sources={"transaction": "x"}).tables()


def test_a_study_makes_its_own_declarations(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        '[transactions]\nsynthetic = 3000\nproducts = "CN"\nhome = "BE"\ncomplete = '
        'true\n[protect]\nsynthetic = "made up"\n'
        '[tables.t]\nsample = "all-firms"\nperiod = 2016\nmeasures = ["firms"]\nby = ["flow"]\n',
        encoding="utf-8",
    )
    release = Study(tmp_path / "study.toml").release()
    assert not release.protected and "3000 declarations" in release.provenance.synthetic


def test_a_break_is_drawn(tmp_path: Path) -> None:
    write(
        tmp_path / "p.csv",
        [("A", year, 1, 0, 0, 0) for year in range(1996, 2003)],
        ("firm", "year", "import_intra", "import_extra", "export_intra", "export_extra"),
    )
    (tmp_path / "study.toml").write_text(
        '[panel]\nfiles = "p.csv"\n[thresholds]\nvalues = [{ flow = "import_intra", until = 1997, value = '
        '0, source = "own" }, '
        '{ flow = "import_intra", from = 1998, value = 250000, source = "own" }]\n'
        '[tables.t]\nsample = "all-firms"\nperiod = "1996-2002"\nmeasures = ["participation"]\n'
        'by = { flow = ["import"] }\nchart = { kind = "line", x = "period" }\n'
        '[tables.b]\nlike = "t"\nchart = { kind = "bar", x = "period" }\n'
        '[tables.after]\nlike = "t"\nperiod = "1998-2002"\n',
        encoding="utf-8",
    )
    line, bar, after = Study(tmp_path / "study.toml").release("made up").tables
    assert line.chart and line.chart.breaks == ("1998",) and after.chart and after.chart.breaks == ()
    assert line.notes[-1] == (
        "Series break in 1998: from then on imports from the union are declared from 250,000 a year, "
        "before from 0."
    )
    assert "The series breaks in 1998." in alternative(line, {})
    rules = [
        layer
        for table in (line, bar)
        for layer in spec(table, {}, 600)["layer"]
        if layer["mark"]["type"] == "rule"
    ]
    assert [rule["data"]["values"] for rule in rules] == [[{"x": 1997.5}], [{"x": "1998"}]]


# -- the stress test
# ---------------------------------------------------------------------------------------------


def test_a_stress_test_of_an_ordinary_panel(tmp_path: Path) -> None:
    rows = [
        ("A", 2001, 50),
        ("A", 2002, 10),
        ("A", 2003, 60),
        ("B", 2001, 0),
        ("B", 2002, 20),
        ("B", 2003, 90),
        ("C", 2001, 100),
        ("C", 2002, 100),
        ("C", 2003, 0),
        ("D", 2001, None),
        ("D", 2002, 5),
        ("D", 2003, 5),
    ]
    write(
        tmp_path / "p.csv",
        [(*row, 0, 0, 0) for row in rows],
        ("firm", "year", "import_intra", "import_extra", "export_intra", "export_extra"),
    )
    (tmp_path / "study.toml").write_text('[panel]\nfiles = "p.csv"\n', encoding="utf-8")
    _run(
        "stress",
        str(tmp_path / "study.toml"),
        "--threshold-import",
        "30",
        "--unprotected",
        "made up",
        "--out",
        str(tmp_path / "out"),
    )
    found = {
        (c["period"], c["measure"].removeprefix("stress-").replace("-import-intra", "")): float(c["value"])
        for c in _cells(tmp_path / "out")
        if c["measure"].endswith(("-top", "-moved")) and c["value"] and "-import-intra-" in c["measure"]
    }
    assert [found["2002", f"participation-{when}-top"] for when in ("before", "after")] == [4, 1]
    assert found["2002", "participation-moved"] == -75
    # B starts in 2002 and is below; A seems to stop, and then to start anew.
    assert [found["2001-2003", f"entry-{when}-top"] for when in ("before", "after")] == [1, 0]
    assert [found["2001-2003", f"exit-{when}-top"] for when in ("before", "after")] == [0, 1]
    assert [found["2001-2003", f"survival-{when}-top"] for when in ("before", "after")] == [1, 0]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "imports from 30 a year with the union (as given); firms below do not trade" in page


def test_a_stress_test_is_protected_with_its_difference(register: Path, tmp_path: Path) -> None:
    text = (register / "study.toml").read_text(encoding="utf-8")
    (register / "real.toml").write_text(text.replace("\nsynthetic = ", "\n#"), encoding="utf-8")
    _run(
        "stress",
        str(register / "real.toml"),
        "--threshold-import",
        "1000",
        "--sample",
        "firms",
        "--out",
        str(tmp_path / "out"),
    )
    cells = _cells(tmp_path / "out")
    assert {cell["confidentiality"] for cell in cells} >= {"F", "C"}
    shown = {(c["table"], c["period"], c["measure"]): c["value"] for c in cells if c["value"]}
    for table, period, measure in shown:
        if measure.endswith("-moved"):
            sides = [(table, period, measure.removesuffix("moved") + when) for when in ("before", "after")]
            assert all(side in shown for side in sides), "a difference would tell what is hidden"


def test_thresholds_are_named_by_country_and_year() -> None:
    assert limits_of("BE:2015") == ({"import_intra": 1_500_000, "export_intra": 1_000_000}, "Belgium, 2015")
    with pytest.raises(
        StudyError, match=r"No threshold of Belgium in 1998 is known \(known of it: 2014-2014"
    ):
        limits_of("BE:1998")
    with pytest.raises(StudyError, match="are in SEK"):
        limits_of("SE:2023")
    with pytest.raises(StudyError, match="such as BE:2015"):
        limits_of("2015")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Which threshold is tried"),
        (("--threshold-of", "BE:2015", "--threshold-import", "1"), "Which threshold is tried"),
        (("--threshold-import", "1", "--read-as", "no-trad"), "Did you mean 'no-trade'"),
        (("--threshold-import", "1", "--sample", "al-firms"), "Did you mean 'all-firms'"),
    ],
)
def test_a_wrong_stress_test_is_refused(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(StudyError, match=says):
        _run("stress", "belgium-2002", *arguments, "--out", str(tmp_path / "out"))
