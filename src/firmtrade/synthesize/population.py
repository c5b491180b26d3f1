"""A seeded synthetic panel of Belgian firms, 1996-2003, for demonstrations and tests.

    python -m firmtrade.synthesize.population --out panel.parquet --firms 100000 --seed 2002

It holds no real firm: every value is drawn from the assumptions and published totals in `data/`. The parts
can be replaced one by one: the cells of 2002 (`cells`), the firms in them (`skeleton`), who trades when
(`status`), growth (`paths` with `fit`), and what they file (`amounts`). At the published size `exact` takes
their place.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError

if TYPE_CHECKING:
    from firmtrade.synthesize.paths import Drift
    from firmtrade.synthesize.skeleton import Register

#: With so many firms the population reproduces the published tables number by number; with others, about.
PUBLISHED_FIRMS = 100_000
#: Raised whenever the same seed gives another panel.
VERSION = 1
_CHUNK = 40_000  # firms drawn at a time: bounds the memory
_PILOT = 4  # chunks of which the growth is fitted


def write_panel(path: Path, firms: int = 100_000, seed: int = 2002) -> int:
    """Write a synthetic panel as Parquet and return its number of rows (about eight for each of `firms`).

    `firms` is about the number of firms on record in a year. At 100,000 the tables of the Belgian report
    (in 2002 28,284 firms in manufacturing, 65,941 in services) come out as printed, for any seed, but for
    the figures named in `data/given_up.toml`; some 10,000 firms lie outside its samples. With another
    number the population is only like that one. Columns: the contract of a panel, amounts in EUR; sorted
    by firm and year. The same arguments give the same bytes with the same version of DuckDB. Raises
    StudyError for a number of firms below one, DataError if the file cannot be written.
    """
    from firmtrade.synthesize.write import Writer

    if firms < 1 or seed < 0:
        raise StudyError(
            f"A population needs at least one firm and a seed from 0 on, not {firms} and {seed}."
        )
    if firms == PUBLISHED_FIRMS:
        return _write_exact(path, seed)
    register = _register()
    writer = Writer(register.activities, register.districts)
    for rows in _rows(register, register.count(firms), seed):
        writer.add(rows)
    return writer.write(path, sentence(firms, seed))


def sentence(firms: int, seed: int) -> str:
    """What the file says of itself."""
    does = "reproduces the published tables" if firms == PUBLISHED_FIRMS else "resembles the published totals"
    return (
        "Synthetic panel: holds no real firm. Drawn at random by firmtrade.synthesize.population, "
        f"version {VERSION}, seed {seed}, about {firms} firms a year, so that it {does} of the "
        "report Internationalization of Belgian SMEs; made for demonstrations and tests, not for findings."
    )


def _write_exact(path: Path, seed: int) -> int:
    """The population whose tables are the published ones."""
    from firmtrade.synthesize import parameters, solution
    from firmtrade.synthesize.exact import exact_rows
    from firmtrade.synthesize.write import Writer

    known = parameters.belgium()
    writer = Writer(
        [code for codes in known.classes.values() for code in codes],
        [code for codes in known.regions["districts"].values() for code in codes],
    )
    writer.add(exact_rows(known, solution.load(), seed))
    return writer.write(path, sentence(PUBLISHED_FIRMS, seed))


def _register() -> Register:
    from firmtrade.synthesize import cells, parameters, skeleton

    known = parameters.belgium()
    return skeleton.Register(cells.build(known.population), known)


def _rows(register: Register, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Rows, chunk by chunk, in the order of the firms."""
    sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
    drift = _fitted(register, sizes[:_PILOT], seed)
    for chunk, size in enumerate(sizes):
        yield _chunk_rows(register, drift, chunk, size, seed)


def _fitted(register: Register, sizes: list[int], seed: int) -> Drift:
    from firmtrade.synthesize.fit import Pilot, fit

    pilots = []
    for chunk, size in enumerate(sizes):
        firms, _, luck = _draw(register, chunk, size, seed)
        cells = register.cells
        followed = cells.domestic[firms.cell] & (firms.first <= 1998) & (firms.last >= 2003)
        pilots.append(Pilot(luck, followed & (cells.size[firms.cell] != 4)))
    return fit(register, pilots)


def _draw(register: Register, chunk: int, size: int, seed: int) -> tuple[Any, Any, Any]:
    """Firms, their patterns by year, and their luck; each part has a stream of its own."""
    from firmtrade.synthesize.draw import Draw
    from firmtrade.synthesize.paths import draw_luck
    from firmtrade.synthesize.skeleton import draw_firms
    from firmtrade.synthesize.status import draw_patterns

    firms = draw_firms(register, Draw(seed, chunk, 1), size)
    patterns = draw_patterns(register, firms, Draw(seed, chunk, 2))
    return firms, patterns, draw_luck(register, firms, patterns, Draw(seed, chunk, 3))


def _chunk_rows(register: Register, drift: Drift, chunk: int, size: int, seed: int) -> dict[str, Any]:
    from firmtrade.synthesize.amounts import keep_books
    from firmtrade.synthesize.draw import Draw
    from firmtrade.synthesize.paths import employment, value_added
    from firmtrade.synthesize.rows import as_rows

    life = register.parameters.firms["life"]
    anchor, base = life["anchor"] - life["first_year"], 1998 - life["first_year"]
    firms, patterns, luck = _draw(register, chunk, size, seed)
    staff, added = employment(luck, drift, anchor), value_added(luck, drift, anchor, base)
    books = keep_books(register, firms, patterns, staff, added, Draw(seed, chunk, 4))
    return as_rows(register, firms, books, Draw(seed, chunk, 5), chunk * _CHUNK)


def main(arguments: list[str] | None = None) -> None:
    """Command line: write a panel and say how many rows it has."""
    parser = argparse.ArgumentParser(prog="firmtrade.synthesize.population", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write")
    parser.add_argument("--firms", type=int, default=100_000, help="firms a year, about (default 100000)")
    parser.add_argument("--seed", type=int, default=2002, help="another seed, another population")
    given = parser.parse_args(arguments)
    print(f"{given.out}: {write_panel(given.out, given.firms, given.seed):,} rows, synthetic")


if __name__ == "__main__":
    main()
