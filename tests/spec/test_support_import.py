"""Bulk import: dry run, every rejected row with its remedy, workbooks, the same file twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from firmtrade.errors import DataError, DisclosureError
from firmtrade.support.register import Register
from firmtrade.support.register.verify import report
from support_register import csv, firms, register

FIRMS = (
    "id,name,natural_person,founded_on,activity",
    "F1,Alfa,no,2001-05-17,28",
    "F2,Bèta,yes,,",
    "F3,Gamma,,1999-01-01,1511",
)


@pytest.fixture
def book(tmp_path: Path):
    with register(tmp_path / "agency.db") as made:
        yield made


def test_good_rows_go_in_and_say_who_brought_them(book: Register, tmp_path: Path) -> None:
    parts: list[tuple[int, int]] = []
    done = book.import_file(csv(tmp_path / "firms.csv", *FIRMS), "firms", "public-register",
                            part=2, acknowledge=lambda *each: parts.append(each))  # fmt: skip
    assert (done.read, done.new, done.changed, done.same, done.rejected) == (3, 3, 0, 0, ())
    assert parts == [(2, 3), (3, 3)]
    row = book.get("firms", "F2")
    assert (row["name"], row["natural_person"], row["founded_on"]) == ("Bèta", "yes", None)
    assert (row["origin"], row["recorded_by"]) == ("public-register", "an")
    assert row["batch_id"].startswith("firms-public-register-")
    assert book.get("firms", "F3")["natural_person"] == "unknown"
    assert book.looks()[0]["action"] == "import"


def test_a_dry_run_writes_nothing_and_says_what_would_be(book: Register, tmp_path: Path) -> None:
    firms(book, "F1")
    done = book.import_file(csv(tmp_path / "firms.csv", *FIRMS), "firms", "firm", dry_run=True)
    assert (done.dry, done.new, done.changed) == (True, 2, 1)
    assert book.count("firms") == 1 and book.get("firms", "F1")["version"] == 1


def test_every_rejected_row_is_reported_with_reason_and_remedy(book: Register, tmp_path: Path) -> None:
    firms(book, "F1", "F2")
    file = csv(
        tmp_path / "history.csv",
        "firm_id;year;flow;traded;value",
        "F1;2020;export;yes;1200.50",
        "F9;2020;export;yes;",
        "F1;20x0;export;maybe;",
        "F1;2021;export;no;500",
        "F1;2020;export;no;",
        "F2;2020;export;;",
        ";2020;export;yes;",
        "F2;2021;export;yes;1;2",
        "",
        "F2;2022;exports;yes;1,5",
    )
    done = book.import_file(file, "exports", "firm")
    assert (done.read, done.new) == (9, 2)
    assert [(each.row, each.column) for each in done.rejected] == [
        (3, "firm_id"), (4, "traded"), (4, "year"), (5, "traded"), (6, "firm_id"), (8, "firm_id"), (9, ""),
        (11, "flow"), (11, "value")]  # fmt: skip
    lines = report(done.rejected).splitlines()
    assert lines[0] == "file,row,column,reason,remedy"
    assert lines[1].startswith("history.csv,3,firm_id,the register has no 'F9' in firms,")
    assert "stands in row 2 already" in lines[5] and "Did you mean 'export'?" in lines[8]
    assert book.get("exports", "F2|2020|export")["traded"] == "unknown"


def test_the_same_file_twice_changes_nothing(book: Register, tmp_path: Path) -> None:
    file = csv(tmp_path / "firms.csv", *FIRMS)
    book.import_file(file, "firms", "firm")
    book.change("firms", "F1", 1, name="Corrected by an adviser")
    again = book.import_file(file, "firms", "firm")
    assert (again.new, again.changed, again.same, again.carried_on) == (0, 0, 0, 3)
    assert book.get("firms", "F1")["name"] == "Corrected by an adviser"


def test_a_corrected_file_changes_what_differs_and_keeps_the_rest(book: Register, tmp_path: Path) -> None:
    book.import_file(csv(tmp_path / "firms.csv", *FIRMS), "firms", "firm")
    file = csv(tmp_path / "firms2.csv", "id,name", "F1,Alfa", "F2,Beta", "F4,Delta")
    done = book.import_file(file, "firms", "firm")
    assert (done.new, done.changed, done.same) == (1, 1, 1)
    assert book.get("firms", "F1")["founded_on"] == date(2001, 5, 17)  # a column that the file lacks
    assert [version.row["name"] for version in book.history("firms", "F2")] == ["Bèta", "Beta"]


def test_rows_that_were_refused_come_in_later_and_only_they(book: Register, tmp_path: Path) -> None:
    firms(book, "F1")
    file = csv(tmp_path / "e.csv", "firm_id,year,flow,traded", "F1,2020,export,yes", "F2,2020,export,yes",
               "F1,2021,export,no")  # fmt: skip
    first = book.import_file(file, "exports", "firm", part=1)
    assert (first.new, [each.row for each in first.rejected]) == (2, [3])
    book.change("exports", "F1|2020|export", 1, traded="no")
    firms(book, "F2")
    second = book.import_file(file, "exports", "firm", part=1)
    assert (second.new, second.changed, second.carried_on, second.rejected) == (1, 0, 2, ())
    assert book.get("exports", "F1|2020|export")["traded"] == "no"
    assert book.import_file(file, "exports", "firm").carried_on == 3


def test_a_workbook(book: Register, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "firms.xlsx")) as made:
        sheet = made.add_worksheet("firms")
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for column, name in enumerate(["id", "name", "founded_on", "natural_person", "activity"]):
            sheet.write(0, column, name)
        sheet.write_row(1, 0, [17, "Number as name"])
        sheet.write_datetime(1, 2, date(2003, 2, 1), day)
        sheet.write_boolean(1, 3, False)
        sheet.write_row(3, 0, ["F2", "Beta", "2003-02-30", "yes", "#N/A"])
        made.add_worksheet("notes").write(0, 0, "not data")
    with pytest.raises(DataError, match=r"several sheets \(firms, notes\)"):
        book.import_file(tmp_path / "firms.xlsx", "firms", "firm")
    done = book.import_file(tmp_path / "firms.xlsx", "firms", "firm", sheet="firms")
    assert (done.new, [(each.row, each.column) for each in done.rejected]) == (1, [(4, "founded_on")])
    row = book.get("firms", "17")
    assert (row["founded_on"], row["natural_person"]) == (date(2003, 2, 1), "no")


def test_a_report_names_no_contact(book: Register, tmp_path: Path) -> None:
    firms(book, "F1")
    file = csv(
        tmp_path / "contacts.csv",
        "id,firm_id,name,purpose,legal_basis,keep_until",
        "C1,F1,Quux,advice,consent,Quux until 2030",
    )
    (rejected,) = book.import_file(file, "contacts", "firm").rejected
    assert rejected.column == "keep_until" and "Quux" not in report([rejected])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("id,nam\nF1,x\n", "no column 'nam'. Did you mean 'name'"),
        ("id\nF1\n", "lacks the column 'name'"),
        ("id,name,name\nF1,x,y\n", "'name' more than once"),
        ("", "is empty"),
        ('id,name\nF1,"x\n', "quotation mark"),
        (b"id,name\nF1,caf\xe9\n", "line 2: this is not UTF-8"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(
    book: Register, tmp_path: Path, content: str | bytes, reason: str
) -> None:
    file = tmp_path / "firms.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=reason):
        book.import_file(file, "firms", "firm")
    assert book.count("firms") == 0


# -- two zones -----------------------------------------------------------------------------------------------

PANEL = (
    "firm,year,activity,region,founded,employment,turnover,value_added,domestic,"
    "import_intra,import_extra,export_intra,export_extra"
)


def test_no_panel_comes_into_the_register(book: Register, tmp_path: Path) -> None:
    """Whatever form it has: an object, a database, a binary file, a CSV with the contract's columns."""
    from firmtrade import Study
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.acquire.source import PanelSpec
    from firmtrade.assemble.panel import open_panel

    file = csv(tmp_path / "panel.csv", PANEL, "F1,2002,1511,BE2,1990,12,1,1,true,0,0,5,0")
    firms(book, "F1")
    with DuckDB() as engine:
        panel = open_panel(engine, PanelSpec(files="panel.csv"), None, tmp_path)
        for source in (panel, Study("belgium-2002", str(file)), [("F1", 2002)], None):
            with pytest.raises(DisclosureError, match="collected for statistics"):
                book.import_file(source, "exports", "firm")
        engine.execute(f"copy (select * from panel) to '{tmp_path}/panel.parquet' (format parquet)")
    with pytest.raises(DisclosureError, match="is a panel of firms: it has firm and"):
        book.import_file(file, "exports", "firm")
    for source in (
        tmp_path / "panel.parquet",
        "postgresql://host/statistics#panel",
        "sqlite:///panel.db#firms",
    ):
        with pytest.raises(DisclosureError, match="collected for statistics"):
            book.import_file(source, "firms", "firm")
    for columns in ("stat_id,name", "firm,year,turnover", "Firm,Year,Export-Intra"):
        with pytest.raises(DisclosureError):
            book.import_file(csv(tmp_path / "p.csv", columns, "1,2,3"), "firms", "firm")
    with pytest.raises(DataError, match="cannot be the origin"):
        book.import_file(csv(tmp_path / "f.csv", *FIRMS), "firms", "statistics")
    assert book.count("firms") == 1 and book.count("exports") == 0


