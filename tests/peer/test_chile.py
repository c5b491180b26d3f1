"""The Chilean plants give the figures that are known of them (see examples/chile-enia/study.toml)."""

from __future__ import annotations

import pytest

from firmtrade.study import Study


@pytest.fixture(scope="module")
def cells(shared, root):
    panel = shared / "data" / "chile-enia" / "panel.tsv"
    if not panel.exists():
        pytest.skip("the Chilean panel is not beside the checkout (data/chile-enia/panel.tsv)")
    study = Study(root / "examples" / "chile-enia", panel=str(panel))
    wanted = [table for table in study.spec.tables if table.name != "scope"]
    found = {}
    for result in study.tables(wanted):
        for cell in result.cells:
            found[result.name, cell.period, tuple(sorted(cell.codes.items())), cell.measure] = cell.value
    return found


def get(cells, table, period, measure, **codes):
    return cells[table, period, tuple(sorted(codes.items())), measure]


@pytest.mark.parametrize(
    ("period", "flow", "percent"),
    [
        ("1990", "export", 16.58),
        ("1996", "export", 21.43),
        ("1990", "import", 20.77),
        ("1996", "import", 24.62),
    ],
)
def test_participation(cells, period, flow, percent):
    value = get(cells, "participation-by-year", period, "participation", flow=flow)
    assert round(value, 2) == percent


def test_numbers_of_plants(cells):
    assert get(cells, "modes-by-year", "1990", "firms") == 4584
    assert get(cells, "modes-by-year", "1996", "firms") == 5464
    total = sum(get(cells, "modes-by-year", str(year), "firms") for year in range(1990, 1997))
    assert total == 34_981


@pytest.mark.parametrize(
    ("mode", "percent"), [("export-only", 8.80), ("import-only", 11.99), ("both", 12.63)]
)
def test_modes(cells, mode, percent):
    assert round(get(cells, "modes-by-year", "1996", "mode-share", mode=mode), 2) == percent


@pytest.mark.parametrize(
    ("status", "plants"), [("never", 2389), ("new", 339), ("stopped", 139), ("constant", 472)]
)
def test_transitions(cells, status, plants):
    assert get(cells, "transitions", "1990-1996", "firms", flow="export", status=status) == plants


@pytest.mark.parametrize(
    ("measure", "percent"), [("top-1-percent-of-exports", 30.2), ("top-10-percent-of-exports", 76.2)]
)
def test_concentration(cells, measure, percent):
    assert round(get(cells, "concentration", "1996", measure, flow="export"), 1) == percent


def test_what_it_cannot_answer_is_said(shared, root):
    panel = shared / "data" / "chile-enia" / "panel.tsv"
    if not panel.exists():
        pytest.skip("the Chilean panel is not beside the checkout (data/chile-enia/panel.tsv)")
    release = Study(root / "examples" / "chile-enia", panel=str(panel)).release("public research file")
    assert [table.name for table in release.tables if table.name == "scope"] == []
    said = [text for text in release.warnings if text.startswith("scope is not answered")]
    assert "scope needs export_extra, export_intra, import_extra, import_intra" in said[0]
