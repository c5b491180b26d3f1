"""Closed lists of activity codes, kept as data in definitions/classifications/."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from firmtrade.errors import StudyError, nearest

FOLDER = Path(__file__).parents[1] / "definitions" / "classifications"
CLASSIFICATIONS = ("NACE 1.1", "NACE 2", "NACE 2.1", "ISIC 2", "ISIC 3.1", "ISIC 4")


@lru_cache(maxsize=len(CLASSIFICATIONS) + 1)
def divisions(name: str) -> Mapping[str, str]:
    """Code -> English title of a classification's divisions; empty for '' (none is stated).

    NACE and ISIC have two-digit divisions; ISIC 2 is listed by its three-digit major groups.
    """
    if not name:
        return MappingProxyType({})
    if name not in CLASSIFICATIONS:
        raise StudyError(
            f"There is no classification '{name}'.{nearest(name, CLASSIFICATIONS)} "
            f"Known: {', '.join(CLASSIFICATIONS)}."
        )
    path = FOLDER / f"{name.lower().replace(' ', '-')}.toml"
    codes = tomllib.loads(path.read_text(encoding="utf-8"))["codes"]
    return MappingProxyType(dict(sorted(codes.items())))


def division_length(name: str) -> int:
    """Number of digits of the codes in `divisions(name)`; 2 where no classification is stated."""
    return 3 if name == "ISIC 2" else 2
