"""At which stage of exporting a firm is, from one yes, no or unknown a year. Pure functions.

The rules and their sources are in `parameters.toml`. Nothing is guessed: a stage is told only if every
way of filling in the unknown years gives it, and else it is 'undetermined' with the reason. Years before
the first one observed are unknown, unless the firm was not founded yet; what is said of 'ever' and 'never'
is about the years observed, and `since` and `complete` say which those are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from firmtrade.errors import DataError
from firmtrade.support.truth import NO, TRUTHS, UNKNOWN, YES

NEVER, NEW, OCCASIONAL, REGULAR, STOPPED = "never", "new", "occasional", "regular", "stopped"
UNDETERMINED = "undetermined"
#: What a firm's last year is, each with its meaning. Exclusive.
STAGES = {
    NEVER: "no export in any year observed",
    NEW: "exports, and did not in the years before",
    OCCASIONAL: "exports, neither new nor for enough years in a row",
    REGULAR: "has exported in each of the last years",
    STOPPED: "does not export, and did",
    UNDETERMINED: "the years observed do not say",
}
#: Kinds of `new` and of `stopped`.
FIRST_TIME, RE_ENTRANT, RECENT, DORMANT = "first-time", "re-entrant", "recent", "dormant"
ENTRIES = {
    FIRST_TIME: "new, and no export in any earlier year observed",
    RE_ENTRANT: "new, and exported before the years without",
    RECENT: "stopped within the last years",
    DORMANT: "stopped longer ago",
}
#: What a window looks like as a whole. Exclusive.
HISTORIES = ("constant", NEVER, "started", STOPPED, "discontinuous", UNDETERMINED)


@dataclass(frozen=True)
class StageRule:
    """The numbers of the rules; `Parameters.stage_rule` has those that hold at a date.

    without: years without export that make a firm new again; regular: years in a row, up to now, of a
    regular exporter (4: ICEX, 5: French customs); permanent: years in a row, at any time; venture: years
    after the foundation in which the first export of an international new venture falls.
    """

    without: int = 3
    regular: int = 4
    permanent: int = 4
    venture: int = 5

    def __post_init__(self) -> None:
        if min(self.without, self.venture) < 1 or min(self.regular, self.permanent) < 2:
            raise DataError(
                "A stage rule needs without and venture of at least 1, regular and permanent of 2."
            )


@dataclass(frozen=True)
class Stage:
    """A firm's stage at `year`.

    `entry` is the kind of a new or stopped exporter ('' for other stages, 'unknown' if not known).
    `permanent` and `venture` are yes, no or unknown. `in_a_row` counts the known years of export up to
    `year`. `since` is the first year observed; `complete` says that nothing before it can matter, for the
    firm is no older. `reason` says why a stage is undetermined, `possible` which stages it may then be.
    """

    code: str
    entry: str
    permanent: str
    venture: str
    in_a_row: int
    year: int
    since: int
    complete: bool
    reason: str = ""
    possible: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """'new (first-time)': the stage as a reader sees it."""
        return f"{self.code} ({self.entry})" if self.entry and self.entry != UNKNOWN else self.code


def stage(
    flags: Mapping[int, str], year: int, rule: StageRule | None = None, founded: int | None = None
) -> Stage:
    """The stage at `year` of a firm with these flags ('yes', 'no', 'unknown' by calendar year).

    A year that is absent between the first and `year` is unknown; later years do not count. Raises
    DataError for another flag, and for an export before the foundation.
    """
    rule = rule or StageRule()
    since, row = _row(flags, year, founded)
    complete = founded is not None and founded >= since
    need = max(rule.without + 1, rule.regular, rule.permanent)
    unseen = range(min(since, year - need + 1), since)
    padded = [NO if founded is not None and each < founded else UNKNOWN for each in unseen] + row
    code, reason = _code(padded, rule, year)
    if founded is not None and founded > year:
        code, reason = UNDETERMINED, f"the firm was founded in {founded}, after {year}"
    return Stage(
        code=code, entry=_entry(code, padded, rule), permanent=_run(padded, rule.permanent),
        venture=_venture(flags, year, rule, founded), in_a_row=_in_a_row(row), year=year, since=since,
        complete=complete, reason=reason, possible=_possible(code, padded, rule),
    )  # fmt: skip


def of_pattern(
    pattern: str, last: int = 0, rule: StageRule | None = None, founded: int | None = None
) -> Stage:
    """The stage of a drawn window, one sign a year and the last year last: 1 yes, 0 no, ? unknown."""
    return stage(flags_of(pattern, last), last, rule, founded)


def flags_of(pattern: str, last: int = 0) -> dict[int, str]:
    """{2001: 'no', 2002: 'yes'} of '01' with last = 2002."""
    signs = {"1": YES, "0": NO, "?": UNKNOWN}
    if not pattern or set(pattern) - set(signs):
        raise DataError(
            f"'{pattern}' is no pattern: one sign a year, 1 for export, 0 for none, ? for unknown."
        )
    first = last - len(pattern) + 1
    return {first + place: signs[sign] for place, sign in enumerate(pattern)}


def _row(flags: Mapping[int, str], year: int, founded: int | None) -> tuple[int, list[str]]:
    """(first year, the flags from then to `year`); years before the foundation are no."""
    wrong = sorted({str(flag) for flag in flags.values()} - set(TRUTHS))
    if wrong:
        raise DataError(f"'{wrong[0]}' is no flag of a year. Write yes, no or unknown.")
    early = [each for each, flag in flags.items() if founded is not None and each < founded and flag == YES]
    if early:
        raise DataError(
            f"The firm exported in {min(early)} and was founded in {founded}. Correct one of the two."
        )
    known = [each for each in flags if each <= year and (founded is None or each >= founded)]
    since = min(known, default=year)
    return since, [flags.get(each, UNKNOWN) for each in range(since, year + 1)]


def _code(row: Sequence[str], rule: StageRule, year: int) -> tuple[str, str]:
    """(stage, why it is undetermined). Exact: the stage of every way to fill in the unknown years."""
    *before, last = row
    if last == UNKNOWN:
        return UNDETERMINED, f"whether the firm exported in {year} is not known"
    if last == NO:
        if YES in before:
            return STOPPED, ""
        if UNKNOWN not in before:
            return NEVER, ""
        return UNDETERMINED, f"an earlier export can be neither told nor excluded: {_gaps(row, year)}"
    recent, previous = row[-rule.regular :], before[-rule.without :]
    if NO not in recent:
        if UNKNOWN not in recent:
            return REGULAR, ""
        return UNDETERMINED, f"may be regular: {_gaps(recent, year)}"
    if YES in previous:
        return OCCASIONAL, ""
    return (UNDETERMINED, f"may be new: {_gaps(previous, year - 1)}") if UNKNOWN in previous else (NEW, "")


def _possible(code: str, row: Sequence[str], rule: StageRule) -> tuple[str, ...]:
    """The stages of all ways to fill in the unknown years; only the last years matter if it exports."""
    if code != UNDETERMINED:
        return (code,)
    *before, last = row
    found = set()
    if last != YES:
        found |= {NEVER} if YES not in before else set()
        found |= {STOPPED} if set(before) != {NO} else set()
    if last != NO:
        recent = before[-max(rule.without, rule.regular - 1) :]
        for signs in product(*((YES, NO) if flag == UNKNOWN else (flag,) for flag in recent)):
            found.add(_code([*signs, YES], rule, 0)[0])
    return tuple(code for code in STAGES if code in found)


def _gaps(row: Sequence[str], last: int) -> str:
    years = [last - len(row) + 1 + place for place, flag in enumerate(row) if flag == UNKNOWN]
    return f"{', '.join(map(str, years))} not known"


def _entry(code: str, row: Sequence[str], rule: StageRule) -> str:
    before = row[:-1]
    if code == NEW:
        return RE_ENTRANT if YES in before else UNKNOWN if UNKNOWN in before else FIRST_TIME
    if code == STOPPED:
        previous = before[-rule.without :]
        return RECENT if YES in previous else UNKNOWN if UNKNOWN in previous else DORMANT
    return ""


def _run(row: Sequence[str], years: int) -> str:
    """Whether there are so many years of export in a row anywhere: certain, excluded or unknown."""
    windows = [row[start : start + years] for start in range(len(row) - years + 1)]
    if any(set(window) == {YES} for window in windows):
        return YES
    return UNKNOWN if any(NO not in window for window in windows) else NO


def _in_a_row(row: Sequence[str]) -> int:
    count = 0
    for flag in reversed(row):
        if flag != YES:
            break
        count += 1
    return count


def _venture(flags: Mapping[int, str], year: int, rule: StageRule, founded: int | None) -> str:
    """First export within `venture` years of the foundation; no only where all those years were observed."""
    if founded is None:
        return UNKNOWN
    early = [flags.get(each, UNKNOWN) if each <= year else UNKNOWN
             for each in range(founded, founded + rule.venture + 1)]  # fmt: skip
    return YES if YES in early else UNKNOWN if UNKNOWN in early else NO


def history(flags: Mapping[int, str], first: int, last: int) -> str:
    """What the window looks like: constant, never, started once, stopped once, else discontinuous.

    'undetermined' if the unknown years can be filled in so that it looks one way or another (Micocci and
    Rungi classify exporters of 2010-2018 so, but count the unknown as no).
    """
    wrong = sorted({str(flag) for flag in flags.values()} - set(TRUTHS))
    if wrong:
        raise DataError(f"'{wrong[0]}' is no flag of a year. Write yes, no or unknown.")
    possible: set[tuple[str, str, int]] = set()  # first flag, last flag, changes (2 stands for more)
    for year in range(first, last + 1):
        flag = flags.get(year, UNKNOWN)
        signs = (YES, NO) if flag == UNKNOWN else (flag,)
        if year == first:
            possible = {(sign, sign, 0) for sign in signs}
        else:
            possible = {
                (start, sign, min(2, changes + (sign != end)))
                for start, end, changes in possible
                for sign in signs
            }
    looks = {_look(start, changes) for start, _, changes in possible}
    return looks.pop() if len(looks) == 1 else UNDETERMINED


def _look(start: str, changes: int) -> str:
    if changes == 0:
        return "constant" if start == YES else NEVER
    if changes == 1:
        return "started" if start == NO else STOPPED
    return "discontinuous"
