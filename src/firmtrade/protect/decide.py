"""Which figures of a release are hidden, and why: every additive part protected, attacked and proven.

The order of work for each part: the rules name unsafe columns (`primary`), others are hidden for their
sake (`suppress`), the attacker tries (`attack`), the proof is kept (`certificate`). Whatever is worked out
from a hidden column is hidden. Nothing is decided where a solver fails: that error stops the release.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from firmtrade._engine import expression
from firmtrade.catalog import Catalog
from firmtrade.describe.asks import Ask
from firmtrade.describe.behind import Behind
from firmtrade.describe.computed import Backing, Computed
from firmtrade.errors import DisclosureError
from firmtrade.protect.attack import Interval, Report, attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.certificate import Certificate, certificate
from firmtrade.protect.concentration import unsafe
from firmtrade.protect.figures import Part, parts_of
from firmtrade.protect.ledger_joint import Bound, Refused, Requests, unbound
from firmtrade.protect.ledger_limits import limited, of_this_run
from firmtrade.protect.perturb import Counts, perturb, refuse_exact
from firmtrade.protect.policy import Policy, backing_of
from firmtrade.protect.primary import Plan, Request
from firmtrade.protect.rules import Profile
from firmtrade.protect.suppress import Effort, Pattern, suppress
from firmtrade.protect.system import NOTHING

if TYPE_CHECKING:
    from firmtrade.protect.rehearsal import Rehearsal

#: SDMX CL_CONF_STATUS of a primary figure by the kind of rule that it breaks; the first that applies counts.
STATUS = {"frequency": "A", "dominance": "O", "percent": "M", "group": "M"}
FREE, SECONDARY, OTHER, TOLD = "F", "D", "U", "C"

#: The reason of a figure that is no sum and is hidden because the custodian names it.
NAMED = "the custodian names it"
#: Up to so many figures in one system the search for what to hide is made harder.
SMALL = 3000


@dataclass(frozen=True)
class Decided:
    """One part of the release: its system, what is unsafe, what is hidden, the attack and the proof.

    `counts` is there if the part has numbers of firms that are not hidden but printed changed. `refused`
    are unsafe columns that nothing protects: there are none but in a rehearsal, which a run would stop at.
    """

    part: Part
    plan: Plan
    pattern: Pattern
    report: Report
    certificate: Certificate
    counts: Counts | None = None
    refused: frozenset[int] = frozenset()

    @cached_property
    def hidden(self) -> frozenset[int]:
        """The hidden columns."""
        return frozenset(self.pattern.hidden.tolist())

    @cached_property
    def rules(self) -> Mapping[int, tuple[str, ...]]:
        """The rules that each unsafe column breaks."""
        return dict(zip(self.plan.columns.tolist(), self.plan.reasons, strict=True))

    @cached_property
    def intervals(self) -> Mapping[int, Interval]:
        """What an outsider can prove of each hidden column, in the part's whole numbers."""
        return {interval.column: interval for interval in self.report.outsider}


@dataclass(frozen=True)
class Decision:
    """Why a figure is hidden: `status` for the custodian, the rules broken, and the asks that are hidden."""

    status: str
    rules: tuple[str, ...]
    asks: tuple[Ask, ...]

    @property
    def hidden(self) -> bool:
        """Whether the figure may not be told."""
        return self.status != FREE


