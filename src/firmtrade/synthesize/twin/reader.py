"""Which candidates are in which group: the engine answers, with the study's own expressions.

Every ask is taken apart into tests (a condition of the sample, a code of a dimension, what must be known),
so that a candidate that fails a single one can be changed where it fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmtrade._engine import expression
from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.steps import Query, Step
from firmtrade.classify.expand import HISTORY, panel_columns
from firmtrade.classify.window import POINTS
from firmtrade.describe.asks import Ask
from firmtrade.describe.compute import Setting
from firmtrade.describe.groups import Term
from firmtrade.describe.needs import terms as terms_of
from firmtrade.describe.views import Followed, window_rows, year_rows
from firmtrade.result import UNKNOWN
from firmtrade.synthesize.twin.columns import compared_with, words_of
from firmtrade.synthesize.twin.panel import Panel, into_engine

Place = tuple[str, int]  # a column in a year; year 0: in any year


@dataclass(frozen=True)
class Test:
    """A condition of a group over one scan, and the columns and years that it looks at."""

    sql: str
    places: tuple[Place, ...]
    texts: tuple[str, ...] = ()


@dataclass
class Scan:
    """What is asked of one year or one window."""

    name: str
    steps: tuple[Step, ...]
    tests: list[Test] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, test: Test) -> int:
        """The number of a test, which is asked once."""
        if test.sql not in self.numbers:
            self.numbers[test.sql] = len(self.tests)
            self.tests.append(test)
        return self.numbers[test.sql]


@dataclass(frozen=True)
class Members:
    """`inside[ask]` x candidates; `flags[scan]` tests x candidates, of which each ask needs `needs[ask]`."""

    inside: np.ndarray
    flags: Mapping[str, np.ndarray]


class Reader:
    """The asks of a publication, ready to be asked of any panel."""

    def __init__(self, asks: Iterable[Ask], setting: Setting) -> None:
        self.asks = list(asks)
        self.setting = setting
        self.scans: dict[str, Scan] = {}
        self.needs: list[tuple[str, tuple[int, ...]]] = []
        grouped: dict[str, list[Ask]] = {}
        for ask in self.asks:
            grouped.setdefault(ask.window or ask.year, []).append(ask)
        for name, members in sorted(grouped.items()):
            self.scans[name] = Scan(name, self._steps(members))
        for ask in self.asks:
            scan = self.scans[ask.window or ask.year]
            numbers = [scan.add(test) for test in self._tests(ask)]
            self.needs.append((scan.name, tuple(dict.fromkeys(numbers))))

    # -- what is asked -----------------------------------------------------------------------------

    def terms(self) -> list[Term]:
        """Everything over columns that the asks need."""
        found = {t.sql: t for ask in self.asks for t in terms_of(ask, self.setting.groups)}
        return list(found.values())

    def amounts(self) -> list[Term]:
        """What is added up or ranked: numbers."""
        found: dict[str, Term] = {}
        for ask in self.asks:
            function, values, _ = self.setting.groups.aggregate(ask)
            found |= {term.sql: term for term in values[:1] if function != "count"}
        return list(found.values())

    def dimensions(self) -> list[str]:
        """The exclusive dimensions that groups are made of."""
        return sorted({name for ask in self.asks for name in self.setting.groups.split(ask)[0]})

    def years(self) -> list[int]:
        """Every year that is looked at."""
        found = {int(ask.year) for ask in self.asks if ask.year}
        for ask in self.asks:
            if ask.window:
                found |= {getattr(self.setting.windows[ask.window], point) for point in POINTS}
        return sorted(found)

    def _steps(self, asks: list[Ask]) -> tuple[Step, ...]:
        needed = [term for ask in asks for term in terms_of(ask, self.setting.groups)]
        histories = set().union(*(term.histories for term in needed))
        followed = Followed(tuple(sorted(histories)), "true") if histories else None
        if asks[0].window:
            columns = {node.name for term in needed for node in expression.columns(term.tree)}
            window = self.setting.windows[asks[0].window]
            return window_rows(window, columns, columns, {}, followed, self.setting.meaning)
        return year_rows([asks[0].year], followed, self.setting.meaning)

    def _tests(self, ask: Ask) -> list[Test]:
        groups = self.setting.groups
        exclusive, conditions = groups.split(ask)
        first = self.setting.windows[ask.window].t0 if ask.window else int(ask.year)
        tests = [Test("true", (("year", first),))]
        for _, term in groups.conditions(ask.sample, ask.window):
            tests += [self._test(Term(part), ask) for part in expression.conjuncts(term.tree)]
        for name, code in exclusive.items():
            term = groups.dimension(name, ask.window)
            says = "is null" if code == UNKNOWN else f"= {expression.quoted(code)}"
            tests.append(Test(f"({term.sql}) {says}", self.places(term, ask), (code,)))
        _, values, condition = groups.aggregate(ask)
        tests += [self._test(term, ask) for term in conditions]
        if condition is not None:
            tests += [self._test(Term(part), ask) for part in expression.conjuncts(condition.tree)]
        if values:
            tests.append(Test(f"({values[0].sql}) is not null", self.places(values[0], ask)))
        return tests

    def _test(self, term: Term, ask: Ask) -> Test:
        from sqlglot import exp

        texts = [node.name for node in term.tree.find_all(exp.Literal) if node.is_string]
        return Test(term.sql, self.places(term, ask), tuple(dict.fromkeys(texts)))

    def places(self, term: Term, ask: Ask) -> tuple[Place, ...]:
        """The columns that a term looks at, each with its year."""
        found: set[Place] = set()
        for node in expression.columns(term.tree):
            if node.name.startswith(HISTORY):
                word = self.setting.catalog.get(node.name.removeprefix(HISTORY), "variable")
                tree = self.setting.meaning.row(word.tree, word.where)
                found |= {(name, 0) for name in panel_columns(tree)}
            else:
                found.add(self._place(node.name, ask))
        return tuple(sorted((name, year) for name, year in found if name != "firm"))

    def limits(self) -> dict[Place, tuple[float, ...]]:
        """The numbers that each column is compared with in each year (year 0: in every year)."""
        found: dict[Place, set[float]] = {}
        seen: set[tuple[str, str]] = set()
        for ask in self.asks:
            for term in terms_of(ask, self.setting.groups):
                if (ask.window or ask.year, term.sql) in seen:
                    continue
                seen.add((ask.window or ask.year, term.sql))
                for place in self.places(term, ask):
                    found.setdefault(place, set())
                for name, cuts in compared_with(term.tree).items():
                    place = self._place(name, ask)
                    found.setdefault(place, set()).update(cuts)
                for history in words_of([term], self.setting):
                    if history.sql != term.sql:
                        for name, cuts in compared_with(history.tree).items():
                            found.setdefault((name, 0), set()).update(cuts)
        return {place: tuple(sorted(cuts)) for place, cuts in found.items()}

    def _place(self, name: str, ask: Ask) -> Place:
        point, _, rest = name.partition("_")
        if point in POINTS and ask.window:
            return rest, getattr(self.setting.windows[ask.window], point)
        return name, int(ask.year or 0)

    # -- the answers -------------------------------------------------------------------------------

    def read(self, engine: DuckDB, panel: Panel) -> Members:
        """Which candidates are in which groups."""
        into_engine(engine, panel)
        flags = {name: self._flags(engine, scan, len(panel)) for name, scan in self.scans.items()}
        inside = np.zeros((len(self.asks), len(panel)), dtype=bool)
        for number, (scan_name, needed) in enumerate(self.needs):
            inside[number] = np.logical_and.reduce(flags[scan_name][list(needed)], axis=0)
        return Members(inside, flags)

    def _flags(self, engine: DuckDB, scan: Scan, firms: int) -> np.ndarray:
        asked = [f"coalesce(({test.sql}), false) as t{n}" for n, test in enumerate(scan.tests)]
        last = Step(
            "tests", ",\n  ".join(["select cast(firm[2:] as integer) as firm", *asked]) + "\nfrom rows"
        )
        found: dict[str, Any] = engine.columns(Query(f"tests of {scan.name}", (*scan.steps, last)))
        flags = np.zeros((len(scan.tests), firms), dtype=bool)
        at = np.asarray(found["firm"]).astype(np.int64) - 1
        for n in range(len(scan.tests)):
            flags[n, at] = np.asarray(found[f"t{n}"]).astype(bool)
        return flags
