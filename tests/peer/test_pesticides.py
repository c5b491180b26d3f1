"""Notifications of exports of banned pesticides: real firms, products and destinations of one year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support_trade import linked

COLUMNS = {
    "firm": "Exporter name CLEAN",
    "partner": "Importing party (i.e. importing non-EU country) CLEAN",
    "product": "Annex I chemical name CLEAN",
    "value": "Expected yearly amount of exported substance or mixture (/ per year) CLEAN",
}


@pytest.fixture(scope="module")
def book(shared: Path) -> Path:
    path = shared / "data" / "eu-pesticide-exports" / "2024_EU_banned_pesticide_exports.xlsx"
    if not path.exists():
        pytest.skip("the pesticide notifications are not beside the checkout (data/eu-pesticide-exports)")
    return path


def _spec(book: Path, **further: Any) -> dict[str, Any]:
    return {
        "files": str(book), "sheet": "Agri export notifications", "columns": COLUMNS, "complete": True,
        "constant": {"flow": "export", "period": 2024}, "products": "other", **further,
    }  # fmt: skip


def test_the_footer_that_doubles_the_sum_is_caught(book: Path, tmp_path: Path) -> None:
    with linked(tmp_path, transactions=_spec(book)) as it:
        (stop,) = it.report().stops
        ((total,),) = it.rows("cast(sum(value) / 1000 as double)", "trade_cells", "1")
    assert stop.rule == "total-row" and stop.count == 1
    assert "171,910,519.60: no firm, partner or product" in stop.lines()[1]
    assert round(total) == 121_958 + 171_911


def test_the_published_totals(book: Path, tmp_path: Path) -> None:
    drop = [{"column": "partner", "missing": True}]
    further = {"country": "Exporter Country Name"}
    with linked(tmp_path, transactions=_spec(book, drop=drop, columns={**COLUMNS, **further})) as it:
        assert it.rules("stop") == []
        ((lines, firms, partners, products, tonnes),) = it.rows(
            "sum(declarations), count(distinct firm), count(distinct partner), count(distinct product), "
            "cast(sum(value) / 1000 as double)", "trade_cells", "1",
        )  # fmt: skip
        ((brazil,),) = it.engine.rows(
            "select cast(sum(value) / 1000 as double) from trade_cells where partner = 'BR'"
        )
        countries = dict(
            it.engine.rows("select country, cast(sum(value) / 1000 as double) from declarations group by 1")
        )
        ((exporters, most),) = it.engine.rows(
            "select count(*), max(export_partners) from panel where export_extra > 0"
        )
    assert (lines, firms, partners, products) == (1802, 42, 93, 75)
    assert round(tonnes) == 121_958 and round(brazil) == 14_644
    assert round(countries["Germany"]) == 50_256 and round(countries["Belgium"]) == 16_477
    assert exporters == 42 and most > 20
