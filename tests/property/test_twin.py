"""A twin of any study prints the figures it was made from: random panels, other columns, wrong files."""

from __future__ import annotations

import csv
import os
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.publish.table_csv import tables_csv
from firmtrade.reconcile import Comparison, Figure, against_published, read_figures
from firmtrade.reconcile.compare import EQUAL, ONLY_RIGHT
from firmtrade.study import Study
from firmtrade.synthesize.twin import Twin, make_twin
from firmtrade.synthesize.twin.compare import printed
from firmtrade.synthesize.twin.report import lines
from reference.panels import random_panel

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("FIRMTRADE_SHARED", ROOT.parent / "shared"))
PUBLISHED = SHARED / "seed" / "published.csv"
CHILE = ROOT / "examples" / "chile-enia"


def twin_of(study: str | Path, published: Path, out: Path, **options: Any) -> Twin:
    spec = Study(study).spec
    words = (spec.tables, spec.catalog, spec.windows, spec.panel)
    return make_twin(*words, published, out, title=spec.name, **options)


def published_by(study: str | Path, panel: Path, folder: Path, tables: Iterable[str] = ()) -> Path:
    """What a run on a panel publishes: its tables.csv, or the lines of some of its tables."""
    text = tables_csv(Study(study, panel=str(panel)).release("test")).decode()
    head, *rows = text.splitlines()
    kept = [row for row in rows if not tables or row.partition(",")[0] in tables]
    file = folder / "published.csv"
    file.write_text("\n".join([head, *kept]) + "\n", encoding="utf-8")
    return file


def compared(study: str | Path, published: Path, panel: Path) -> Comparison:
    """The published figures against a run of the study on the twin."""
    release = Study(study, panel=str(panel)).release("made up")
    run = panel.with_suffix(".csv")
    run.write_bytes(tables_csv(release))
    figures = [printed(figure) for figure in read_figures(published) if figure.value is not None]
    return against_published(figures, read_figures(run), ("published", "twin"))


def missed(comparison: Comparison) -> list[Figure]:
    return [pair.figure for pair in comparison.pairs if pair.outcome not in (EQUAL, ONLY_RIGHT)]


# --- consistent publications --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def random_twin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Twin]:
    folder = tmp_path_factory.mktemp("random")
    random_panel(5, 2500).to_parquet(folder / "random.parquet", index=False)
    tables = ("table-01", "table-04", "table-05", "table-06", "figure-20", "ventures")
    published = published_by("belgium-2002", folder / "random.parquet", folder, tables)
    return published, folder / "twin.parquet", twin_of("belgium-2002", published, folder / "twin.parquet")


def test_what_a_random_panel_publishes_comes_back(random_twin: tuple[Path, Path, Twin]) -> None:
    published, file, twin = random_twin
    comparison = compared("belgium-2002", published, file)
    wrong = missed(comparison)
    assert len(twin.cells) > 100
    assert not [figure for figure in wrong if figure.unit == "count" or "share" in figure.measure]
    assert not [figure for figure in wrong if figure.measure == "participation"]
    assert len(wrong) <= 0.03 * len(twin.cells)
    assert {cell.figure.key for cell in twin.missed} == {figure.key for figure in wrong}


def test_the_firms_are_firms_and_none_is_another(random_twin: tuple[Path, Path, Twin]) -> None:
    import duckdb

    _, file, twin = random_twin
    engine = duckdb.connect(":memory:", config={"threads": 1})
    engine.execute(f"create table panel as from '{file}'")
    ((rows, firms, histories),) = engine.execute(
        "select sum(n), count(*), count(distinct history) from (select firm, count(*) as n, "
        "list((year, employment, turnover, value_added) order by year) as history from panel group by firm)"
    ).fetchall()
    assert (rows, firms) == (twin.rows, firms) and firms <= twin.firms
    assert histories > 0.99 * firms
    ((low, high),) = engine.execute("select min(employment), max(employment) from panel").fetchall()
    assert low >= 0 and high < 100_000


