"""What being treated did to the treated, on average, from matched pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firmtrade.estimate.extras import econ
from firmtrade.estimate.matching import Matched
from firmtrade.estimate.survival.frames import lacks

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Att:
    """What being treated did to an outcome of the treated, on average: matched differences.

    `errors`: 'by pair' without replacement; 'Abadie-Imbens' with. `firms` are the distinct firms (or
    owners) of the smaller side, `largest` the largest weight of one firm in its side. Without an estimate
    `why` says so.
    """

    outcome: str
    estimate: float | None
    error: float | None
    low: float | None
    high: float | None
    p: float | None
    treated_mean: float | None
    control_mean: float | None
    pairs: int
    lost: int
    firms: int
    degrees: int | None
    largest: float | None
    errors: str
    why: str = ""


def att(
    matched: Matched, outcomes: pandas.DataFrame, outcome: str, *, firm: str = "firm", unit: str | None = None
) -> Att:
    """The average effect on the treated of `outcome` (one row a firm in `outcomes`).

    A treated firm is lost where its outcome or that of all its controls is unknown. Without replacement
    pairs are independent given what they are matched on (Abadie and Spiess 2022). With replacement the
    errors are those of Abadie and Imbens (2006), whose conditional variance comes from the nearest fellow
    of each control in its cell.
    """
    unit = unit or firm
    lacks(outcomes, [firm, unit, outcome], "A matched comparison")
    rows = outcomes.drop_duplicates(firm).set_index(firm, drop=False)
    values = rows[outcome].astype(float)
    kept = _known(matched.pairs, values)
    by_firm = kept.assign(part=kept["other"] * kept["weight"]).groupby("treated")
    mine, other = by_firm["mine"].first().to_numpy(), by_firm["part"].sum().to_numpy()
    lost = int(matched.pairs["treated"].nunique()) - len(mine)
    firms = min(int(rows[unit].reindex(kept[side]).nunique()) for side in ("treated", "control"))
    errors = "Abadie-Imbens" if matched.choices.replace else "by pair"
    if len(mine) < 2:
        return Att(
            outcome, None, None, None, None, None, None, None, len(mine), lost, firms, None, None, errors,
            "fewer than two pairs have this outcome",
        )  # fmt: skip
    variance = _variance(matched, kept, values, mine - other)
    most = float(kept.groupby("control")["weight"].sum().max())
    return _told(outcome, mine, other, math.sqrt(variance), lost, firms, most, errors)


def _known(pairs: pandas.DataFrame, values: pandas.Series) -> pandas.DataFrame:
    """The pairs of which both outcomes are known, the weights of the others shared out."""
    pairs = pairs.assign(
        mine=values.reindex(pairs["treated"]).to_numpy(), other=values.reindex(pairs["control"]).to_numpy()
    )
    kept = pairs.loc[pairs["mine"].notna() & pairs["other"].notna()]
    return kept.assign(weight=kept["weight"] / kept.groupby("treated")["weight"].transform("sum"))


def _variance(matched: Matched, kept: pandas.DataFrame, values: pandas.Series, difference: Any) -> float:
    """Of the mean difference, by pair or as Abadie and Imbens have it (their theorem 7)."""
    import numpy

    size = len(difference)
    squares = float(numpy.square(difference - difference.mean()).sum())
    if not matched.choices.replace:
        return squares / (size * (size - 1))
    used = kept.groupby("control")["weight"].sum()
    alone = kept.assign(square=kept["weight"] ** 2).groupby("control")["square"].sum()
    spread = _conditional(matched.rows, values).reindex(used.index)
    return (squares + float(((used**2 - alone) * spread).sum())) / size**2


def _conditional(rows: pandas.DataFrame, values: pandas.Series) -> pandas.Series:
    """The variance of each control's outcome given what firms are matched on.

    Half the squared difference from the nearest other control of its cell; the variance of all controls
    where it is the only one.
    """
    import numpy
    import pandas

    pool = rows.loc[~rows["treated"]].join(values.rename("outcome"), how="inner")
    pool = pool.loc[pool["outcome"].notna()]
    y = pool["outcome"].to_numpy()
    z = pool[[name for name in pool if str(name).startswith("z")]].to_numpy(dtype="float64")
    found = numpy.full(len(pool), float(y.var(ddof=1)) if len(y) > 1 else 0.0)
    for positions in pool.groupby("cell").indices.values():
        if len(positions) > 1:
            distance = ((z[positions][:, None, :] - z[positions][None, :, :]) ** 2).sum(axis=2)
            numpy.fill_diagonal(distance, numpy.inf)
            nearest = positions[distance.argmin(axis=1)]
            found[positions] = (y[positions] - y[nearest]) ** 2 / 2
    return pandas.Series(found, index=pool.index)


def _told(
    outcome: str, mine: Any, other: Any, error: float, lost: int, firms: int, most: float, errors: str
) -> Att:
    """The effect with its interval, by Student's t with pairs less one degrees of freedom."""
    stats = econ("scipy.stats", "a matched comparison")
    estimate, degrees = float((mine - other).mean()), len(mine) - 1
    width = float(stats.t.ppf(0.975, degrees)) * error
    return Att(
        outcome=outcome,
        estimate=estimate,
        error=error,
        low=estimate - width,
        high=estimate + width,
        p=float(2 * stats.t.sf(abs(estimate) / error, degrees)) if error else None,
        treated_mean=float(mine.mean()),
        control_mean=float(other.mean()),
        pairs=len(mine),
        lost=lost,
        firms=firms,
        degrees=degrees,
        largest=max(1.0, most) / len(mine),
        errors=errors,
    )
