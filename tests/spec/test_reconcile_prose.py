"""The figures of the Belgian report's text beside its tables: what the audit of the report found by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmtrade.reconcile import Audit, read_figures, report
from firmtrade.reconcile.finding import NOTHING, SUBSAMPLE
from golden.make_audit import audited

GOLDEN = Path(__file__).parents[1] / "golden" / "audit-belgium-2002-prose.txt"

pytestmark = pytest.mark.slow

# Root cause of the audit by hand -> texts of the cells that one finding names together, and its verdict.
ROOTS = [
    ("C1", {"3,979", "3,998"}, NOTHING),
    ("C1", {"18,072", "15,972"}, NOTHING),
    ("C3", {"24.9", "3,133", "1,637", "1,700"}, SUBSAMPLE),
    ("C3", {"28,284", "94,971", "65,941"}, SUBSAMPLE),
    ("C6", {"17", "62,790", "5,978", "7,103"}, SUBSAMPLE),
    ("C6", {"14", "62,790", "5,978", "4,251"}, SUBSAMPLE),
    ("C5", {"13", "28,284", "4.0", "19.5", "44.2", "59.4"}, SUBSAMPLE),
    ("C7", {"6 (0 to 6)", "453", "4,570", "30 (27.5 to 32.5)", "41"}, NOTHING),
    ("C7", {"6 (0 to 6)", "453", "4,570", "28", "41"}, NOTHING),
    ("C10", {"60 (57.5 to 62.5)", "3,133"}, NOTHING),
    ("C10", {"67", "67.7"}, NOTHING),
    ("C11", {"80 (77.5 to 82.5)", "87"}, NOTHING),
    ("C14", {"78", "94,971", "20,204", "51,844"}, SUBSAMPLE),
    ("C14", {"19", "94,971", "3,809", "10,090"}, SUBSAMPLE),
]


@pytest.fixture(scope="module")
def prose(root: Path) -> Path:
    return root / "studies" / "belgium-2002" / "prose.csv"


@pytest.fixture(scope="module")
def found(root: Path, prose: Path) -> Audit:
    return audited(root / "studies" / "belgium-2002" / "published.csv", prose)


def test_the_audit_with_the_text_is_the_golden_one(found: Audit) -> None:
    assert report.text(found, "published.csv and prose.csv") == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(("root_cause", "values", "verdict"), ROOTS)
def test_a_root_cause_is_found(found: Audit, root_cause: str, values: set[str], verdict: str) -> None:
    told = [f for f in found.violated if values <= {figure.text for figure in f.figures}]
    assert told and {f.verdict for f in told} == {verdict}, root_cause


def test_the_import_shares_of_the_text_contradict_tables_1_and_2(found: Audit) -> None:
    """C4: printed 12 and 13 %; the tables allow 13.8 and 11.7, each named by the test of all at once."""
    allowed = {c.figure.text: c.allowed for c in found.contradictions if c.figure.table == "text-5.3.1"}
    assert allowed["12"] == pytest.approx(13.76, abs=0.02)
    assert allowed["13"] == pytest.approx(11.68, abs=0.02)


def test_one_firm_too_many_in_section_5_2(found: Audit) -> None:
    """C3: 24,549 less 17,332 and 94,971 less 65,941 leave one firm fewer than Table 1 has."""
    (told,) = [c for c in found.contradictions if c.figure.table == "text-5.2"]
    # Services stand beside it as 65,941 and 17,332, or as the 48,609 of Table 17: it is the same.
    assert {"21,814", "94,971", "24,549"} <= {figure.text for figure in (told.figure, *told.against)}
    assert told.allowed == pytest.approx(94_972, abs=0.5)


def test_services_importers_that_export(found: Audit) -> None:
    """C10: 'about 50 %', and 58.4 by Table 17."""
    told = [c for c in found.contradictions if c.figure.text == "50 (47.5 to 52.5)"]
    assert [c.allowed for c in told] == [pytest.approx(58.44, abs=0.01)]


def test_figures_of_the_text_that_hold_are_left_alone(found: Audit, prose: Path) -> None:
    """Most figures of the text repeat a table's or round it: they are in no violation but a named one."""
    blamed = {x.note for f in found.findings if f.verdict == NOTHING for x in f.figures if x.file}
    lines = {note.split(":")[0] for note in blamed}
    # 147, 395, 436, 437: C7; 54-78: C4 and C10; 204, 207: C11; 213: C1; 590: C10.
    known = {55, 56, 76, 78, 147, 204, 207, 213, 395, 436, 437, 590}
    assert {int(line.rpartition(" ")[2]) for line in lines} <= known
    assert len(read_figures(prose)) >= 175


def test_the_tables_alone_are_judged_as_without_the_text(found: Audit) -> None:
    tables = [f for f in found.violated if not any(x.table.startswith("text") for x in f.figures)]
    assert len([f for f in tables if f.verdict == NOTHING]) == 2
