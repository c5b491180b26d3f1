"""A Release with what the rules hide hidden, and what the custodian keeps of how it was made.

Outside, one status stands for all reasons (`C`, confidential): which rule a figure breaks would tell of the
figure. The custodian keeps the value, the rule and the attacker's interval of every figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from firmtrade.catalog import Catalog
from firmtrade.describe.asks import Ask
from firmtrade.describe.computed import Computed
from firmtrade.protect.decide import FREE, TOLD, Decided, Decision, Decisions, decide
from firmtrade.protect.perturb import answers, sentence
from firmtrade.protect.policy import Policy, backing_of
from firmtrade.protect.release import Origin, dimensions_of, released, words_of
from firmtrade.protect.rules import Profile
from firmtrade.result import Release, ReleasedCell, ReleasedTable, Result, Unknown

HIDDEN = "confidential"


@dataclass(frozen=True)
class Judged:
    """One figure as the custodian sees it: what is told, the value, why it is hidden, the sums behind it."""

    table: str
    cell: ReleasedCell
    value: float | None
    decision: Decision
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Custody:
    """What stays with the custodian: every figure with its decision, the parts with attack and proof."""

    policy: Policy
    figures: tuple[Judged, ...]
    parts: tuple[Decided, ...]
    decisions: Decisions

    @property
    def hidden(self) -> tuple[Judged, ...]:
        """The figures that are hidden."""
        return tuple(figure for figure in self.figures if figure.decision.hidden)


def release_protected(
    computed: Computed,
    origin: Origin,
    catalog: Catalog,
    labels: Mapping[str, Mapping[str, str]],
    policy: Policy,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Release, Custody]:
    """All results with what `policy` hides hidden, and numbers of firms printed as it says.

    Raises DisclosureError where that cannot be done safely. With a ledger they are protected together with
    what was published before, and an entry is made that waits until the release is in place (`recording`).
    What a check of the panel found, and how many firms each condition of a sample removed, stay inside:
    they count single firms and stand in no table.
    """
    backing, profile = backing_of(computed), policy.profile
    decisions = decide(computed, policy, catalog, progress)
    counts = [one.counts for one in decisions.parts if one.counts is not None]
    told = backing.again(answers(counts)) if counts else computed.results
    figures, tables = [], []
    for result, printed in zip(computed.results, told, strict=True):
        behind = (backing.figures[result.name], backing.unknowns[result.name])
        table, judged = _table(result, behind, decisions, released(printed, catalog, labels))
        tables.append(table)
        figures += judged
    custody = Custody(policy, tuple(figures), decisions.parts, decisions)
    release = Release(
        study=origin.study,
        title=origin.title,
        subtitle=origin.subtitle,
        source=origin.source,
        tables=tuple(tables),
        dimensions=dimensions_of(tables),
        words=words_of(tables, catalog),
        attrition=(),
        warnings=(),
        protected=True,
        protection=_sentence(profile, custody) + sentence(counts, policy.method),
        provenance=replace(origin.provenance, rows={"read": origin.provenance.rows.get("read", 0)}),
    )
    if policy.ledger:
        policy.ledger.prepare(release, profile, decisions.parts)
    return release, custody


def _sentence(profile: Profile, custody: Custody) -> str:
    rules = "; ".join(
        rule.title[:1].lower() + rule.title[1:] for rule in profile.rules if rule.kind != "signs"
    )
    return (
        f"Disclosure control: {profile.title} ({rules}). {len(custody.hidden):,} of {len(custody.figures):,} "
        f"figures are confidential; hidden is not zero."
    )


def _table(
    result: Result,
    behind: tuple[tuple[tuple[Ask, ...], ...], tuple[Ask, ...]],
    decisions: Decisions,
    made: ReleasedTable,
) -> tuple[ReleasedTable, list[Judged]]:
    figures, unknowns = behind
    decided = [decisions.of(asks) for asks in figures]
    cells = tuple(_told(cell, one) for cell, one in zip(made.cells, decided, strict=True))
    judged = [
        Judged(result.name, cell, original.value, one, asks)
        for cell, original, one, asks in zip(cells, result.cells, decided, figures, strict=True)
    ]
    doubts = [(item, decisions.of([ask]), ask) for item, ask in zip(made.unknowns, unknowns, strict=True)]
    judged += [
        Judged(result.name, _figure(item, one), original.firms, one, (ask,))
        for (item, one, ask), original in zip(doubts, result.unknowns, strict=True)
    ]
    told = tuple(replace(item, firms=None) if one.hidden else item for item, one, _ in doubts)
    return replace(made, cells=cells, unknowns=told), judged


def _told(cell: ReleasedCell, decision: Decision) -> ReleasedCell:
    if decision.status == FREE:
        return cell
    return replace(cell, value=None, confidentiality=TOLD, reason=HIDDEN)


def _figure(item: Unknown, decision: Decision) -> ReleasedCell:
    cell = ReleasedCell(item.sample, item.period, item.codes, item.measure, item.firms, item.unit, 0)
    return _told(cell, decision)
