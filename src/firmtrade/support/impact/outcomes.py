"""Outcomes and covariates of firms by year, as the methods of `estimate` read them.

A firm that has ended neither exports nor is a regular exporter: 'exporting and alive', so that an effect is
not read off the survivors. A year before the foundation, or one that is not known, has no outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from firmtrade.errors import DataError, nearest
from firmtrade.support.impact.specification import FEATURES, LOG, SHARES
from firmtrade.support.register.register import Register
from firmtrade.support.service.flags import Life, lives
from firmtrade.support.truth import NO, YES
from firmtrade.support.words import parameter

Array = np.ndarray


@dataclass(frozen=True)
class Records:
    """What is on record of all firms: lives, items of accounts (firm, year), and codes."""

    lives: Mapping[str, Life] = field(repr=False)
    items: Mapping[str, Mapping[tuple[str, int], float]] = field(repr=False)
    codes: Mapping[str, Mapping[str, str]] = field(repr=False)
    years: tuple[int, ...]
    regular: int


def records(register: Register, last: int, wanted: Sequence[str]) -> Records:
    """Read trade up to `last`, and the items that the outcomes and covariates `wanted` name."""
    from datetime import date

    known = lives(register, "impact")
    first = min((min(life.flags) for life in known.values() if life.flags), default=last)
    heads = register.columns("firms", ("id", "activity", "region"), "impact")
    codes = {
        "activity": {
            firm: code[:2] for firm, code in zip(heads["id"], heads["activity"], strict=True) if code
        },
        "region": {firm: code[:3] for firm, code in zip(heads["id"], heads["region"], strict=True) if code},
    }
    names = sorted({name.removeprefix(LOG) for name in wanted if name.startswith(LOG)})
    items = {name: _item(register, name, last) for name in names}
    regular = int(parameter("regular-years", date(last, 12, 31))["value"])
    return Records(known, items, codes, tuple(range(first, last + 1)), regular)


def _item(register: Register, name: str, last: int) -> dict[tuple[str, int], float]:
    told = register.columns("accounts", ("firm_id", "year", "value"), "impact", item=name)
    if not told["year"]:
        known = sorted(set(register.columns("accounts", ("item",), "impact")["item"]))
        raise DataError(f"No accounts have the item '{name}'.{nearest(name, known)}")
    return {(firm, year): value for firm, year, value in zip(*told.values(), strict=True) if year <= last}


def outcome(found: Records, firms: Sequence[str], name: str) -> Array:
    """The outcome (firms x years), NaN where there is none or it is not known."""
    made = np.full((len(firms), len(found.years)), np.nan)
    for row, firm in enumerate(firms):
        life = found.lives[firm]
        for column, year in enumerate(found.years):
            if life.founded is None or year >= life.founded:
                made[row, column] = _value(found, firm, life, year, name)
    return made


def _value(found: Records, firm: str, life: Life, year: int, name: str) -> float:
    if name.startswith(LOG):
        value = found.items[name.removeprefix(LOG)].get((firm, year), np.nan)
        return float(np.log(value)) if value > 0 else np.nan
    back = 1 if name == "exporting" else found.regular
    flags = [life.at(each) for each in range(year - back + 1, year + 1)]
    return 0.0 if NO in flags else 1.0 if set(flags) == {YES} else np.nan


def layers(found: Records, firms: Sequence[str], names: Sequence[str]) -> tuple[Array, tuple[str, ...]]:
    """(layers x firms x years, names) of covariates; an industry or region has a layer for each code."""
    made: list[Array] = []
    titles: list[str] = []
    shape = (len(firms), len(found.years))
    for name in names:
        if name in ("activity", "region"):
            told = [found.codes[name].get(firm, "unknown") for firm in firms]
            for code in sorted(set(told))[1:]:
                made.append(
                    np.broadcast_to(np.array([each == code for each in told], dtype=float)[:, None], shape)
                )
                titles.append(f"{name}={code}")
            continue
        made.append(_ages(found, firms) if name == "age" else outcome(found, firms, name))
        titles.append(name)
    return np.array(made).reshape(len(made), *shape), tuple(titles)


def _ages(found: Records, firms: Sequence[str]) -> Array:
    founded = [found.lives[firm].founded for firm in firms]
    start = np.array([np.nan if year is None else float(year) for year in founded])
    return np.asarray(np.array(found.years, dtype=float) - start[:, None])


__all__ = ["FEATURES", "SHARES", "Records", "layers", "outcome", "records"]
