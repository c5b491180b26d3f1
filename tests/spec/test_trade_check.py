"""The check of a trade register: each problem with its line, and what is no problem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError, StudyError
from support_trade import COLUMNS, linked, write

GOOD = [
    ("A", "200401", "import", "DE", "01012100", 100, 5), ("A", "200402", "export", "US", "01012100", 40, 1),
    ("B", "200501", "import", "FR", "84713000", 70, 2), ("B", "200501", "import", "NL", "84713000", 30, 2),
    ("C", "200601", "export", "PL", "84713000", 20, 2),
]  # fmt: skip


def check(tmp_path: Path, rows: list[Any], columns: tuple[str, ...] = COLUMNS, **spec: Any) -> dict[str, Any]:
    name = write(tmp_path / "t.csv", rows, columns)
    with linked(
        tmp_path, transactions={"files": name, "products": "CN", "home": "BE", "complete": True, **spec}
    ) as it:
        return {problem.rule: problem for problem in it.report().problems}


def test_nothing_is_wrong(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == {}


@pytest.mark.parametrize(
    ("row", "rule", "says"),
    [
        (("A", "200413", "import", "DE", "01", 1, 1), "unknown-period", "t.csv, line 7: firm A"),
        ((None, "200401", "import", "DE", "01", 1, 1), "missing-firm", "line 7"),
        (("A", None, "import", "DE", "01", 1, 1), "missing-period", "line 7"),
        (("A", "200401", "2", "DE", "01", 1, 1), "unknown-flow", '"2" = "import"'),
        (("A", "200401", "import", "Germny", "01", 1, 1), "unknown-partner", "'Germny' DE (Germany)"),
        (("A", "200401", "import", "World", "01", 1, 1), "sum-partner", "counts its parts twice"),
        (("A", "200401", "import", "BE", "01", 1, 1), "own-country", "re-imports"),
        (("A", "200401", "import", "DE", "01", -1, 1), "negative-value", "-1.0"),
        (("A", "200401", "import", "DE", "01", "x", 1), "unusable-value", "in [transactions]"),
        (("A", "200401", "import", "DE", "010121001", 1, 1), "impossible-product", "010121001"),
        (("A", "200401", "import", None, "01", 1, 1), "missing-partner", "nobody can tell"),
        (("A", "200401", "import", "DE", "01", None, 1), "missing-value", "line 7"),
        (GOOD[0], "repeated-line", "t.csv, line 2; t.csv, line 7"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_its_line(tmp_path: Path, row: Any, rule: str, says: str) -> None:
    found = check(tmp_path, [*GOOD, row])
    assert set(found) == {rule}
    assert says in "\n".join(found[rule].lines())


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ((None, None, None, None, None, 777, None), "no firm, partner or product"),
        ((None, "2004", "import", None, None, 100, 5), "no firm, partner or product"),
        (("Total", "200401", "import", None, "01", 260, 5), "the sum of all other lines"),
        (("B", "200501", "import", None, "84713000", 110, 5), "the sum of the firm's other imports of 2005"),
    ],
)
def test_a_total_among_the_lines_is_caught(tmp_path: Path, row: Any, why: str) -> None:
    rows = [*GOOD, ("B", "200501", "import", "IT", "84713000", 10, 2)]
    if row[0] == "Total":
        rows = GOOD
    found = check(tmp_path, [*rows, row])
    assert "total-row" in found and why in "\n".join(found["total-row"].lines())
    assert "counts everything twice" in found["total-row"].remedy


def test_two_lines_of_one_value_are_no_total(tmp_path: Path) -> None:
    rows = [("A", "200401", "import", "DE", "01", 50, 1), ("A", "200401", "import", None, "01", 50, 1)]
    assert set(check(tmp_path, rows)) == {"missing-partner"}


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    name = write(tmp_path / "t.csv", [*GOOD, (None, None, None, None, None, 777, None)])
    drop = [{"column": "partner", "missing": True}]
    with linked(tmp_path, transactions={"files": name, "complete": True, "drop": drop}) as it:
        report = it.report()
    assert not report.stops and report.dropped == {"t.csv: partner is empty": 1}
    assert report.rows == 5 and "5 declarations of 3 firms in 3 years (2004-2006)" in report.text()


@pytest.mark.parametrize(("rule", "flow"), [("intra", "import_intra"), ("extra", "import_extra")])
def test_the_country_itself_is_what_the_study_says(tmp_path: Path, rule: str, flow: str) -> None:
    name = write(tmp_path / "t.csv", [("A", "2004", "import", "BE", "01", 7, 1)])
    spec = {"files": name, "home": "Belgium", "complete": True, "own_country": rule}
    with linked(tmp_path, transactions=spec) as it:
        assert it.rules() == [] and it.rows(flow) == [(7,)]
    with linked(tmp_path, transactions=spec | {"own_country": "leave-out"}) as it:
        assert it.rows("*", "transactions") == []


def test_yearly_figures_of_a_year_of_accession_are_told(tmp_path: Path) -> None:
    found = check(tmp_path, [("A", "2004", "import", "PL", "01", 7, 1)])
    assert set(found) == {"joining"} and "its members are those of december" in found["joining"].title
    found = check(tmp_path, [("A", "2004", "import", "PL", "01", 7, 1)], joining="unknown")
    assert "unknown side" in found["joining"].title


def test_register_and_accounts_are_checked(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", GOOD)
    write(
        tmp_path / "r.csv", [("A", "1511"), ("A", "1511"), (None, "15"), ("Z", "99xx")], ("firm", "activity")
    )
    write(tmp_path / "a.csv", [("A", 2004, 5), ("A", 2004, 6), ("B", 2004, -1), ("Y", 2004, 1)],
          ("firm", "year", "employment"))  # fmt: skip
    parts = {
        "transactions": {"files": "t.csv", "complete": True},
        "register": {"files": "r.csv", "classification": "NACE 1.1"},
        "accounts": {"files": "a.csv"},
    }
    with linked(tmp_path, **parts) as it:
        found = {problem.rule + problem.title.split("]")[0]: problem for problem in it.report().problems}
    assert {"duplicate-firm-year[register", "missing-firm[register", "duplicate-firm-year[accounts",
            "negative-employment[accounts"} <= set(found)  # fmt: skip
    assert "in [accounts]" in found["negative-employment[accounts"].remedy
    unmatched = next(problem for name, problem in found.items() if name.startswith("unmatched"))
    assert unmatched.count == 2 and "matched: 33.3 %" in unmatched.title


def test_a_register_without_years_holds_for_a_firms_life(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", GOOD)
    write(tmp_path / "r.csv", [("A", "15", 2005, None), ("B", "15", None, 2005), ("Z", "15", None, None)],
          ("firm", "activity", "founded", "ceased"))  # fmt: skip
    write(tmp_path / "a.csv", [("Z", 2005, 7)], ("firm", "year", "employment"))
    parts = {"transactions": {"files": "t.csv", "complete": True}, "register": {"files": "r.csv"},
             "accounts": {"files": "a.csv"}}  # fmt: skip
    with linked(tmp_path, **parts) as it:
        found = it.rows("firm, year, in_register, cast(employment as integer)")
    assert found == [
        ("A", 2004, False, None), ("A", 2005, True, None), ("A", 2006, True, None), ("B", 2004, True, None),
        ("B", 2005, True, None), ("C", 2006, False, None), ("Z", 2004, True, None), ("Z", 2005, True, 7),
        ("Z", 2006, True, None),
    ]  # fmt: skip


def test_identifiers_that_change(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", GOOD)
    write(
        tmp_path / "r.csv",
        [("A2", 2004, "15"), ("B", 2005, "15"), ("C", 2006, "15")],
        ("firm", "year", "activity"),
    )
    write(tmp_path / "i.csv", [("A", "A1", 2005), ("A1", "A2", 2006)], ("old", "new", "date"))
    parts = {"transactions": {"files": "t.csv", "complete": True}, "register": {"files": "r.csv"},
             "identifiers": {"files": "i.csv"}}  # fmt: skip
    with linked(tmp_path, **parts) as it:
        assert it.rows("firm, in_register") == [("A2", True), ("B", True), ("C", True)]
        assert it.rules() == [] and "renamed" in it.rules("info")
    write(tmp_path / "r.csv", [("A2", 2004, "15"), ("A", 2004, "15")], ("firm", "year", "activity"))
    with linked(tmp_path, **parts) as it:
        assert "two-identifiers" in it.rules()


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ({"columns": {"flow": "flo"}}, DataError, "Did you mean 'flow'"),
        ({"products": "CNN"}, StudyError, "Did you mean 'CN'"),
        ({"union": "EUR"}, StudyError, "there is no union 'EUR'. Did you mean 'EU'"),
        ({"home": "Belgum"}, StudyError, r"Did you mean BE \(Belgium\)"),
        ({"complete": ["imports"]}, StudyError, "'imports' is no flow. Did you mean 'import'"),
        ({"complete": {"import": "then"}}, StudyError, "'then' is not a year"),
        ({"codes": {"flow": {"1": "sideways"}}}, StudyError, "write import or export"),
        ({"codes": {"partner": {"1": "Nowhere"}}}, StudyError, "which is no partner"),
        ({"correspondence": {"file": "x.csv", "form": "a"}}, StudyError, "Did you mean 'from'"),
        (
            {"correspondence": {"file": "x.csv"}, "products": "CN"},
            DataError,
            "no correspondence table 'x.csv'",
        ),
        ({"unions": "EU"}, StudyError, r"\[transactions\]: 'unions' is not known. Did you mean 'union'"),
    ],
)
def test_a_wrong_study_is_refused(
    tmp_path: Path, spec: dict[str, Any], error: type[Exception], says: str
) -> None:
    name = write(tmp_path / "t.csv", GOOD)
    with pytest.raises(error, match=says), linked(tmp_path, transactions={"files": name, **spec}):
        pass


def test_a_file_without_a_flow_or_period_is_refused(tmp_path: Path) -> None:
    name = write(tmp_path / "t.csv", [("A", 1)], ("firm", "value"))
    with pytest.raises(DataError, match="has no period"), linked(tmp_path, transactions={"files": name}):
        pass
    spec = {"files": name, "constant": {"period": 2002}}
    with (
        pytest.raises(DataError, match="which declarations are imports"),
        linked(tmp_path, transactions=spec),
    ):
        pass
    spec["constant"] = {"period": 2002, "flow": "export"}
    with linked(tmp_path, transactions=spec) as it:
        assert it.rows("firm, year, flow, partner, product, value", "transactions") == [
            ("A", 2002, "export", "unknown", "unknown", 1)
        ]


def test_a_column_of_register_and_accounts_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", GOOD)
    write(tmp_path / "r.csv", [("A", 2004, 5)], ("firm", "year", "employment"))
    parts = {
        "transactions": {"files": "t.csv"},
        "register": {"files": "r.csv"},
        "accounts": {"files": "r.csv"},
    }
    with pytest.raises(StudyError, match="employment is a column of the register and of the accounts"), \
            linked(tmp_path, **parts):  # fmt: skip
        pass


def test_corrections_are_netted_where_the_study_says_so(tmp_path: Path) -> None:
    """By firm, year, flow, partner and product; what takes back more than there was is told, and no trade."""
    rows = [
        *GOOD,
        ("N", "200401", "export", "DE", "84713000", 100, 5),
        ("N", "200405", "export", "DE", "84713000", -40, 0),
        ("N", "200405", "export", "FR", "84713000", -7, 0),  # takes back what was never declared
        ("M", "200405", "export", "FR", "84713000", 30, 0),
        ("M", "200406", "export", "FR", "84713000", -30, 0),
    ]
    write(tmp_path / "t.csv", rows)
    parts = {"transactions": {"files": "t.csv", "complete": True, "corrections": "net", "products": "CN"}}
    with linked(tmp_path, **parts) as it:
        found = {problem.rule: problem for problem in it.report().problems}
        (n,) = it.rows(
            "export_partners, cast(declared_export as double)", "(select * from panel where firm = 'N')"
        )
        gone = it.rows("firm", "(select * from panel where firm = 'M')")
    assert n == (1, 60.0) and not gone  # who has taken all back does not declare
    assert not any(problem.severity == "stop" for problem in found.values())
    assert found["netted"].count == 3 and found["below-zero"].count == 1
    assert "N" in "\n".join(found["below-zero"].lines()) and "-7" not in str(found["below-zero"])
