"""The rows a cube is made from: firm-years of some years, or firms over a window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmtrade._engine import expression
from firmtrade._engine.steps import Step
from firmtrade.classify.expand import HISTORY, Meaning
from firmtrade.classify.window import POINTS, Window

if TYPE_CHECKING:
    from firmtrade.describe.groups import Term


@dataclass(frozen=True)
class Followed:
    """History variables by their column name, and the condition of the firms that they are about.

    `only`: the view needs no other firms.
    """

    histories: tuple[str, ...]
    whom: str
    only: bool = False


def year_rows(
    years: Iterable[str], followed: Followed | None, meaning: Meaning, relation: str = "panel"
) -> tuple[Step, ...]:
    """Step `rows`: firm-years of the panel, or the rows of another relation.

    Each has what its firm's history says where that is asked.
    """
    listed = ", ".join(sorted(years))
    rows = f"select * from {relation} where year in ({listed})"
    return (Step("rows", rows),) if followed is None else _joined(rows, followed, meaning)


def window_rows(
    window: Window,
    read: Set[str],
    taken: Set[str],
    decided: Mapping[str, list[str]],
    followed: Followed | None,
    meaning: Meaning,
) -> tuple[Step, ...]:
    """Step `rows`: a row for each firm seen in the first year, with what is known of it at each point.

    `read` are all columns that are asked for (`t0_employment`), `taken` those that the joined rows are
    asked for; `decided` maps a point to what its rows decide alone, worked out before the join.
    """
    steps = []
    for point in POINTS:
        year = f"{point}_year"
        columns = _renamed(point, read)
        steps.append(Step(point, f"select firm, {columns} from panel where year = {getattr(window, point)}"))
        names = sorted(name for name in taken - {year} if name.startswith(f"{point}_"))
        known = ",\n  ".join([", ".join(["firm", year, *names]), *decided.get(point, [])])
        steps.append(Step(f"{point}_known", f"select {known}\nfrom {point}"))
    first, *others = (f"{point}_known" for point in POINTS)
    joined = f"select * from {first}" + "".join(f" left join {other} using (firm)" for other in others)
    return (*steps, *((Step("rows", joined),) if followed is None else _joined(joined, followed, meaning)))


def names_in(terms: Iterable[Term]) -> set[str]:
    """The columns that terms are about."""
    return {node.name for term in set(terms) for node in expression.columns(term.tree)}


def _renamed(point: str, columns: Set[str]) -> str:
    names = sorted(name.removeprefix(f"{point}_") for name in columns if name.startswith(f"{point}_"))
    return ", ".join(f"{name} as {point}_{name}" for name in dict.fromkeys(["year", *names]))


def _joined(rows: str, followed: Followed, meaning: Meaning) -> tuple[Step, ...]:
    """Steps that give each row what its firm's whole history says, for the firms that are asked about."""
    names, conditions = [], []
    for name in followed.histories:
        word = meaning.catalog.get(name.removeprefix(HISTORY), "variable")
        tree = meaning.row(word.tree, word.where)
        names.append(f"{expression.render(tree)} as {name}")
        condition = expression.split_aggregate(tree)[2]
        parts = expression.conjuncts(condition) if condition is not None else []
        conditions.append({expression.render(part) for part in parts})
    # What all variables ask of a year is asked before its firm is looked up; counts of none are 0.
    read = "".join(f" and ({part})" for part in sorted(set.intersection(*conditions)))
    whose = "firm in (select firm from followed)"
    counted = ", ".join(_counted(name, meaning) for name in followed.histories)
    asked = f"select * from ({rows}) as seen where {followed.whom}" if followed.only else rows
    return (
        Step("asked", asked),
        Step(
            "followed",
            "select firm from asked"
            if followed.only
            else f"select distinct firm from asked where {followed.whom}",
        ),
        Step("history", f"select firm, {', '.join(names)}\nfrom panel where {whose}{read}\ngroup by firm"),
        Step("rows", f"select asked.*, {counted}\nfrom asked left join history using (firm)"),
    )


def _counted(name: str, meaning: Meaning) -> str:
    """A count of no years is 0; any other aggregate of no years does not exist."""
    word = meaning.catalog.get(name.removeprefix(HISTORY), "variable")
    function = expression.split_aggregate(word.tree)[0]
    return f"coalesce(history.{name}, 0) as {name}" if function == "count" else f"history.{name}"
