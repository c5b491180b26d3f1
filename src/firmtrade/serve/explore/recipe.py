"""The study file and the Python that make the table of a view with firmtrade, from the panel.

Both ask for the groups of firms that the view shows, block by block, in the words of the study that made the
release. What the explorer works out itself, a share or a change, the study file says as a measure where it
can, and Python works out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firmtrade.result import ReleasedTable
from firmtrade.serve.explore.derive import Show
from firmtrade.serve.explore.figure import Kind
from firmtrade.serve.explore.index import MODEL, Index, Key
from firmtrade.serve.explore.state import State
from firmtrade.serve.explore.view import View, whole

#: The table's name in the study file.
NAME = "explored"


By = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Block:
    """Measures over the cross product of codes. `by` has dimensions as a study writes them (t1.venture)."""

    measures: tuple[str, ...]
    periods: tuple[str, ...]
    by: By


def blocks(index: Index, view: View, behind: bool = False) -> tuple[Block, ...]:
    """What must be asked for the figures of a view; nothing for a model's, which no table can ask.

    With `behind` also for those that its shares and changes are worked out from.
    """
    keys = [key for key, one in view.figures() if one.kind is not Kind.ABSENT]
    if any(MODEL in key.dimensions for key in keys):
        return ()
    if behind:
        keys = list(dict.fromkeys((*keys, *_behind(view, keys))))
    groups: dict[tuple[str, frozenset[str], str], list[Key]] = {}
    for key in keys:
        groups.setdefault((key.period, key.dimensions, key.measure), []).append(key)
    asked: dict[tuple[str, By], list[str]] = {}
    for (period, dimensions, measure), members in groups.items():
        for by in _products(sorted(dimensions), [dict(key.codes) for key in members]):
            asked.setdefault((period, _spelled(index, keys, by)), []).append(measure)
    periods: dict[tuple[tuple[str, ...], By], list[str]] = {}
    for (period, by), measures in asked.items():
        periods.setdefault((tuple(measures), by), []).append(period)
    return tuple(Block(measures, tuple(found), by) for (measures, by), found in periods.items())


def _behind(view: View, keys: Iterable[Key]) -> Iterable[Key]:
    """The figures that shares and changes are worked out from."""
    state = view.state
    for key in keys:
        if state.show.is_change:
            yield key._replace(period=state.periods[state.periods.index(key.period) - 1])
        elif state.show.is_share:
            yield key.but(**whole(state))


def _products(names: Sequence[str], groups: list[dict[str, str]]) -> list[By]:
    """The groups as few cross products; where some are missing, one for each code of the first dimension."""
    codes = [tuple(dict.fromkeys(group[name] for group in groups)) for name in names]
    if math.prod(map(len, codes)) == len(groups) or len(names) < 2:
        return [tuple(zip(names, codes, strict=True))]
    first, rest = names[0], names[1:]
    return [
        ((first, (code,)), *by)
        for code in codes[0]
        for by in _products(rest, [group for group in groups if group[first] == code])
    ]


def _tables(index: Index, keys: Iterable[Key]) -> list[ReleasedTable]:
    """The tables in which these figures stand: they know how they were asked."""
    names = dict.fromkeys(name for key in keys if key in index.cells for name in index.cells[key].tables)
    return [index.tables[name] for name in names]


def _spelled(index: Index, keys: Iterable[Key], by: By) -> By:
    """'venture' -> 't1.venture' where the table asks for it there."""
    points = {name: written for table in _tables(index, keys) for name, written in table.points.items()}
    return tuple((points.get(name, name), codes) for name, codes in by)


def _window(index: Index, view: View) -> str:
    """The window that the sample's figures are about, '' where they are about years."""
    tables = _tables(index, (key for key, _ in view.figures()))
    return next((t.windows[view.state.sample] for t in tables if view.state.sample in t.windows), "")


# -- the study file -------------------------------------------------------------------------------------


#: A release knows its study's name only.
_EXTENDS = "# The study of the release: its name, or if it is one of your own, the path of its file."


