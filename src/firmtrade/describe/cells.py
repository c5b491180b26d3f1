"""From a table's blocks to its cells: which groups of firms, in the order they are printed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from firmtrade.catalog import Catalog, Definition
from firmtrade.classify.window import POINTS, Window
from firmtrade.describe.asks import Ask, plain
from firmtrade.describe.spec import ALL, DECLARED, LATEST, Block, Table
from firmtrade.errors import StudyError, nearest
from firmtrade.result import TOTAL, UNKNOWN


@dataclass(frozen=True)
class Slot:
    """A cell that is to be filled: its group of firms, its period and its measure."""

    ask: Ask
    period: str
    measure: Definition


@dataclass(frozen=True)
class Codes:
    """Closed lists of codes: of the catalog's dimensions, and of the panel's classification."""

    catalog: Catalog
    classification: Mapping[str, str]

    def of(self, dimension: Definition) -> Mapping[str, str]:
        """Code -> label, in the order of the definition."""
        if dimension.classification:
            return self.classification
        return {code: dimension.codes.get(code, code) for code in (*dimension.codes, *dimension.groups)}

    def listed(self, name: str, asked: tuple[str, ...], where: str) -> list[str]:
        """The codes asked for: all of them, ranges of a classification ('15-37'), or as written."""
        dimension = self.catalog.get(plain(name), "dimension", where=where)
        known = list(self.of(dimension))
        if asked == (ALL,):
            return known
        codes: list[str] = []
        for code in asked:
            if code == ALL:
                codes += [one for one in known if one not in asked]
                continue
            codes += self._range(code, known) if dimension.classification else [code]
        for code in codes:
            self._check(code, known, dimension, where)
        return codes

    def _range(self, code: str, known: list[str]) -> list[str]:
        first, _, last = code.partition("-")
        return [k for k in known if first <= k <= last] if last else [code]

    def _check(self, code: str, known: list[str], dimension: Definition, where: str) -> None:
        parts = [part.strip() for part in code.split("|")]
        # The total is no part of a union, and of groups that overlap one may be known and another not.
        allowed = {*known, *([TOTAL] if len(parts) == 1 else []), *([] if dimension.overlaps else [UNKNOWN])}
        for part in parts:
            if part not in allowed and "+" in part:
                self._refuse_sum(re.split(r"\s\+\s|\+(?!$)", part), dimension, where)
            if part not in allowed:
                raise StudyError(
                    f"{where}: '{part}' is not a code of {dimension.name}.{nearest(part, known)} "
                    f"Codes: {', '.join(known)}."
                )

    def _refuse_sum(self, summed: list[str], dimension: Definition, where: str) -> None:
        parts = [part.strip() for part in summed]
        union = " | ".join(parts)
        why = (
            f"a firm may be in several of the groups {', '.join(parts)}, so their figures do not add up"
            if dimension.overlaps
            else "a sum of codes is written as their union"
        )
        raise StudyError(
            f"{where}: {why}. The exact figure for firms in any of them is the union: '{union}'."
        )


def slots(
    table: Table, catalog: Catalog, codes: Codes, windows: Mapping[str, Window], windowed: Mapping[str, bool]
) -> Iterator[Slot]:
    """The cells of a table, block by block, codes in the order asked for.

    `windowed[sample]` says whether a sample compares years, so that its figures are about a window.
    """
    _check_points_agree(table)
    for number, block in enumerate(table.blocks, 1):
        where = f"table {table.name}, cells {number}"
        window = _window(block, windows, windowed, where)
        names = [name for name, _ in block.by]
        for name in names:
            _check_point(name, window, where)
        lists = [codes.listed(name, asked, where) for name, asked in block.by]
        for combination in itertools.product(*lists):
            pairs = tuple((n, c) for n, c in zip(names, combination, strict=True) if c != TOTAL)
            for measure in block.measures:
                for period in _periods(block, window, where):
                    yield _slot(block, window, pairs, catalog.get(measure, "measure", where=where), period)


def spelling(slots: Iterable[Slot]) -> tuple[dict[str, str], dict[str, str]]:
    """(dimensions asked for at a point of a window, the window of each sample that has just one)."""
    slots = list(slots)
    points = {plain(name): name for slot in slots for name, _ in slot.ask.codes if plain(name) != name}
    pairs = dict.fromkeys((slot.ask.sample, slot.ask.window) for slot in slots)
    samples = [sample for sample, _ in pairs]
    return points, {name: window for name, window in pairs if window and samples.count(name) == 1}


def _check_points_agree(table: Table) -> None:
    """A cell is known by its codes, so a dimension stands in a table at one point of the window only."""
    points: dict[str, str] = {}
    for name in (name for block in table.blocks for name, _ in block.by):
        point, _, dimension = name.rpartition(".")
        if points.setdefault(dimension, point or POINTS[0]) != (point or POINTS[0]):
            raise StudyError(
                f"table {table.name}: '{dimension}' is asked for at two points of the window. Give one of "
                f'them its own name: [dimensions.last-{dimension}] with like = "{dimension}", and ask for '
                f"'{point or points[dimension]}.last-{dimension}'."
            )


def _check_point(name: str, window: Window | None, where: str) -> None:
    """'t1.venture' is a dimension at a point of the table's window."""
    point, _, dimension = name.rpartition(".")
    if point and point not in POINTS:
        raise StudyError(f"{where}: '{point}' in '{name}' is not a point of a window ({', '.join(POINTS)}).")
    if point and window is None:
        raise StudyError(
            f"{where}: '{name}' is {dimension} at a point of a window, and this table has none. "
            f"Say which: window = '...'."
        )


