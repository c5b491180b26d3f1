"""The table that a state shows: in each place a figure, or the reason why there is none."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from firmtrade.publish.numbers import is_hidden
from firmtrade.result import TOTAL, UNKNOWN
from firmtrade.serve.explore.derive import Show, change, share
from firmtrade.serve.explore.figure import Figure, Kind, absent, figure, finer, why_not
from firmtrade.serve.explore.index import Index, Key
from firmtrade.serve.explore.settle import source
from firmtrade.serve.explore.state import Problem, State

#: A table of more places than this is not drawn.
MOST = 20_000
Head = tuple[str, ...]


@dataclass(frozen=True)
class View:
    """`body[i][j]` is (key, figure) of row i and column j; `rows` and `columns` are codes of attributes.

    `lacking` is why rows or columns are not shown; `differing` says that totals that are printed
    are not the sums of their parts, which were changed for protection.
    """

    state: State
    row_attributes: Head
    column_attributes: Head
    rows: tuple[Head, ...]
    columns: tuple[Head, ...]
    body: tuple[tuple[tuple[Key, Figure], ...], ...]
    lacking: tuple[Figure, ...] = ()
    differing: bool = False
    problems: tuple[Problem, ...] = ()

    def figures(self) -> Iterable[tuple[Key, Figure]]:
        """All figures, row by row."""
        return itertools.chain.from_iterable(self.body)


def view(index: Index, state: State) -> View:
    """The table of a settled state."""
    row_names, column_names = _attributes(state)
    rows, columns = _heads(index, state, row_names), _heads(index, state, column_names)
    if len(rows) * len(columns) > MOST:
        problem = Problem("too_large", value=f"{len(rows) * len(columns)}")
        return View(state, row_names, column_names, (), (), (), problems=(problem,))
    places = [[_key(state, row_names, row, column_names, column) for column in columns] for row in rows]
    told = [[_told(index, state, key) for key in line] for line in places]
    keep_rows = [i for i, line in enumerate(told) if _kept(rows[i], line)]
    keep_columns = [j for j, column in enumerate(columns) if _kept(column, [line[j] for line in told])]
    dropped = [
        (one, TOTAL in (*_dimensional(row_names, rows[i]), *_dimensional(column_names, columns[j])))
        for i, line in enumerate(told)
        for j, one in enumerate(line)
        if (i not in keep_rows or j not in keep_columns) and one.kind is Kind.ABSENT
    ]
    gone = [one for one, total in dropped if total or one.reason != "not_released"]
    return View(
        state,
        row_names,
        column_names,
        tuple(rows[i] for i in keep_rows),
        tuple(columns[j] for j in keep_columns),
        tuple(tuple((places[i][j], told[i][j]) for j in keep_columns) for i in keep_rows),
        tuple({one.reason: one for one in gone}.values()),
        _differing(index, (places[i][j] for i in keep_rows for j in keep_columns)),
    )


def _kept(head: Head, line: list[Figure]) -> bool:
    """Whether a row or column tells something: no firms of unknown group are no news."""
    told = [one for one in line if _there(one)]
    return bool(told) and not (UNKNOWN in head and all(one.value == 0 for one in told))


def _there(one: Figure) -> bool:
    return one.kind is not Kind.ABSENT or one.reason.endswith("_hidden")


def _dimensional(names: Head, head: Head) -> Iterable[str]:
    return (code for name, code in zip(names, head, strict=True) if name not in ("period", "measure"))


def _attributes(state: State) -> tuple[Head, Head]:
    """The attributes down and across; several periods and measures that nobody placed stand across."""
    loose = [name for name, many in (("period", state.periods), ("measure", state.measures)) if len(many) > 1]
    loose = [name for name in loose if name not in (state.rows, state.columns)]
    rows = state.rows or (loose.pop(0) if loose and state.columns else "period")
    columns = [name for name in (state.columns, *loose) if name and name != rows]
    return (rows,), tuple(columns) or ("measure" if rows != "measure" else "period",)


def _heads(index: Index, state: State, names: Head) -> list[Head]:
    return list(itertools.product(*(_codes(index, state, name) for name in names)))


def _codes(index: Index, state: State, name: str) -> list[str]:
    """The codes of an attribute in the view; of a dimension also its total, where totals are shown."""
    if name == "measure":
        return list(state.measures)
    if name == "period":
        return (
            [p for p in state.periods if p != state.periods[0]]
            if state.show.is_change
            else list(state.periods)
        )
    places = [(state.sample, measure, period) for measure in state.measures for period in state.periods]
    keys = [key for place in places for key in source(index, state, place) or ()]
    if state.totals:
        # Groups that are in the margin only, of measures that add up: without them the total is a riddle.
        other = replace(state, rows="") if name == state.columns else replace(state, columns="")
        adding = [place for place in places if why_not(index, place[1], (), ()) is None]
        keys += [key for place in adding for key in source(index, other, place) or ()]
    return [*index.codes(name, (key.attribute(name) for key in keys)), *([TOTAL] if state.totals else [])]


def _key(state: State, row_names: Head, row: Head, column_names: Head, column: Head) -> Key:
    chosen = dict(zip((*row_names, *column_names), (*row, *column), strict=True))
    period = chosen.pop("period", state.periods[-1])
    measure = chosen.pop("measure", state.measures[0])
    codes = {**dict(state.filters), **chosen}
    return Key(state.sample, period, measure, ()).but(**codes)


def _told(index: Index, state: State, key: Key) -> Figure:
    show = state.show
    if show.is_change:
        return _changed(index, state, key)
    if show.is_share:
        return share(index, key, whole(state))
    return figure(index, key)


def whole(state: State) -> dict[str, str]:
    """The codes of the total that a share is of."""
    over = {Show.SHARE_ROW: (state.columns,), Show.SHARE_COLUMN: (state.rows,)}
    names = over.get(state.show, (state.rows, state.columns))
    return {name: TOTAL for name in names if name not in ("", "period", "measure")}


def _changed(index: Index, state: State, key: Key) -> Figure:
    """The change since the chosen year before; windows and years are not compared."""
    at = state.periods.index(key.period)
    if len(state.periods) < 2 or at == 0:
        return absent("one_period")
    earlier = state.periods[at - 1]
    if not (re.fullmatch(r"\d{4}", earlier) and re.fullmatch(r"\d{4}", key.period)):
        return absent("no_years")
    return change(index, key, earlier, state.show)


def _differing(index: Index, keys: Iterable[Key]) -> bool:
    """Whether some printed total is not the sum of its printed parts, all of which are told."""
    for key in keys:
        total = index.cells.get(key)
        if total is None or total.cell.value is None:
            continue
        for further in finer(index, key):
            if why_not(index, key.measure, further, key.dimensions) is not None:
                continue
            names = (index.words[name].partition for name in further)
            parts = [key.but(**dict(zip(further, codes, strict=True))) for codes in itertools.product(*names)]
            cells = [index.cells[part].cell for part in parts if part in index.cells]
            if len(cells) < len(parts) or any(is_hidden(cell) for cell in cells):
                continue
            away = abs(sum(cell.value or 0.0 for cell in cells) - total.cell.value)
            if away > 1e-9 * max(1.0, abs(total.cell.value)):
                return True
    return False
