"""The first tables of a study that `firmtrade init` writes: what the columns found can answer."""

from __future__ import annotations

import tomllib
from collections.abc import Collection

from firmtrade.catalog import DEFINITIONS

_HEAD = """
# -- tables: see  firmtrade list  for measures, dimensions and samples; the manual says what they mean -----
"""


def starter_tables(found: Collection[str], years: tuple[int, int] | None) -> str:
    """TOML of a few tables over the columns `found`; `years` are the first and last of the panel."""
    first, last = years or (2000, 2000)
    sample = "smes" if set(found) >= {"domestic", "employment", "turnover"} else "all-firms"
    entries = tomllib.loads((DEFINITIONS / "starter.toml").read_text(encoding="utf-8"))["table"]
    texts = [entry["text"] for entry in entries if set(entry["needs"]) <= set(found)]
    return _HEAD + "".join(f"\n{text.format(sample=sample, first=first, last=last)}" for text in texts)
