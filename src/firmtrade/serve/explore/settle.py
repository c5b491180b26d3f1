"""From what the reader chose to the nearest view that the release has figures for; what had to give way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from firmtrade.serve.explore.derive import PERCENT, Show
from firmtrade.serve.explore.figure import DEEPEST, why_not
from firmtrade.serve.explore.index import MODEL, Index, Key
from firmtrade.serve.explore.state import Problem, State

#: What it costs to give up a choice: the first chosen are kept longest.
_ROWS, _COLUMNS, _FILTER, _ADDED, _PERIOD = 4.0, 3.0, 2.0, 1.5, 1.0


@dataclass(frozen=True)
class Settled:
    """A view that has figures. `changed` says what was not there and gave way; nothing if it fits."""

    state: State
    changed: tuple[Problem, ...] = ()


def settle(index: Index, asked: State) -> Settled:
    """Complete a state; where the release has no such figures, the nearest for which it has."""
    if not index.cells:
        return Settled(asked)
    asked = _once(asked)
    state = replace(asked, sample=asked.sample or _first_sample(index, asked))
    state, changed = _measures(index, state)
    state, more = _periods(index, state)
    if not fits(index, state):
        state, further = _nearest(index, state)
        more += further
    elif not state.dimensions and not (state.rows or state.columns):
        state = _opened(index, state)
    if state.show not in shows(index, state):
        changed.append(Problem("gone_show", state.show.value))
        state = replace(state, show=Show.FIGURES)
    return Settled(replace(state, problems=asked.problems), (*changed, *more))


def _once(state: State) -> State:
    """Each attribute in one place: rows before columns before filters."""
    columns = "" if state.columns == state.rows else state.columns
    filters = tuple((name, code) for name, code in state.filters if name not in (state.rows, columns))
    return replace(state, columns=columns, filters=filters)


def shows(index: Index, state: State) -> tuple[Show, ...]:
    """What can be shown: shares of measures that add up, changes where there are several years."""
    words = [index.words[m] for m in state.measures if m in index.words]
    adds = any(word.additive for word in words)
    rows, columns = (axis not in ("", "period", "measure") for axis in (state.rows, state.columns))
    there = {
        Show.SHARE_ROW: adds and columns,
        Show.SHARE_COLUMN: adds and rows,
        Show.SHARE_TOTAL: adds and rows and columns,
        Show.CHANGE: len(state.periods) > 1,
        Show.GROWTH: len(state.periods) > 1 and any(not word.unit.startswith(PERCENT) for word in words),
    }
    return tuple(show for show in Show if there.get(show, True))


def _first_sample(index: Index, asked: State) -> str:
    """The first sample that has the measures that were asked for, else the first."""
    samples = index.samples()
    return next((s for s in samples if set(asked.measures) <= set(index.measures(s))), samples[0])


def _measures(index: Index, state: State) -> tuple[State, list[Problem]]:
    """The measures that the sample has; else its first that goes with the other choices."""
    known = index.measures(state.sample)
    kept = tuple(m for m in state.measures if m in known)
    if not kept:
        periods = {m: state.periods or tuple(index.periods(state.sample, [m])) for m in known}
        tried = ((m, replace(state, measures=(m,), periods=periods[m])) for m in known)
        kept = (next((m for m, one in tried if state.dimensions and fits(index, one)), known[0]),)
    changed = [
        Problem("gone_measure", "measure", name, kept[0]) for name in state.measures if name not in known
    ]
    return replace(state, measures=kept), changed


def _periods(index: Index, state: State) -> tuple[State, list[Problem]]:
    known = index.periods(state.sample, state.measures)
    kept = tuple(period for period in known if period in state.periods)
    gone = [period for period in state.periods if period not in known]
    if not kept:
        fitting = [p for p in known if fits(index, replace(state, periods=(p,)))]
        kept = tuple(_most(index, state, fitting or known)[-1:])
    changed = [Problem("gone_period", "period", period, kept[-1]) for period in gone]
    return replace(state, periods=kept), changed


def _most(index: Index, state: State, periods: list[str]) -> list[str]:
    """The periods with as many kinds of breakdowns as any: a year with one figure is no place to start."""
    if state.dimensions:
        return periods
    sizes = {p: len(index.shape((state.sample, state.measures[0], p))) for p in periods}
    return [period for period in periods if sizes[period] == max(sizes.values())]


def _opened(index: Index, state: State) -> State:
    """A measure that was chosen alone, broken down by its first dimension rather than as one number."""
    for place in _places(state):
        for shape in index.shape(place):
            if len(shape) == 1:
                return replace(state, rows=min(shape))
    return state


def _places(state: State) -> Iterator[tuple[str, str, str]]:
    return ((state.sample, measure, period) for measure in state.measures for period in state.periods)


def fits(index: Index, state: State) -> bool:
    """Whether the release has some figure of this view, hidden ones included, or it can be made."""
    return any(source(index, state, place) is not None for place in _places(state))


def source(index: Index, state: State, place: tuple[str, str, str]) -> list[Key] | None:
    """The figures behind a view of one measure and period: its own, or those that it can be made of."""
    wanted = state.dimensions
    filters = dict(state.filters)
    shapes = index.shape(place)
    finer = sorted((s for s in shapes if s > wanted and len(s - wanted) <= DEEPEST), key=_by_name)
    found: list[Key] = []
    for shape in [*([wanted] if wanted in shapes else []), *finer]:
        if shape == wanted or why_not(index, place[1], shape - wanted, wanted) is None:
            keys = shapes[shape]
            found += [key for key in keys if all(key.attribute(n) == code for n, code in filters.items())]
    return found or None


def _by_name(shape: Iterable[str]) -> tuple[int, list[str]]:
    names = sorted(shape)
    return len(names), names


@dataclass(frozen=True)
class _Candidate:
    cost: float
    state: State
    changed: tuple[Problem, ...]


def _nearest(index: Index, state: State) -> tuple[State, list[Problem]]:
    """The view that keeps most of what was chosen."""
    found: list[_Candidate] = []
    # Another period costs something, so that the one that was chosen is kept where that is possible.
    others = [p for p in index.periods(state.sample, state.measures) if p not in state.periods]
    for extra, periods in ((0.0, state.periods), *((_PERIOD, (period,)) for period in reversed(others))):
        tried = replace(state, periods=periods)
        shapes = {shape for place in _places(tried) for shape in index.shape(place)}
        found += [_candidate(index, tried, shape, extra) for shape in sorted(shapes, key=_by_name)]
    best = min(found, key=lambda one: one.cost)
    moved = best.state.periods != state.periods
    told = [Problem("gone_period", "period", state.periods[-1], best.state.periods[-1])] if moved else []
    return best.state, [*best.changed, *told]


def _candidate(index: Index, state: State, shape: frozenset[str], cost: float) -> _Candidate:
    """The state with the dimensions of a shape, and what that costs."""
    changed: list[Problem] = []
    rows, columns = state.rows, state.columns
    if rows not in shape | {"", "period", "measure"}:
        changed.append(Problem("gone_rows", rows))
        rows, cost = "", cost + _ROWS
    if columns not in shape | {"", "period", "measure"}:
        changed.append(Problem("gone_columns", columns))
        columns, cost = "", cost + _COLUMNS
    kept, lost = _filters(index, state, shape - {rows, columns})
    changed += lost
    cost += _FILTER * len(lost)
    free = [n for n in sorted(shape - {rows, columns}) if n not in dict(kept)]
    for name in free:
        if not rows and name != MODEL:
            rows, cost = name, cost + _ADDED / 3
        elif not columns and name != MODEL:
            columns, cost = name, cost + _ADDED / 3
        else:
            kept, cost = (*kept, (name, "")), cost + _ADDED
        changed.append(Problem("added", name))
    made = replace(state, rows=rows, columns=columns, filters=tuple(sorted(kept)))
    made = _coded(index, made, shape)
    agreed = dict(state.filters).items() & dict(made.filters).items()
    wrong = [
        name for name, code in state.filters if name in dict(made.filters) and (name, code) not in agreed
    ]
    changed += [Problem("gone_filter", name, dict(state.filters)[name]) for name in wrong]
    return _Candidate(cost + _FILTER * len(wrong), made, tuple(changed))


def _filters(
    index: Index, state: State, left: frozenset[str]
) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    kept = tuple((name, code) for name, code in state.filters if name in left)
    return kept, [Problem("gone_filter", name, code) for name, code in state.filters if name not in left]


def _coded(index: Index, state: State, shape: frozenset[str]) -> State:
    """The filters with codes that the shape has together: as many as can of those that were chosen."""
    keys = [key for place in _places(state) for key in index.shape(place).get(shape, [])]
    filters: dict[str, str] = {}
    for name, code in sorted(state.filters, key=lambda pair: pair[1] == ""):
        there = index.codes(name, (key.attribute(name) for key in keys))
        filters[name] = code if code in there else there[0]
        keys = [key for key in keys if key.attribute(name) == filters[name]]
    return replace(state, filters=tuple(sorted(filters.items())))
