"""What one more regular exporter cost: the support over the exporters that are there because of it.

The interval is that of the effect turned round. Where the effect may be none, no cost is too high to be
possible, and that is what is said; it is never the cost per supported exporter, most of whom would have
exported all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firmtrade.support.register.register import Register


@dataclass(frozen=True)
class Spent:
    """Euro paid and the agency's own cost; events without any amount are counted, not guessed."""

    total: float
    events: int
    unknown: int
    firms: int


@dataclass(frozen=True)
class PerAdditional:
    """Additional firms (point and interval), and the cost of one; None where there is no such number.

    `low` and `high` bound the cost; `high` is None if the effect may be none: there is no upper bound.
    """

    spent: Spent
    additional: float
    fewest: float
    most: float
    cost: float | None
    low: float | None
    high: float | None


def spent(register: Register, measures: tuple[str, ...], starts: Mapping[str, int], horizon: int) -> Spent:
    """What the support of these firms cost, from their first year to the horizon."""
    told = register.columns(
        "support", ("firm_id", "started", "amount_paid", "amount_granted", "cost_to_agency"), "impact",
        measure_id=list(measures),
    )  # fmt: skip
    total, events, unknown, firms = 0.0, 0, 0, set()
    for firm, started, paid, granted, own in zip(*told.values(), strict=True):
        first = starts.get(firm)
        if first is None or not first <= started.year <= first + horizon:
            continue
        events += 1
        firms.add(firm)
        amount = paid if paid is not None else granted
        unknown += amount is None and own is None
        total += (amount or 0.0) + (own or 0.0)
    return Spent(total, events, unknown, len(firms))


def per_additional(paid: Spent, effect: float, low: float, high: float, firms: int) -> PerAdditional:
    """The cost of one more, from an effect on the share of `firms` and its interval."""
    most, fewest = firms * high, firms * low
    return PerAdditional(
        spent=paid, additional=firms * effect, fewest=fewest, most=most,
        cost=paid.total / (firms * effect) if effect > 0 else None,
        low=paid.total / most if most > 0 else None,
        high=paid.total / fewest if fewest > 0 else None,
    )  # fmt: skip


def told(found: PerAdditional) -> str:
    """The cost in a sentence."""
    head = f"EUR {found.spent.total:,.0f} for {found.spent.events} cases of support"
    if found.spent.unknown:
        head += f" ({found.spent.unknown} of them without any amount, so that it is more)"
    if found.cost is None:
        return f"{head}; no additional one is estimated, so that one more has no cost."
    bound = f"to {found.high:,.0f}" if found.high is not None else "up, without limit: the effect may be none"
    return (f"{head}; about {found.additional:.0f} additional ones: EUR {found.cost:,.0f} for one more "
            f"(95 %: {found.low:,.0f} {bound}).")  # fmt: skip