def test_two_imports_of_one_file_do_not_mix(book: Register, tmp_path: Path) -> None:
    from firmtrade.support.register.rows import Conflict

    file = csv(tmp_path / "firms.csv", *FIRMS)

    def second(done: int, total: int) -> None:
        if done == 1:
            assert book.import_file(file, "firms", "firm").new == 2

    with pytest.raises(Conflict, match="Another import of the same file"):
        book.import_file(file, "firms", "firm", part=1, acknowledge=second)
    assert book.count("firms") == 3 and book.import_file(file, "firms", "firm").carried_on == 3


def test_answers_are_checked_against_their_questionnaire(book: Register, tmp_path: Path) -> None:
    firms(book, "F1")
    file = csv(tmp_path / "assessments.csv", "firm_id,instrument,instrument_version,on_date,mode",
               "F1,first-export,1,2024-02-01,self", "F1,own,1,2024-02-01,self")  # fmt: skip
    assert book.import_file(file, "assessments", "firm").new == 2
    head = "F1|first-export|2024-02-01"
    lines = (f"{head},W1,yes,stated", f"{head},W99,yes,stated", f"{head},W2,perhaps,stated",
             "F1|own|2024-02-01,X,7,documented")  # fmt: skip
    file = csv(tmp_path / "answers.csv", "assessment_id,question,answer,evidence", *lines)
    done = book.import_file(file, "answers", "firm")
    assert done.new == 2
    assert [(each.row, each.column) for each in done.rejected] == [(3, "answer"), (4, "answer")]


