"""Panels with a known production function, to see whether an estimator finds it.

`acf_panel` follows the Monte Carlo of Ackerberg, Caves and Frazer (2015, section 5 and appendix): value
added is Leontief in materials, y = 0.6 l + 0.4 k + omega + e, omega is a first-order process, capital is
built up under adjustment costs that differ between firms, labour is chosen on what is known of omega, at
wages of the firm's own (process 1, 3) and with errors of optimisation (2, 3). `effect` adds exporting as
in De Loecker (2013): firms that are productive enough export, and that raises next year's omega.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LABOUR, CAPITAL = 0.6, 0.4
PERSISTENCE, SPREAD = 0.7, 0.3  # of omega: autocorrelation and standard deviation
WAGE_PERSISTENCE = 0.3
NOISE = 0.1  # standard deviation of what nobody foresees
DEPRECIATION, DISCOUNT = 0.2, 0.95
#: standard deviation of log wages, part of the year before which labour is chosen, optimisation error
PROCESSES = {1: (0.1, 0.5, 0.0), 2: (0.0, 0.0, 0.37), 3: (0.1, 0.5, 0.37)}


def acf_panel(
    seed: int, process: int = 1, firms: int = 1000, years: int = 10, effect: float = 0.0, burn: int = 60
) -> Any:
    """A pandas frame (id, year, y, l, k, m, omega, exports) of `firms` x `years` firm-years."""
    import pandas

    draw = np.random.default_rng([seed, process])
    wage_spread, early, error = PROCESSES[process]
    total = burn + years
    shape = (firms, total)
    first, second = PERSISTENCE ** (1 - early), PERSISTENCE**early
    steps = [np.sqrt(1 - part**2) * SPREAD for part in (first, second)]
    omega, before, wage = np.empty(shape), np.empty(shape), np.empty(shape)
    exports = np.zeros(shape)
    omega_old, wage_old = draw.normal(0, SPREAD, firms), draw.normal(0, wage_spread, firms)
    exports_old = np.zeros(firms)
    taste = draw.normal(0, 0.3, firms)
    for t in range(total):
        before[:, t] = first * omega_old + draw.normal(0, 1, firms) * steps[0]
        omega[:, t] = second * before[:, t] + draw.normal(0, 1, firms) * steps[1] + effect * exports_old
        spread = np.sqrt(1 - WAGE_PERSISTENCE**2) * wage_spread
        wage[:, t] = WAGE_PERSISTENCE * wage_old + draw.normal(0, 1, firms) * spread
        if effect:
            wants = omega_old + taste + 0.5 * exports_old + draw.normal(0, 0.2, firms)
            exports[:, t] = wants > 0.35
        omega_old, wage_old, exports_old = omega[:, t], wage[:, t], exports[:, t]
    capital = _capital(omega, wage, exports * effect, np.exp(draw.normal(0, 0.6, firms)))
    known = second * before + (effect * np.roll(exports, 1, axis=1))
    planned = (np.log(LABOUR) + known - wage + CAPITAL * capital) / (1 - LABOUR)
    labour = planned + draw.normal(0, 1, shape) * error
    output = LABOUR * labour + CAPITAL * capital + omega + draw.normal(0, NOISE, shape)
    materials = LABOUR * planned + CAPITAL * capital + omega
    kept = slice(burn, total)
    columns = {"y": output, "l": labour, "k": capital, "m": materials, "omega": omega, "exports": exports}
    frame = {name: values[:, kept].ravel() for name, values in columns.items()}
    ids = {"id": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(2000, 2000 + years), firms)}
    return pandas.DataFrame({**ids, **frame}).astype({"exports": "int64"})


def _capital(omega: Any, wage: Any, gain: Any, speed: Any) -> Any:
    """Log capital under quadratic adjustment costs, from what future capital is expected to earn.

    With constant returns a unit of capital earns exp((omega - 0.6 w) / 0.4) up to a constant whatever the
    firm's size, so that investment is the discounted sum of its expectations, which are lognormal.
    """
    ahead = np.arange(1, 61)
    weight = (DISCOUNT * (1 - DEPRECIATION)) ** (ahead - 1)
    power = 1 / (1 - LABOUR)
    rises, falls = PERSISTENCE**ahead * power, WAGE_PERSISTENCE**ahead * LABOUR * power
    spread = (1 - PERSISTENCE ** (2 * ahead)) * (SPREAD * power) ** 2 / 2
    earned = np.empty_like(omega)
    for t in range(omega.shape[1]):
        state = omega[:, t, None] * rises - wage[:, t, None] * falls + (gain[:, t, None] * rises)
        earned[:, t] = (weight * np.exp(state + spread)).sum(axis=1)
    stock = np.empty_like(omega)
    stock[:, 0] = speed * earned[:, 0] / DEPRECIATION
    for t in range(1, omega.shape[1]):
        stock[:, t] = (1 - DEPRECIATION) * stock[:, t - 1] + speed * earned[:, t - 1]
    return np.log(stock)
