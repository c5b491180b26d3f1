"""What the reader can choose from here: each option, and whether it goes with the other choices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from firmtrade.serve.explore.derive import Show
from firmtrade.serve.explore.index import Index
from firmtrade.serve.explore.settle import fits, shows
from firmtrade.serve.explore.state import State

_OTHER = {"rows": "columns", "columns": "rows"}


@dataclass(frozen=True)
class Option:
    """One option. `fits`: the release has figures for it with the other choices as they are."""

    code: str
    chosen: bool
    fits: bool = True


@dataclass(frozen=True)
class Choices:
    """The options of each choice; of filters those that have any."""

    samples: tuple[Option, ...]
    measures: tuple[Option, ...]
    periods: tuple[Option, ...]
    rows: tuple[Option, ...]
    columns: tuple[Option, ...]
    filters: tuple[tuple[str, tuple[Option, ...]], ...]
    shows: tuple[Option, ...]


def choices(index: Index, state: State) -> Choices:
    """The options from a settled state."""
    dimensions = _dimensions(index, state)
    return Choices(
        tuple(Option(one, one == state.sample) for one in index.samples()),
        tuple(_measures(index, state)),
        tuple(_periods(index, state)),
        tuple(_axis(index, state, "rows", dimensions)),
        tuple(_axis(index, state, "columns", dimensions)),
        tuple((name, options) for name in dimensions if (options := _filter(index, state, name))),
        tuple(Option(show.value, show is state.show, show in shows(index, state)) for show in Show),
    )


def _dimensions(index: Index, state: State) -> list[str]:
    """The dimensions by which the release breaks the chosen measures down, in the order of the release."""
    places = [(state.sample, measure, period) for measure in state.measures for period in state.periods]
    found = {name for place in places for shape in index.shape(place) for name in shape}
    order = {name: at for at, name in enumerate(index.release.dimensions)}
    return sorted(found, key=lambda name: (order.get(name, len(order)), name))


def _measures(index: Index, state: State) -> Iterable[Option]:
    for name in index.measures(state.sample):
        chosen = name in state.measures
        yield Option(name, chosen, chosen or fits(index, replace(state, measures=(name,))))


def _periods(index: Index, state: State) -> Iterable[Option]:
    for period in index.periods(state.sample, state.measures):
        yield Option(period, period in state.periods, fits(index, replace(state, periods=(period,))))


def _axis(index: Index, state: State, axis: str, dimensions: list[str]) -> Iterable[Option]:
    """Rows or columns. A dimension that is filtered, or on the other axis, may move here."""
    chosen, other = (state.rows, state.columns) if axis == "rows" else (state.columns, state.rows)
    none = State(**{**vars(state), axis: ""})
    yield Option("", chosen == "", fits(index, none))
    for name in ("period", "measure"):
        if len(state.periods if name == "period" else state.measures) > 1:
            yield Option(name, name == chosen, fits(index, none))
    for name in dimensions:
        filters = tuple((n, code) for n, code in state.filters if n != name)
        tried = State(**{**vars(state), axis: name, "filters": filters})
        if name == other:  # they change places
            tried = State(**{**vars(tried), _OTHER[axis]: chosen if chosen in dimensions else ""})
        yield Option(name, name == chosen, fits(index, tried))


def _filter(index: Index, state: State, name: str) -> tuple[Option, ...]:
    """The codes of one dimension that go with the rest, and none of them first where that is possible."""
    if name in (state.rows, state.columns):
        return ()
    rest = tuple((n, code) for n, code in state.filters if n != name)
    chosen = dict(state.filters).get(name, "")
    free = fits(index, replace(state, filters=rest))
    found = []
    for code in index.codes(name, index.order.get(name, {})):
        if fits(index, replace(state, filters=tuple(sorted((*rest, (name, code)))))):
            found.append(Option(code, code == chosen))
    if not found:
        return ()
    return (Option("", chosen == "", free), *found)
