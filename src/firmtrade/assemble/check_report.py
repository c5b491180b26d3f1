"""What a check found, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Stands above every text that shows rows of the panel.
MARK = "CONFIDENTIAL: rows of the panel, for those only who may see it"
_MARKS = {"stop": "STOP", "warn": "WARNING", "info": "note"}


@dataclass(frozen=True)
class Example:
    """One row: where it stands in the source, whose it is, and the value that causes the problem."""

    place: str
    firm: str | None
    year: int | None
    value: str | None

    def __str__(self) -> str:
        shown = "(empty)" if self.value is None else self.value
        firm = "(no firm)" if self.firm is None else f"firm {self.firm}"
        return f"{self.place}: {firm}, {self.year if self.year is not None else '(no year)'}: {shown}"


@dataclass(frozen=True)
class Problem:
    """One kind of problem. `severity` is stop, warn or info; `count` rows (or firms) have it.

    `count` 0 means that the problem is not about single rows.
    """

    rule: str
    severity: str
    title: str
    count: int
    remedy: str
    column: str = ""
    examples: tuple[Example, ...] = ()

    def __str__(self) -> str:
        """One sentence without any row: this may be printed in the report."""
        return f"{self.count:,} {self.title}" if self.count else self.title

    def lines(self) -> list[str]:
        """The problem for the terminal: what, how often, where, and what to do."""
        rest = self.count - len(self.examples)
        more = [f"    ... and {rest:,} more"] if self.examples and rest > 0 else []
        return [f"{_MARKS[self.severity]}: {self}", *(f"    {row}" for row in self.examples), *more,
                f"    {self.remedy}"]  # fmt: skip


@dataclass(frozen=True)
class CheckReport:
    """All problems of a panel, the worst first; `rows` firm-years of `firms` firms in `years` years."""

    problems: tuple[Problem, ...]
    rows: int
    firms: int
    years: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def stops(self) -> tuple[Problem, ...]:
        """Problems with which the panel cannot be used."""
        return tuple(problem for problem in self.problems if problem.severity == "stop")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that are printed in the report."""
        return tuple(problem for problem in self.problems if problem.severity == "warn")

    def text(self) -> str:
        """Everything that was found, for the terminal."""
        span = (
            f" ({self.facts['first year']}-{self.facts['last year']})" if self.facts.get("first year") else ""
        )
        lines = [
            f"{self.name}: {self.rows:,} firm-years of {self.firms:,} firms in {self.years} years{span}."
        ]
        lines += [f"left out: {count:,} rows, {reason}" for reason, count in self.dropped.items()]
        for problem in self.problems:
            lines += ["", *problem.lines()]
        if not self.problems:
            lines += ["No problem was found."]
        if any(problem.examples for problem in self.problems):
            lines.insert(0, MARK)
        return "\n".join(lines)