def _slot(
    block: Block, window: Window | None, pairs: tuple[tuple[str, str], ...], measure: Definition, period: str
) -> Slot:
    ordered = tuple(sorted(pairs))
    if window is None:
        return Slot(Ask(block.sample, "", period, ordered, "*"), period, measure)
    point = window.point(period) if period != window.label else None
    return Slot(Ask(block.sample, window.name, "", ordered, "*", point or ""), period, measure)


def _window(
    block: Block, windows: Mapping[str, Window], windowed: Mapping[str, bool], where: str
) -> Window | None:
    if not windowed[block.sample] and not block.window:
        return None
    if block.window:
        if block.window not in windows:
            raise StudyError(f"{where}: no window '{block.window}'.{nearest(block.window, windows)}")
        return windows[block.window]
    if len(windows) != 1:
        raise StudyError(
            f"{where}: the sample '{block.sample}' compares years, so "
            + (
                f"the table must say which window it is about: window = one of {', '.join(windows)}."
                if windows
                else "the study needs a window: [windows.growth] t0 = 1998, t1 = 2002, outcome = 2003."
            )
        )
    return next(iter(windows.values()))


def _periods(block: Block, window: Window | None, where: str) -> tuple[str, ...]:
    if window is None:
        if not block.periods:
            raise StudyError(f"{where} lacks period: which year is it about?")
        return tuple(year for period in block.periods for year in years_of(period, where))
    for period in block.periods:
        if period != window.label and window.point(period) is None:
            raise StudyError(f"{where}: {period} is not a year of the window {window.name} ({window.label}).")
    return block.periods or (window.label,)


def _open(period: str) -> str:
    return " That is known of declarations only: [transactions]." if period in (LATEST, DECLARED) else ""


def years_of(period: str, where: str) -> list[str]:
    """The years of a period as it is written: 2002, or 1996-2002."""
    first, _, last = period.partition("-")
    if not (first.isdigit() and (last.isdigit() or not last)):
        raise StudyError(
            f"{where}: '{period}' is not a year or a range of years such as 1996-2002.{_open(period)}"
        )
    return [str(year) for year in range(int(first), int(last or first) + 1)]
