"""The synthetic panel: the same bytes for the same seed, the contract's columns, possible values.

The part on shares is a test of plausibility only: they must lie within wide bands around the published
figures of the Belgian report. It does not test that the tables are reproduced.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.synthesize.population import main, write_panel

FIRMS = 50_000
#: sha256 of the rows of 300 firms with seed 1.
CONTENT = "977a551a33582a034b9e59294d2d1952f53fade981ccee55b9f72ab696ad0087"
SCALE = FIRMS / 100_000
TYPES = {
    "firm": "VARCHAR",
    "year": "INTEGER",
    "activity": "VARCHAR",
    "region": "VARCHAR",
    "founded": "INTEGER",
    "employment": "DECIMAL(9,1)",
    "turnover": "DECIMAL(15,2)",
    "value_added": "DECIMAL(15,2)",
    "domestic": "BOOLEAN",
    "import_intra": "DECIMAL(15,2)",
    "import_extra": "DECIMAL(15,2)",
    "export_intra": "DECIMAL(15,2)",
    "export_extra": "DECIMAL(15,2)",
}
FLOWS = ("export_intra", "export_extra", "import_intra", "import_extra")  # as in Tables 4 and 20

Query = Callable[[str], list[tuple[Any, ...]]]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / "panel.parquet"
    write_panel(path, FIRMS)
    return path


@pytest.fixture(scope="module")
def query(panel: Path) -> Query:
    """Ask `panel` (all rows), `sme` (domestic, within the limits) or `followed` (1998 to 2003)."""
    import duckdb

    engine = duckdb.connect(":memory:", config={"threads": 1})
    engine.execute(f"create table panel as from '{panel}'")
    engine.execute("create macro percent(x) as 100 * avg(cast(x as integer))")
    engine.execute(
        """create view sme as select *, cast(activity[:2] as integer) as division,
        case when division between 10 and 45 then 'M' when division between 50 and 74 then 'S' end as sector,
        import_intra > 0 or import_extra > 0 as imports, export_intra > 0 or export_extra > 0 as exports
        from panel where domestic and (employment is null or employment >= 1 and employment < 250)
        and (turnover is null or turnover < 50000000)"""
    )
    engine.execute(
        """create view followed as select a.*, b.employment as staff_after, b.value_added as added_after,
        c.imports as imports_after, c.exports as exports_after
        from sme a join sme c using (firm) join panel b using (firm)
        where a.year = 1998 and c.year = 2002 and b.year = 2003 and a.employment > 0 and b.employment > 0"""
    )
    return lambda text: engine.execute(text).fetchall()


def near(found: Any, published: float, band: float) -> bool:
    """Within so many points, or, for a number of firms, within that part of it."""
    return abs(float(found) - published) <= band


# --- the file -----------------------------------------------------------------------------------------------


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_panel(tmp_path / f"{name}.parquet", 2_000, seed)
    a, b, c = (sha256(tmp_path / f"{name}.parquet") for name in "abc")
    assert a == b
    assert a != c


def test_the_rows_are_the_same_on_every_machine(tmp_path: Path) -> None:
    """The content, whatever DuckDB's way of writing it. Raise VERSION in population.py when this changes."""
    import duckdb

    write_panel(tmp_path / "panel.parquet", 300, 1)
    rows = duckdb.connect().execute(f"from '{tmp_path / 'panel.parquet'}'").fetchall()
    text = "\n".join(",".join(map(str, row)) for row in rows)
    assert hashlib.sha256(text.encode()).hexdigest() == CONTENT


def test_it_says_that_it_is_synthetic(query: Query, panel: Path) -> None:
    found = query(f"select decode(key), decode(value) from parquet_kv_metadata('{panel}')")
    ((key, said),) = found
    assert key == "firmtrade.synthetic"
    assert said.startswith("Synthetic panel: holds no real firm.")
    assert "seed 2002" in said
    assert "version 1" in said


def test_columns_and_types_of_the_contract(query: Query) -> None:
    assert {name: kind for name, kind, *_ in query("describe panel")} == TYPES


def test_the_command_line_writes_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--out", str(tmp_path / "a.parquet"), "--firms", "300", "--seed", "3"])
    rows = write_panel(tmp_path / "b.parquet", 300, 3)
    assert f"{rows:,} rows" in capsys.readouterr().out
    assert sha256(tmp_path / "a.parquet") == sha256(tmp_path / "b.parquet")