def test_the_file_says_what_it_is(random_twin: tuple[Path, Path, Twin]) -> None:
    _, file, twin = random_twin
    said = Study("belgium-2002", panel=str(file)).release().provenance.synthetic
    assert "holds no real firm" in said and "published figures only (published.csv)" in said
    assert f"prints {len(twin.cells) - len(twin.missed)} of {len(twin.cells)}" in said


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published cells are not here (FIRMTRADE_SHARED)")
def test_tables_of_the_belgian_report(tmp_path: Path) -> None:
    """All 614 cells take a minute (docs/decisions/010); these are those of its modes, sizes and growth."""
    tables = ("table-01", "table-04", "table-11", "table-22")
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[0] in ("table", *tables)]
    published = tmp_path / "published.csv"
    with published.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    twin = twin_of("belgium-2002", published, tmp_path / "twin.parquet")
    assert len(twin.cells) == len(rows) - 1
    assert not twin.missed, "\n".join(lines(twin))


# --- other columns ------------------------------------------------------------------------------------------


def plants(seed: int) -> str:
    """Made-up plants in the columns of the Chilean file: rectangular, -1 where a plant was not seen."""
    draw = random.Random(seed)
    found = ["padron\tyear\tciiu\tL\trY\trexport\trMi\td_e"]
    for number in range(300):
        code = draw.choice((311, 321, 331, 341, 351, 381, 382, 390)) * 10 + 1
        exports, imports = draw.random() < 0.25, draw.random() < 0.25
        size = draw.lognormvariate(3, 1)
        first, last = draw.choice((90, 90, 90, 92)), draw.choice((96, 96, 96, 94))
        for year in range(90, 97):
            if not first <= year <= last:
                found.append(f"{number}\t{year}\t{code}\t-1\t-1\t-1\t-1\t-1")
                continue
            exports, imports = exports ^ (draw.random() < 0.1), imports ^ (draw.random() < 0.1)
            output = size * draw.lognormvariate(8, 0.5)
            amounts = f"{output:.1f}\t{output * 0.2 * exports:.1f}\t{output * 0.1 * imports:.1f}"
            found.append(f"{number}\t{year}\t{code}\t{max(round(size), 1)}\t{amounts}\t0")
    return "\n".join(found) + "\n"


def test_plants_in_their_own_columns(tmp_path: Path) -> None:
    (tmp_path / "panel.tsv").write_text(plants(3), encoding="utf-8")
    published = published_by(CHILE, tmp_path / "panel.tsv", tmp_path)
    twin = twin_of(CHILE, published, tmp_path / "twin.parquet")
    wrong = missed(compared(CHILE, published, tmp_path / "twin.parquet"))
    assert {figure.measure.partition("-")[0] for figure in wrong} <= {"top", "median"}
    assert twin.hidden and len(twin.cells) > 150


OWN = """
title = "Shops"
[panel]
classification = ""
[panel.columns]
firm = "SHOP"
year = "YR"
employment = "STAFF"
takings = "SALES"
domestic = "OWNER"
kind = "KIND"
[panel.units]
takings = 1000
[panel.codes.domestic]
H = true
F = false
[sources.me]
title = "Ourselves"
[dimensions.shop-kind]
title = "Kind of shop"
expr = "kind"
codes = { food = "Food", shoes = "Shoes" }
source = "me"
[dimensions.staff]
title = "Staff"
expr = "case when employment < 3 then 'small' when employment >= 3 then 'large' end"
source = "me"
[measures.sum-of-takings]
title = "Takings"
expr = "sum(takings)"
unit = "EUR"
decimals = 0
source = "me"
[measures.home]
title = "Shops of owners at home"
expr = "count(*) filter (where domestic)"
unit = "count"
decimals = 0
source = "me"
[measures.home-share]
title = "Share of shops of owners at home"
expr = "100 * home / firms"
unit = "percent"
source = "me"
[measures.takings-per-head]
title = "Takings by head"
expr = "sum_of_takings / employment"
unit = "EUR"
decimals = 0
source = "me"
[samples.shops]
title = "Shops that are open"
expr = "employment > 0"
source = "me"
[tables.shops]
sample = "shops"
period = [2020, 2021]
measures = ["firms", "home-share", "sum-of-takings", "takings-per-head", "employment"]
by = { shop-kind = ["food", "shoes", "_T"], staff = ["small", "large", "_T"] }
"""
SHOPS = """table,sample,period,shop-kind,staff,measure,value,unit,decimals
shops,shops,2020,_T,_T,firms,50,count,0
shops,shops,2020,food,_T,firms,31,count,0
shops,shops,2020,food,small,firms,24,count,0
shops,shops,2020,shoes,_T,home-share,73.7,percent,1
shops,shops,2020,food,_T,employment,94,FTE,0
shops,shops,2020,shoes,_T,sum-of-takings,7654321,EUR,0
shops,shops,2020,food,_T,takings-per-head,81234,EUR,0
shops,shops,2020,shoes,large,employment,,FTE,0
shops,shops,2021,_T,_T,firms,55,count,0
shops,shops,2021,shoes,large,employment,66,FTE,0
"""


