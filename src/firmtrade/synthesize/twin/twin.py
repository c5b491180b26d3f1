"""From a study and its published figures to a file of made-up firms that print them.

The figures are all that is read. What they mean is taken from the study's words, so that any study and any
publication in the contract's columns will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from firmtrade._engine import expression
from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.source import PanelSpec
from firmtrade.catalog import Catalog
from firmtrade.classify.window import Window
from firmtrade.describe.asks import COUNT, Ask
from firmtrade.describe.compute import Setting, plan
from firmtrade.describe.needs import needed_columns
from firmtrade.describe.spec import Table
from firmtrade.errors import DataError, StudyError
from firmtrade.reconcile import read_figures, setting
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.says import Formula, formulas
from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.twin.blocks import Blocks, Sum
from firmtrade.synthesize.twin.columns import NUMBER, columns_of
from firmtrade.synthesize.twin.compare import Cell, compared, printed, refuse_unknown_tables
from firmtrade.synthesize.twin.firms import make_firms, put_back
from firmtrade.synthesize.twin.goals import goals_of
from firmtrade.synthesize.twin.panel import Panel, into_engine
from firmtrade.synthesize.twin.people import Crowd, populate
from firmtrade.synthesize.twin.pool import draw_pool
from firmtrade.synthesize.twin.program import prescale, solve_sums
from firmtrade.synthesize.twin.reader import Members, Reader
from firmtrade.synthesize.twin.sums import MARGINS, linear, wanted_sums
from firmtrade.synthesize.twin.write import write_twin

#: Raised whenever the same seed gives another twin.
VERSION = 1
_EACH, _POOL = 40, (3_000, 12_000)  # candidates for each goal; at least and at most
_NO_COUNT = 10_000  # firms, where the publication has no number of firms
_BESIDE = 1.25  # firms for each firm of the largest group: some are in none


@dataclass(frozen=True)
class Twin:
    """What was made: rows and firms of the file, and each published cell with the twin's own value."""

    rows: int
    firms: int
    cells: tuple[Cell, ...]
    hidden: int

    @property
    def missed(self) -> list[Cell]:
        """Published cells that the twin does not reproduce."""
        return [cell for cell in self.cells if not cell.equal]


@dataclass(frozen=True)
class Asked:
    """A publication in the study's words: what each figure says, in groups of firms and sums over them."""

    figures: tuple[Figure, ...]
    formulas: Mapping[Figure, Formula]
    reader: Reader
    row: Mapping[Ask, int]
    ask_of: list[int]
    setting: Setting

    def counts(self, ask: Ask) -> bool:
        """Whether an ask is a number of firms."""
        if ask.aggregate == COUNT:
            return True
        word = self.setting.catalog.get(ask.aggregate, "measure")
        return expression.split_aggregate(word.tree)[0] == "count"


def make_twin(
    tables: Iterable[Table],
    catalog: Catalog,
    windows: Mapping[str, Window],
    panel: Mapping[str, Any],
    published: Path,
    out: Path,
    firms: int | None = None,
    seed: int = 2002,
    title: str = "",
    progress: Callable[[str], None] = lambda text: None,
) -> Twin:
    """Write a twin of the published figures to `out`; `panel` is the `[panel]` part of the study.

    Raises StudyError for a table, word or code that the study does not have, DataError for a file that is
    not a publication.
    """
    if seed < 0 or (firms is not None and firms < 1):
        raise StudyError(f"A twin needs at least one firm and a seed from 0 on, not {firms} and {seed}.")
    tables, spec = list(tables), PanelSpec.read(panel)
    words = setting(catalog, windows, spec.classification, [*spec.columns, *spec.constant])
    progress(f"read {published.name}")
    every = read_figures(published)
    figures = [printed(figure) for figure in every if figure.value is not None]
    if not figures:
        raise DataError(
            f"{published.name} has no figures: every value is empty. Nothing can be made to match it."
        )
    refuse_unknown_tables(figures, tables)
    asked = _asked(figures, tables, words)
    with DuckDB(threads=1) as engine:
        made = _firms(asked, tables, spec, engine, firms, Draw(seed, 7), progress)
        progress("compare with the published figures")
        cells = compared(engine, figures, tables, words, [column.name for column in made.columns])
        progress("write the file")
        said = _sentence(title, published.name, seed, sum(c.equal for c in cells), len(cells))
        rows = write_twin(engine, made, spec, out, said)
    return Twin(rows, len(made), tuple(cells), len(every) - len(figures))


def _sentence(title: str, published: str, seed: int, equal: int, cells: int) -> str:
    """What the file says of itself."""
    return (
        f"Synthetic panel: holds no real firm. Made by firmtrade synthesize, version {VERSION}, seed {seed}, "
        f"from published figures only ({published}), so that the study '{title}' prints {equal} of {cells} "
        "of them; made to develop and test programs on, not for findings."
    )


