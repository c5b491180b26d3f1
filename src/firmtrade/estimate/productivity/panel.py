"""The panel as an estimator of a production function needs it: arrays, lags, polynomials, resampling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrade.errors import DataError, Unanswerable
from firmtrade.estimate.decompose.frame import read

Array = NDArray[Any]  # of floating point; rows and places are whole numbers


@dataclass(frozen=True)
class Inputs:
    """The columns of a production function of value added; amounts are logs.

    `free` inputs (labour) react to what the firm learns in the year, `state` inputs (capital) were decided
    before; `proxy` (materials) rises with productivity. `export` is the firm's trade status as yes/no, if
    trade may change productivity. `year_effects` puts a constant for each year into every equation.
    `owner` is who is behind a firm, as disclosure control counts (by default the firm).
    """

    firm: str
    year: str
    output: str
    free: tuple[str, ...]
    state: tuple[str, ...]
    proxy: str
    export: str | None = None
    year_effects: bool = True
    owner: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs whose elasticities are estimated: free ones, then states."""
        return (*self.free, *self.state)


@dataclass(frozen=True)
class Panel:
    """Firm-years sorted by firm and year, all values known.

    `output`, `proxy`, `export` have one value per row; `free` and `state` one column per input; `years`
    the dummies of all years but the first (no column without year effects). `lagged` says whether the row
    before is the same firm's year before. `unknown` counts the rows left out because a value is missing.
    `label` is the place of each row in the frame it was read from.
    """

    firm: NDArray[np.int64]
    output: Array
    free: Array
    state: Array
    proxy: Array
    export: Array | None
    years: Array
    lagged: NDArray[np.bool_]
    label: NDArray[np.int64]
    owner: NDArray[np.int64]
    unknown: int

    @property
    def inputs(self) -> Array:
        """Free and state inputs side by side: rows x inputs."""
        return np.column_stack([self.free, self.state])

    def rows(self, index: NDArray[np.int64]) -> Panel:
        """The panel of these rows, which must keep each firm's rows together and in order."""
        picked: dict[str, Any] = {
            name: getattr(self, name)[index]
            for name in ("firm", "output", "free", "state", "proxy", "years", "lagged", "label", "owner")
        }
        export = None if self.export is None else self.export[index]
        return replace(self, export=export, **picked)


def missing(frame: Any, inputs: Inputs) -> str | None:
    """Why the question cannot be answered with this panel, or None: which inputs it does not have."""
    absent = [name for name in (inputs.output, *inputs.names, inputs.proxy) if name not in frame.columns]
    if not absent:
        return None
    return (
        f"Total factor productivity needs {', '.join(repr(name) for name in absent)}, which the panel does "
        "not have. Capital and materials are no columns of the contract: map them in the study, or ask for "
        "labour productivity."
    )


def load(frame: Any, inputs: Inputs) -> Panel:
    """The firm-years of `frame` that have all inputs, with their lags.

    Raises Unanswerable for an input that is not there, and where no firm has two years in a row.
    """
    reason = missing(frame, inputs)
    if reason:
        raise Unanswerable(reason)
    columns = [inputs.output, *inputs.names, inputs.proxy, *([inputs.export] if inputs.export else [])]
    names = {f"x{place}": column for place, column in enumerate(columns)}
    data = read(
        frame.assign(_place=range(len(frame))),
        inputs.firm,
        inputs.year,
        {**names, "place": "_place"},
        owner=inputs.owner,
    )
    known = data.dropna(subset=list(names)).reset_index(drop=True)
    values = known[list(names)].to_numpy(dtype="float64")
    same = (known["firm"] == known["firm"].shift()) & (known["year"] == known["year"].shift() + 1)
    if not same.any():
        raise Unanswerable(
            "No firm has all inputs in two years in a row: a production function cannot be estimated."
        )
    year = known["year"].to_numpy()
    later = sorted(set(year.tolist()))[1:] if inputs.year_effects else []
    frees = 1 + len(inputs.free)
    states = frees + len(inputs.state)
    return Panel(
        firm=known["firm"].factorize()[0].astype("int64"),
        output=values[:, 0],
        free=values[:, 1:frees],
        state=values[:, frees:states],
        proxy=values[:, states],
        export=_yes_or_no(values[:, states + 1], inputs.export) if inputs.export else None,
        years=np.array([year == value for value in later], dtype="float64").reshape(len(later), len(year)).T,
        lagged=same.to_numpy(dtype="bool"),
        label=known["place"].to_numpy(dtype="int64"),
        owner=known["owner"].factorize()[0].astype("int64"),
        unknown=len(data) - len(known),
    )


def _yes_or_no(values: Array, name: str | None) -> Array:
    if not np.isin(values, (0.0, 1.0)).all():
        raise DataError(f"'{name}' must say yes or no (1 or 0) where it is known.")
    return values


def polynomial(columns: Array, degree: int) -> Array:
    """All products of the columns of order 1 to `degree`: rows x terms, without the constant.

    Columns are centred and scaled first: the fitted values are the same, and powers of logs are then not
    nearly collinear.
    """
    spread = columns.std(axis=0)
    scaled = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    terms = [
        scaled[:, list(places)].prod(axis=1)
        for order in range(1, degree + 1)
        for places in combinations_with_replacement(range(columns.shape[1]), order)
    ]
    return np.column_stack(terms)


def with_export(terms: Array, export: Array | None) -> Array:
    """The terms, and beside them those of exporters: an input demand that differs with trade status."""
    if export is None:
        return terms
    return np.column_stack([terms, export, terms * export[:, None]])


def with_constant(*blocks: Array) -> Array:
    """A column of ones and the blocks side by side."""
    return np.column_stack([np.ones(len(blocks[0])), *blocks])


def spanned(*blocks: Array) -> Array:
    """An orthonormal basis of the constant and the columns of the blocks: as many columns as their rank."""
    left, sizes, _ = np.linalg.svd(with_constant(*blocks), full_matrices=False)
    basis: Array = left[:, sizes > sizes[0] * 1e-10]
    return basis


def fit(design: Array, values: Array) -> Array:
    """The least squares fit of `values`; a design without full rank is no obstacle."""
    solution: Array = np.linalg.lstsq(design, values, rcond=None)[0]
    return design @ solution


def resampled(panel: Panel, replications: int, seed: int) -> Iterator[Panel]:
    """Panels of as many firms drawn with replacement, whole firms at a time; the same for the same seed."""
    generator = np.random.default_rng(seed)
    starts = np.flatnonzero(np.diff(panel.firm, prepend=-1))
    ends = np.append(starts[1:], len(panel.firm))
    for _ in range(replications):
        drawn = generator.integers(len(starts), size=len(starts))
        index = np.concatenate([np.arange(starts[firm], ends[firm]) for firm in drawn])
        again = np.repeat(np.arange(len(drawn)), ends[drawn] - starts[drawn])
        yield replace(panel.rows(index), firm=again.astype("int64"))
