"""Which pages a release has something for: found by the dimensions and measures of its tables, not by names.

A page that would be empty is not in the menu and answers 'no such page'.
"""

from __future__ import annotations

from collections.abc import Callable

from firmtrade.publish.numbers import is_change
from firmtrade.result import TOTAL, Release, ReleasedCell
from firmtrade.serve.site import Site

#: Dimensions whose codes are places on a map, as the contract names them.
REGION, PARTNER = PLACES = ("region", "partner")
#: What a firm does in one year; what became of it between two.
MODE, FLOW, STATUS, COHORT = "mode", "flow", "status", "cohort"
#: The contract's dimension of ventures, its variants, and that of the models.
VENTURES = ("venture", "new-venture")


def offered(site: Site) -> frozenset[str]:
    """Paths of the pages that this release can fill, among those that not every release can."""
    kept = site.kept.get("offered")
    if kept is None:
        kept = site.kept["offered"] = frozenset(path for path, has in NEEDS.items() if has(site.release))
    found: frozenset[str] = kept
    return found


def is_venture(dimension: str) -> bool:
    """Whether a dimension tells kinds of new ventures apart."""
    return dimension in VENTURES or dimension.startswith(f"{VENTURES[0]}-")


def _any_cell(wanted: Callable[[ReleasedCell], bool]) -> Callable[[Release], bool]:
    return lambda release: any(wanted(cell) for table in release.tables for cell in table.cells)


def _codes(release: Release, dimension: str) -> set[str]:
    found = (cell.codes.get(dimension, TOTAL) for table in release.tables for cell in table.cells)
    return {code for code in found if code not in (TOTAL, "unknown")}


def _placed(release: Release) -> bool:
    return any(len(_codes(release, name)) > 1 for name in PLACES)


def _over_time(release: Release) -> bool:
    """Levels by mode, the flow in several years, or what became of firms between two."""
    if _codes(release, MODE) or _codes(release, STATUS):
        return True
    periods = {c.period for t in release.tables for c in t.cells if c.codes.get(FLOW, TOTAL) != TOTAL}
    return len(periods) > 1


def grows(release: Release) -> Callable[[ReleasedCell], bool]:
    """Whether a cell is a growth rate or a change of a group of firms."""
    change = {w.name for w in release.words.values() if w.kind == "measure" and is_change(w.unit, w)}
    return lambda cell: cell.measure in change


def _growth(release: Release) -> bool:
    wanted = grows(release)
    return _any_cell(wanted)(release)


def _ventures(release: Release) -> bool:
    return any(
        is_venture(name) for table in release.all_tables for cell in table.cells for name in cell.codes
    )


NEEDS: dict[str, Callable[[Release], bool]] = {
    "/regions": _placed,
    "/status": _over_time,
    "/growth": _growth,
    "/ventures": _ventures,
    "/models": lambda release: bool(release.models),
    "/comparison": lambda release: bool(release.published and release.published.matches),
}