def _asked(figures: list[Figure], tables: list[Table], words: Setting) -> Asked:
    found, _ = formulas(figures, tables, words)
    asks = sorted({ask for _, formula in found.values() for ask in formula.powers}, key=repr)
    reader = Reader(asks, words)
    row: dict[Ask, int] = {}
    numbers: dict[tuple[Any, ...], int] = {}
    ask_of: list[int] = []
    for number, ask in enumerate(asks):
        scan, needed = reader.needs[number]
        key = (scan, tuple(sorted(needed)))
        if key not in numbers:
            numbers[key] = len(ask_of)
            ask_of.append(number)
        row[ask] = numbers[key]
    said = {figure: formula for figure, (_, formula) in found.items() if formula.powers}
    return Asked(tuple(figures), said, reader, row, ask_of, words)


def _firms(
    asked: Asked, tables: list[Table], spec: PanelSpec, engine: DuckDB, total: int | None, draw: Draw,
    progress: Callable[[str], None],
) -> Panel:  # fmt: skip
    goals = goals_of(asked.formulas, asked.row, asked.counts)
    pool = _pool(asked, tables, spec, min(max(_EACH * len(goals), _POOL[0]), _POOL[1]), draw)
    crowd = Crowd(asked.reader, engine, pool, asked.ask_of, goals, draw)
    largest = max((low for low, under in zip(goals.low, goals.under, strict=True) if under < 0), default=0)
    size = total or (largest * _BESIDE if largest > 1 else _NO_COUNT)
    people = populate(crowd, float(size), progress)
    progress(f"{people.firms.sum():,} firms and their amounts")
    counted = np.array([asked.counts(ask) for ask in asked.reader.asks])
    firms, members = make_firms(people, counted, asked.reader, engine, draw)
    _amounts(asked, firms, members, engine, progress)
    into_engine(engine, firms)
    return firms


def _pool(asked: Asked, tables: list[Table], spec: PanelSpec, size: int, draw: Draw) -> Panel:
    """Candidates over all years and with all columns that the study can use."""
    words, reader = asked.setting, asked.reader
    names = needed_columns(reader.asks, words.groups) | {*spec.columns, *spec.constant}
    asks = list(reader.asks)
    if not spec.columns:
        # A panel in the contract's columns may as well have what the study's other tables need.
        asks += [ask for made in plan(tables, words) for ask in made.asks]
        names |= needed_columns(asks, words.groups)
    whole = Reader(sorted(set(asks), key=repr), words) if len(asks) > len(reader.asks) else reader
    columns = tuple(columns_of(names, whole, words, spec))
    years = whole.years()
    if not years:
        raise DataError(
            "The published figures are certain whatever the firms: there is nothing to reproduce."
        )
    return draw_pool(columns, tuple(range(years[0], years[-1] + 1)), size, draw)


def _amounts(
    asked: Asked, firms: Panel, members: Members, engine: DuckDB, progress: Callable[[str], None]
) -> None:
    """Move amounts so that sums are as published; a firm that would leave its groups stays as it is."""
    sums = _linear_sums(asked, firms)
    if not sums:
        return
    number = {ask: n for n, ask in enumerate(asked.reader.asks)}
    inside = {ask: members.inside[number[ask]] for ask in number}
    counted = {ask: int(inside[ask].sum()) for ask in number if asked.counts(ask)}
    wanted = [wanted_sums(asked.formulas, sums, counted, margin) for margin in MARGINS]
    before = firms.take(np.arange(len(firms)))
    limits, pinned = asked.reader.limits(), np.zeros(len(firms), dtype=bool)
    prescale(firms, Blocks(firms, inside, sums, limits, pinned), wanted[0])
    for _ in range(3):
        blocks = Blocks(firms, inside, sums, limits, pinned)
        progress(f"sums of {blocks.blocks:,} kinds of firms for {len(wanted[0]):,} figures")
        goal, missed = solve_sums(blocks, wanted[0])
        if missed:
            goal = min((goal, missed), solve_sums(blocks, wanted[1]), key=lambda found: found[1])[0]
        blocks.move(goal)
        after = asked.reader.read(engine, firms)
        left = np.flatnonzero((after.inside != members.inside).any(axis=0))
        if not len(left):
            return
        put_back(firms, before, left)
        pinned[left] = True


def _linear_sums(asked: Asked, firms: Panel) -> dict[Ask, Sum]:
    """Sums that are weighted sums of columns; the others are not aimed at."""
    free = {c.name for c in firms.columns if c.kind == NUMBER and c.constant is None}
    found: dict[Ask, Sum] = {}
    for ask in asked.reader.asks:
        function, values, _ = asked.setting.groups.aggregate(ask)
        weights = (
            linear(values[0].tree, replace(ask), asked.setting) if function == "sum" and values else None
        )
        if weights and all(name in free and year in firms.years for name, year in weights):
            found[ask] = weights
    return found