def test_a_row_that_was_cut_off_is_rejected_and_columns_may_be_skipped(tmp_path: Path) -> None:
    file = csv(tmp_path / "f.csv", "id,name,Remarks,region", "A,Alfa,first,BE1", "B,Be", "C,Gamma,,")
    with register(tmp_path / "a.db") as book:
        with pytest.raises(DataError, match="To leave it out: --skip 'Remarks'"):
            book.import_file(file, "firms", "firm")
        with pytest.raises(DataError, match=r"no column 'Remark' to skip\. Did you mean 'Remarks'"):
            book.import_file(file, "firms", "firm", skip=["Remark"])
        done = book.import_file(file, "firms", "firm", skip=["Remarks", "region"])
        assert done.new == 2 and book.get("firms", "A")["region"] is None
        (rejected,) = done.rejected
        assert rejected.row == 3 and rejected.reason == "the row has 2 cells and the header 4"
        again = book.import_file(file, "firms", "firm", skip=["Remarks"])  # another sheet: more is read
        assert again.changed == 1 and book.get("firms", "A")["region"] == "BE1"


def test_support_does_not_begin_before_the_firm_is_founded(tmp_path: Path) -> None:
    lines = ("S1,F1,M,2019-12-31", "S2,F1,M,2020-01-01", "S3,F2,M,1900-01-01")
    file = csv(tmp_path / "s.csv", "id,firm_id,measure_id,started", *lines)
    with register(tmp_path / "a.db") as book:
        firms(book, "F1", founded_on="2020-01-01")
        firms(book, "F2")  # nobody knows when it was founded
        book.add("measures", id="M", title="m", type="promotion", state_aid="none", valid_from="2000-01-01")
        done = book.import_file(file, "support", "agency")
    assert done.new == 2 and [(each.row, each.column) for each in done.rejected] == [(2, "started")]
    assert done.rejected[0].reason == "2019-12-31 is before the firm was founded, on 2020-01-01"
