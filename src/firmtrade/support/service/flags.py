"""The trade of all firms by year, for computing over the whole register at once."""

from __future__ import annotations

from collections.abc import Mapping

from firmtrade.support import truth
from firmtrade.support.register.register import Register

#: Firm -> year -> yes, no or unknown. A year without a row is absent.
Flags = Mapping[str, Mapping[int, str]]


def flags(register: Register, direction: str, action: str) -> Flags:
    """Whether each firm had 'export' or 'import' in each year; as `history.years`, for all firms in one go."""
    read = register.columns("exports", ("firm_id", "year", "flow", "traded"), action)
    parts: dict[str, dict[int, dict[str, str]]] = {}
    for firm, year, flow, traded in zip(*read.values(), strict=True):
        if flow.split("-")[0] == direction:
            parts.setdefault(firm, {}).setdefault(year, {})[flow] = traded
    return {
        firm: {year: joined(flows, direction) for year, flows in sorted(years.items())}
        for firm, years in parts.items()
    }


def joined(flows: Mapping[str, str], direction: str) -> str:
    """A year's own row where it is known; else yes if either part is yes, no if both are no."""
    own = flows.get(direction, truth.UNKNOWN)
    if own != truth.UNKNOWN:
        return own
    return truth.some(flows.get(f"{direction}-{part}", truth.UNKNOWN) for part in ("intra", "extra"))
