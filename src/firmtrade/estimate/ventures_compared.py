"""International new ventures beside the domestic ones that they were matched with at birth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.att import Att, att
from firmtrade.estimate.matching import MatchChoices, Matched, match
from firmtrade.estimate.survival.frames import firm_years, lacks
from firmtrade.estimate.survival.hazards import HazardModel, cox
from firmtrade.estimate.survival.kaplan_meier import AtRisk, Curve, at_risk, curves
from firmtrade.estimate.survival.lifetimes import LifetimeChoices, lifetimes
from firmtrade.estimate.survival.logrank import LogRank, logrank
from firmtrade.estimate.ventures import DOMESTIC, INTERNATIONAL, Ventures

if TYPE_CHECKING:
    import pandas

SURVIVORS, WITH_EXITS = "growth of survivors", "growth with exits"


@dataclass(frozen=True)
class VentureChoices:
    """How ventures are compared.

    `late`: years after foundation by which a firm must be seen to be seen at birth. `after`: years after the
    landmark at which growth since birth is measured. `match`: how, in cells of the founding year and `exact`.
    """

    late: int = 1
    after: int = 2
    match: MatchChoices = field(default_factory=MatchChoices)

    def __post_init__(self) -> None:
        if self.late < 0 or self.after < 1:
            raise StudyError("late is 0 years or more, after 1 or more.")


@dataclass(frozen=True)
class VenturesCompared:
    """What matched ventures differ in. `growth`: the yearly change of the logarithm of size since birth of
    those that live, and change over the mean of both sizes with exits as -2 (Davis and Haltiwanger 1992).

    `curves` are of the matched firms since the landmark; `logrank` and `pairs` compare within pairs,
    `margin` is Cox's model without strata and errors by pair. A figure that cannot be had is None and `why`
    says so by its name.
    """

    matched: Matched
    growth: tuple[Att, ...]
    curves: tuple[Curve, ...]
    at_risk: tuple[AtRisk, ...]
    logrank: LogRank | None
    pairs: HazardModel | None
    margin: HazardModel | None
    counts: Mapping[str, int]
    why: Mapping[str, str]
    ventures: Ventures
    choices: VentureChoices


def compare(
    panel: pandas.DataFrame,
    ventures: Ventures,
    size: str,
    exact: tuple[str, ...] = (),
    on: tuple[str, ...] = (),
    choices: VentureChoices | None = None,
    lives: LifetimeChoices | None = None,
    *,
    founded: str = "founded",
    reason: str | None = None,
    firm: str = "firm",
    year: str = "year",
    unit: str | None = None,
) -> VenturesCompared:
    """Match international with domestic ventures and compare their growth and survival after the landmark.

    `size` (positive) is matched on by its logarithm at birth and is what grows; `exact` and `on` are further
    columns as they were at birth. Raises StudyError where a column is missing or one of the groups is empty.
    """
    choices, unit = choices or VentureChoices(), unit or firm
    lacks(panel, [firm, year, founded, size, unit, *exact, *on], "A comparison of ventures")
    rows = firm_years(panel, firm, year)
    firms, counts = _at_birth(rows, ventures, size, [unit, *exact, *on], choices, firm, year)
    matched = match(
        firms, "international", ("founded", *exact), ("log size at birth", *on), choices.match, firm=firm,
        unit=unit if unit != firm else None,
    )  # fmt: skip
    if not len(matched.pairs):
        raise Unanswerable(
            "No international new venture has a domestic one of the same founding year"
            f"{''.join(f' and {name}' for name in exact)}. Match exactly on less, or look at more years."
        )
    firms = _outcomes(rows, firms, size, choices, firm, year)
    growth = tuple(att(matched, firms, outcome, firm=firm, unit=unit) for outcome in (SURVIVORS, WITH_EXITS))
    lived = _lived(rows, firms, matched, lives or LifetimeChoices(), founded, reason, firm, year, unit)
    counts["matched firms never at risk (landmark at the end of the follow-up)"] = _lost(matched, lived, firm)
    return _compared(matched, growth, lived, counts, ventures, choices, firm, unit)


def _at_birth(
    rows: pandas.DataFrame, ventures: Ventures, size: str, keep: list[str], choices: VentureChoices,
    firm: str, year: str,
) -> tuple[pandas.DataFrame, dict[str, int]]:  # fmt: skip
    """One row a venture that was seen at birth and lives at its landmark, with what it was at birth."""
    import numpy

    firms = ventures.firms.loc[ventures.firms["venture"].isin([INTERNATIONAL, DOMESTIC])]
    spans = rows.groupby(firm)[year].agg(first="min", last="max")
    firms = firms.join(spans, on=firm)
    seen = firms["first"] <= firms["founded"] + choices.late
    counts = {"international or domestic": len(firms), "not seen at birth": int((~seen).sum())}
    firms = firms.loc[seen]
    alive = firms["last"] >= firms["landmark"]
    counts["gone before the landmark"] = int((~alive).sum())
    firms = firms.loc[alive]
    columns = list(dict.fromkeys([firm, year, size, *keep]))
    birth = rows[columns].rename(columns={year: "first"})
    firms = firms.merge(birth, on=[firm, "first"], how="left", validate="one_to_one")
    positive = firms[size].astype(float).where(firms[size].astype(float) > 0)
    firms["log size at birth"] = numpy.log(positive)
    firms["size at birth"] = positive
    firms["international"] = (firms["venture"] == INTERNATIONAL).astype(float)
    return firms.drop(columns=size), counts


def _outcomes(
    rows: pandas.DataFrame, firms: pandas.DataFrame, size: str, choices: VentureChoices, firm: str, year: str
) -> pandas.DataFrame:
    """Growth from birth to `after` years after the landmark; unknown where the panel ends before."""
    import numpy

    end = firms["landmark"] + choices.after
    there = rows[[firm, year, size]].rename(columns={year: "end", size: "size then"})
    found = firms.assign(end=end).merge(there, on=[firm, "end"], how="left", validate="one_to_one")
    then = found["size then"].astype(float)
    then = then.where(then > 0)
    last = int(rows[year].max())
    gone = (found["last"] < found["end"]) & (found["end"] <= last)
    with_exits = then.mask(gone, 0.0)
    born = found["size at birth"]
    return found.assign(
        **{
            SURVIVORS: (numpy.log(then) - numpy.log(born)) / (found["end"] - found["first"]),
            WITH_EXITS: (with_exits - born) / ((with_exits + born) / 2),
        }
    )


def _lived(
    rows: pandas.DataFrame, firms: pandas.DataFrame, matched: Matched, choices: LifetimeChoices, founded: str,
    reason: str | None, firm: str, year: str, unit: str,
) -> pandas.DataFrame:  # fmt: skip
    """Two rows a pair: how long each lives after its landmark."""
    import pandas

    sides = [
        matched.pairs[["pair", side]].rename(columns={side: firm}).assign(venture=code)
        for side, code in (("treated", INTERNATIONAL), ("control", DOMESTIC))
    ]
    pairs = pandas.concat(sides, ignore_index=True).drop_duplicates(["pair", firm])
    choices = replace(choices, clock="age", base=None)
    lives = lifetimes(rows, choices, firm=firm, year=year, founded=founded, reason=reason).frame
    lives = lives.merge(firms[[firm, "landmark", *([unit] if unit != firm else [])]], on=firm)
    reached = lives["landmark"] - lives["origin"]
    lives = lives.assign(entry=0, exit=lives["exit"] - reached)
    lives = lives.loc[lives["exit"] > 0]
    return pairs.merge(lives, on=firm, how="inner").sort_values(["pair", "venture", firm], ignore_index=True)


def _times(lived: pandas.DataFrame) -> tuple[float, ...]:
    """Years since the landmark at which somebody is at risk."""
    return tuple(float(year) for year in range(int(lived["exit"].max()) if len(lived) else 0))


def _lost(matched: Matched, lived: pandas.DataFrame, firm: str) -> int:
    everyone = set(matched.pairs["treated"]) | set(matched.pairs["control"])
    return len(everyone - set(lived[firm]))


def _compared(
    matched: Matched, growth: tuple[Att, ...], lived: pandas.DataFrame, counts: dict[str, int],
    ventures: Ventures, choices: VentureChoices, firm: str, unit: str,
) -> VenturesCompared:  # fmt: skip
    why: dict[str, str] = {}

    def tried(name: str, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except StudyError as error:
            why[name] = str(error)
            return None

    groups = {"venture": DOMESTIC}
    return VenturesCompared(
        matched=matched,
        growth=growth,
        curves=curves(lived, "venture", firm=firm, unit=unit),
        at_risk=at_risk(lived, _times(lived), "venture", firm=firm, unit=unit),
        logrank=tried("logrank", lambda: logrank(lived, "venture", strata="pair", firm=firm, unit=unit)),
        pairs=tried(
            "pairs", lambda: cox(lived, groups, strata="pair", errors="by-firm", firm="pair", unit=unit)
        ),
        margin=tried("margin", lambda: cox(lived, groups, errors="by-firm", firm="pair", unit=unit)),
        counts=counts,
        why=why,
        ventures=ventures,
        choices=choices,
    )
