"""The trade of all firms by year, for computing over the whole register at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firmtrade.support import truth
from firmtrade.support.register.register import Register

#: Firm -> year -> yes, no or unknown. A year without a row is absent.
Flags = Mapping[str, Mapping[int, str]]


def flags(register: Register, direction: str, action: str) -> Flags:
    """Whether each firm had 'export' or 'import' in each year; as `history.years`, for all firms."""
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


@dataclass(frozen=True)
class Life:
    """A firm's years: flags, and when it was founded and ended (None: not known, or not ended)."""

    flags: Mapping[int, str]
    founded: int | None = None
    ended: int | None = None

    def at(self, year: int) -> str:
        """Yes, no or unknown; no before the foundation and after the end."""
        outside = (self.founded is not None and year < self.founded) or (
            self.ended is not None and year > self.ended
        )
        return truth.NO if outside else self.flags.get(year, truth.UNKNOWN)


def lives(register: Register, action: str) -> dict[str, Life]:
    """Every firm's years of export, foundation and end."""
    known = flags(register, "export", action)
    heads = register.columns("firms", ("id", "founded_on", "ended_on"), action)
    return {
        firm: Life(known.get(firm, {}), None if founded is None else founded.year,
                   None if ended is None else ended.year)
        for firm, founded, ended in zip(*heads.values(), strict=True)
    }  # fmt: skip