@dataclass(frozen=True)
class Decisions:
    """All parts, and the decision on each ask."""

    profile: Profile
    parts: tuple[Decided, ...]
    others: Mapping[Ask, tuple[str, ...]]

    @cached_property
    def _place(self) -> Mapping[Ask, Decided]:
        return {ask: each for each in self.parts for ask in each.part.system.places}  # type: ignore[misc]

    def of(self, asks: Iterable[Ask]) -> Decision:
        """The decision on a figure that is worked out from these asks."""
        rules: dict[str, None] = {}
        hidden = []
        for ask in asks:
            found = self._broken(ask)
            if found is not None:
                hidden.append(ask)
                rules.update(dict.fromkeys(found))
        if not hidden:
            return Decision(FREE, (), ())
        return Decision(self._status(rules) if rules else SECONDARY, tuple(rules), tuple(hidden))

    def where(self, ask: Ask) -> tuple[Decided, int] | None:
        """The part and column of an ask; None if it is empty or does not add up."""
        each = self._place.get(ask)
        column = NOTHING if each is None else each.part.column(ask)
        return None if each is None or column == NOTHING else (each, column)

    def _broken(self, ask: Ask) -> tuple[str, ...] | None:
        """The rules that a hidden ask breaks (none if it is hidden for others' sake); None if it is shown."""
        if ask in self.others:
            return self.others[ask] or None
        if ask not in self._place:
            raise DisclosureError(
                f"There is no evidence about {ask.aggregate} of {ask.sample}. Nothing is released."
            )
        found = self.where(ask)
        if found is None or found[1] not in found[0].hidden:
            return None
        return found[0].rules.get(found[1], ())

    def _status(self, rules: Iterable[str]) -> str:
        kinds = {rule.name: rule.kind for rule in self.profile.rules}
        told = [STATUS[kinds[rule]] for rule in rules if kinds.get(rule) in STATUS]
        return min(told, key=[*STATUS.values()].index) if told else OTHER


def decide(
    computed: Computed,
    policy: Policy,
    catalog: Catalog,
    progress: Callable[[str], None] = lambda text: None,
    rehearsal: Rehearsal | None = None,
) -> Decisions:
    """Protect all additive figures of a release as `policy` says, and judge the others.

    With a ledger they are protected together with what was published before. Raises DisclosureError if an
    unsafe figure cannot be protected, or if the attack succeeds; a `rehearsal` notes it instead.
    """
    made = _decide(computed, policy, catalog, progress, rehearsal)
    if policy.ledger and not policy.ledger.agrees(made.parts):
        return _decide(computed, policy, catalog, progress, rehearsal, afresh=True)
    return made


def _decide(
    computed: Computed,
    policy: Policy,
    catalog: Catalog,
    progress: Callable[[str], None],
    rehearsal: Rehearsal | None,
    afresh: bool = False,
) -> Decisions:
    backing, profile, manual = backing_of(computed), policy.profile, policy.named(computed)
    parts: list[Decided] = []

    def asked(part: Part) -> Request:
        return _request(part, backing, manual)

    covered = _Covered(backing)
    made, counts = _asked_for(backing, policy, asked, rehearsal, afresh)
    for number, one in enumerate(made):
        progress(f"protect {number + 1} of {len(made)}: {len(one.part.system.columns)} figures")
        # What a ledger binds may have been shown before, so nothing of it is hidden for free.
        free = covered.columns(one.part) if policy.ledger is None else frozenset()
        if rehearsal is not None:
            parts.append(rehearsal.decided(one, free, counts.get(number)))
        else:
            parts.append(changed(counts[number]) if number in counts else _decided(one, free))
        covered.add(parts[-1])
    return judged(parts, backing, profile, catalog, manual)


def _asked_for(
    backing: Backing, policy: Policy, asked: Requests, rehearsal: Rehearsal | None, afresh: bool
) -> tuple[list[Bound], Mapping[int, Counts]]:
    """(the parts with what the rules ask of them, the numbers of firms that are printed changed by part)."""
    profile, method = policy.profile, policy.method
    if policy.ledger is not None:
        return policy.ledger.bound(backing, profile, asked, afresh), {}
    own = parts_of(backing.sums) if rehearsal is None else rehearsal.parts(backing)
    requests = [asked(part) for part in own]
    if rehearsal is not None:
        counts = rehearsal.counts(profile, lambda: perturb(own, requests, profile, method))
    else:
        counts = perturb(own, requests, profile, method)
        refuse_exact(counts.values(), method)
    made = [unbound(part, profile, request) for part, request in zip(own, requests, strict=True)]
    return made, counts


