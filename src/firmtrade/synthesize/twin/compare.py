"""The published figures, and what a run of the study on the twin prints in their place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from firmtrade._engine.duckdb import DuckDB
from firmtrade.describe.compute import Setting, compute
from firmtrade.describe.spec import Table
from firmtrade.errors import StudyError, nearest
from firmtrade.reconcile.figures import Figure
from firmtrade.result import Result


@dataclass(frozen=True)
class Cell:
    """A published figure and the twin's value (None: no value); `why` it cannot be there."""

    figure: Figure
    value: float | None
    why: str = ""

    @property
    def equal(self) -> bool:
        """Whether the twin's value is printed as the published one."""
        return (
            self.value is not None
            and _rounded(Fraction(self.value), self.figure.decimals) == self.figure.value
        )

    def __str__(self) -> str:
        if self.why:
            said = self.why
        elif self.value is None:
            said = "the twin has no value"
        else:
            digits = self.figure.decimals
            # A number that is printed alike but for the last digit is shown with more of them.
            close = abs(self.value - float(self.figure.value or 0)) < 10.0**-digits
            said = f"the twin has {self.value:,.{digits + 2 if close else digits}f}"
        return f"line {self.figure.line}: {self.figure} | {said}"


def printed(figure: Figure) -> Figure:
    """The figure rounded as it is printed: a run's own tables.csv has all digits."""
    return replace(figure, value=_rounded(figure.value or Fraction(0), figure.decimals))


def _rounded(value: Fraction, decimals: int) -> Fraction:
    """Half away from zero, as the comparison with a run rounds."""
    scaled = Fraction(math.floor(abs(value) * 10**decimals + Fraction(1, 2)), 10**decimals)
    return scaled if value >= 0 else -scaled


def refuse_unknown_tables(figures: Iterable[Figure], tables: Iterable[Table]) -> None:
    """A table that the study does not have is most likely of another study."""
    known = {table.name for table in tables}
    for figure in figures:
        if figure.table not in known:
            raise StudyError(
                f"line {figure.line}: the study has no table '{figure.table}'.{nearest(figure.table, known)} "
                f"See its tables: firmtrade list tables --study STUDY"
            )


def compared(
    engine: DuckDB, figures: Iterable[Figure], tables: Iterable[Table], words: Setting, columns: Iterable[str]
) -> list[Cell]:
    """Each figure beside what the study's tables say of the relation `panel`."""
    figures = list(figures)
    asked = {figure.table for figure in figures}
    over = replace(words, columns=frozenset({"firm", "year", *columns}))
    computed = compute(engine, [t for t in tables if t.name in asked], over, lambda text: None)
    found = {key: value for result in computed.results for key, value in _values(result)}
    refused = {text.partition(" ")[0]: text for text in computed.refusals}
    cells = []
    for figure in figures:
        why = (
            ""
            if figure.key in found
            else refused.get(figure.table, "the study's table does not have this cell")
        )
        cells.append(Cell(figure, found.get(figure.key), why))
    return cells


def _values(result: Result) -> Iterator[tuple[tuple[object, ...], float | None]]:
    for item in result.unknowns:
        codes = tuple(sorted(item.codes.items()))
        yield (result.name, item.sample, item.period, codes, item.measure), float(item.firms or 0)
    for cell in result.cells:
        codes = tuple(sorted(cell.codes.items()))
        yield (result.name, cell.sample, cell.period, codes, cell.measure), cell.value