@pytest.mark.parametrize("firms", [1, 2, 37])
def test_few_firms_will_do(tmp_path: Path, firms: int) -> None:
    assert write_panel(tmp_path / "it's small.parquet", firms) >= 1


def test_what_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="at least one firm"):
        write_panel(tmp_path / "panel.parquet", 0)
    with pytest.raises(DataError, match="cannot be written"):
        write_panel(tmp_path / "no such folder" / "panel.parquet", 10)


# --- possible values ----------------------------------------------------------------------------------------


def test_rows_are_sorted_and_a_firm_has_one_a_year(query: Query) -> None:
    rows = query("select firm, year from panel")
    assert rows == sorted(set(rows))


IMPOSSIBLE = {
    "year": "year not between 1996 and 2003",
    "founded": "founded > year or founded < 1850",
    "activity": r"not regexp_full_match(activity, '\d\d\.\d\d')",
    "region": r"not regexp_full_match(region, 'BE[123]\d\d')",
    "employment": "employment < 0",
    "value_added": "value_added >= turnover",
    "exports": "export_intra + export_extra >= turnover",
    "imports": "import_intra + import_extra >= turnover",
    "turnover": "turnover <= 0",
    "flows": "least(import_intra, import_extra, export_intra, export_extra) < 0",
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_no_impossible_value(query: Query, what: str) -> None:
    assert query(f"from panel where {IMPOSSIBLE[what]} limit 1") == []


@pytest.mark.parametrize("column", ["firm", "year", "activity", "region", "founded", "domestic"])
def test_never_missing(query: Query, column: str) -> None:
    assert query(f"select count(*) from panel where {column} is null") == [(0,)]


def test_no_two_firms_alike(query: Query) -> None:
    ((known, different),) = query(
        """select count(*), count(distinct (employment, value_added)) from panel
        where year = 2002 and value_added is not null"""
    )
    assert different > 0.999 * known


def test_what_does_not_change_does_not_and_what_may_seldom_does(query: Query) -> None:
    ((firms, founded, regions, activities),) = query(
        """select count(*), sum(f), sum(r), sum(a) from (select count(distinct founded) as f,
        count(distinct region) as r, cast(count(distinct activity) > 1 as integer) as a
        from panel group by firm)"""
    )
    assert firms == founded == regions
    assert 0.005 < activities / firms < 0.05


def test_what_lies_outside_the_samples_is_there(query: Query) -> None:
    ((foreign, large, turnover, tiny, other),) = query(
        """select count(*) filter (not domestic), count(*) filter (employment >= 250),
        count(*) filter (turnover >= 50000000 and employment < 250), count(*) filter (employment < 1),
        count(*) filter (activity[:2] in ('01', '75', '92')) from panel where year = 2002"""
    )
    assert min(foreign, large, turnover, tiny, other) > 50


# --- plausible shares: wide bands around the report ---------------------------------------------------------

# Tables 1, 3, 17, 19; section 5.2: firms, % exporting, % importing.
SECTORS = [
    ("sector = 'M'", 28284, 17, 17),
    ("division between 15 and 37", 12879, 32, 32),
    ("division = 15", 2156, 21, 25),
    ("division = 28", 2297, 21, 24),
    ("division = 45", 15227, 4, 4),
    ("sector = 'S'", 62790, 17, 14),
    ("division = 51", 14047, 39, 41),
    ("division = 55", 6625, 2, 1),
    ("division = 74", 10800, 7, 3),
]
# Tables 4 and 20: sector, lower and upper limit, firms, % EU export, other export, EU import, other import.
SIZES = [
    ("M", 0, 10, 20204, (5.0, 4.0, 6.2, 6.6)),
    ("M", 10, 50, 3809, (22.2, 19.5, 17.8, 19.4)),
    ("M", 50, 250, 1157, (47.1, 48.7, 64.9, 56.1)),
    ("S", 0, 10, 51844, (8.8, 9.2, 9.6, 4.6)),
    ("S", 10, 50, 10090, (18.9, 21.3, 25.0, 16.1)),
]


@pytest.mark.parametrize(("where", "firms", "export", "import_"), SECTORS)
def test_sectors(query: Query, where: str, firms: int, export: float, import_: float) -> None:
    ((count, exports, imports),) = query(
        f"""select count(*), percent(exports), percent(imports) from sme where year = 2002 and {where}"""
    )
    assert near(count / SCALE / firms, 1, 0.06)
    assert near(exports, export, 2.5)
    assert near(imports, import_, 2.5)


@pytest.mark.parametrize(("sector", "low", "high", "firms", "shares"), SIZES)
def test_sizes(query: Query, sector: str, low: int, high: int, firms: int, shares: tuple[float, ...]) -> None:
    columns = ", ".join(f"percent({flow} > 0)" for flow in FLOWS)
    ((count, *found),) = query(
        f"""select count(*), {columns} from sme
        where year = 2002 and sector = '{sector}' and employment >= {low} and employment < {high}"""
    )
    assert near(count / SCALE / firms, 1, 0.06)
    assert all(near(share, target, 4) for share, target in zip(found, shares, strict=True))


@pytest.mark.parametrize(
    ("sector", "both", "import_only", "export_only"), [("M", 11.1, 5.8, 6.0), ("S", 7.6, 6.6, 9.1)]
)
def test_modes(query: Query, sector: str, both: float, import_only: float, export_only: float) -> None:
    """Table 1; for services Table 17 less the foreign-owned."""
    ((*found,),) = query(
        f"""select percent(imports and exports), percent(imports and not exports),
        percent(exports and not imports) from sme where year = 2002 and sector = '{sector}'"""
    )
    assert all(
        near(share, target, 1.5)
        for share, target in zip(found, (both, import_only, export_only), strict=True)
    )


def test_participation_rises_with_age(query: Query) -> None:
    ages = query(
        """select percent(exports) from sme where year = 2002 and sector = 'M'
        group by least((year - founded) // 5, 4) order by least((year - founded) // 5, 4)"""
    )
    youngest, *_, oldest = [share for (share,) in ages]
    assert near(youngest, 9.9, 2.5)  # section 5.3.3
    assert oldest > youngest + 6


@pytest.mark.parametrize(
    ("sector", "flow", "then", "now"),
    [
        ("M", "import_intra", 19, 13.8),
        ("M", "import_extra", 17, 11.7),
        ("S", "import_intra", 16, 12),
        ("S", "import_extra", 13, 7),
    ],
)
def test_imports_fall(query: Query, sector: str, flow: str, then: float, now: float) -> None:
    """Figures 17 and 24."""
    shares = query(
        f"""select percent({flow} > 0) from sme
        where sector = '{sector}' and year in (1996, 2002) group by year order by year"""
    )
    assert near(shares[0][0], then, 3)
    assert near(shares[1][0], now, 2)


@pytest.mark.parametrize(("region", "share"), [("BE1", 30.5), ("BE2", 27.4), ("BE3", 20.7)])
def test_regions(query: Query, region: str, share: float) -> None:
    """Figure 15: active firms in services, of any owner."""
    ((found,),) = query(
        f"""select percent(greatest(import_intra, import_extra, export_intra, export_extra) > 0)
        from panel where year = 2002 and activity[:2] between '50' and '74' and region[:3] = '{region}'
        and employment >= 1 and employment < 250 and (turnover is null or turnover < 50000000)"""
    )
    assert near(found, share, 2.5)


def test_what_is_unknown(query: Query) -> None:
    ((staff, turnover_small, turnover_large, flow),) = query(
        """select avg(cast(employment is null as integer)) filter (sector = 'M'),
        avg(cast(turnover is null as integer)) filter (employment < 10),
        avg(cast(turnover is null as integer)) filter (employment >= 50),
        avg(cast(export_intra is null as integer)) from sme where year = 2002"""
    )
    assert near(staff, 0.11, 0.02)  # 3,114 of 28,284
    assert turnover_small > 0.5
    assert turnover_large == 0
    assert 0.004 < flow < 0.015


# Tables 6, 12, 22, 27 (constant exporters of Table 6: its total less its new ones).
STATUS = [
    ("M", "exports", 20972, 2885, 1094, 838),
    ("M", "imports", 20972, 3426, 814, 327),
    ("S", "exports", 37914, 5285, 2206, 2227),
    ("S", "imports", 37914, 5440, 1640, 673),
]


@pytest.mark.parametrize(("sector", "flow", "firms", "constant", "new", "stopped"), STATUS)
def test_trade_status_persists(
    query: Query, sector: str, flow: str, firms: int, constant: int, new: int, stopped: int
) -> None:
    ((total, *found),) = query(
        f"""select count(*), count(*) filter ({flow} and {flow}_after),
        count(*) filter (not {flow} and {flow}_after),
        count(*) filter ({flow} and not {flow}_after) from followed where sector = '{sector}'"""
    )
    assert near(total / SCALE / firms, 1, 0.1)
    for count, published in zip(found, (constant, new, stopped), strict=True):
        assert near(count / SCALE, published, 0.3 * published)


# Tables 7-10 and 23-26: founded from, to; % growth a year of employment and value added, row 'No export'.
GROWTH = [
    ("M", 1993, 1997, 5.8, 7.9),
    ("M", 1988, 1992, 2.8, 5.1),
    ("M", 1800, 1982, -0.5, 2.0),
    ("S", 1993, 1997, 6.7, 8.7),
    ("S", 1988, 1992, 4.1, 5.9),
    ("S", 1800, 1982, 0.3, 3.3),
]


@pytest.mark.parametrize(("sector", "first", "last", "staff", "added"), GROWTH)
def test_growth_by_cohort(
    query: Query, sector: str, first: int, last: int, staff: float, added: float
) -> None:
    ((people, value),) = query(
        f"""select sum(staff_after) / sum(employment),
        sum(added_after) filter (value_added is not null) / sum(value_added) filter (added_after is not null)
        from followed
        where sector = '{sector}' and not exports_after and founded between {first} and {last}"""
    )
    assert near(100 * (people ** (1 / 5) - 1), staff, 1.0)
    assert near(100 * (value ** (1 / 5) - 1), added, 1.5)


@pytest.mark.parametrize("sector", ["M", "S"])
def test_starters_grow_more_than_stoppers(query: Query, sector: str) -> None:
    ((new, stopped),) = query(
        f"""select sum(staff_after) filter (not exports and exports_after)
        / sum(employment) filter (not exports and exports_after),
        sum(staff_after) filter (exports and not exports_after)
        / sum(employment) filter (exports and not exports_after) from followed where sector = '{sector}'"""
    )
    assert new > stopped


@pytest.mark.parametrize(("sector", "exporters", "others"), [("M", 53.1, 46.8), ("S", 61.9, 58.4)])
def test_productivity(query: Query, sector: str, exporters: float, others: float) -> None:
    """Tables 5 and 21: value added per full-time equivalent in 1998, 1000 EUR."""
    for which, published in (("exports_after", exporters), ("not exports_after", others)):
        ((level,),) = query(
            f"""select sum(value_added) / sum(employment) / 1000 from followed
            where value_added is not null and sector = '{sector}' and {which}"""
        )
        assert near(level, published, 4)


def test_trade_goes_with_survival(query: Query) -> None:
    ((traders, others),) = query(
        """select percent(case when exports then b.firm is not null end),
        percent(case when not exports then b.firm is not null end)
        from sme a left join panel b on b.firm = a.firm and b.year = a.year + 1
        where a.year < 2003"""
    )
    assert traders > others + 0.5
    assert 90 < others < 98


# --- numbers that are the same everywhere -------------------------------------------------------------------


def test_portable_exponential() -> None:
    import numpy as np

    from firmtrade.synthesize.draw import exp

    x = np.linspace(-30, 30, 1001)
    assert all(math.isclose(mine, math.exp(at), rel_tol=1e-14) for mine, at in zip(exp(x), x, strict=True))


def test_portable_normal_numbers() -> None:
    from statistics import NormalDist

    import numpy as np

    from firmtrade.synthesize.draw import Draw

    z = np.sort(Draw(1).normal(200_000))
    for share in (0.0005, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9995):
        expected = NormalDist().inv_cdf(share)
        assert abs(z[int(share * len(z))] - expected) < 0.02 + 0.02 * abs(expected)


def test_raking_meets_margins_that_agree() -> None:
    import numpy as np

    from firmtrade.synthesize.rake import Target, rake

    rows, columns = (10.0, 30.0), (5.0, 15.0, 20.0)
    targets = [Target(([i], None), firms) for i, firms in enumerate(rows)]
    targets += [Target((None, [j]), firms) for j, firms in enumerate(columns)]
    table = rake(np.ones((2, 3)), targets)
    assert np.allclose(table, np.outer(rows, columns) / 40)
