"""Rows into a Parquet file that says what it is, the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError, EngineError

_CENTS = ("turnover", "value_added", "import_intra", "import_extra", "export_intra", "export_extra")
_CODES = ("firm", "year", "activity", "region", "founded", "employment", "domestic")


class Writer:
    """Collects rows in the order in which they come and writes them once; needs DuckDB only.

    Rows come as a dict of numpy arrays (masked where unknown): employment in tenths, money in cents,
    activity and region as places in their lists.
    """

    def __init__(self, activities: list[str], districts: list[str]) -> None:
        import duckdb

        self._lists = {"activity": activities, "region": districts}
        self._engine = duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})
        columns = ", ".join(f"{name} bigint" for name in _CENTS)
        self._engine.execute(
            "create table panel (firm integer, year smallint, activity smallint, region smallint, "
            f"founded smallint, employment integer, domestic boolean, {columns})"
        )

    def add(self, rows: dict[str, Any]) -> None:
        """Append rows."""
        self._engine.register("rows", rows)
        self._engine.execute(f"insert into panel select {', '.join((*_CODES, *_CENTS))} from rows")
        self._engine.unregister("rows")

    def write(self, path: Path, sentence: str) -> int:
        """Write the file and return the number of rows."""
        copy_to_parquet(self._engine.execute, self._select(), path, sentence)
        found = self._engine.execute("select count(*) from panel").fetchone()
        self._engine.close()
        return int(found[0]) if found else 0

    def _select(self) -> str:
        """The contract's columns in its order; amounts are exact decimals."""
        lists = {name: ", ".join(f"'{code}'" for code in codes) for name, codes in self._lists.items()}
        money = {name: f"cast({name} * 0.01 :: decimal(3, 2) as decimal(15, 2)) as {name}" for name in _CENTS}
        return ", ".join(
            (
                "select printf('S%08d', firm) as firm",
                "cast(year as integer) as year",
                f"([{lists['activity']}])[activity + 1] as activity",
                f"([{lists['region']}])[region + 1] as region",
                "cast(founded as integer) as founded",
                "cast(employment * 0.1 :: decimal(2, 1) as decimal(9, 1)) as employment",
                money["turnover"], money["value_added"],
                "domestic",
                money["import_intra"], money["import_extra"], money["export_intra"], money["export_extra"],
            )
        ) + " from panel"  # fmt: skip


def copy_to_parquet(run: Callable[[str], object], select: str, path: Path, sentence: str) -> None:
    """Write what a query selects, with the sentence that marks the file as synthetic."""
    import duckdb

    from firmtrade.acquire.parquet import SYNTHETIC

    target, said = (str(text).replace("'", "''") for text in (path, sentence))
    try:
        run(
            f"copy ({select}) to '{target}' "
            f"(format parquet, compression zstd, kv_metadata {{'{SYNTHETIC}': '{said}'}})"
        )
    except (duckdb.IOException, EngineError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path} cannot be written ({reason}). Name a folder that exists and may be written to."
        ) from None
