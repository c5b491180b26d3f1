"""Exporter dynamics: conventions by hand, identities, levels that do not add up, the command line."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.describe.spec import read_table
from firmtrade.errors import StudyError
from firmtrade.study import Study
from firmtrade.study_file import make_study, read_raw
from support_trade import write

#: firm, period, flow, partner, product, value, quantity: who starts, stays and stops can be seen at a glance.
ROWS = [
    ("stays", 2001, "export", "DE", "010121", 2000, None),
    ("stays", 2002, "export", "DE", "010121", 4000, None),
    ("stays", 2003, "export", "FR", "847130", 4000, None),
    ("stops", 2001, "export", "US", "010121", 3000, None),
    ("starts", 2002, "export", "DE", "010121", 1000, None),
    ("starts", 2003, "export", "DE", "010121", 1000, None),
    ("starts", 2003, "export", "FR", "847130", 1000, None),
    ("small", 2002, "export", "DE", "010121", 999.99, None),
    ("oil", 2001, "export", "DE", "270900", 1_000_000, None),
    ("buys", 2002, "import", "DE", "010121", 5000, None),
]


def study(folder: Path, rows: list[Any] = ROWS, **parts: Any) -> Study:
    write(folder / "t.csv", rows)
    raw, name, _, file = read_raw("exporter-dynamics")
    raw["transactions"] = {"files": "t.csv", "products": "HS"}
    for part, said in parts.items():
        raw[part] = {**raw.get(part, {}), **said}
    return Study(make_study(raw, name, folder, file), threads=1)


def values(asked: Study, measures: list[str], **entry: Any) -> dict[tuple[str, ...], Any]:
    table = read_table("t", {"sample": "exporters", **entry, "measures": measures}, "test")
    (result,) = asked.tables([table])
    return {(c.measure, c.period, *c.codes.values()): c.value for c in result.cells}


def test_who_starts_stays_and_stops(tmp_path: Path) -> None:
    found = values(study(tmp_path), ["a1", "a2", "a3", "a4", "a5", "c2", "c5", "a8i"])
    by_year = {
        m: [found[m, year] for year in ("2001", "2002", "2003")] for m in ("a1", "a2", "a3", "a4", "a5")
    }
    assert by_year == {
        "a1": [2, 2, 2],  # fuels, imports and a cent too little do not count
        "a2": [None, 1, 0],  # of the first year nobody knows who exported before
        "a3": [None, 1, 0],
        "a4": [None, 1, None],  # nor in the last who will
        "a5": [None, 1, 2],
    }
    assert (found["c2", "2002"], found["a8i", "2002"]) == (0.5, 3000)
    assert all(found["c5", year] is None for year in ("2001", "2002", "2003"))


def test_exiters_may_be_counted_in_their_last_year(tmp_path: Path) -> None:
    found = values(study(tmp_path, dynamics={"exiter": "t-1"}), ["a1", "a3", "c2", "a8i"])
    assert [found["a3", year] for year in ("2001", "2002", "2003")] == [1, 0, None]
    assert [found["a1", year] for year in ("2001", "2002", "2003")] == [2, 2, 2]
    assert (found["c2", "2001"], found["a8i", "2001"]) == (0.5, 3000)


def test_the_smallest_exporter_is_of_dollars_and_of_the_year(tmp_path: Path) -> None:
    rate = {"dollars-per-unit": {
        "title": "Dollars", "unit": "USD", "source": "own",
        "values": [{"from": year, "value": rate, "source": "own"} for year, rate in ((1900, 1), (2002, 1.1))],
    }}  # fmt: skip
    found = values(study(tmp_path, parameters=rate), ["a1"])
    assert [found["a1", year] for year in ("2001", "2002", "2003")] == [2, 3, 2]
    more = {"smallest-exporter": {
        "title": "Smallest", "unit": "USD", "source": "own",
        "values": [{"from": 1900, "value": 2001, "source": "own"}],
    }}  # fmt: skip
    found = values(study(tmp_path, parameters=more), ["a1"])
    assert [found["a1", year] for year in ("2001", "2002", "2003")] == [1, 1, 1]


def test_products_and_destinations_of_each_firm(tmp_path: Path) -> None:
    found = values(study(tmp_path), ["b3i", "d1i", "d5i", "d2i", "d4i", "e1iii", "a12i"])
    assert found["b3i", "2003"] == 1.5
    assert found["d1i", "2003"] == 0.75  # one of one is new, and one of two
    assert found["d5i", "2003"] == 0.5
    assert (found["d2i", "2002"], found["d4i", "2002"]) == (0.5, 0.5)  # of who starts, a year later
    assert found["a12i", "2002"] == pytest.approx(0.693147181, abs=1e-9)
    assert found["e1iii", "2003"] == pytest.approx(0.125**0.5, abs=1e-9)  # divisor n - 1


def test_a_level_is_not_added_up(tmp_path: Path) -> None:
    asked = study(tmp_path)
    found = values(asked, ["a1"], sample="exporters-by-destination", by=["export-destination"])
    assert [found["a1", "2003", code] for code in ("DE", "FR", "US")] == [1, 2, 0]
    for by in ({"export-destination": ["DE | FR"]}, {}, {"export-destination": ["DE", "_T"]}):
        with pytest.raises(StudyError, match="do not add up"):
            values(asked, ["a1"], sample="exporters-by-destination", by=by)
    with pytest.raises(StudyError, match=r'destinations = \["DE", "FR"\]'):
        values(asked, ["a1"], sample="exporters-by-destination", by={"export-destination": ["DE | FR"]})
    united = study(tmp_path, dynamics={"unions": {"near": {"destinations": ["DE", "FR"]}}})
    found = values(united, ["a1", "a2"], sample="exporters-of-unions", by=["export-union"])
    assert [found["a1", year, "near"] for year in ("2001", "2002", "2003")] == [1, 2, 2]
    assert found["a2", "2003", "near"] == 0  # an exporter to one of them is no entrant in the union


def test_a_sample_without_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="mixes levels of detail"):
        values(study(tmp_path, samples={"all": {"title": "All", "expr": "exporter", "source": "own"}}),
               ["a1"], sample="all")  # fmt: skip


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"exiter": "t+1"}, r"'t\+1' is not known"),
        ({"levels": ["hs3"]}, "Did you mean"),
        ({"quartile": "inverse"}, "'quartile' is not known"),
        ({"unions": {"near": ["DE"]}}, "a union is written"),
    ],
)
def test_conventions_are_checked(tmp_path: Path, said: dict[str, Any], problem: str) -> None:
    with pytest.raises(StudyError, match=problem):
        values(study(tmp_path, dynamics=said), ["a1"])


def test_identities_hold_in_ours(tmp_path: Path) -> None:
    """Exporters are entrants and incumbents; who is gone was there the year before."""
    from firmtrade.synthesize.transactions import write_register

    made = write_register(tmp_path / "made", rows=6000)
    raw, name, base, file = read_raw("exporter-dynamics")
    asked = Study(make_study(raw, name, base, file), sources={"transactions": made.sources["transactions"]})
    measures = ["a1", "a2", "a3", "a5", "c1", "c2"]
    plain = values(asked, measures)
    years = sorted({key[1] for key in plain})
    told = 0
    for before, year in pairwise(years):
        assert plain["a1", year] == plain["a2", year] + plain["a5", year]
        assert plain["c2", year] == pytest.approx(plain["a3", year] / plain["a1", before], rel=1e-12)
        assert plain["a1", before] == plain["a3", year] + plain["a5", year]
        told += 1
    assert told == len(years) - 1 > 3


def test_identities_hold_in_the_published_aggregates(shared: Path) -> None:
    rows = 0
    for path in sorted((shared / "data" / "edd-aggregates").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rows += 1
                count, entrants, stay, gone = (
                    float(row[name]) for name in ("nf", "nf_entrant", "nf_incumbent", "num_exits")
                )
                assert count == entrants + stay
                # This source counts an exiter in its last year: our exiter = "t-1".
                assert float(row["exit_rate"]) == pytest.approx(gone / count, rel=1e-9)
    assert rows > 1000


def test_the_command_line_needs_no_register(tmp_path: Path) -> None:
    rows = [(f"{firm}{n}", *rest) for n in range(12) for firm, *rest in ROWS]
    name = write(tmp_path / "t.csv", rows)
    out = tmp_path / "out"
    ran = CliRunner().invoke(
        app,
        ["run", "exporter-dynamics", "--transactions", str(tmp_path / name), "--out", str(out),
         "--unprotected", "made up"],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    with (out / "tables.csv").open(encoding="utf-8") as file:
        found = {(row["measure"], row["period"]): row["value"] for row in csv.DictReader(file)
                 if row["table"] == "edd-numbers"}  # fmt: skip
    assert float(found["a1", "2002"]) == 24
    assert found["a2", "2001"] in ("", ":")


def test_a_panel_is_refused(tmp_path: Path) -> None:
    from firmtrade.errors import DataError

    (tmp_path / "p.csv").write_text("firm,year,export_extra\na,2001,5\n", encoding="utf-8")
    with pytest.raises(DataError, match="needs declarations by product"):
        Study("exporter-dynamics", panel=str(tmp_path / "p.csv")).tables()


def test_the_study_of_the_page_runs(tmp_path: Path, root: Path) -> None:
    page = (root / "docs" / "exporter-dynamics.md").read_text(encoding="utf-8")
    text = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "utopia.toml").write_text(text, encoding="utf-8")
    rows = [(firm, period - 1, partner, product, value)
            for firm, period, flow, partner, product, value, _ in ROWS if flow == "export"]  # fmt: skip
    write(tmp_path / "customs.csv", rows, ("exporter", "year", "destination", "hs6", "fob"))
    found = Study(tmp_path / "utopia.toml").table("neighbours")
    asked = {(c.measure, c.period, c.codes["export-union"]): c.value for c in found.cells}
    # 1,000 euros are less than 1,000 dollars from 2000 on: who starts with so much is an entrant later.
    assert [asked["a1", year, "neighbours"] for year in ("2000", "2001", "2002")] == [1, 1, 2]
    assert asked["a2", "2002", "food"] == 1


def test_known_values_are_counted_in_each_year(tmp_path: Path) -> None:
    """A count of known values once told all firms in every year but the first that was asked for."""
    (tmp_path / "p.csv").write_text(
        "firm,year,employment,export_extra\na,2001,1,1\nb,2001,2,1\na,2002,,1\nb,2002,5,1\n", encoding="utf-8"
    )
    word = {"title": "Known", "expr": "count(*) filter (where employment is not null)", "unit": "count",
            "source": "own"}  # fmt: skip
    raw = {"panel": {"files": "p.csv"}, "measures": {"known": word},
           "samples": {"every": {"title": "All", "expr": "year is not null", "source": "own"}}}  # fmt: skip
    found = values(Study(make_study(raw, "study", tmp_path, "study.toml")), ["known"], sample="every",
                   period="2001-2002")  # fmt: skip
    assert found == {("known", "2001"): 2, ("known", "2002"): 1}


def test_the_attrition_does_not_call_rows_firms(tmp_path: Path) -> None:
    """Of three firms there is a row for each unit of each level, and for products and destinations."""
    found = {one.sample: one for one in study(tmp_path).attrition()}
    first, *_, last = found["exporters"].steps
    assert first.condition.startswith("all rows: exporters and who has left")
    assert first.left > last.left
