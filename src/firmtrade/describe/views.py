"""The rows a cube is made from: firm-years of some years, or firms over a window."""

from __future__ import annotations

from collections.abc import Iterable

from firmtrade._engine import expression
from firmtrade._engine.steps import Step
from firmtrade.classify.expand import HISTORY, Meaning
from firmtrade.classify.window import POINTS, Window


def year_rows(years: Iterable[str], histories: set[str], meaning: Meaning) -> tuple[Step, ...]:
    """Step `rows`: the panel's firm-years, each with what its firm's history says where that is asked."""
    listed = ", ".join(sorted(years))
    if not histories:
        return (Step("rows", f"select * from panel where year in ({listed})"),)
    return (
        Step("asked", f"select * from panel where year in ({listed})"),
        _history(histories, meaning),
        Step("rows", "select asked.*, " + ", ".join(sorted(histories)) + "\nfrom asked left join history using (firm)"),
    )


def window_rows(window: Window, columns: set[str], histories: set[str], meaning: Meaning) -> tuple[Step, ...]:
    """Step `rows`: a row for each firm seen in the first year, with its columns at each point."""
    steps = [
        Step(point, f"select firm, {_renamed(point, columns)} from panel where year = {getattr(window, point)}")
        for point in POINTS
    ]
    joined = "select * from t0 left join t1 using (firm) left join outcome using (firm)"
    if histories:
        steps.append(Step("asked", joined))
        steps.append(_history(histories, meaning))
        joined = "select asked.*, " + ", ".join(sorted(histories)) + " from asked left join history using (firm)"
    return (*steps, Step("rows", joined))


def _renamed(point: str, columns: set[str]) -> str:
    names = sorted(name.removeprefix(f"{point}_") for name in columns if name.startswith(f"{point}_"))
    return ", ".join(f"{name} as {point}_{name}" for name in dict.fromkeys(["year", *names]))


def _history(names: set[str], meaning: Meaning) -> Step:
    """What a firm's whole history says, for the firms asked about."""
    parts = []
    for name in sorted(names):
        word = meaning.catalog.get(name.removeprefix(HISTORY), "variable")
        parts.append(f"{expression.render(meaning.row(word.tree, word.where))} as {name}")
    return Step(
        "history",
        f"select firm, {', '.join(parts)}\nfrom panel where firm in (select firm from asked)\ngroup by firm",
    )