def study_toml(index: Index, view: View, title: str) -> str:
    """A study file that extends the release's study and has this table only; '' where none can."""
    state = view.state
    found = blocks(index, view, behind=state.show.is_change)
    if not found:
        return ""
    shares = {measure: f"{measure}-{state.show}" for measure in state.measures if state.show.is_share}
    window = _window(index, view)
    lines = [
        _EXTENDS,
        f"extends = {_text(index.release.study)}",
        'without = ["tables", "models", "published"]',
        "",
    ]
    lines += [line for measure, name in shares.items() for line in _share(measure, name, state)]
    lines += (
        ["# A change is the figure of a year less that of the year before."] if state.show.is_change else []
    )
    lines += [f"[tables.{NAME}]", f"title = {_text(title)}", f"sample = {_text(state.sample)}"]
    lines += [f"window = {_text(window)}"] if window else []
    lines += [f"rows = {_list(view.row_attributes)}", f"columns = {_list(_across(view))}", "cells = ["]
    return "\n".join([*lines, *(f"  {_cells(block, shares)}," for block in found), "]", ""])


def _share(measure: str, name: str, state: State) -> list[str]:
    """A share as a measure of the study."""
    over = ", ".join(part.replace("-", "_") for part in whole(state))
    said = measure.replace("-", "_")
    expr = f"100 * {said} / total({said}, {over})"
    return [f"[measures.{name}]", f"title = {_text(name)}", f"expr = {_text(expr)}", 'unit = "percent"',
            'source = "own"', ""]  # fmt: skip


def _across(view: View) -> tuple[str, ...]:
    """The attributes across, with all that may tell figures apart."""
    further = [name for name in ("period", "measure") if name not in view.row_attributes]
    return tuple(dict.fromkeys((*view.column_attributes, *further)))


def _cells(block: Block, shares: Mapping[str, str]) -> str:
    measures = _list(shares.get(measure, measure) for measure in block.measures)
    by = ", ".join(f"{_text(name) if '.' in name else name} = {_list(codes)}" for name, codes in block.by)
    return f"{{ measures = {measures}, period = {_list(block.periods)}, by = {{ {by} }} }}".replace(
        "{  }", "{}"
    )


def _text(text: str) -> str:
    """A text as TOML and Python both write it."""
    return json.dumps(text, ensure_ascii=False)


def _list(items: Iterable[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


# -- Python -----------------------------------------------------------------------------------------------

_START = """from firmtrade import Study

study = Study({study})  # another panel: Study({study}, panel="FILE")
results = [
{calls}
]
figures = {{
    (cell.period, cell.measure, tuple(sorted(cell.codes.items()))): cell.value
    for result in results
    for cell in result.cells
}}
"""
_SHARES = """
# Each figure in per cent of the one that is not broken down by:
over = {over}
totals = {{
    key: figures.get((*key[:2], tuple(pair for pair in key[2] if pair[0] not in over))) for key in figures
}}
figures = {{
    key: 100 * value / totals[key] for key, value in figures.items() if value is not None and totals[key]
}}
"""
_CHANGES = """
# Each figure beside that of the period before:
earlier = {earlier}
before = {{key: figures.get((earlier[key[0]], *key[1:])) for key in figures if key[0] in earlier}}
figures = {{
    key: {change}
    for key, value in figures.items()
    if key in before and value is not None and before[key] is not None
}}
"""


def study_python(index: Index, view: View) -> str:
    """Python that asks for the same figures: `figures` has them by period, measure and codes.

    '' where no table can ask for them.
    """
    state, found = view.state, blocks(index, view, behind=True)
    if not found:
        return ""
    window = _window(index, view)
    calls = "\n".join(_call(block, state.sample, window) for block in found)
    text = _START.format(study=_text(index.release.study), calls=calls)
    if state.show.is_share:
        text += _SHARES.format(over=_list(whole(state)))
    if state.show.is_change:
        pairs = dict(zip(state.periods[1:], state.periods, strict=False))
        share = "100 * (value - before[key]) / before[key]"
        change = "value - before[key]" if state.show is Show.CHANGE else share
        text += _CHANGES.format(earlier=json.dumps(pairs), change=change)
    return text


def _call(block: Block, sample: str, window: str) -> str:
    by = ", ".join(f"{_text(name)}: {_list(codes)}" for name, codes in block.by)
    more = f"\n        window={_text(window)}," if window else ""
    return (
        f"    study.table(\n        {_list(block.measures)},\n        by={{{by}}},\n"
        f"        sample={_text(sample)},\n        period={_list(block.periods)},{more}\n    ),"
    )
