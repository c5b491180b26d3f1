"""Figures of models: which may be told, judged one by one from the evidence behind each.

A table's figure is a sum, and equations tie it to others (`decide`). A coefficient, a step of a survival
curve or a quantile is no sum: it is told if it rests on enough firms, if its fit has freedom left, if no firm
dominates it, and if no few firms can be read off it. Deny by default: a kind without a rule, or evidence
that is not there, hides the figure. Sources: the guidelines of ESSnet for output checking, and the defaults
of ACRO (see `definitions/rules.toml`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from firmtrade.protect.rules import Profile, Rule
from firmtrade.result import Evidence

#: SDMX CL_CONF_STATUS, as for tables: too few firms, one dominates, another rule, no evidence; free.
FEW, DOMINATED, OTHER, UNKNOWN, FREE = "A", "O", "M", "U", "F"
_ORDER = (FEW, DOMINATED, OTHER, UNKNOWN)
Judgement = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class FigureEvidence(Evidence):
    """What a figure of a model rests on. Numbers are of distinct firms, or of holdings where these are known.

    firms    behind the figure; of a difference between two groups, those of the smaller one; of a survival
             step, those at risk
    degrees  residual degrees of freedom of the fit
    largest  the largest firm's share of what the figure rests on, between 0 and 1
    events   firms that had the event of a survival step
    side     the fewest firms on one side: that have a regressor that is yes or no (or lack it), that lie
             beyond a quantile, that are in the part of a share (or outside it)
    of       the evidence of the coefficient that a standard error belongs to
    """

    side: int | None = None
    of: Evidence | None = None


#: The parts of the evidence by name: `firms` is no measure here.
_KIND, FIRMS, DEGREES, LARGEST, EVENTS = (part.name for part in fields(Evidence))

#: What must be known of each kind of figure. What is known beyond it is judged too.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "coefficient": (FIRMS, "degrees"),
    "regression": (FIRMS, "degrees"),
    "test-statistic": (FIRMS,),
    "difference": (FIRMS,),
    "survival-step": (FIRMS, "events"),
    "quantile": (FIRMS, "side"),
    "share": (FIRMS, "side"),
    "mean": (FIRMS, "largest"),
    "sum": (FIRMS, "largest"),
    "growth": (FIRMS, "largest"),
    "count": (FIRMS,),
}
STANDARD_ERROR = "standard-error"
KINDS = (*NEEDS, STANDARD_ERROR)
_WHAT = {
    FIRMS: "how many firms it rests on",
    "degrees": "how much freedom its fit has",
    "largest": "what share the largest firm has",
    "events": "how many firms had the event",
    "side": "how few firms are on one side of it",
}


def judge(evidence: Evidence | None, profile: Profile) -> Judgement:
    """(status, reasons) of a figure: F and none if it may be told.

    The status is SDMX CL_CONF_STATUS for the custodian, the strongest reason first: A few firms, O one
    dominates, M another rule, U no evidence. Reasons have numbers and are confidential.
    """
    if evidence is None:
        return UNKNOWN, ("there is no evidence about it",)
    if evidence.kind == STANDARD_ERROR:
        return _inherited(evidence, profile)
    missing = _missing(evidence, profile)
    if missing:
        return UNKNOWN, missing
    found = list(_broken(evidence, profile))
    if not found:
        return FREE, ()
    return min((status for status, _ in found), key=_ORDER.index), tuple(reason for _, reason in found)


def _inherited(evidence: Evidence, profile: Profile) -> Judgement:
    """A standard error tells of its coefficient and is told with it, or not at all."""
    of = getattr(evidence, "of", None)
    if of is None or of.kind == STANDARD_ERROR:
        return UNKNOWN, ("it is not said which coefficient it belongs to",)
    status, reasons = judge(of, profile)
    return status, tuple(f"its coefficient: {reason}" for reason in reasons)


def _missing(evidence: Evidence, profile: Profile) -> tuple[str, ...]:
    """What keeps the figure from being judged at all."""
    if evidence.kind not in NEEDS:
        return (f"there is no rule for a figure of the kind '{evidence.kind}'",)
    lacking = [kind for kind in ("units", "degrees", "largest", "side", "events") if not profile.of(kind)]
    if lacking:
        return (f"the profile {profile.name} has no rule of the kind {lacking[0]} for models",)
    numbers = {name: getattr(evidence, name, None) for name in _WHAT}
    found = [f"it is not known {_WHAT[name]}" for name in NEEDS[evidence.kind] if numbers[name] is None]
    found += [
        f"{_WHAT[name]} cannot be {value}"
        for name, value in numbers.items()
        if value is not None and not _possible(name, value)
    ]
    return tuple(found)


def _possible(name: str, value: float) -> bool:
    if not math.isfinite(value):
        return False
    return 0 <= value <= 1 + 1e-9 if name == "largest" else name == "degrees" or value >= 0


def _broken(evidence: Evidence, profile: Profile) -> Iterator[tuple[str, str]]:
    """(status, reason) of each rule that a figure with its evidence breaks."""
    for rule in (*profile.models, *profile.of("group")):
        test = _TESTS.get(rule.kind)
        if test is not None:
            yield from test(rule, evidence)


def _units(rule: Rule, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if evidence.firms < rule["least"]:
        yield FEW, f"{_firms(evidence.firms)}: fewer than the {rule.whole('least')} that {rule.name} asks for"


def _degrees(rule: Rule, evidence: Evidence) -> Iterator[tuple[str, str]]:
    degrees = evidence.degrees
    if degrees is None:
        return
    if degrees <= 0:
        yield OTHER, "the fit is exact, so that it repeats the data"
    elif degrees < rule["least"]:
        yield OTHER, f"{degrees} degrees of freedom: {rule.name} asks for {rule.whole('least')}"


def _largest(rule: Rule, evidence: Evidence) -> Iterator[tuple[str, str]]:
    # A share is a floating number, and one half is one half: what is equal to the limit is safe.
    if evidence.largest is not None and 100 * evidence.largest > float(rule["percent"]) + 1e-9:
        share, limit = f"{100 * evidence.largest:.3g}", f"{float(rule['percent']):g}"
        yield DOMINATED, f"the largest firm has {share} per cent: {rule.name} allows {limit}"


def _side(rule: Rule, evidence: Evidence) -> Iterator[tuple[str, str]]:
    side = getattr(evidence, "side", None)
    if side is not None and side < rule["least"]:
        yield FEW, f"{_firms(side)} on one side of it: {rule.name} asks for {rule.whole('least')}"


def _events(rule: Rule, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """A step with few events tells when these firms left; one with few survivors, who stayed."""
    if evidence.kind != "survival-step" or not evidence.events:
        return
    least, rest = rule.whole("least"), evidence.firms - evidence.events
    if evidence.events < least:
        yield FEW, f"{_firms(evidence.events)} had the event: {rule.name} asks for none or {least}"
    if rest < least:
        yield FEW, f"all but {max(rest, 0)} of {_firms(evidence.firms)} had the event ({rule.name})"


def _group(rule: Rule, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Nearly all firms in one part of a share: whoever is known to be in the group is known to be in it."""
    side = getattr(evidence, "side", None)
    if evidence.kind == "share" and side is not None and evidence.firms:
        part = 100 * (evidence.firms - side)
        if part >= rule["percent"] * evidence.firms:
            share = part / evidence.firms
            yield OTHER, f"{share:.3g} per cent of {_firms(evidence.firms)} are alike ({rule.name})"


