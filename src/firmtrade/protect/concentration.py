"""Figures that tell of the sizes of firms beside each other: a Herfindahl index, a deviation, a top share.

A Herfindahl index is the sum of squared shares, and a standard deviation beside a mean and a number of firms
is that sum in other words. Near 1, or of few firms, it gives the largest share away although the group has
firms enough; beside the total it gives the amount. So it is asked of the group what the rules ask of its sum
(p per cent, dominance), and besides how closely the second largest firm, which knows itself, can work out the
largest: the same p. (tau-ARGUS manual, 4.1: the p % rule; ESSnet guidelines on output checking: concentration
ratios are safe only if the sums are that they are made of.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

from firmtrade.describe.behind import Behind
from firmtrade.protect.rules import Profile

#: Shares have about fifteen digits; at equality with a limit a figure is safe, as sums are.
_DUST = 1e-12
_STEPS = 80  # halvings of an interval of shares: to the last digit of a double


def unsafe(function: str, behind: Behind, profile: Profile) -> Iterator[str]:
    """Why a figure of these firms may not be told; nothing if it may."""
    if not behind.firms or not behind.first:
        return
    first, second = behind.first, behind.second or 0.0
    if function in ("herfindahl", "stddev_samp"):
        yield from _sum("the sum of the group", first, second, 1.0, profile)
        yield from _squares(behind, profile)
        return
    top = behind.top or 0.0
    yield from _sum("the sum of the largest", first, second, top, profile)
    if behind.next_first:
        yield from _sum(
            "the sum of the others", behind.next_first, behind.next_second or 0.0, 1 - top, profile
        )


def _sum(what: str, first: float, second: float, total: float, profile: Profile) -> Iterator[str]:
    """The rules that a sum breaks, by its two largest parts.

    A rule about more than two takes the others to be as large as the second.
    """
    for rule in profile.of("percent"):
        if float(rule["percent"]) / 100 * first > max(total - first - second, 0.0) + _DUST:
            yield f"{what} is unsafe by {rule.name}"
    for rule in profile.of("dominance"):
        largest = first + min((rule.whole("largest") - 1) * second, total - first)
        if 100 * largest > float(rule["percent"]) * total + _DUST:
            yield f"{what} is unsafe by {rule.name}"
    for rule in profile.of("request"):
        # Who asked is not known here, so all are taken to have asked.
        if 100 * first > float(rule["percent"]) * total + _DUST:
            yield f"{what} is unsafe by {rule.name}, if its largest firm asked for it"


def _squares(behind: Behind, profile: Profile) -> Iterator[str]:
    if behind.squares is None or behind.firms < 2:
        return
    low, high = largest_share(behind.squares, behind.firms, behind.second or 0.0)
    for rule in profile.of("percent"):
        percent = float(rule["percent"])
        if (high - low) / 2 < percent / 100 * (behind.first or 0.0):
            yield f"the second largest firm can work out the largest to within {percent:g} per cent"


def largest_share(squares: float, firms: int, second: float) -> tuple[float, float]:
    """What a firm with the share `second` can tell of the largest from the sum of squared shares.

    It knows that it is the second largest, and the number of firms; the others have between nothing and as
    much as itself. The sum of squares grows with the largest share, whether the rest is spread evenly over
    the others (which bounds it above) or piled up in as few as can hold it (which bounds it below).
    """
    others = firms - 2
    if others < 1:
        return 1 - second, 1 - second

    def even(share: float) -> float:
        return float((1 - second - share) ** 2 / others)

    def piled(share: float) -> float:
        rest = 1 - second - share
        full = min(int(rest / second), others) if second > 0 else 0
        return full * second**2 + max(rest - full * second, 0.0) ** 2

    least = max(second, 1 - second * (1 + others))
    return _root(piled, squares, second, least), _root(even, squares, second, least)


def _root(rest: Callable[[float], float], squares: float, second: float, least: float) -> float:
    """The largest share at which the squares are so many, with this sum of squares of the others."""
    low, high = least, max(1 - second, least)
    if second <= 0:
        return min(high, sqrt(max(squares, 0.0)))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle**2 + second**2 + rest(middle) < squares:
            low = middle
        else:
            high = middle
    return high
