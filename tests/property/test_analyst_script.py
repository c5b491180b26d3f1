"""Does the analyst's pandas script give the numbers of the slow and obvious computation?

The ventures tables are not in the reference; they are counted here, firm by firm, from the same records.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import pandas
import pytest

from reference.belgium import Cells, cell_key, reference
from reference.firm_year import Row, firm_year, sample_of, stayers_of
from reference.panels import random_panel

# Shares and growth are printed with one decimal; the script sums floating numbers, the reference fractions.
TOLERANCE = 1e-6

Parts = tuple[bool | None, bool | None]


def script_cells(root: Path, panel: pandas.DataFrame, folder: Path) -> Cells:
    """What the script makes of the panel, by key; a cell without a value is None."""
    path = folder / "panel.parquet"
    panel.to_parquet(path, index=False)
    spec = importlib.util.spec_from_file_location("analyst", root / "benchmarks" / "analyst_script.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    rows = list(script.tables(path).itertuples(index=False))
    cells = {tuple(key): None if math.isnan(value) else value for *key, value in rows}
    assert len(cells) == len(rows), "a cell occurs twice"
    return cells


def percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def ventures(rows: list[Row]) -> Cells:
    """The tables ventures-size, ventures, ventures-scope and ventures-second-type."""
    young = sample_of(rows, "manufacturing-new-ventures")
    kinds = {
        "inv": [row for row in young if row["flows"]["export"] is True],
        "dnv": [row for row in young if row["flows"]["export"] is False],
    }
    cells: Cells = {}
    place = ("manufacturing-new-ventures", 2002)
    for kind, firms in {"_T": young, **kinds}.items():
        cells[cell_key("ventures", *place, "firms", venture=kind)] = len(firms)
        cells[cell_key("ventures", *place, "venture-share", venture=kind)] = percent(len(firms), len(young))
    for flow in ("export", "import"):
        having = [row["flows"] for row in kinds["inv"] if row["flows"][flow] is True]
        parts = [(flows[f"{flow}-intra"], flows[f"{flow}-extra"]) for flows in having]
        scopes: dict[str, Parts] = {"intra-only": (True, False), "extra-only": (False, True)}
        for scope, pattern in {**scopes, "both": (True, True)}.items():
            group = {"venture": "inv", "given": flow, "flow": f"{flow}-{scope}"}
            key = cell_key("ventures-scope", *place, "participation", **group)
            cells[key] = percent(parts.count(pattern), len(parts))
    return cells | sizes(rows) | second_type(rows)


def sizes(rows: list[Row]) -> Cells:
    cells: Cells = {}
    started = [firm for firm in stayers_of(rows, "manufacturing") if firm["start"]["founded"] == 1998]
    place = ("ventures-size", "manufacturing-started-1998")
    for kind, exports in (("inv", True), ("dnv", False)):
        firms = [firm for firm in started if firm["status"]["flows"]["export"] is exports]
        cells[cell_key(*place, "1998-2003", "firms", venture=kind)] = len(firms)
        for year, when in ((1998, "start"), (2003, "end")):
            key = cell_key(*place, year, "mean-employment", venture=kind)
            total = sum(firm[when]["employment"] for firm in firms)
            cells[key] = float(total / len(firms)) if firms else None
    return cells


def second_type(rows: list[Row]) -> Cells:
    """Exported within five years of its foundation, in 1993 to 1997; did not; or was not seen long enough."""
    firms = [row for row in sample_of(rows, "manufacturing") if row["founded"] in range(1993, 1998)]
    number = {"inv-second-type": 0, "dnv-second-type": 0}
    for firm in firms:
        history = {row["year"]: row["flows"]["export"] for row in rows if row["firm"] == firm["firm"]}
        early = [history.get(firm["founded"] + age) for age in range(6)]
        number["inv-second-type"] += True in early
        number["dnv-second-type"] += early == [False] * 6
    place = ("ventures-second-type", "manufacturing-founded-1993-1997", 2002)
    cells: Cells = {}
    for kind, count in number.items():
        cells[cell_key(*place, "firms", venture=kind)] = count
        cells[cell_key(*place, "venture-share", venture=kind)] = percent(count, len(firms))
    return cells


@pytest.mark.parametrize(
    ("seed", "firms", "flows"),
    [(1, 1000, "value"), (3, 400, "boolean"), (4, 60, "value"), (5, 8, "value")],
)
def test_analyst_script_agrees_with_the_reference(
    root: Path, tmp_path: Path, seed: int, firms: int, flows: str
) -> None:
    panel = random_panel(seed, firms, flows)
    found = script_cells(root, panel, tmp_path)
    expected = reference(panel) | ventures([firm_year(record) for record in panel.to_dict("records")])
    assert found.keys() == expected.keys()
    different = {
        key: (found[key], value)
        for key, value in expected.items()
        if (value is None) != (found[key] is None)
        or (value is not None and not math.isclose(value, found[key], rel_tol=TOLERANCE, abs_tol=TOLERANCE))
    }
    assert not different


def test_ventures_of_the_second_type_are_all_three(root: Path, tmp_path: Path) -> None:
    """Seen early, known not to have exported early, and unknown: none of them is empty, and they add up."""
    found = script_cells(root, random_panel(1, 500), tmp_path)
    place = ("ventures-second-type", "manufacturing-founded-1993-1997", 2002)
    shares = [
        found[cell_key(*place, "venture-share", venture=kind)] or 0
        for kind in ("inv-second-type", "dnv-second-type")
    ]
    assert min(shares) > 0
    assert sum(shares) < 100
