"""The smallest effect that the data could have shown."""

from __future__ import annotations

from firmtrade.estimate.extras import econ


def detectable(std_error: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Effect that a two-sided test at `alpha` finds with probability `power`, in the unit of `std_error`.

    (z(1 - alpha/2) + z(power)) standard errors, 2.80 at the defaults: Bloom (1995), Minimum detectable
    effects, Evaluation Review 19.
    """
    quantile = econ("scipy.special", "a smallest detectable effect").ndtri
    return float((quantile(1 - alpha / 2) + quantile(power)) * std_error)
