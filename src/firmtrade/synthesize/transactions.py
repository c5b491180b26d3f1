"""A seeded synthetic trade register: declarations, business register and accounts, at any scale.

It holds no real firm. Declarations are written block by block, so that memory does not grow with their
number, and the same seed gives the same lines however many are written at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError, StudyError
from firmtrade.synthesize.write import copy_to_parquet

if TYPE_CHECKING:
    from firmtrade.synthesize.traders import Lines

#: Raised whenever the same seed gives other declarations.
VERSION = 1
#: Lines written to one file at least, but for the last.
CHUNK = 2_000_000


@dataclass(frozen=True)
class Made:
    """What was written, and where: number of declarations, and of firms that they are drawn from."""

    rows: int
    firms: int
    folder: Path

    @property
    def sources(self) -> Mapping[str, str]:
        """The files of each part of a study."""
        return {
            "transactions": str(self.folder / "transactions" / "*.parquet"),
            "register": str(self.folder / "register.parquet"),
            "accounts": str(self.folder / "accounts.parquet"),
        }


def write_register(folder: Path, rows: int, seed: int = 2002, chunk: int = CHUNK) -> Made:
    """Write `rows` declarations (transactions/*.parquet), register.parquet, accounts.parquet and study.toml.

    Declarations: firm, period (yyyymm), flow, partner, product, value, quantity. The register knows nine
    firms in ten of those that declare, and firms that never do; the accounts most of those. `chunk` lines
    are written at a time; the lines are the same for any. Raises StudyError for a number below one,
    DataError if the folder holds another register or cannot be written.
    """
    import duckdb

    if rows < 1 or seed < 0 or chunk < 1:
        raise StudyError(
            f"A trade register needs at least one declaration and a seed from 0 on, not {rows} and {seed}."
        )
    if (folder / "transactions").exists():
        raise DataError(f"{folder} holds a register already. Name another folder, or take it away.")
    try:
        (folder / "transactions").mkdir(parents=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error.strerror}). Name another folder.") from None
    # On disk, so that a register of millions of firms need not fit into memory.
    scratch = folder / "records.tmp"
    config: dict[str, Any] = {"threads": 1, "preserve_insertion_order": True, "memory_limit": "2GB"}
    with duckdb.connect(str(scratch), config=config) as engine:
        engine.execute("set enable_progress_bar = false")
        firms = _write_lines(engine, folder, rows, seed, chunk)
        _write_records(engine, folder, firms, seed, sentence(rows, seed))
    scratch.unlink()
    (folder / "study.toml").write_text(_study(rows, seed), encoding="utf-8")
    return Made(rows, firms, folder)


def sentence(rows: int, seed: int) -> str:
    """What the files say of themselves."""
    return (
        "Synthetic trade register: holds no real firm. Drawn at random by firmtrade.synthesize.transactions, "
        f"version {VERSION}, seed {seed}, {rows} declarations; for demonstrations and tests."
    )


def _blocks(seed: int, rows: int) -> Iterator[Lines]:
    """Lines, block by block, until there are enough; of the last block the first firms are kept."""
    from firmtrade.synthesize.traders import draw_lines

    left, block = rows, 0
    while left > 0:
        lines = draw_lines(seed, block)
        if len(lines) > left:
            lines = _cut(lines, left)
        yield lines
        left -= len(lines)
        block += 1


def _cut(lines: Lines, number: int) -> Lines:
    """So many lines of the first firms, in the order in which they are."""
    import numpy as np

    kept = np.sort(np.argsort(lines.firm, kind="stable")[:number])
    return type(lines)(**{name: getattr(lines, name)[kept] for name in lines.__dataclass_fields__})


def _write_lines(engine: Any, folder: Path, rows: int, seed: int, chunk: int) -> int:
    """Write the declarations; returns the number of firms that they are of, or that might have declared."""
    from firmtrade.synthesize.traders import assumptions, product_codes

    partners = ", ".join(f"'{code}'" for code in assumptions()["partners_of"])
    products = ", ".join(f"'{code}'" for code in product_codes())
    select = (
        "select printf('T%08d', firm) as firm, cast(period as integer) as period, "
        "case when export then 'export' else 'import' end as flow, "
        f"([{partners}])[partner + 1] as partner, ([{products}])[product + 1] as product, "
        "cast(value * 0.01 :: decimal(3, 2) as decimal(15, 2)) as value, "
        "cast(quantity as decimal(15, 0)) as quantity from lines"
    )
    held: list[Lines] = []
    count = file = last = 0

    def write() -> None:
        nonlocal file
        with _joined(engine, held):
            path = folder / "transactions" / f"part-{file:05d}.parquet"
            copy_to_parquet(engine.execute, select, path, sentence(rows, seed))
        held.clear()
        file += 1

    for lines in _blocks(seed, rows):
        held.append(lines)
        count += len(lines)
        last = max(last, int(lines.firm.max()) + 1) if len(lines) else last
        if count >= chunk:
            write()
            count = 0
    if held:
        write()
    return last


class _joined:
    """The held lines as the engine's relation `lines`, for as long as the block lasts."""

    def __init__(self, engine: Any, held: list[Lines]) -> None:
        import numpy as np

        self._engine = engine
        names = held[0].__dataclass_fields__
        self._arrays = {name: np.concatenate([getattr(one, name) for one in held]) for name in names}

    def __enter__(self) -> None:
        self._engine.register("lines", self._arrays)

    def __exit__(self, *_: object) -> None:
        self._engine.unregister("lines")


def _write_records(engine: Any, folder: Path, firms: int, seed: int, said: str) -> None:
    """Write register and accounts: of the firms that may trade, and of others that never do."""
    import numpy as np

    from firmtrade.synthesize.traders import BLOCK, assumptions, draw_records

    known = assumptions()
    activities, regions = (
        ", ".join(f"'{code}'" for code in known[name]) for name in ("activities", "regions")
    )
    total = firms + int(firms * known["never"])
    engine.execute(
        "create table records (firm varchar, year integer, activity varchar, region varchar, "
        "founded integer, domestic boolean, employment decimal(9, 1), turnover decimal(18, 0), "
        "listed boolean, filed boolean)"
    )
    for start in range(0, total, BLOCK):
        made = draw_records(seed, np.arange(start, min(start + BLOCK, total), dtype=np.int64))
        engine.register("drawn", {name: getattr(made, name) for name in made.__dataclass_fields__})
        engine.execute(
            f"insert into records select printf('T%08d', firm), year, ([{activities}])[activity + 1], "
            f"([{regions}])[region + 1], founded, domestic, employment * 0.1 :: decimal(2, 1), turnover, "
            f"listed, filed from drawn"
        )
        engine.unregister("drawn")
    columns = "firm, year, activity, region, founded, domestic"
    copy_to_parquet(
        engine.execute, f"select {columns} from records where listed", folder / "register.parquet", said
    )
    added = "cast(turnover * 0.3 :: decimal(2, 1) as decimal(18, 1)) as value_added"
    filed = f"select firm, year, employment, turnover, {added}"
    copy_to_parquet(engine.execute, f"{filed} from records where filed", folder / "accounts.parquet", said)


def _study(rows: int, seed: int) -> str:
    """A study of the register, to start from."""
    from firmtrade.synthesize.traders import assumptions, years

    first, last = years()[0], years()[-1]
    return f"""# A synthetic trade register of {rows:,} declarations, seed {seed}: no real firm.
title = "A synthetic trade register"
source = "synthetic"

[transactions]
files = "transactions/*.parquet"
products = "CN"
union = "EU"
home = "{assumptions()["home"]}"
complete = true          # who declares nothing does not trade

[register]
files = "register.parquet"
classification = "NACE 2"
regions = ["BE1", "BE2", "BE3"]

[accounts]
files = "accounts.parquet"

[thresholds]
values = [
  {{ flow = "import_intra", value = 100000, source = "own" }},
  {{ flow = "export_intra", value = 100000, source = "own" }},
]

[protect]
synthetic = "synthetic register, no real firm: nothing to protect"

[samples.firms]
title = "All firms of the register, and those that declare without being in it"
expr = "year is not null"
source = "own"

[tables.participation]
title = "Firms that trade, in percent of all"
sample = "firms"
period = "{first}-{last}"
measures = ["firms", "participation"]
by = ["flow"]
"""