_TESTS: Mapping[str, Callable[[Rule, Evidence], Iterator[tuple[str, str]]]] = {
    "units": _units,
    "degrees": _degrees,
    "largest": _largest,
    "side": _side,
    "events": _events,
    "group": _group,
}


def _firms(number: int) -> str:
    return "1 firm" if number == 1 else f"{number:,} firms"


def coarsened(steps: Sequence[Evidence], profile: Profile) -> tuple[tuple[int, ...], ...]:
    """The steps of a survival curve in groups of neighbours, each of which may be told as one step.

    `steps` are in order. A group is told by the survival at its last step; of the steps within, nothing.
    Steps are joined to the next until enough firms had the event, what is left at the end to the group
    before it. The curve ends where too few firms are at risk: later steps are in no group.
    """
    groups: list[list[int]] = []
    waiting: list[int] = []
    for place, step in enumerate(steps):
        if judge(_joined([step]), profile)[0] == UNKNOWN or _too_few(step, profile):
            break
        waiting.append(place)
        if judge(_joined([steps[n] for n in waiting]), profile)[0] == FREE:
            groups.append(waiting)
            waiting = []
    if waiting and groups:
        joined = [*groups[-1], *waiting]
        if judge(_joined([steps[n] for n in joined]), profile)[0] == FREE:
            groups[-1] = joined
    return tuple(tuple(group) for group in groups)


def _too_few(step: Evidence, profile: Profile) -> bool:
    return any(step.firms < rule["least"] for rule in profile.of("units"))


def _joined(steps: Sequence[Evidence]) -> FigureEvidence:
    """The evidence of several steps told as one: those at risk at its beginning, all that had the event."""
    events = [step.events for step in steps]
    known = None if None in events else sum(n for n in events if n is not None)
    return FigureEvidence("survival-step", steps[0].firms, events=known)
