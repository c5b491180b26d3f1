"""Which scans of a study can be reused, by year or as a whole: what `reuse` is asked for.

A view of years is told apart by year, since no row of a year is looked at for another one. Where a firm's
history is asked about, and over a window, a row is about several years, and the scan is kept as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.classify.expand import Meaning
from firmtrade.classify.window import POINTS, Window
from firmtrade.describe.asks import Ask
from firmtrade.describe.contents import digest
from firmtrade.describe.cube import Cube
from firmtrade.describe.holistic import Make
from firmtrade.describe.reuse import Asked, Kept
from firmtrade.describe.scan import Scan
from firmtrade.describe.views import year_rows

if TYPE_CHECKING:
    from firmtrade.describe.compute import View

#: Stands for the years of a key that no table asks for in the one year that is looked at.
_NEVER = frozenset(["0"])


@dataclass(frozen=True)
class Scans:
    """The scans of a run, each answered from what an earlier run kept where that is possible."""

    kept: Kept
    meaning: Meaning
    windows: Mapping[str, Window]

    def cube(self, view: View) -> Asked:
        """The scan that makes the cube of a view."""
        return self._of_scan(view, view.cube.name, "query")

    def query(self, engine: Engine, view: View) -> Query:
        """The query that makes the cube of a view."""
        return self.kept.query(engine, self.cube(view))

    def keep(self, engine: Engine, view: View, table: str) -> None:
        """Keep the cube of a view."""
        self.kept.keep(engine, self.cube(view), table)

    def owners(self, engine: Engine, view: View) -> list[tuple[Any, ...]]:
        """What each owner of several firms adds to the cells of a view."""
        return self.kept.rows(engine, self._of_scan(view, f"owners of {view.cube.name}", "owners_of_several"))

    def apart(self, engine: Engine, view: View, make: Make, asks: list[Ask]) -> list[tuple[Any, ...]]:
        """The rows of a query that is not about the finest cells: that of a median, or what is behind it."""
        query = make(view.rows)
        name = f"{query.name} ({digest(query.sql)[:6]})"
        if self._together(view):
            return self.kept.rows(
                engine, Asked(name, lambda _: query, lambda _: query.sql, self._years(view), together=True)
            )
        years = tuple(sorted({ask.year for ask in asks if ask.year}))
        asked = Asked(
            name, lambda some: make(self._rows(some)), lambda year: make(self._rows([year])).sql, years
        )
        return self.kept.rows(engine, asked)

    def _of_scan(self, view: View, name: str, which: str) -> Asked:
        scan, cube = view.scan, view.cube

        def text(some: Scan) -> Query:
            found: Query = getattr(some, which)
            return found

        if self._together(view):
            return Asked(name, lambda _: text(scan), lambda _: text(scan).sql, self._years(view), True)
        return Asked(
            name,
            lambda years: text(replace(scan, rows=self._rows(years))),
            lambda year: text(replace(scan, cube=_only(cube, year), rows=self._rows([year]))).sql,
            tuple(sorted(cube.years)),
        )

    def _rows(self, years: Iterable[str]) -> tuple[Step, ...]:
        return year_rows(years, None, self.meaning)

    def _together(self, view: View) -> bool:
        return view.cube.windowed or view.cube.followed() is not None

    def _years(self, view: View) -> tuple[str, ...]:
        """The years that a view depends on: those of its window, or all where histories are looked at."""
        if view.cube.followed() is None and view.cube.windowed:
            window = self.windows[[*view.asks, *view.holistic][0].window]
            return tuple(sorted({str(getattr(window, point)) for point in POINTS}))
        return tuple(sorted(self.kept.contents.years))


def _only(cube: Cube, year: str) -> Cube:
    """The cube of one year, to name what is kept of it: other years that tables ask for do not matter."""

    def seen(years: set[str]) -> set[str]:
        return {year} if year in years else set(_NEVER) if years else set()

    return replace(
        cube,
        years=frozenset([year]),
        conditions={name: (term, seen(years)) for name, (term, years) in cube.conditions.items()},
        dimensions={name: (term, seen(years)) for name, (term, years) in cube.dimensions.items()},
        _over={},
    )