def shops(folder: Path, published: str = SHOPS) -> tuple[Path, Path]:
    study, figures = folder / "own.toml", folder / "shops.csv"
    study.write_text(OWN, encoding="utf-8")
    figures.write_text(published, encoding="utf-8")
    return study, figures


def test_a_study_of_its_own(tmp_path: Path) -> None:
    import duckdb

    study, figures = shops(tmp_path)
    twin = twin_of(study, figures, tmp_path / "twin.parquet")
    assert not twin.missed, "\n".join(lines(twin))
    assert (len(twin.cells), twin.hidden) == (9, 1)
    assert not missed(compared(study, figures, tmp_path / "twin.parquet"))
    rows = duckdb.sql(f"from '{tmp_path / 'twin.parquet'}'")
    assert set(rows.columns) == {"SHOP", "YR", "STAFF", "SALES", "OWNER", "KIND"}
    owners = {row[0] for row in duckdb.sql(f"select OWNER from '{tmp_path / 'twin.parquet'}'").fetchall()}
    assert owners <= {"H", "F", None}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    study, figures = shops(tmp_path)
    files = [tmp_path / name for name in ("one.parquet", "two.parquet", "other.parquet")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        twin_of(study, figures, file, seed=seed)
    one, two, other = (file.read_bytes() for file in files)
    assert one == two != other


def test_the_number_of_firms_can_be_given(tmp_path: Path) -> None:
    shares = [line for line in SHOPS.splitlines() if not {"firms", "employment"} & {*line.split(",")}]
    study, figures = shops(tmp_path, "\n".join(shares))
    twin = twin_of(study, figures, tmp_path / "twin.parquet", firms=400)
    assert 200 <= twin.firms <= 800 and not twin.missed


# --- what cannot be met, and wrong files --------------------------------------------------------------------


def test_a_contradiction_is_named_and_the_rest_is_met(tmp_path: Path) -> None:
    more = "shops,shops,2020,food,large,firms,9,count,0\n"  # 24 + 9 are not 31
    study, figures = shops(tmp_path, SHOPS + more)
    twin = twin_of(study, figures, tmp_path / "twin.parquet")
    assert len(twin.missed) == 1
    assert twin.missed[0].figure.line in (3, 4, 12)
    said = "\n".join(lines(twin))
    assert "It reproduces 9 of 10 published cells." in said
    assert f"line {twin.missed[0].figure.line}: shops | shops 2020, shop-kind food" in said


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shops,shops,2020,food,_T,firms", "shop,shops,2020,food,_T,firms", "Did you mean 'shops'?"),
        (",food,small,", ",food,smal,", "'smal' is not a code of staff. Did you mean 'small'?"),
        (",_T,home-share,", ",_T,home-shares,", "Did you mean 'home-share'?"),
        ("shops,shops,2020,_T", "shops,shop,2020,_T", "Did you mean 'shops'?"),
    ],
)
def test_a_wrong_name_is_an_error_with_the_nearest(tmp_path: Path, old: str, new: str, message: str) -> None:
    study, figures = shops(tmp_path, SHOPS.replace(old, new, 1))
    with pytest.raises(StudyError) as error:
        twin_of(study, figures, tmp_path / "twin.parquet")
    assert "line " in str(error.value) and message in str(error.value)
    assert not (tmp_path / "twin.parquet").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "the column table is missing"),
        (SHOPS.splitlines()[0] + "\n", "has no figures"),
        (SHOPS.replace(",50,", ",fifty,"), "is not a number"),
    ],
)
def test_a_wrong_file_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    study, figures = shops(tmp_path, text)
    with pytest.raises(DataError, match=message):
        twin_of(study, figures, tmp_path / "twin.parquet")


def test_the_command(tmp_path: Path) -> None:
    import subprocess

    study, figures = shops(tmp_path)
    words = ["synthesize", study, "--published", figures, "--out", tmp_path / "twin.parquet"]
    command = [sys.executable, "-m", "firmtrade", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "none of them real" in done.stdout
    assert "It reproduces 9 of 9 published cells." in done.stdout
    del command[5:7]  # neither figures nor a population of its own
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 10
