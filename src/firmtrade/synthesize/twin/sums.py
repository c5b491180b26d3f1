"""What figures say of sums over firms: a sum as weights of columns, a figure as a range of a product."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmtrade.classify.window import POINTS
from firmtrade.describe.asks import Ask
from firmtrade.describe.compute import Setting
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.says import Formula
from firmtrade.synthesize.twin.blocks import Sum
from firmtrade.synthesize.twin.goals import product_bounds
from firmtrade.synthesize.twin.reader import Place

#: So much of the width of a printed interval is left free on each side; less where that cannot be.
MARGINS = (0.1, 0.01)


@dataclass(frozen=True)
class Wanted:
    """A figure over sums: low <= product of sums^powers <= high, with `edge` left free on both sides."""

    figure: Figure
    powers: Mapping[Ask, int]
    low: float
    high: float
    edge: float


def linear(tree: Any, ask: Ask, setting: Setting) -> dict[Place, float] | None:
    """An amount as a weighted sum of columns, or None."""
    from sqlglot import exp

    if isinstance(tree, exp.Paren):
        return linear(tree.this, ask, setting)
    if isinstance(tree, exp.Column):
        point, _, rest = tree.name.partition("_")
        if ask.window and point in POINTS:
            return {(rest, getattr(setting.windows[ask.window], point)): 1.0}
        return {(tree.name, int(ask.year)): 1.0} if ask.year else None
    if isinstance(tree, exp.Neg):
        return _times(linear(tree.this, ask, setting), -1.0)
    if isinstance(tree, (exp.Add, exp.Sub)):
        left, right = linear(tree.left, ask, setting), linear(tree.right, ask, setting)
        right = _times(right, -1.0) if isinstance(tree, exp.Sub) else right
        if left is None or right is None:
            return None
        return {place: left.get(place, 0.0) + right.get(place, 0.0) for place in {**left, **right}}
    if isinstance(tree, (exp.Mul, exp.Div)):
        left, factor = linear(tree.left, ask, setting), _number(tree.right)
        if left is None and isinstance(tree, exp.Mul):
            left, factor = linear(tree.right, ask, setting), _number(tree.left)
        if left is None or not factor:
            return None
        return _times(left, factor if isinstance(tree, exp.Mul) else 1 / factor)
    return None


def _times(weights: dict[Place, float] | None, factor: float) -> dict[Place, float] | None:
    return None if weights is None else {place: value * factor for place, value in weights.items()}


def _number(tree: Any) -> float | None:
    from sqlglot import exp

    return float(tree.name) if isinstance(tree, exp.Literal) and not tree.is_string else None


def wanted_sums(
    asked: Mapping[Figure, Formula], sums: Mapping[Ask, Sum], counted: Mapping[Ask, int], margin: float
) -> list[Wanted]:
    """The figures over sums, with the numbers of firms as they are now put in."""
    found = []
    for figure, formula in asked.items():
        over = {ask: power for ask, power in formula.powers.items() if ask in sums}
        rest = {ask: power for ask, power in formula.powers.items() if ask not in sums}
        if not over or not all(counted.get(ask) for ask in rest):
            continue
        times = math.prod(float(counted[ask]) ** power for ask, power in rest.items())
        low, high = product_bounds(figure, formula)
        inner = (high - low) * margin
        found.append(Wanted(figure, over, (low + inner) / times, (high - inner) / times, inner / times))
    return found
