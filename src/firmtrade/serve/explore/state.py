"""What the reader chose, and its address: short, in one order, the same for the same view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import quote

from firmtrade.result import TOTAL
from firmtrade.serve.explore.derive import Show
from firmtrade.serve.explore.index import Index

CHARTS = ("auto", "bars", "stacked", "lines", "none")
#: Names in an address that are no dimensions; `d.NAME` is a dimension that is called so.
RESERVED = ("sample", "measure", "period", "rows", "columns", "show", "totals", "chart", "table")
LONGEST = 60  # choices of one kind


@dataclass(frozen=True)
class Problem:
    """What an address says that cannot be: a message of explore.toml with its values."""

    message: str
    name: str = ""
    value: str = ""
    nearest: str = ""


@dataclass(frozen=True)
class State:
    """A view. Empty fields are not chosen yet: `settle` fills them in.

    `rows` and `columns` name an attribute each; `filters` map dimensions to the one code that is shown.
    """

    sample: str = ""
    measures: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    rows: str = ""
    columns: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    show: Show = Show.FIGURES
    totals: bool = True
    chart: str = "auto"
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def dimensions(self) -> frozenset[str]:
        """The dimensions that the view breaks down by or filters."""
        axes = {name for name in (self.rows, self.columns) if name not in ("", "period", "measure")}
        return frozenset(axes | {name for name, _ in self.filters})

    def query(self) -> str:
        """The address after the question mark."""
        pairs = [("sample", self.sample), ("measure", ",".join(self.measures))]
        pairs += [("period", ",".join(self.periods)), ("rows", self.rows), ("columns", self.columns)]
        pairs += [(parameter(name), code) for name, code in sorted(self.filters)]
        pairs += [("show", self.show.value)] if self.show is not Show.FIGURES else []
        pairs += [] if self.totals else [("totals", "no")]
        pairs += [("chart", self.chart)] if self.chart != "auto" else []
        return "&".join(f"{quote(name)}={quote(text, safe=',-.')}" for name, text in pairs if text)


def parameter(dimension: str) -> str:
    """The name of a dimension in an address."""
    return f"d.{dimension}" if dimension in RESERVED or dimension.startswith("d.") else dimension


def read(index: Index, pairs: Iterable[tuple[str, str]]) -> State:
    """The state that an address says; what it cannot say is left out and told in `problems`."""
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        many = text.split(",") if name in ("measure", "period") else [text]
        given.setdefault(name, []).extend(part for part in many if part)
    reader = _Reader(index, given)
    return State(
        reader.one("sample", index.samples()),
        reader.many("measure", _all(index, 1)),
        reader.many("period", _all(index, 2)),
        reader.one("rows", axes(index)),
        reader.one("columns", axes(index)),
        reader.filters(),
        Show(reader.one("show", [show.value for show in Show]) or Show.FIGURES),
        reader.one("totals", ["yes", "no"]) != "no",
        reader.one("chart", CHARTS) or "auto",
        tuple(reader.problems),
    )


def _all(index: Index, at: int) -> list[str]:
    return sorted({place[at] for place in index.shapes})


def axes(index: Index) -> list[str]:
    """All attributes that rows and columns can have."""
    found = {name for shapes in index.shapes.values() for shape in shapes for name in shape}
    return ["period", "measure", *sorted(found)]


class _Reader:
    def __init__(self, index: Index, given: dict[str, list[str]]) -> None:
        self.index, self.given = index, given
        self.dimensions = {parameter(name): name for name in axes(index)[2:]}
        known = (*RESERVED, *self.dimensions)
        self.problems = [_near("unknown_parameter", name, "", known) for name in given if name not in known]

    def many(self, name: str, known: Iterable[str]) -> tuple[str, ...]:
        """The known ones of the values of a parameter."""
        known, found = list(known), []
        for value in dict.fromkeys(self.given.get(name, [])[:LONGEST]):
            if value in known:
                found.append(value)
            else:
                self.problems.append(_near("unknown_value", name, value, known))
        return tuple(found)

    def one(self, name: str, known: Iterable[str]) -> str:
        """The last known value of a parameter."""
        return ("", *self.many(name, known))[-1]

    def filters(self) -> tuple[tuple[str, str], ...]:
        """The code of each dimension that has one."""
        chosen = {
            dimension: self.one(name, self._codes(dimension)) for name, dimension in self.dimensions.items()
        }
        return tuple((name, code) for name, code in sorted(chosen.items()) if code not in ("", TOTAL))

    def _codes(self, dimension: str) -> list[str]:
        return [*self.index.order.get(dimension, {}), TOTAL]


def _near(message: str, name: str, value: str, known: Iterable[str]) -> Problem:
    found = get_close_matches(value or name, list(known), 1, 0.5)
    return Problem(message, name[:80], value[:80], found[0] if found else "")
