"""The stored whole numbers and sums that make the population of belgium-2002 reproduce the published tables.

`data/solution.json` is made by `tools/population`; a test makes it again. It holds no firm.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from firmtrade.synthesize import parameters as p
from firmtrade.synthesize.draw import Floats, Ints

#: Export statuses, import statuses and cohorts of a followed firm, in the order of the arrays.
EXPORT_STATUSES = ("constant", "new", "stopped", "never")
IMPORT_STATUSES = (*EXPORT_STATUSES, "unknown-1998", "unknown-2002")
UNKNOWN_1998, UNKNOWN_2002 = 4, 5
SUMS = ("employment-1998", "employment-2003", "value-added-1998", "value-added-2003")


@dataclass(frozen=True)
class Sector:
    """One sector's firms of 2002, and the firms followed from 1998 to 2003.

    `by_division` (divisions x 16 patterns), `by_size` (groups x sizes x 16), `by_age` (groups x 5 x 16),
    `groups` (the places of the divisions of each group), `foreign` (foreign-owned firms: of services by
    pattern, of manufacturing in construction and elsewhere), `regions` (quiet and active firms of any owner:
    groups x 2 x 3; manufacturing: construction and the rest); `followed` (2 x 4 x 6 x 5: value added
    of 1998 filed or not x export status x import status x cohort, youngest first), `sums` (4 x the shape of
    `followed`: full-time equivalents and EUR, in the order of SUMS).
    """

    by_division: Ints
    by_size: Ints
    by_age: Ints
    groups: list[list[int]]
    foreign: Ints
    regions: Ints
    followed: Ints
    sums: Floats


@cache
def load() -> dict[str, Sector]:
    """The stored solution by sector."""
    stored = json.loads((p.DATA / "solution.json").read_text("utf-8"))
    return {name: of(stored[name]) for name in p.SECTORS[:2]}


def of(entry: dict[str, Any]) -> Sector:
    """A sector from lists."""
    whole = {name: np.array(entry[name], dtype=np.int64) for name in _WHOLE}
    return Sector(groups=entry["groups"], sums=np.array(entry["sums"], dtype=np.float64), **whole)


_WHOLE = ("by_division", "by_size", "by_age", "foreign", "regions", "followed")


@cache
def given_up() -> dict[str, list[dict[str, Any]]]:
    """Published figures that are not reproduced and what contradicts them: `table`, `text`; and `kept`."""
    import tomllib

    return tomllib.loads((p.DATA / "given_up.toml").read_text("utf-8"))
