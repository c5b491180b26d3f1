"""The synthetic trade register: the same for a seed, and shaped as registers are."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade.errors import DataError, StudyError
from firmtrade.synthesize.transactions import write_register


def _lines(engine: DuckDB, folder: Path) -> list[tuple[object, ...]]:
    return engine.rows(
        f"select firm, period, flow, partner, product, value, quantity from "
        f"'{folder}/transactions/*.parquet' order by all"
    )


def test_lines_depend_on_the_seed_only(tmp_path: Path) -> None:
    one = write_register(tmp_path / "one", 200_000, seed=7, chunk=1)
    other = write_register(tmp_path / "other", 200_000, seed=7, chunk=10**9)
    write_register(tmp_path / "third", 200_000, seed=8)
    assert len(list((tmp_path / "one" / "transactions").iterdir())) > len(
        list((tmp_path / "other" / "transactions").iterdir())
    )
    with DuckDB() as engine:
        lines = _lines(engine, one.folder)
        assert lines == _lines(engine, other.folder) and len(lines) == 200_000
        assert lines != _lines(engine, tmp_path / "third")
    for name in ("register.parquet", "accounts.parquet", "study.toml"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_register(tmp_path_factory.mktemp("made") / "register", 250_000).folder


def test_it_is_shaped_as_registers_are(made: Path) -> None:
    lines = f"'{made}/transactions/*.parquet'"
    with DuckDB() as engine:
        firms = (
            f"select firm, period // 100 as year, count(distinct partner) as p, count(distinct product) as "
            f"g, "
            f"sum(value) as v from {lines} where flow = 'export' group by all"
        )
        ((one_partner, one_product),) = engine.rows(
            f"select avg((p = 1)::int), avg((g = 1)::int) from ({firms})"
        )
        ((top,),) = engine.rows(
            f"select avg(share) from (select year, sum(v) filter (where place <= n / 100.0) / sum(v) as "
            f"share from ("
            f"select year, v, row_number() over (partition by year order by v desc) as place, "
            f"count(*) over (partition by year) as n from ({firms})) group by year)"
        )
        ((gone,),) = engine.rows(
            f"with f as ({firms}) select avg((c.firm is null)::int) from f as a left join f as b on a.firm "
            f"= b.firm "
            f"and b.year = a.year - 1 left join f as c on a.firm = c.firm and c.year = a.year + 1 "
            f"where b.firm is null and a.year between 2015 and 2020"
        )
        ((matched,),) = engine.rows(
            f"select avg((r.firm is not null)::int) from (select distinct firm from {lines}) as t "
            f"left join (select distinct firm from '{made}/register.parquet') as r using (firm)"
        )
        ((months,),) = engine.rows(f"select count(distinct period % 100) from {lines}")
    assert one_partner > 0.5 and one_product > 0.5 and top > 0.4 and gone > 0.5
    assert 0.88 < matched < 0.92 and months == 12


def test_it_says_that_it_is_synthetic(made: Path) -> None:
    with DuckDB() as engine:
        for name in ("register.parquet", "accounts.parquet", "transactions/part-00000.parquet"):
            ((text,),) = engine.rows(
                f"select decode(value) from parquet_kv_metadata('{made / name}') where decode(key) = "
                f"'firmtrade.synthetic'"
            )
            assert "holds no real firm" in text


def test_wrong_numbers_are_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="at least one declaration"):
        write_register(tmp_path / "x", 0)
    with pytest.raises(DataError, match="holds a register already"):
        write_register(made, 10)
