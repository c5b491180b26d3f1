"""What is asked of group-time effects, and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from firmtrade.estimate.learning.pair import Method
from firmtrade.estimate.learning.wide import Array

Z95 = 1.959963984540054  # half the width of a 95 % interval, in standard errors


@dataclass(frozen=True)
class Design:
    """How firms are compared.

    `controls`: `never` traders only, or firms that have `not-yet` started too. `base`: `varying` or
    `universal` (g - 1 for every t). `at`: covariates of the `earlier` year of each comparison, or of its
    `base` year. `powers` of the outcome in the base year join the covariates: firms alike in level (see
    `verdict`). A group with fewer than `smallest` firms has no effect of its own.
    """

    controls: Literal["not-yet", "never"] = "not-yet"
    method: Method = "dr"
    base: Literal["varying", "universal"] = "varying"
    panel: Literal["pairs", "balanced"] = "pairs"
    at: Literal["earlier", "base"] = "earlier"
    powers: int = 0
    staying: bool = False
    smallest: int = 1


@dataclass(frozen=True)
class GroupTime:
    """ATT(group, time). `treated`, `controls` and `firms` are distinct firms (owners, where they are known).

    Undefined effects are NaN and `reason` says why. `degrees` is None: the normal law is used; `largest` is
    None: no sum is behind the figure.
    """

    group: int
    time: int
    base: int
    att: float
    std_error: float
    low: float
    high: float
    treated: int
    controls: int
    firms: int
    reason: str = ""
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True, eq=False)
class GroupTimes:
    """All group-time effects, with what aggregation needs.

    `influence` is n x cells, `used` (n x cells, boolean) says which firms each cell compares; `sizes` are
    the firms of each group; `early` firms started in or before the first year and `gaps` were left out of a
    balanced panel: neither is used.
    """

    cells: tuple[GroupTime, ...]
    influence: Array
    used: Array
    start: Array
    owners: Array
    sizes: Mapping[int, int]
    firms: int
    early: int
    gaps: int
    design: Design
