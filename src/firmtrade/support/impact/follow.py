"""Follow-up: what is overdue, who missed a year, and how many supported firms became regular exporters.

Survival to the regular exporter is told by Kaplan and Meier's curve of the supported firms beside that of
refused applicants of the same year, matched one to one. A firm that has ended stays in the count: it is no
regular exporter. What a firm says that it would have done without help is told apart, and never counts as
impact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from firmtrade.estimate.extras import econ
from firmtrade.estimate.matching import MatchChoices, match
from firmtrade.estimate.survival.kaplan_meier import Curve, curves
from firmtrade.estimate.survival.logrank import LogRank, logrank
from firmtrade.support.impact.arms import first_years
from firmtrade.support.register.register import Register
from firmtrade.support.service.flags import Life, lives
from firmtrade.support.truth import NO, UNKNOWN, YES
from firmtrade.support.words import parameter

#: Share without help in the middle of each band that a firm may name, in per cent.
MIDDLES = {
    "none": 0.0,
    "1-20": 10.5,
    "21-40": 30.5,
    "41-60": 50.5,
    "61-80": 70.5,
    "81-99": 90.0,
    "all": 100.0,
}
SUPPORTED, REFUSED = "supported", "refused, matched"
#: Firms on a side below which no curve is drawn.
LEAST = 20


@dataclass(frozen=True)
class Overdue:
    """A follow-up that was due and is not done."""

    firm_id: str
    support_id: str | None
    due: date
    days: int


@dataclass(frozen=True)
class Missed:
    """A supported firm that exported after its support and did not in the last year on record."""

    firm_id: str
    supported: int
    exported: int


@dataclass(frozen=True)
class Followed:
    """What follow-up says on a day.

    `planned` counts follow-ups by done, overdue, to come; `never` is how many supports ended a year ago or
    more without any. `missed` and `unknown` (not known for the last year) are supported firms. `curves` are
    of the supported and, where there are refused applicants, their matches; `unmatched` supported firms have
    none. `already` were regular before, or may have been. `bands` counts what firms say would have come
    without help.
    """

    day: date
    until: int | None
    planned: Mapping[str, int]
    never: int
    overdue: tuple[Overdue, ...] = field(repr=False)
    missed: tuple[Missed, ...] = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)
    curves: tuple[Curve, ...]
    test: LogRank | None
    already: int
    unmatched: int
    bands: Mapping[str, int]

    def curve(self, group: str) -> Curve | None:
        """The curve of a group, SUPPORTED or REFUSED."""
        return next((each for each in self.curves if each.group == group), None)

    @property
    def level(self) -> int:
        """On the Maryland scale: 2 where matched firms are beside, else 0: nothing is compared."""
        return 2 if self.curve(REFUSED) else 0


def follow_up(register: Register, day: date, measures: Sequence[str] = ()) -> Followed:
    """What follow-up says of the support by these measures (none: of all)."""
    chosen = tuple(measures) or tuple(sorted(row["id"] for row in register.read("measures")))
    given = first_years(register, chosen)
    until = register.horizon(day)
    known = lives(register, "follow-up")
    planned, overdue, never, bands = _due(register, chosen, day)
    missed, unknown = ((), ()) if until is None else _missed(known, given, until)
    drawn = _Survival(register, known, given, chosen, until)
    return Followed(
        day,
        until,
        planned,
        never,
        overdue,
        missed,
        unknown,
        drawn.curves,
        drawn.test,
        drawn.already,
        drawn.unmatched,
        bands,
    )


def _due(
    register: Register, measures: Sequence[str], day: date
) -> tuple[dict[str, int], tuple[Overdue, ...], int, dict[str, int]]:
    told = register.columns("support", ("id", "ended", "started"), "follow-up", measure_id=list(measures))
    ends = {name: ended or started for name, ended, started in zip(*told.values(), strict=True)}
    counted: Counter[str] = Counter(done=0, overdue=0, coming=0)
    overdue, bands = [], Counter[str]()
    followed = set()
    columns = ("firm_id", "support_id", "due", "done_on", "without_help")
    read = register.columns("follow_ups", columns, "follow-up")
    for firm, support, due, done, band in zip(*read.values(), strict=True):
        if support is not None and support not in ends:
            continue
        followed.add(support)
        if done is not None and done <= day:
            counted["done"] += 1
            bands[band or "not asked"] += 1
        elif due <= day:
            counted["overdue"] += 1
            overdue.append(Overdue(firm, support, due, (day - due).days))
        else:
            counted["coming"] += 1
    never = sum((day - end).days >= 365 and name not in followed for name, end in ends.items())
    late = tuple(sorted(overdue, key=lambda each: (each.due, each.firm_id, each.support_id or "")))
    return dict(counted), late, never, {name: bands[name] for name in (*MIDDLES, "not asked") if bands[name]}


def _missed(
    known: Mapping[str, Life], given: Mapping[str, int], until: int
) -> tuple[tuple[Missed, ...], tuple[str, ...]]:
    """(firms that exported after their support and missed the last year, firms not known to)."""
    missed, unknown = [], []
    for firm in sorted(given):
        life = known[firm]
        if life.ended is not None and life.ended < until:
            continue
        now = life.at(until)
        years = [year for year in range(given[firm], until) if life.at(year) == YES]
        if now == UNKNOWN:
            unknown.append(firm)
        elif now == NO and years:
            missed.append(Missed(firm, given[firm], max(years)))
    return tuple(missed), tuple(unknown)


class _Survival:
    """Curves to the regular exporter."""

    def __init__(self, register: Register, known: Mapping[str, Life], given: Mapping[str, int],
                 measures: Sequence[str], until: int | None) -> None:  # fmt: skip
        self.curves: tuple[Curve, ...] = ()
        self.test: LogRank | None = None
        self.already = self.unmatched = 0
        if until is None:
            return
        self.known, self.until, self.given = known, until, given
        self.years = int(parameter("regular-years", date(until, 12, 31))["value"])
        pairs = self._matched(register, given, measures)
        rows = [(firm, given[firm], SUPPORTED) for firm in sorted(given)]
        if pairs:
            self.unmatched = sum(given[firm] <= until for firm in given) - len(pairs)
            rows = [(firm, year, SUPPORTED) for firm, _, year in pairs]
            rows += [(firm, year, REFUSED) for _, firm, year in pairs]
        self._draw(rows)

    def _draw(self, rows: Sequence[tuple[str, int, str]]) -> None:
        lines = []
        for firm, year, group in rows:
            end = self.until
            if group == REFUSED:  # until it is supported itself, by another call
                end = min(end, self.given.get(firm, end + 1) - 1)
            spell = to_regular(self.known[firm], year, end, self.years)
            if spell is None:
                self.already += 1
            elif spell[0] > 0:
                lines.append((firm, group, 0.0, float(spell[0]), int(spell[1])))
        sides = Counter(line[1] for line in lines)
        if not sides or min(sides.values()) < LEAST:
            return
        pandas = econ("pandas", "survival to the regular exporter")
        frame = pandas.DataFrame(lines, columns=["firm", "group", "entry", "exit", "event"])
        self.curves = curves(frame, "group")
        self.test = logrank(frame, "group") if len(sides) > 1 else None

    def _matched(
        self, register: Register, given: Mapping[str, int], measures: Sequence[str]
    ) -> list[tuple[str, str, int]]:
        """(supported firm, refused firm, year of the application), matched within the year and
        the measure and by whether the firm had exported before, to the one that applied nearest in time."""
        columns = ("firm_id", "received_at", "decision", "measure_id")
        told = register.columns("applications", columns, "follow-up", measure_id=list(measures))
        rows: dict[tuple[str, int, str], dict[str, Any]] = {}
        for firm, received, decision, measure in zip(*told.values(), strict=True):
            year = received.year
            granted = decision == "granted" and given.get(firm) is not None and given[firm] >= year
            refused = decision in ("refused", "waiting") and given.get(firm, year + 1) > year
            if (granted or refused) and year <= self.until:
                row = {
                    "firm": firm,
                    "year": year,
                    "granted": granted,
                    "ever": _ever(self.known[firm], year),
                    "measure": measure,
                    "arrival": received.timetuple().tm_yday + received.hour / 24,
                }
                if granted or not rows.get((firm, year, measure), row)["granted"]:
                    rows[firm, year, measure] = row
        frame = [rows[key] for key in sorted(rows)]
        if len({row["granted"] for row in frame}) < 2:
            return []
        return _pairs(frame)


def _ever(life: Life, year: int) -> str:
    """Whether a firm had exported before a year, as far as is known."""
    before = [flag for each, flag in life.flags.items() if each < year]
    return YES if YES in before else UNKNOWN if UNKNOWN in before else NO


def _pairs(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """One to one within each year, which is matched by itself, for a firm may apply in several."""
    pandas = econ("pandas", "matching")
    found = []
    for year in sorted({row["year"] for row in rows}):
        mine = [row for row in rows if row["year"] == year]
        if len({row["granted"] for row in mine}) < 2:
            continue
        made = match(
            pandas.DataFrame(_once(mine)), "granted", ("ever", "measure"), ("arrival",), MatchChoices()
        )
        found += [
            (one, other, year)
            for one, other in zip(made.pairs["treated"], made.pairs["control"], strict=True)
        ]
    return found


def _once(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One row for each firm of a year: the one that was granted, else the first by measure."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row["firm"] not in found or (row["granted"] and not found[row["firm"]]["granted"]):
            found[row["firm"]] = row
    return list(found.values())


def to_regular(life: Life, start: int, until: int, years: int) -> tuple[int, bool] | None:
    """(years from the beginning of `start`, whether the firm then became regular).

    Regular: exports in `years` years in a row up to then. A year of which that is not known ends the count.
    None if the firm was regular in the year before `start`, or may have been: it cannot become so any more.
    """
    if _regular(life, start - 1, years) != NO:
        return None
    for year in range(start, until + 1):
        regular = _regular(life, year, years)
        if regular != NO:
            return (year - start + 1, True) if regular == YES else (year - start, False)
    return until - start + 1, False


def _regular(life: Life, year: int, years: int) -> str:
    """Whether a firm has exported in each of the last `years` years up to `year`."""
    flags = [life.at(each) for each in range(year - years + 1, year + 1)]
    return NO if NO in flags else YES if set(flags) == {YES} else UNKNOWN


def as_json(found: Followed) -> dict[str, Any]:
    """What follow-up says, for JSON."""
    return {
        "date": found.day.isoformat(), "trade_until": found.until, "follow_ups": dict(found.planned),
        "never_followed_up": found.never,
        "overdue": [{**vars(each), "due": each.due.isoformat()} for each in found.overdue],
        "missed_a_year": [vars(each) for each in found.missed], "not_known": list(found.unknown),
        "regular_before": found.already, "without_a_match": found.unmatched, "level": found.level,
        "survival_to_regular": [
            {"group": curve.group, "firms": curve.firms, "events": curve.events,
             "steps": [{"years": step.time, "at_risk": step.at_risk, "events": step.events,
                        "regular": round(1 - step.survival, 9)} for step in curve.steps]}
            for curve in found.curves],
        "log_rank": None if found.test is None else {"chi2": found.test.chi2, "p": found.test.p},
        "said_without_help": dict(found.bands),
    }  # fmt: skip
