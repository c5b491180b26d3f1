"""A firm's years of trade from its dossier: flags by year under three-valued logic, and its stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from firmtrade.support import truth
from firmtrade.support.register.dossier import Dossier
from firmtrade.support.register.rows import Row
from firmtrade.support.stages import NEVER, STAGES, UNDETERMINED, Stage, StageRule, stage


@dataclass(frozen=True)
class Year:
    """What is known of a direction of trade in a year; value and destinations are None if not known."""

    traded: str
    value: float | None = None
    destinations: int | None = None


def years(dossier: Dossier, direction: str) -> dict[int, Year]:
    """Years of 'export' or 'import' by calendar year.

    A year's own row counts; where there is none, the parts do: yes if either is yes, no if both are no.
    """
    rows: dict[int, dict[str, Row]] = {}
    for row in dossier.of("exports"):
        if row["flow"].split("-")[0] == direction:
            rows.setdefault(row["year"], {})[row["flow"]] = row
    return {year: _year(flows, direction) for year, flows in sorted(rows.items())}


def _year(flows: dict[str, Row], direction: str) -> Year:
    own = flows.get(direction)
    parts = [flows.get(f"{direction}-{part}") for part in ("intra", "extra")]
    joined = truth.some(part["traded"] if part else truth.UNKNOWN for part in parts)
    if own is None:
        return Year(joined, _sum(parts, "value"), _whole(_sum(parts, "destinations")))
    traded = own["traded"] if own["traded"] != truth.UNKNOWN else joined
    value = own["value"] if own["value"] is not None else _sum(parts, "value")
    return Year(traded, None if value is None else float(value), own["destinations"])


def _sum(parts: Iterable[Row | None], name: str) -> float | None:
    """The sum over both parts; None unless each is known, or known not to be."""
    total = 0.0
    for part in parts:
        if part is None or (part[name] is None and part["traded"] != truth.NO):
            return None
        total += float(part[name] or 0)
    return total


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def stage_of(dossier: Dossier, year: int | None, rule: StageRule) -> Stage:
    """The firm's stage at `year`; undetermined if the register has no trade of any firm (None)."""
    founded = dossier.firm["founded_on"]
    flags = {each: found.traded for each, found in years(dossier, "export").items()}
    if year is None:
        return _undetermined(0, "the register has no year of trade yet")
    early = [each for each, flag in flags.items()
             if founded is not None and each < founded.year and flag == truth.YES]  # fmt: skip
    if early:
        return _undetermined(
            year, f"it exported in {min(early)} and was founded in {founded.year}: correct one of the two"
        )
    found = stage(flags, year, rule, None if founded is None else founded.year)
    if found.code == UNDETERMINED and year not in flags and flags:
        last = max(flags)
        return replace(found, reason=f"{found.reason}; the last year on record for this firm is {last}")
    return found


def _undetermined(year: int, reason: str) -> Stage:
    every = tuple(code for code in STAGES if code != UNDETERMINED)
    return Stage(UNDETERMINED, "", truth.UNKNOWN, truth.UNKNOWN, 0, year, year, False, reason, every)


def mode_of(dossier: Dossier, year: int | None) -> str | None:
    """none, import-only, export-only or both in a year; None if it is not known."""
    if year is None:
        return None
    export, bought = (
        years(dossier, direction).get(year, Year(truth.UNKNOWN)).traded for direction in ("export", "import")
    )
    modes = {("yes", "yes"): "both", ("yes", "no"): "export-only", ("no", "yes"): "import-only"}
    return "none" if (export, bought) == ("no", "no") else modes.get((export, bought))


def started(found: Stage) -> bool:
    """Whether the firm is known to have exported at some time."""
    return found.code not in (NEVER, UNDETERMINED)