class _Covered:
    """Columns that no figure shows any more: all that are worked out from them are hidden by earlier parts.

    They may be hidden at no cost, so that the sums behind a growth rate are hidden for the same groups.
    """

    def __init__(self, backing: Backing) -> None:
        told = [
            *backing.figures.values(),
            tuple((ask,) for asks in backing.unknowns.values() for ask in asks),
        ]
        self.shown = {asks for figures in told for asks in figures}

    def columns(self, made: Part) -> frozenset[int]:
        """The columns of a part that no figure shows."""
        seen = {made.system.places.get(ask, NOTHING) for asks in self.shown for ask in asks}
        return frozenset(range(len(made.system.columns))) - seen

    def add(self, decided: Decided) -> None:
        """Leave out the figures that a part hides."""
        places, hidden = decided.part.system.places, decided.hidden
        self.shown = {
            asks for asks in self.shown if not any(places.get(ask, NOTHING) in hidden for ask in asks)
        }


def _request(made: Part, backing: Backing, manual: frozenset[Ask]) -> Request:
    """What the custodian hides by name, and the shares of a part: (category, whole) of numbers of firms."""
    places = made.system.places
    hidden = frozenset(places[ask] for ask in manual if places.get(ask, NOTHING) != NOTHING)
    pairs = set()
    for behind in (asks for figures in backing.figures.values() for asks in figures):
        columns = [places.get(ask, NOTHING) for ask in behind]
        if made.counts and len(columns) == 2 and NOTHING not in columns:
            sizes = made.values[columns]
            pairs.add((columns[int(sizes.argmin())], columns[int(sizes.argmax())]))
    return Request(hidden, tuple(sorted(pair for pair in pairs if pair[0] != pair[1])), made.whole)


def _decided(bound: Bound, free: frozenset[int]) -> Decided:
    bound, pattern, refused = protected(bound, free, bound.refusable, effort_of(bound.part))
    if refused:
        raise DisclosureError(bound.refusal(refused))
    made, plan = bound.part, bound.plan
    shown = printed(made.values.astype(np.float64), pattern.hidden)
    report = attack(made.system, shown, plan, rows=made.rows, evidence=made.evidence)
    insiders = len(known_to_insiders(bound, report))
    if report.unprotected or insiders:
        raise DisclosureError(
            f"The attack on {made.aggregate} finds {len(report.unprotected)} figures that an outsider, and "
            f"{insiders} that a contributor can work out. Nothing is released."
        )
    return Decided(made, plan, pattern, report, certificate(pattern))


def effort_of(part: Part) -> Effort:
    """How hard is looked for what to hide in a part."""
    # Large blocks hide less where many finest cells stand behind few figures, as in a release of tables.
    return Effort(tries=8) if len(part.system.columns) <= SMALL else Effort()


def protected(
    bound: Bound, free: frozenset[int], accepted: Iterable[int], effort: Effort
) -> tuple[Bound, Pattern, Collection[int]]:
    """(the bound with what is asked at last, what is hidden, the columns of this run that are not protected).

    `free` are columns that are hidden anyway. Where earlier publications leave less than the rules ask, as
    much is asked as they leave. Raises DisclosureError for unprotected columns that are not `accepted`.
    """
    pattern = _pattern(bound, free, accepted, effort)
    missing = {column for column, _ in pattern.unprotectable}
    if not missing or not bound.refusable:
        return bound, pattern, missing
    try:
        less = limited(bound, missing)
    except Refused as refused:
        return bound, pattern, refused.columns
    pattern = _pattern(less, free, accepted, effort)
    return less, pattern, {column for column, _ in pattern.unprotectable}


