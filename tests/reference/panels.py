"""Random panels of firms in the contract's columns, on every boundary, and the same panel as files.

The firms are not plausible and are not meant to be: half of them are ordinary enough to fill every table, the
others sit exactly on a limit, lack something, or change what they are from one year to the next.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pandas

YEARS = range(1996, 2004)
FLOWS = ("import_intra", "import_extra", "export_intra", "export_extra")
EMPLOYMENT = (
    *(0.0, 0.5, 0.99, 1.0, 1.01, 9.9, 9.99, 10.0, 49.9, 49.99, 50.0),
    *(99.9, 99.99, 100.0, 249.9, 249.99, 250.0, 300.0, None),
)
TURNOVER = (0.0, 49_999_999.99, 50_000_000.0, 50_000_000.01, 75_000_000.0, None)
FOUNDED = (
    *(1900, 1981, 1982, 1983, 1986, 1987, 1988, 1991, 1992, 1993, 1996),
    *(1997, 1998, 1999, 2000, 2001, 2002, 2003, None),
)
REGIONS = (
    *("BE1", "BE10", "BE100", "BE2", "BE21", "BE211", "BE24", "BE242"),
    *("BE3", "BE33", "BE332", "BE35", "BE353", None),
)
AMOUNTS = (0.01, 1.0, 1234.56, 250_000.0, 9_999_999.99)
# Existing classes of NACE Rev. 1.1; shorter codes are cut from them.
_MANUFACTURING = """
10.10 10.30 11.10 11.20 12.00 13.10 13.20 14.11 14.21 15.11 15.81 16.00 17.11 17.54 18.22 19.30
20.10 20.30 21.21 22.11 22.22 23.20 24.14 24.41 24.42 24.51 25.21 26.12 26.61 27.10 27.51 28.11
28.52 29.11 29.53 30.01 30.02 31.10 31.62 32.10 32.20 33.10 33.20 34.10 34.30 35.11 35.12 35.20
35.30 35.41 35.50 36.11 36.63 37.10 37.20 40.11 40.30 41.00 45.11 45.21 45.44
"""
MANUFACTURING = _MANUFACTURING.split()
_SERVICES = """
50.10 50.30 51.19 51.51 52.11 52.42 55.10 55.30 60.24 61.10 61.20 62.10 63.11 63.40 64.11 64.20
65.12 66.01 67.13 67.20 70.11 70.32 71.10 71.32 72.10 72.22 73.10 73.20 74.12 74.40 74.87
"""
SERVICES = _SERVICES.split()
OTHERS = ["01.11", "02.01", "05.01", "75.11", "80.10", "85.11", "92.11", "93.01"]


def random_panel(seed: int, firms: int = 1500, flows: str = "value") -> pandas.DataFrame:
    """Draw a panel of so many firms in the years 1996 to 2003, one row per firm and year.

    With `flows="boolean"` the four flows say traded or not traded in place of an amount, as some panels do.
    """
    draw = Random(seed)
    rows = [row for number in range(firms) for row in _history(draw, number)]
    draw.shuffle(rows)
    return _typed(pandas.DataFrame(rows), flows)


def _typed(panel: pandas.DataFrame, flows: str) -> pandas.DataFrame:
    money = ("employment", "turnover", "value_added", *FLOWS)
    types: dict[str, Any] = {"year": "int32", "founded": "Int32", "domestic": "boolean"}
    types |= dict.fromkeys(money, "float64")
    panel = panel.astype(types)
    if flows == "boolean":
        for name in FLOWS:
            panel[name] = (panel[name] > 0).astype("boolean").mask(panel[name].isna())
    return panel


def _history(draw: Random, number: int) -> list[dict[str, Any]]:
    """All years of one firm; it is never on record before its foundation."""
    ordinary = draw.random() < 0.5
    founded = draw.choice(FOUNDED)
    firm = {
        # Zeros in front and a letter beyond ASCII: an identifier is text, in every encoding.
        "firm": f"{'é' if number % 97 == 0 else ''}{number:05}",
        "activity": _activity(draw, ordinary),
        "region": draw.choice(REGIONS),
        "founded": founded,
        "domestic": True if ordinary else draw.choice((True, True, True, False, None)),
    }
    state = [_flow(draw) for _ in FLOWS]
    rows = []
    for year in _years(draw, founded, ordinary):
        if not ordinary and draw.random() < 0.1:
            firm["activity"] = _activity(draw, False)
        if not ordinary and draw.random() < 0.1:
            firm["domestic"] = draw.choice((True, False, None))
        state = [_flow(draw) if draw.random() < 0.4 else old for old in state]
        if draw.random() < 0.3:
            state = _pattern(number + year)
        rows.append({**firm, "year": year, **_amounts(draw, ordinary), **_traded(draw, state)})
    return rows


def _years(draw: Random, founded: int | None, ordinary: bool) -> list[int]:
    """The years on record: gaps, late entries, early exits; a year of the window is often missing."""
    years = [year for year in YEARS if founded is None or year >= founded]
    if ordinary or not years:
        return years
    missing = {draw.choice((1998, 2002, 2003)), *draw.sample(list(YEARS), draw.choice((0, 1, 3)))}
    return [year for year in years if year not in missing or draw.random() < 0.4]


def _activity(draw: Random, ordinary: bool) -> str | None:
    """A code of two, three or four digits, with and without its dot."""
    sectors = (
        (MANUFACTURING, MANUFACTURING, SERVICES) if ordinary else (MANUFACTURING, SERVICES, OTHERS, None)
    )
    codes = draw.choice(sectors)
    if codes is None:
        return None if draw.random() < 0.2 else "45.21"
    code = draw.choice(codes)[: draw.choice((2, 4, 5))]
    return code.replace(".", "") if draw.random() < 0.5 else code


def _flow(draw: Random) -> bool | None:
    return draw.choices((False, True, None), (50, 38, 12))[0]


def _pattern(number: int) -> list[bool | None]:
    """One of the 81 ways in which four flows can be no, yes or unknown, each in its turn."""
    return [(False, True, None)[number // 3**place % 3] for place in range(len(FLOWS))]


def _traded(draw: Random, state: list[bool | None]) -> dict[str, float | None]:
    amounts = {True: draw.choice(AMOUNTS), False: 0.0, None: None}
    return {name: amounts[flow] for name, flow in zip(FLOWS, state, strict=True)}


def _amounts(draw: Random, ordinary: bool) -> dict[str, float | None]:
    """Employment, turnover and value added, in cents; value added can be unknown or a loss."""
    employment = round(draw.lognormvariate(2, 1.2) + 1, 2) if ordinary else draw.choice(EMPLOYMENT)
    turnover = round(draw.uniform(1e5, 4e7), 2) if ordinary else draw.choice(TURNOVER)
    added = round((employment or 5) * draw.uniform(20_000, 90_000), 2)
    added = draw.choices((added, None, round(-added / 20, 2), 0.0), (85, 8, 5, 2))[0]
    return {"employment": employment, "turnover": turnover, "value_added": added}


# --- the same panel as files --------------------------------------------------------------------------------


def write_all(panel: pandas.DataFrame, folder: Path) -> dict[str, Path]:
    """Save one panel as Parquet, CSV in two dialects, Stata, and Parquet with its rows in another order."""
    files = {
        "parquet": folder / "panel.parquet",
        "csv": folder / "panel.csv",
        "csv-latin-1": folder / "panel-latin-1.csv",
        "stata": folder / "panel.dta",
        "shuffled": folder / "shuffled.parquet",
    }
    panel.to_parquet(files["parquet"], index=False)
    panel.sample(frac=1, random_state=1).to_parquet(files["shuffled"], index=False)
    text = panel.assign(domestic=panel["domestic"].map({True: "true", False: "false"}))
    text.to_csv(files["csv"], index=False)
    text.to_csv(files["csv-latin-1"], index=False, sep=";", decimal=",", encoding="latin-1")
    _write_stata(panel, files["stata"])
    return files


def _write_stata(panel: pandas.DataFrame, path: Path) -> None:
    """Stata has neither truth values nor missing text: 0 and 1, and empty text, stand for them."""
    words = {
        name: panel[name].astype(object).where(panel[name].notna(), "") for name in ("activity", "region")
    }
    flags = [name for name in panel if panel[name].dtype == "boolean"]
    numbers = {name: panel[name].astype("float64") for name in ("founded", *flags)}
    panel.assign(**words, **numbers).to_stata(
        path, write_index=False, version=118, time_stamp=pandas.Timestamp("2004-01-01").to_pydatetime()
    )
