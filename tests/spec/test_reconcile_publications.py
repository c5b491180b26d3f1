"""The audit of two real publications: the Belgian report (golden) and HMRC's businesses by region."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmtrade.reconcile import Audit, audit, read_figures, report, setting
from firmtrade.reconcile.finding import NOTHING, OVERLAP, SUBSAMPLE
from firmtrade.study import read_study
from golden.make_audit import audited
from reference import uk
from reference.plants import identities, plant, read_rows, write_rows

GOLDEN = Path(__file__).parents[1] / "golden" / "audit-belgium-2002.txt"
SPEC = read_study("belgium-2002")
WORDS = setting(SPEC.catalog, SPEC.windows, "NACE 1.1")


@pytest.fixture(scope="module")
def published(shared: Path) -> Path:
    return shared / "seed" / "published.csv"


@pytest.fixture(scope="module")
def clean(published: Path) -> Audit:
    return audited(published)


@pytest.mark.slow
def test_the_audit_of_the_report_is_the_golden_one(clean: Audit) -> None:
    assert report.text(clean, "published.csv") == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"3,979", "3,362", "1,094"}, NOTHING),
        ({"8.2", "8.5"}, NOTHING),
        ({"62,790", "48,609", "5,978", "4,251", "7,103"}, SUBSAMPLE),
        ({"28,284", "20,204", "3,809", "812", "345"}, SUBSAMPLE),
        ({"4,271", "3,426", "814"}, SUBSAMPLE),
        ({"3,979", "18,072", "4,271", "16,701"}, SUBSAMPLE),
        ({"1.1", "0.7", "0.5", "-0.1"}, SUBSAMPLE),
    ],
)
def test_what_is_really_there_is_found(clean: Audit, values: set[str], verdict: str) -> None:
    found = [f for f in clean.violated if values <= {figure.text for figure in f.figures}]
    assert found and {f.verdict for f in found} == {verdict}


@pytest.mark.slow
def test_identities_that_hold_are_left_alone(clean: Audit) -> None:
    assert len(clean.violated) == 9 and len(clean.findings) >= 400
    assert not [
        f for f in clean.violated if f.kind in ("ring of quotients", "product of growth", "whole firms")
    ]
    given = {(c.figure.table, c.figure.text) for c in clean.contradictions}
    assert given == {("table-05", "3,979"), ("table-06", "3,979"), ("table-21", "8.2")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_planted_errors_are_named(clean: Audit, published: Path, tmp_path: Path, seed: int) -> None:
    rows = read_rows(published)
    assert len(identities(rows)) > 140
    copy, wrong = plant(rows, 20, seed)
    write_rows(tmp_path / "planted.csv", copy)
    found = audit(read_figures(tmp_path / "planted.csv"), SPEC.tables, WORDS)
    lines = {number + 2 for number in wrong}
    named = {figure.line for finding in found.violated for figure in finding.figures}
    assert len(lines & named) >= 18, lines - named
    known = {finding.name for finding in clean.violated}
    touched = [f for f in found.violated if f.name in known or lines & {x.line for x in f.among or f.figures}]
    assert len(touched) == len(found.violated)


@pytest.mark.parametrize("overlapping", [True, False])
def test_businesses_by_region_do_not_add_up(shared: Path, tmp_path: Path, overlapping: bool) -> None:
    source = shared / "data" / "uk-official-2019" / "hmrc_small_area_businessCount_2019.csv"
    regions = uk.convert(source, tmp_path / "uk.csv")
    spec = read_study(uk.study(regions, tmp_path / "uk.toml", overlapping))
    words = setting(spec.catalog, spec.windows, "", spec.panel["columns"])
    found = audit(read_figures(tmp_path / "uk.csv"), spec.tables, words)
    told = [f for f in found.findings if "140,154" in f.right and "122,981" in f.left]
    assert len(told) == 1 and told[0].misses == 140_154 - 122_981
    assert found.proven is not overlapping
    assert told[0].verdict == (OVERLAP if overlapping else NOTHING)
    assert overlapping or "groups" in told[0].why
