"""Whole numbers of followed firms (1998-2003) by export status, import status and cohort.

Statuses: constant, new, stopped, never; for imports also `unknown-1998` (importers of 2002 whose 1998 is
unknown) and `unknown-2002` (firms that have left the population of 2002 and whose imports of that year are
unknown).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from firmtrade.synthesize.rake import Target, rake
from population.model import Model
from population.published import Cell, of

CONSTANT, NEW, STOPPED, NEVER, UNKNOWN_1998, UNKNOWN_2002 = range(6)
ROWS = {
    "traders": [CONSTANT, NEW, UNKNOWN_1998],
    "constant": [CONSTANT],
    "new": [NEW],
    "stopped": [STOPPED],
    "non-traders": [STOPPED, NEVER],
}
KEPT = 0.97  # at most this part of the firms of 2002 of a kind was followed from 1998

#: Odds of having left the population by 2002, by cohort: mostly the young, who grow fast. Table 6 has them
#: and Table 12 has not, which is why the overall growth of those who do not export is above that of those who
#: do not import.
LEAVING = (0.0, 0.3, 0.1, 0.03, 0.01)


def margins(cells: list[Cell], tables: tuple[str, str]) -> tuple[list[int], list[int]]:
    """Followed firms by export status (4) and by import status (6) of a sector."""
    export, import_ = (
        {c.key["status"]: int(c.value) for c in of(cells, t) if c.key["measure"] == "firms"} for t in tables
    )
    # 'constant' of Table 6 gives way: it has no place in 'traders' beside 'new' (3,362 + 1,094 > 3,979).
    exports = [
        export["traders"] - export["new"],
        export["new"],
        export["stopped"],
        export["non-traders"] - export["stopped"],
    ]
    imports = [import_[name] for name in ("constant", "new", "stopped")]
    imports += [
        import_["non-traders"] - import_["stopped"],
        import_["traders"] - import_["constant"] - import_["new"],
    ]
    return exports, [*imports, sum(exports) - sum(imports)]


def solve(by_age: np.ndarray, exports: list[int], imports: list[int], started: tuple[int, int]) -> np.ndarray:
    """Counts by export status x import status x cohort (youngest first: started in 1998).

    `by_age`: firms of 2002 by age class and pattern. `started`: exporters and others among the starters of
    1998.
    """
    wish = rake(_seed(by_age), list(_targets(exports, imports, started)), rounds=400)
    model = Model()
    n = model.variables(*wish.shape, whole=True)
    for place in n[:, UNKNOWN_2002, 0]:
        model.high[place] = 0
    for status, firms in enumerate(exports):
        model.total(n[status].ravel(), firms)
    for status, firms in enumerate(imports):
        model.total(n[:, status].ravel(), firms)
    model.total(n[[CONSTANT, NEW], :, 0].ravel(), started[0])
    model.total(n[[STOPPED, NEVER], :, 0].ravel(), started[1])
    for age, exporting, importing, there in _kinds(by_age):
        model.total(n[np.ix_(exporting, importing, [age])].ravel(), 0, np.floor(KEPT * there))
    for place, wanted in zip(n.ravel(), wish.ravel(), strict=True):
        model.near(int(place), float(wanted), 1.0 / (1.0 + wanted) ** 0.5)
    return np.rint(model.solve(gap=0.001)[n]).astype(int)


def _kinds(by_age: np.ndarray) -> Iterator[tuple[int, list[int], list[int], float]]:
    """Age class, export statuses, import statuses, and the firms of 2002 of that kind."""
    code = np.arange(16)
    for age in range(len(by_age)):
        for exports, exporting in ((True, [CONSTANT, NEW]), (False, [STOPPED, NEVER])):
            for imports, importing in ((True, [CONSTANT, NEW, UNKNOWN_1998]), (False, [STOPPED, NEVER])):
                here = ((code & 12 > 0) == exports) & ((code & 3 > 0) == imports)
                yield age, exporting, importing, float(by_age[age, here].sum())


def _seed(by_age: np.ndarray) -> np.ndarray:
    """New traders are the commoner the younger the firm; who starts or stops one flow does the other too."""
    seed = np.zeros((4, 6, 5))
    new, stopped = np.array([3.0, 1.5, 1.15, 1.0, 0.8]), np.array([1.0, 1.0, 1.0, 1.0, 1.0])
    for age, exporting, importing, firms in _kinds(by_age):
        for e in exporting:
            for i in importing:
                both = 3.0 if e == i and e in (NEW, STOPPED) else 1.0
                young = (new[age] if e == NEW else 1) * (new[age] if i == NEW else 1)
                old = (stopped[age] if e == STOPPED else 1) * (stopped[age] if i == STOPPED else 1)
                seed[e, i, age] = firms * both * young * old * (0.1 if i == UNKNOWN_1998 else 1.0)
                if importing[0] != CONSTANT:
                    seed[e, UNKNOWN_2002, age] += firms * LEAVING[age]
    return seed


def _targets(exports: list[int], imports: list[int], started: tuple[int, int]) -> Iterator[Target]:
    yield Target(([CONSTANT, NEW], None, [0]), started[0])
    yield Target(([STOPPED, NEVER], None, [0]), started[1])
    for status, firms in enumerate(exports):
        yield Target(([status], None, None), firms)
    for status, firms in enumerate(imports):
        yield Target((None, [status], None), firms)
