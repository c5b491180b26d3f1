"""International new ventures against matched domestic ones: do they grow faster, do they live longer?

What an international new venture is differs from study to study; definitions/ventures.toml is the registry.
A firm that trades within some years of its foundation has lived to do so, while a firm that died young
never could: compared from birth, early traders would outlive the others even if trade did nothing. So both
are compared from a landmark on, the end of the years that the definition looks at, and both must have
reached it (Anderson, Cain and Gelber 1983). They are matched on what they were at birth, before either
traded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError, Unanswerable, nearest
from firmtrade.estimate.survival.frames import firm_years, flag, founding, lacks
from firmtrade.estimate.survival.histories import Histories, SpellChoices, histories

if TYPE_CHECKING:
    import numpy
    import pandas

REGISTRY = Path(__file__).parents[1] / "definitions" / "ventures.toml"
INTERNATIONAL, DOMESTIC, OTHER = "international", "domestic", "other"


@dataclass(frozen=True)
class Venture:
    """A definition: the condition holds in a year of 0 .. `within` after foundation, or, with `younger`, in
    the year of comparison for firms younger than that. `intensity` and `countries` add to having traded."""

    name: str
    title: str
    within: int = 0
    intensity: float | None = None
    countries: int | None = None
    younger: int | None = None
    source: str = "own"
    text: str = ""

    def __post_init__(self) -> None:
        if self.within < 0 or (self.younger is not None and self.younger < 1):
            raise StudyError(f"Venture '{self.name}': within and younger are numbers of years.")


def registry() -> dict[str, Venture]:
    """The built-in definitions, in the order of the file."""
    entries = tomllib.loads(REGISTRY.read_text(encoding="utf-8"))
    return {name: Venture(name=name, **entry) for name, entry in entries.items()}


def venture(name: str) -> Venture:
    """One of the registry. Raises StudyError with the nearest name."""
    known = registry()
    if name not in known:
        raise StudyError(f"There is no definition '{name}' of a new venture.{nearest(name, known)} "
                         f"There are {', '.join(known)}.")  # fmt: skip
    return known[name]


@dataclass(frozen=True)
class Ventures:
    """`firms`: firm, founded, landmark (year), venture (international, domestic, other; None: unknown).

    `other` trade, but not as the definition asks. `counts` are firms.
    """

    firms: pandas.DataFrame
    counts: Mapping[str, int]
    definition: Venture


def classify(
    panel: pandas.DataFrame,
    definition: Venture,
    trades: str,
    *,
    founded: str = "founded",
    intensity: str | None = None,
    countries: str | None = None,
    base: int | None = None,
    firm: str = "firm",
    year: str = "year",
) -> Ventures:
    """Which firms are international new ventures, from the three-valued yearly flag `trades`.

    International: the condition is known to hold in one of the years. Domestic: trade is known not to have
    happened in any of them. Other: it traded, and the condition is known not to hold. Else unknown. `base`
    is the year of comparison of a definition with `younger`. Raises Unanswerable where the definition needs a
    column (the share of exports, the number of countries) that is not given.
    """
    _answerable(definition, intensity, countries, base)
    lacks(panel, [name for name in (intensity, countries) if name], f"The venture '{definition.name}'")
    rows = firm_years(panel, firm, year)
    rows["__meets"] = _meets(rows, definition, trades, intensity, countries)
    # A year without a row is unknown, after the firm's last as well: who left has not been seen not to trade.
    choices = SpellChoices(death="censor")
    traded = histories(rows, trades, choices, firm, year, None)
    meets = histories(rows, "__meets", choices, firm, year, None)
    firms = founding(rows, firm, founded).rename("founded").reset_index()
    counts = {"firms": int(rows[firm].nunique())}
    counts["founding year unknown"] = counts["firms"] - len(firms)
    firms, begin, end = _window(firms, definition, base)
    firms["venture"] = _venture(firms[firm].to_numpy(), traded, meets, begin, end)
    firms["landmark"] = end
    found = firms["venture"].value_counts()
    counts |= {name: int(found.get(name, 0)) for name in (INTERNATIONAL, DOMESTIC, OTHER)}
    counts["unknown"] = int(firms["venture"].isna().sum())
    return Ventures(firms, counts, definition)


def _answerable(definition: Venture, intensity: str | None, countries: str | None, base: int | None) -> None:
    lacking = []
    if definition.intensity is not None and intensity is None:
        lacking.append("the share of exports in turnover")
    if definition.countries is not None and countries is None:
        lacking.append("the number of partner countries")
    if definition.younger is not None and base is None:
        lacking.append("the year of comparison (base)")
    if lacking:
        raise Unanswerable(
            f"The venture '{definition.name}' ({definition.title}) cannot be told without "
            f"{' and '.join(lacking)}."
        )


def _meets(
    rows: pandas.DataFrame, definition: Venture, trades: str, intensity: str | None, countries: str | None
) -> numpy.ndarray:
    """1, 0 or NaN: whether the year meets the condition. Who does not trade meets none."""
    import numpy

    found = flag(rows[trades]).astype(float)
    parts = [(intensity, definition.intensity), (countries, definition.countries)]
    for name, least in parts:
        if name is None or least is None:
            continue
        values = rows[name].astype(float).to_numpy()
        known = numpy.where(numpy.isnan(values), -1.0, (values >= least).astype(float))
        either_no = (found == 0) | (known == 0)
        found = numpy.where(either_no, 0.0, numpy.where((found == 1) & (known == 1), 1.0, -1.0))
    return numpy.where(found < 0, numpy.nan, found)


def _window(
    firms: pandas.DataFrame, definition: Venture, base: int | None
) -> tuple[pandas.DataFrame, Any, Any]:
    """The firms that the definition is about, and the first and last year that it looks at in each."""
    if definition.younger is None:
        return firms, firms["founded"].to_numpy(), (firms["founded"] + definition.within).to_numpy()
    assert base is not None
    young = (firms["founded"] <= base) & (firms["founded"] > base - definition.younger)
    firms = firms.loc[young].reset_index(drop=True)
    return firms, firms["founded"].to_numpy() * 0 + base, firms["founded"].to_numpy() * 0 + base


def _venture(names: Any, traded: Histories, meets: Histories, begin: Any, end: Any) -> list[str | None]:
    """The code of each firm; a year outside the panel is unknown."""
    import numpy

    at = numpy.searchsorted(traded.firms, names)
    years = traded.years[None, :]
    inside = (years >= begin[:, None]) & (years <= end[:, None])
    whole = inside.sum(axis=1) == end - begin + 1
    condition, trade = meets.known[at], traded.known[at]
    international = ((condition == 1) & inside).any(axis=1)
    none = whole & ((trade == 0) | ~inside).all(axis=1)
    other = whole & ((condition == 0) | ~inside).all(axis=1) & ((trade == 1) & inside).any(axis=1)
    codes = numpy.select([international, none, other], [INTERNATIONAL, DOMESTIC, OTHER], default="")
    return [code or None for code in codes.tolist()]
