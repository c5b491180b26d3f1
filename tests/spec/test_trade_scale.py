"""What makes a trade register of any size possible changes no figure: narrow sums, views, columns left."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from firmtrade.assemble.trade.fold import in_years
from firmtrade.assemble.trade.linked import keep_panel
from firmtrade.study import Study
from firmtrade.study_file import make_study, read_raw
from support_trade import linked, write

#: Two of these have more digits than the narrow sums of trade cells.
LARGE = 900_000_000_000
TRADE = {"files": "t.csv", "products": "CN", "home": "BE", "complete": True}


def _lines(folder: Path, value: float) -> None:
    write(
        folder / "t.csv",
        [
            ("A", "200403", "export", "PL", "84713000", value, None),
            ("A", "200406", "export", "PL", "84713000", value, None),
            ("A", "200406", "export", "DE", "84714100", 10.25, None),
            ("B", "200401", "import", "US", "01012100", value, None),
        ],
    )


def test_a_sum_with_many_digits_is_exact(tmp_path: Path) -> None:
    _lines(tmp_path, LARGE)
    with linked(tmp_path, transactions=TRADE) as it:
        cells = it.rows("firm, partner, intra, value", "trade_cells")
        panel = it.rows("firm, export_intra, export_extra, export_partners, declared_export")
        types = it.engine.describe("trade_fold")
    assert cells == [
        ("A", "DE", True, Decimal("10.25")), ("A", "PL", False, LARGE), ("A", "PL", True, LARGE),
        ("B", "US", False, LARGE),
    ]  # fmt: skip
    assert panel[0] == ("A", LARGE + Decimal("10.25"), LARGE, 2, 2 * LARGE + Decimal("10.25"))
    assert types["declared_export"] == "DECIMAL(38,6)"  # half as many digits would not do


def test_small_sums_take_half_the_memory(tmp_path: Path) -> None:
    _lines(tmp_path, 1000)
    with linked(tmp_path, transactions=TRADE) as it:
        found = it.engine.describe("trade_cells") | it.engine.describe("trade_fold")
    assert found["value"] == found["export_intra"] == "DECIMAL(18,6)"
    assert found["partner"].startswith("ENUM(") and found["product"].startswith("ENUM(")


def test_codes_are_text_to_queries(tmp_path: Path) -> None:
    _lines(tmp_path, 1000)
    with linked(tmp_path, transactions=TRADE) as it:
        assert it.rows("distinct partner", "trade_cells where partner in ('PL', 'ZZ')") == [("PL",)]
        assert it.rows("distinct substring(product, 1, 2)", "trade_cells where product <> 'none'") == [
            ("01",), ("84",)
        ]  # fmt: skip
        ordered = it.rows("distinct product", "trade_cells", "product")
    assert ordered == sorted(ordered)


def test_a_panel_that_is_worked_out_later_is_the_same(tmp_path: Path) -> None:
    _lines(tmp_path, 1000)
    write(tmp_path / "r.csv", [("A", 2004, "1511"), ("C", 2004, "99")], ("firm", "year", "activity"))
    parts = {"transactions": TRADE, "register": {"files": "r.csv", "classification": "NACE 1.1"}}
    with linked(tmp_path, **parts) as it:
        whole = it.rows("*")
    with linked(tmp_path, folded=False, panel=False, **parts) as it:
        assert it.rows("*") == whole
        keep_panel(it.engine, it.linked, {"coverage"})
        expected = {"A": "above", "B": "unknown-activity", "C": "not-declaring"}
        assert it.rows("*") == [(firm, 2004, coverage) for firm, coverage in expected.items()]


def test_years_are_written_as_spans() -> None:
    assert in_years("y", (2003, 2001, 2002)) == "y between 2001 and 2003"
    assert in_years("y", (2001, 2003)) == "(y between 2001 and 2001 or y between 2003 and 2003)"
    assert in_years("y", ()) == ""


def test_a_table_alone_has_the_figures_that_it_has_among_others(tmp_path: Path) -> None:
    """Of each level only what is asked for is worked out; what is asked for is the same."""
    lines = [
        (f"F{n}", f"{year}{1 + n % 12:02d}", "export", ("DE", "US", "FR")[(n + year) % 3],
         ("84713000", "01012100", "62034200")[n * year % 3], 1500 + 100 * n, None)
        for n in range(9) for year in (2001, 2002, 2003, 2004) if (n + year) % 4
    ]  # fmt: skip
    write(tmp_path / "t.csv", lines)
    raw, name, _, file = read_raw("exporter-dynamics")
    raw["transactions"] = {"files": "t.csv", "products": "CN", "digits": 6}
    raw["tables"] = {
        key: raw["tables"][key] for key in ("edd-values", "edd-products", "edd-by-hs2", "partial-year")
    }
    study = Study(make_study(raw, name, tmp_path, file), threads=1)
    together = {result.name: [cell.value for cell in result.cells] for result in study.tables()}
    for table in study.spec.tables:
        (alone,) = study.tables([table])
        assert [cell.value for cell in alone.cells] == together[table.name], table.name
    assert any(value for value in together["edd-by-hs2"])
    assert any(value for value in together["partial-year"])
