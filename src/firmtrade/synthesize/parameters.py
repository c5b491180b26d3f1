"""The declared assumptions behind the population: tables in `data/`, each with its source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")

#: Pattern of the four flows = the sum of the codes of those that the firm has.
FLOWS = {"import_intra": 1, "import_extra": 2, "export_intra": 4, "export_extra": 8}
IMPORT, EXPORT = 3, 12
PATTERNS = range(16)

SECTORS = ("manufacturing", "services", "other")
SIZES = ("0-9", "10-49", "50-99", "100-249", "unknown", "250+", "below-one")
UNKNOWN, LARGE, BELOW_ONE = SIZES.index("unknown"), SIZES.index("250+"), SIZES.index("below-one")
AGES = ("0-4", "5-9", "10-14", "15-19", "20+")


@dataclass(frozen=True)
class Parameters:
    """One attribute for each file of `data/`, as it stands there; a caller may replace any of them."""

    population: dict[str, Any]
    firms: dict[str, Any]
    growth: dict[str, Any]
    regions: dict[str, Any]
    classes: dict[str, list[str]]


@cache
def belgium() -> Parameters:
    """The parameters of the Belgian population of 1996-2003."""
    names = ("population", "firms", "growth", "regions", "classes")
    return Parameters(**{name: tomllib.loads((DATA / f"{name}.toml").read_text("utf-8")) for name in names})


def having(mask: int) -> list[int]:
    """Patterns with at least one of the flows of the mask."""
    return [pattern for pattern in PATTERNS if pattern & mask]


def lacking(mask: int) -> list[int]:
    """Patterns with none of the flows of the mask."""
    return [pattern for pattern in PATTERNS if not pattern & mask]
