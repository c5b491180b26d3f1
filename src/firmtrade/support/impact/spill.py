"""What an effect on supported firms does not say: whether others were helped along, or pushed out.

A comparison firm that is linked to a supported one, or belongs to the same group, may have had its share of
the support; the effect is then too small. One exporter may win what another loses; the effect is then no
gain for the region. Neither can be ruled out from a register: what can be counted is counted, the linked
firms are left out for a second estimate, and the rest is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from firmtrade.support.impact.arms import Arms
from firmtrade.support.impact.outcomes import Records
from firmtrade.support.register.register import Register
from firmtrade.support.truth import YES

#: Share of supported firms in an industry of a region from which they are said to be crowded.
CROWDED = 0.2
#: Share of supported firms among the exporters of an industry from which displacement is warned of.
DISPLACING = 0.1
_LEAST = 5


@dataclass(frozen=True)
class Spill:
    """`linked`: comparison firms with a link to a supported one, or in one group with it.

    `crowded`: (industry, region, supported firms, all firms) where many of the firms were supported;
    `displacing`: (industry, supported exporters, all exporters) in the last year.
    """

    linked: tuple[str, ...]
    crowded: tuple[tuple[str, str, int, int], ...]
    displacing: tuple[tuple[str, int, int], ...]

    def warnings(self) -> list[str]:
        """What has to be said beside the figure."""
        said = []
        if self.linked:
            said.append(f"Spill-over: {len(self.linked)} comparison firms are linked to a supported firm or "
                        "belong to "
                        f"its group. The effect without them is told.")  # fmt: skip
        if self.crowded:
            listed = "; ".join(
                f"{code} in {region}: {mine} of {every}" for code, region, mine, every in self.crowded
            )
            said.append("Spill-over: where more than a fifth of the firms of an industry and region were "
                        "supported, "
                        f"others may have learnt from them ({listed}).")  # fmt: skip
        if self.displacing:
            listed = "; ".join(f"{code}: {mine} of {every}" for code, mine, every in self.displacing)
            said.append("Displacement: where more than a tenth of the exporters of an industry were "
                        "supported, what "
                        f"they won may be what others lost ({listed}).")  # fmt: skip
        said.append("A gain of supported firms is no gain of the region where it was taken from others: "
                    "look at the "
                    "totals of the market and the industry.")  # fmt: skip
        return said


def owners(register: Register) -> Mapping[str, str]:
    """The undertaking that each firm belongs to now, the first by id."""
    told = register.columns("members", ("firm_id", "undertaking_id", "until"), "impact")
    found: dict[str, str] = {}
    for firm, group, until in sorted(zip(*told.values(), strict=True), key=lambda row: (row[0], row[1])):
        if until is None:
            found.setdefault(firm, group)
    return found


def spill(register: Register, found: Records, who: Arms, groups: Mapping[str, str]) -> Spill:
    """Count what can be counted."""
    supported, others = who.supported, who.compared - who.supported
    told = register.columns("links", ("firm_id", "partner"), "impact")
    pairs = list(zip(*told.values(), strict=True))
    linked = {firm for firm, partner in pairs if partner in supported} | {
        partner for firm, partner in pairs if firm in supported}  # fmt: skip
    theirs = {groups[firm] for firm in supported if firm in groups}
    linked |= {firm for firm, group in groups.items() if group in theirs}
    return Spill(tuple(sorted(linked & others)), _crowded(found, supported), _displacing(found, supported))


def _crowded(found: Records, supported: set[str]) -> tuple[tuple[str, str, int, int], ...]:
    last = found.years[-1]
    places = {
        firm: (found.codes["activity"].get(firm, "unknown"), found.codes["region"].get(firm, "unknown"))
        for firm, life in found.lives.items()
        if life.ended is None or life.ended >= last
    }
    every = Counter(places.values())
    mine = Counter(place for firm, place in places.items() if firm in supported)
    return tuple(
        (*place, number, every[place]) for place, number in sorted(mine.items())
        if number >= _LEAST and number > CROWDED * every[place]
    )  # fmt: skip


def _displacing(found: Records, supported: set[str]) -> tuple[tuple[str, int, int], ...]:
    last = found.years[-1]
    trading = [firm for firm, life in found.lives.items() if life.at(last) == YES]
    every = Counter(found.codes["activity"].get(firm, "unknown") for firm in trading)
    mine = Counter(found.codes["activity"].get(firm, "unknown") for firm in trading if firm in supported)
    return tuple(
        (code, number, every[code]) for code, number in sorted(mine.items())
        if number >= _LEAST and number > DISPLACING * every[code]
    )  # fmt: skip