def _pattern(bound: Bound, free: frozenset[int], accepted: Iterable[int], effort: Effort) -> Pattern:
    made = bound.part
    return suppress(
        made.system,
        made.rows,
        bound.plan,
        made.evidence,
        never=bound.told,
        forced=sorted(bound.hidden | bound.unseen | free),
        accepted=accepted,
        effort=effort,
    )


def known_to_insiders(bound: Bound, report: Report) -> list[Interval]:
    """What a contributor knows exactly of this run; what was told before does not count."""
    exact = [case for case in report.insiders if case.exact]
    return of_this_run(bound, exact) if exact and bound.told else exact


def changed(counts: Counts) -> Decided:
    """A part whose figures are printed changed; hidden are those that the custodian names."""
    named = np.array(sorted(counts.named), dtype=np.int64)
    pattern = Pattern(named, np.ones(len(named), dtype=bool), (), (), (), ())
    return Decided(counts.part, counts.plan, pattern, counts.report, certificate(pattern), counts)


def _judged(ask: Ask, decisions: Decisions, backing: Backing, catalog: Catalog) -> tuple[str, ...]:
    """The rules that a figure breaks which is no sum: a median, a top share, a largest value.

    A quantile is the value of one firm or two: it is told if as many holdings lie on either side as the
    rules ask of a figure. A top share is told if the top holds so many; that of the largest n firms if n is
    so many, and the others are none or as many: the rest of a published total is theirs. Where it tells of
    sizes beside each other, no firm may be too large a part of it (`concentration`). A largest or smallest
    value is one firm's, and is not told (ESSnet guidelines on output checking: maxima and minima).
    """
    word = catalog.get(ask.aggregate, "measure")
    function, arguments, _ = expression.split_aggregate(word.tree)
    least = max((rule.whole("least") for rule in decisions.profile.of("frequency")), default=3)
    if function in ("min", "max"):
        return (f"{function} is one firm's value",)
    behind = backing.contributors.get(ask, Behind(0))
    few = _few(function, [argument.name for argument in arguments[1:]], behind.firms, least)
    reasons = [f"fewer than {least} firms on a side"] if few else []
    return (*reasons, *dict.fromkeys(unsafe(function, behind, decisions.profile)))


def _few(function: str, numbers: Sequence[str], firms: int, least: int) -> bool:
    """Whether fewer firms lie on a side of the figure than the rules ask of a figure."""
    if function == "top_count_share":
        top = min(int(numbers[0]), firms)
        return top < least or 0 < firms - top < least
    share = float(numbers[0]) if numbers else 0.5
    side = share if function == "top_share" else min(share, 1 - share)
    return bool(firms) and side * firms < least


def judged(
    parts: Sequence[Decided],
    backing: Backing,
    profile: Profile,
    catalog: Catalog,
    manual: frozenset[Ask] = frozenset(),
) -> Decisions:
    """The decisions that follow from parts that are protected already: what is no sum is judged.

    No equation ties a median to other figures, so one that the custodian hides by name is hidden alone.
    """
    decisions = Decisions(profile, tuple(parts), {})
    asks = {ask for figures in backing.figures.values() for behind in figures for ask in behind}
    others = sorted(asks - decisions._place.keys(), key=repr)
    found = {ask: _judged(ask, decisions, backing, catalog) for ask in others}
    named = {ask: (*found[ask], NAMED) for ask in others if ask in manual}
    return replace(decisions, others={**found, **named})


def counted(parts: Sequence[Decided]) -> dict[str, int]:
    """Figures, hidden figures and programs over all parts, for the custodian's summary."""
    found = {"columns": 0, "unsafe": 0, "hidden": 0, "attacked by insiders": 0, "insiders left": 0}
    for each in parts:
        found["columns"] += len(each.part.system.columns)
        found["unsafe"] += len(each.plan)
        found["hidden"] += len(each.hidden)
        found["attacked by insiders"] += each.report.insiders_tried
        found["insiders left"] += len(each.report.insiders)
    return found
