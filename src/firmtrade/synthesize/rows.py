"""Years x firms into rows: one for each firm and year on record."""

from __future__ import annotations

from typing import Any

import numpy as np

from firmtrade.synthesize.amounts import Books
from firmtrade.synthesize.draw import Draw
from firmtrade.synthesize.skeleton import Firms, Register


def as_rows(
    register: Register,
    firms: Firms,
    books: Books,
    draw: Draw,
    before: int,
    required: np.ndarray | None = None,
    unnamed: np.ndarray | None = None,
) -> dict[str, Any]:
    """Arrays by column, sorted by firm and year; `before` is the number of firms in earlier chunks.

    `required` (years x firms): years between first and last that are never a gap; `unnamed`: years without an
    activity.
    """
    life = register.parameters.firms["life"]
    years = np.arange(life["first_year"], life["last_year"] + 1)
    firm, year = np.nonzero(_on_record(life, firms, years, draw, required).T)
    return {
        "firm": (firm + before + 1).astype(np.int32),
        "year": years[year].astype(np.int16),
        "activity": _activity(firms, years, firm, year, unnamed),
        "region": firms.region[firm].astype(np.int16),
        "founded": firms.founded[firm].astype(np.int16),
        "domestic": years[year] < firms.domestic_until[firm],
        "employment": _known(books, "employment", year, firm, 10).astype(np.int32),
        **{name: _known(books, name, year, firm, 100) for name in ("turnover", "value_added", *books.flows)},
    }


def _activity(
    firms: Firms, years: np.ndarray, firm: np.ndarray, year: np.ndarray, unnamed: np.ndarray | None
) -> np.ndarray:
    before = years[year] < firms.changed[firm]
    activity = np.where(before, firms.earlier_activity[firm], firms.activity[firm]).astype(np.int16)
    return activity if unnamed is None else np.ma.masked_array(activity, mask=unnamed[year, firm])


def _on_record(
    life: dict[str, Any], firms: Firms, years: np.ndarray, draw: Draw, required: np.ndarray | None
) -> np.ndarray:
    """Years x firms; a gap lies between two years on record."""
    here = (years[:, None] >= firms.first) & (years[:, None] <= firms.last)
    inner = (years[:, None] > firms.first) & (years[:, None] < firms.last)
    gap = inner & draw.chance(life["gap"], *here.shape)
    return here & ~(gap if required is None else gap & ~required)


def _known(books: Books, name: str, year: np.ndarray, firm: np.ndarray, scale: int) -> np.ma.MaskedArray:
    """The amount in whole tenths or cents, masked where it is unknown."""
    values = books.flows[name] if name in books.flows else getattr(books, name)
    whole = np.rint(values[year, firm] * scale).astype(np.int64)
    return np.ma.masked_array(whole, mask=books.unknown[name][year, firm])
