"""What the text of sections 5.2 to 5.4.1 says beside the tables, as rows of the program of 2002.

Left out, because the tables or other sentences contradict it, is what `GIVEN_UP` names.
"""

from __future__ import annotations

import numpy as np

from firmtrade.synthesize import parameters as p
from population.cross_section import Sector, having, share
from population.regions import FOREIGN

HIGH, MEDIUM_LOW, LOW, CONSTRUCTION = 0, 2, 3, 5
MEDIUM = [2, 3]  # the size classes of 50 to 249 FTE
YOUNG, OLD = 0, 4


def _flow(block: np.ndarray, flow: str) -> np.ndarray:
    return block[..., having(p.FLOWS[flow])]


def _ages(sector: Sector, flow: str, young: tuple[float, float], old: tuple[float, float]) -> None:
    for age, (low, high) in ((YOUNG, young), (OLD, old)):
        share(sector.model, _flow(sector.by_age[:, age], flow), sector.by_age[:, age], low, high)


def manufacturing(sector: Sector) -> None:
    model, age = sector.model, sector.by_age
    youngest = age[:, YOUNG]
    model.total(youngest.ravel(), 4570)
    model.total(youngest[:, having(12)].ravel(), 453)
    model.total(youngest[HIGH, having(12)].ravel(), 36)
    model.total(youngest[LOW, having(12)].ravel(), 160)
    ventures = youngest[:, having(12)]
    for scope, percent in ((4, 30), (8, 28), (12, 41)):
        part = youngest[:, [code for code in range(16) if code & 12 == scope]]
        share(model, part, ventures, percent - 0.48, percent + 0.48)
    supplied = youngest[:, [code for code in range(16) if code & 12 and code & 3]]
    for scope, percent in ((1, 36), (2, 18), (3, 46)):
        part = youngest[:, [code for code in range(16) if code & 12 and code & 3 == scope]]
        share(model, part, supplied, percent - 0.48, percent + 0.48)
    # Figure 18; the labels of its two import series are exchanged (audit: as printed they contradict Table
    # 2).
    _ages(sector, "export_intra", (0, 100), (13.52, 14.48))
    _ages(sector, "export_extra", (0, 100), (15.52, 15.98))
    _ages(sector, "import_intra", (4.52, 5.48), (16.52, 17.48))
    _ages(sector, "import_extra", (3.52, 4.48), (14.52, 15.48))
    _medium_sized(sector)
    # 44.6% of the firms of any owner outside construction are internationally active (section 5.2).
    rest, foreign = sector.by_size[:CONSTRUCTION], FOREIGN[1]
    share(model, rest[..., having(15)], rest, 44.552, 44.648, extra=foreign)


def _medium_sized(sector: Sector) -> None:
    model = sector.model
    high = sector.by_size[HIGH, MEDIUM]
    model.total([x for code in range(16) if not (code & 3 and code & 12) for x in high[:, code]], 0)
    share(model, high[:, [c for c in range(16) if c & 5 and c & 10]], high, 90.5, 100)
    for group, imports in ((LOW, (79, 81)), (MEDIUM_LOW, (86.52, 87.48))):
        block = sector.by_size[group, MEDIUM]
        share(model, block[:, having(12)], block, 59, 61)
        share(model, block[:, having(3)], block, *imports)
        extra = {int(x): 1.0 for x in block[:, [8, 9, 10, 11]].ravel()}
        intra = {int(x): -1.0 for x in block[:, [4, 5, 6, 7]].ravel()}
        model.row({**extra, **intra}, 1, np.inf)
    medium = sector.by_size[:, MEDIUM]
    share(model, medium[..., having(12)], medium, 56.52, 57.48)


def services(sector: Sector) -> None:
    _ages(sector, "export_intra", (6.02, 6.48), (10.52, 11.48))
    _ages(sector, "export_extra", (6.02, 6.48), (11.52, 12.48))
    _ages(sector, "import_intra", (4.52, 5.48), (14.52, 15.48))
    _ages(sector, "import_extra", (1.52, 2.48), (7.52, 8.48))
    whole = sector.by_division
    for flow, percent in (
        ("export_intra", 11),
        ("export_extra", 11),
        ("import_intra", 12),
        ("import_extra", 7),
    ):
        share(sector.model, _flow(whole, flow), whole, percent - 0.48, percent + 0.48)
    sector.model.total(sector.foreign, 3151)


def rising(sector: Sector) -> None:
    """Each of the four flows is the commoner the older the class."""
    model = sector.model
    shape = sector.by_age.shape[1]
    counts = AGE_FIRMS["manufacturing" if len(sector.groups) > 1 else "services"]
    for age, firms in enumerate(counts):
        model.total(sector.by_age[:, age].ravel(), firms)
    for flow in p.FLOWS:
        for age in range(1, shape):
            factors = {int(x): 1.0 / counts[age] * 1000 for x in _flow(sector.by_age[:, age], flow).ravel()}
            for x in _flow(sector.by_age[:, age - 1], flow).ravel():
                factors[int(x)] = -1000 / counts[age - 1]
            model.row(factors, 0, np.inf)


#: Firms by age class; own, but for the 4,570 (population.toml).
AGE_FIRMS = {
    "manufacturing": (4570, 4600, 4300, 3800, 11014),
    "services": (8500, 13000, 12000, 10000, 19290),
}
