"""Matching: for each firm of a group the most similar firm of another, in the same cell.

Cells are matched exactly (industry by founding year by region). Within a cell the distance is Mahalanobis',
or that of a propensity score. Without replacement the pairs are those with the smallest total distance (an
assignment, not a greedy walk, so no order decides), with replacement each firm gets its nearest. Where
distances tie the firm that comes first by its identifier is taken: the same rows in another order give the
same pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.extras import econ
from firmtrade.estimate.survival import binary
from firmtrade.estimate.survival.frames import independent, lacks, named

if TYPE_CHECKING:
    import pandas

DISTANCES = {
    "mahalanobis": "Mahalanobis distance",
    "propensity": "distance of a logit propensity score with a level for each cell",
}
#: Distances within one cell that are looked at together; more firms than that need finer cells.
LARGEST_CELL = 20_000_000
_FAR = 1e12


@dataclass(frozen=True)
class MatchChoices:
    """How firms are matched. `distance` is a name of DISTANCES.

    `replace`: whether a control may stand for several; then each takes its `neighbours` nearest. `caliper`:
    the largest distance allowed, in standard deviations (of the score, or in Mahalanobis' scale).
    """

    distance: str = "mahalanobis"
    replace: bool = False
    neighbours: int = 1
    caliper: float | None = None

    def __post_init__(self) -> None:
        named(self.distance, DISTANCES, "distance")
        if self.neighbours < 1 or (self.neighbours > 1 and not self.replace):
            raise StudyError("neighbours is 1, or more with replace = true.")

    def told(self) -> str:
        """The choices in words."""
        how = "with replacement" if self.replace else "without replacement, the smallest total distance"
        near = f", {self.neighbours} neighbours" if self.neighbours > 1 else ""
        within = f", at most {self.caliper:g} standard deviations apart" if self.caliper is not None else ""
        return f"{DISTANCES[self.distance]}, {how}{near}{within}"


@dataclass(frozen=True)
class Balance:
    """How alike the groups are on one variable, before and after.

    Differences are in standard deviations: the root of the mean of the two groups' variances before matching
    (Rosenbaum and Rubin 1985). `firms` are the distinct firms (or owners) behind the smaller group.
    """

    variable: str
    treated: float
    controls: float
    matched: float
    before: float | None
    after: float | None
    firms: int
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True)
class Matched:
    """`pairs`: pair (0, 1, ..), treated and control firm, distance, weight (of the control within the pair).

    `rows` are all firms that could be matched, by firm: treated, cell and z0, z1, .. (where distances are
    Euclidean). `counts` says what became of the firms. `smallest` is the number of distinct firms of the
    smaller side.
    """

    pairs: pandas.DataFrame = field(repr=False)
    rows: pandas.DataFrame = field(repr=False)
    balance: tuple[Balance, ...]
    counts: Mapping[str, int]
    choices: MatchChoices
    smallest: int


def match(
    frame: pandas.DataFrame,
    treated: str,
    exact: tuple[str, ...],
    on: tuple[str, ...],
    choices: MatchChoices | None = None,
    *,
    firm: str = "firm",
    unit: str | None = None,
) -> Matched:
    """Match each firm with `treated` true to controls (false); one row a firm, unknown values left out and
    counted.

    Raises StudyError where a column is missing, a firm is there twice or a cell is too large.
    """
    choices = choices or MatchChoices()
    unit = unit or firm
    lacks(frame, [firm, unit, treated, *exact, *on], "Matching")
    if frame[firm].duplicated().any():
        raise StudyError("Matching needs one row a firm.")
    ready, counts = _ready(frame, treated, exact, on, firm)
    z = _scaled(ready, on, choices)
    pairs = _paired(ready, z, choices, firm)
    mine = ready["treated"].to_numpy()
    counts |= {
        "treated": int(mine.sum()), "controls": int((~mine).sum()),
        "treated that are matched": int(pairs["treated"].nunique()),
        "controls that are used": int(pairs["control"].nunique()),
    }  # fmt: skip
    counts["treated without a match"] = counts["treated"] - counts["treated that are matched"]
    balance, smallest = _balance(ready, pairs, on, firm, unit)
    places = {f"z{at}": column for at, column in enumerate(z.T)}
    rows = ready[[firm, "treated", "cell"]].assign(**places).set_index(firm)
    return Matched(pairs, rows, balance, counts, choices, smallest)


def _ready(
    frame: pandas.DataFrame, treated: str, exact: tuple[str, ...], on: tuple[str, ...], firm: str
) -> tuple[pandas.DataFrame, dict[str, int]]:
    """Rows with all values known, sorted by firm, with their cell as a whole number."""
    import numpy

    counts = {}
    for name in dict.fromkeys([treated, *exact, *on]):
        known = frame[name].notna()
        counts[f"{name} unknown"] = int((~known).sum())
        frame = frame.loc[known]
    frame = frame.sort_values(firm, kind="stable").reset_index(drop=True)
    keys = frame[list(exact)].astype(str).agg("\x1f".join, axis=1) if exact else frame[firm].map(lambda _: "")
    cells = numpy.unique(keys.to_numpy(dtype=str), return_inverse=True)[1]
    return frame.assign(treated=frame[treated].astype(float) > 0, cell=cells), counts


def _scaled(ready: pandas.DataFrame, on: tuple[str, ...], choices: MatchChoices) -> Any:
    """Coordinates in which the distance is Euclidean; zeros where nothing is matched on."""
    import numpy

    x = ready[list(on)].to_numpy(dtype="float64") if on else numpy.zeros((len(ready), 0))
    x = x[:, x.std(axis=0) > 0] if len(x) else x  # what does not vary tells nobody apart
    if not x.shape[1]:
        return numpy.zeros((len(ready), 1))
    if choices.distance == "propensity":
        return _score(ready, x)
    covariance = numpy.atleast_2d(numpy.cov(x, rowvar=False))
    if not independent(covariance):
        raise Unanswerable("Matching: the variables that firms are matched on cannot be told apart.")
    return x @ numpy.linalg.cholesky(numpy.linalg.inv(covariance))


def _score(ready: pandas.DataFrame, x: Any) -> Any:
    """The linear predictor of a logit with a level for each cell, in its standard deviations.

    Cells with one group only say nothing and have no match either. Differences within a cell do not depend
    on the cell's level.
    """
    import numpy

    y, cell = ready["treated"].to_numpy(dtype=float), ready["cell"].to_numpy()
    share = numpy.bincount(cell, weights=y) / numpy.bincount(cell)
    mixed = (share[cell] > 0) & (share[cell] < 1)
    if not mixed.any():
        return numpy.zeros((len(y), 1))
    level = numpy.unique(cell[mixed], return_inverse=True)[1]
    found = binary.fit(x[mixed], level, y[mixed], "logit")
    line = x @ found.beta
    spread = float(line[mixed].std())
    return (line / spread if spread else line)[:, None]


def _paired(ready: pandas.DataFrame, z: Any, choices: MatchChoices, firm: str) -> pandas.DataFrame:
    import numpy
    import pandas

    spatial = econ("scipy.spatial.distance", "matching")
    treated, cell, names = ready["treated"].to_numpy(), ready["cell"].to_numpy(), ready[firm].to_numpy()
    order = numpy.argsort(cell, kind="stable")
    parts = numpy.split(order, numpy.flatnonzero(numpy.diff(cell[order])) + 1) if len(order) else []
    rows: list[tuple[Any, Any, float, float]] = []
    for part in parts:
        ours, theirs = part[treated[part]], part[~treated[part]]
        if not len(ours) or not len(theirs):
            continue
        if len(ours) * len(theirs) > LARGEST_CELL:
            raise Unanswerable("Matching: a cell has too many firms. Match exactly on one thing more.")
        distance = spatial.cdist(z[ours], z[theirs])
        for i, j, weight in _chosen(distance, choices):
            rows.append((names[ours[i]], names[theirs[j]], float(distance[i, j]), weight))
    found = pandas.DataFrame(rows, columns=["treated", "control", "distance", "weight"])
    found = found.sort_values(["treated", "distance", "control"], kind="stable", ignore_index=True)
    return found.assign(pair=found.groupby("treated", sort=True).ngroup())


def _chosen(distance: Any, choices: MatchChoices) -> list[tuple[int, int, float]]:
    """(row, column, weight) of the matches in one cell."""
    import numpy

    allowed = (
        distance if choices.caliper is None else numpy.where(distance <= choices.caliper, distance, _FAR)
    )
    if not choices.replace:
        optimize = econ("scipy.optimize", "matching without replacement")
        rows, columns = optimize.linear_sum_assignment(allowed)
        return [(int(i), int(j), 1.0) for i, j in zip(rows, columns, strict=True) if allowed[i, j] < _FAR]
    found = []
    for i, line in enumerate(allowed):
        nearest = numpy.argsort(line, kind="stable")[: choices.neighbours]
        nearest = nearest[line[nearest] < _FAR]
        found += [(i, int(j), 1 / len(nearest)) for j in nearest]
    return found


def _balance(
    ready: pandas.DataFrame, pairs: pandas.DataFrame, on: tuple[str, ...], firm: str, unit: str
) -> tuple[tuple[Balance, ...], int]:
    rows = ready.set_index(firm, drop=False)
    smallest = min(int(rows.loc[pairs[side], unit].nunique()) for side in ("treated", "control"))
    listed = []
    for name in on:
        values = rows[name].astype(float)
        ours, theirs = values[rows["treated"]], values[~rows["treated"]]
        spread = math.sqrt((ours.var() + theirs.var()) / 2) if min(len(ours), len(theirs)) > 1 else 0.0
        mine = values.loc[pairs["treated"]].to_numpy()
        other = values.loc[pairs["control"]].to_numpy()
        weight = pairs["weight"].to_numpy()
        total = float(weight.sum()) or 1.0
        after = float((mine * weight).sum() - (other * weight).sum()) / total
        listed.append(
            Balance(
                variable=name,
                treated=float(ours.mean()),
                controls=float(theirs.mean()),
                matched=float((other * weight).sum() / total),
                before=float(ours.mean() - theirs.mean()) / spread if spread else None,
                after=after / spread if spread else None,
                firms=smallest,
            )
        )
    return tuple(listed), smallest
