"""Yes, no and unknown: three-valued logic (Kleene) over plain text, as the register stores it.

'unknown' is neither yes nor no. A conjunction with a no is no whatever else is unknown; a disjunction
with a yes is yes.
"""

from __future__ import annotations

from collections.abc import Iterable

YES, NO, UNKNOWN = "yes", "no", "unknown"
TRUTHS = (YES, NO, UNKNOWN)


def of(value: bool | None) -> str:
    """'yes' for true, 'no' for false, 'unknown' for None."""
    return UNKNOWN if value is None else YES if value else NO


def negation(value: str) -> str:
    """No of yes, yes of no; unknown stays unknown."""
    return {YES: NO, NO: YES}.get(value, UNKNOWN)


def every(values: Iterable[str]) -> str:
    """Yes if all are yes, no if any is no, else unknown. Yes for no values at all."""
    found = set(values)
    return NO if NO in found else UNKNOWN if UNKNOWN in found else YES


def some(values: Iterable[str]) -> str:
    """Yes if any is yes, no if all are no, else unknown. No for no values at all."""
    found = set(values)
    return YES if YES in found else UNKNOWN if UNKNOWN in found else NO
