"""Which figures of a release are hidden, and why: every additive part protected, attacked and proven.

The order of work for each part: the rules name unsafe columns (`primary`), others are hidden for their
sake (`suppress`), the attacker tries (`attack`), the proof is kept (`certificate`). Whatever is worked out
from a hidden column is hidden. Nothing is decided where a solver fails: that error stops the release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from firmtrade._engine import expression
from firmtrade.catalog import Catalog
from firmtrade.describe.asks import Ask
from firmtrade.describe.computed import Backing
from firmtrade.errors import DisclosureError
from firmtrade.protect.attack import Interval, Report, attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.certificate import Certificate, certificate
from firmtrade.protect.figures import Part, parts_of
from firmtrade.protect.ledger_joint import Bound, Requests, unbound
from firmtrade.protect.ledger_limits import limited, of_this_run
from firmtrade.protect.method import Method
from firmtrade.protect.perturb import Counts, perturb
from firmtrade.protect.primary import Plan, Request
from firmtrade.protect.rules import Profile
from firmtrade.protect.suppress import Effort, Pattern, suppress
from firmtrade.protect.system import NOTHING

#: SDMX CL_CONF_STATUS of a primary figure by the kind of rule that it breaks; the first that applies counts.
STATUS = {"frequency": "A", "dominance": "O", "percent": "M", "group": "M"}
FREE, SECONDARY, OTHER, TOLD = "F", "D", "U", "C"

#: Up to so many figures in one system the search for what to hide is made harder.
SMALL = 3000


@dataclass(frozen=True)
class Decided:
    """One part of the release: its system, what is unsafe, what is hidden, the attack and the proof.

    `counts` is there if the part has numbers of firms that are not hidden but printed changed.
    """

    part: Part
    plan: Plan
    pattern: Pattern
    report: Report
    certificate: Certificate
    counts: Counts | None = None

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
    backing: Backing,
    profile: Profile,
    catalog: Catalog,
    progress: Callable[[str], None] = lambda text: None,
    manual: frozenset[Ask] = frozenset(),
    method: Method | None = None,
    joint: Callable[[Requests], list[Bound]] | None = None,
) -> Decisions:
    """Protect all additive figures of a release and judge the others; `manual` are hidden in any case.

    `joint` makes the systems of a release that a ledger binds to earlier ones. Raises DisclosureError if an
    unsafe figure cannot be protected, or if the attack succeeds.
    """
    parts = []

    def asked(part: Part) -> Request:
        return _request(part, backing, manual)

    covered = _Covered(backing)
    counts: Mapping[int, Counts] = {}
    if joint is None:
        own = parts_of(backing.sums)
        counts = perturb(own, [asked(part) for part in own], profile, method or Method())
        made = [unbound(part, profile, asked(part)) for part in own]
    else:
        made = joint(asked)
    for number, one in enumerate(made):
        progress(f"protect {number + 1} of {len(made)}: {len(one.part.system.columns)} figures")
        if number in counts:
            parts.append(_changed(counts[number]))
        else:
            # What a ledger binds may have been shown before, so nothing of it is hidden for free.
            parts.append(_decided(one, covered.columns(one.part) if joint is None else frozenset()))
        covered.add(parts[-1])
    return judged(parts, backing, profile, catalog)


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


def _decided(bound: Bound, free: frozenset[int] = frozenset(), again: bool = False) -> Decided:
    made, plan = bound.part, bound.plan
    # Large blocks hide less where many finest cells stand behind few figures, as in a release of tables.
    effort = Effort(tries=8) if len(made.system.columns) <= SMALL else Effort()
    pattern = suppress(
        made.system,
        made.rows,
        plan,
        made.evidence,
        never=bound.told,
        forced=sorted(bound.hidden | bound.unseen | free),
        accepted=bound.refusable,
        effort=effort,
    )
    known = {column for column, _ in pattern.unprotectable}
    if known:
        if again:
            raise DisclosureError(bound.refusal(known))
        return _decided(limited(bound, known), free, again=True)
    shown = printed(made.values.astype(np.float64), pattern.hidden)
    report = attack(made.system, shown, plan, rows=made.rows, evidence=made.evidence)
    exact = [case for case in report.insiders if case.exact]
    insiders = len(of_this_run(bound, exact) if exact and bound.told else exact)
    if report.unprotected or insiders:
        raise DisclosureError(
            f"The attack on {made.aggregate} finds {len(report.unprotected)} figures that an outsider, and "
            f"{insiders} that a contributor can work out. Nothing is released."
        )
    return Decided(made, plan, pattern, report, certificate(pattern))


def _changed(counts: Counts) -> Decided:
    """A part whose figures are printed changed; hidden are those that the custodian names."""
    named = np.array(sorted(counts.named), dtype=np.int64)
    pattern = Pattern(named, np.ones(len(named), dtype=bool), (), (), (), ())
    return Decided(counts.part, counts.plan, pattern, counts.report, certificate(pattern), counts)


def _judged(ask: Ask, decisions: Decisions, backing: Backing, catalog: Catalog) -> tuple[str, ...]:
    """The rules that a figure breaks which is no sum: a median, a top share, a largest value.

    A quantile is the value of one firm or two: it is told if as many holdings lie on either side as the
    rules ask of a figure. A top share is told if the top holds so many. A largest or smallest value is one
    firm's, and is not told (ESSnet guidelines on output checking: maxima and minima).
    """
    word = catalog.get(ask.aggregate, "measure")
    function, arguments, _ = expression.split_aggregate(word.tree)
    least = max((rule.whole("least") for rule in decisions.profile.of("frequency")), default=3)
    if function in ("min", "max"):
        return (f"{function} is one firm's value",)
    firms = backing.contributors.get(ask, 0)
    share = float(arguments[1].name) if len(arguments) > 1 else 0.5
    side = share if function == "top_share" else min(share, 1 - share)
    return () if not firms or side * firms >= least else (f"fewer than {least} firms on a side",)


def judged(parts: Sequence[Decided], backing: Backing, profile: Profile, catalog: Catalog) -> Decisions:
    """The decisions that follow from parts that are protected already: what is no sum is judged."""
    decisions = Decisions(profile, tuple(parts), {})
    asks = {ask for figures in backing.figures.values() for behind in figures for ask in behind}
    others = sorted(asks - decisions._place.keys(), key=repr)
    return replace(decisions, others={ask: _judged(ask, decisions, backing, catalog) for ask in others})


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
