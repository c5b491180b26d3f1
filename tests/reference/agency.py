"""Slow and obvious computations for the agency's side; they share nothing with the package.

A stage with unknown years is found by writing out every completion; a window that starts after the
foundation is lengthened to the left by unknown years first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product


def completions(pattern: str) -> Iterator[str]:
    """Every way to write 0 or 1 for each '?' of a pattern."""
    places = [place for place, sign in enumerate(pattern) if sign == "?"]
    for signs in product("01", repeat=len(places)):
        row = list(pattern)
        for place, sign in zip(places, signs, strict=True):
            row[place] = sign
        yield "".join(row)


def complete_stage(row: str, without: int, regular: int) -> tuple[str, str]:
    """(stage, kind) of a pattern of 0 and 1 that is long enough."""
    if row[-1] == "0":
        if "1" not in row:
            return "never", ""
        return "stopped", "recent" if "1" in row[-1 - without : -1] else "dormant"
    if row.endswith("1" * regular):
        return "regular", ""
    if row[-1 - without : -1] == "0" * without:
        return "new", "re-entrant" if "1" in row[:-1] else "first-time"
    return "occasional", ""


def lengthened(pattern: str, need: int, unborn: int | None = None) -> str:
    """The pattern with unseen years, and years before the foundation, on its left."""
    lack = max(0, need - len(pattern))
    unseen = lack if unborn is None else min(lack, unborn)
    return "0" * (lack - unseen) + "?" * unseen + pattern


def possible(pattern: str, without: int = 3, regular: int = 4, permanent: int = 4) -> set[str]:
    """All stages that a completion has."""
    drawn = lengthened(pattern, max(without + 1, regular, permanent))
    return {complete_stage(row, without, regular)[0] for row in completions(drawn)}


def stage(pattern: str, without: int = 3, regular: int = 4, permanent: int = 4,
          unborn: int | None = None) -> tuple[str, str, str]:  # fmt: skip
    """(stage, kind, permanent), unanimous over all completions.

    `unborn` is how many years before the first sign the firm was not founded yet counts from: 0 says that
    it was founded in the first year drawn, 2 that two unseen years lie between; None that nobody knows.
    """
    drawn = lengthened(pattern, max(without + 1, regular, permanent), unborn)
    found = [complete_stage(row, without, regular) for row in completions(drawn)]
    runs = {"1" * permanent in row for row in completions(drawn)}
    codes = {code for code, _ in found}
    lasting = "unknown" if len(runs) == 2 else "yes" if runs == {True} else "no"
    if len(codes) > 1:
        return "undetermined", "", lasting
    kinds = {kind for _, kind in found}
    return codes.pop(), kinds.pop() if len(kinds) == 1 else "unknown", lasting


def history(pattern: str) -> str:
    """What a window looks like, unanimous over all completions."""
    looks = {_look(row) for row in completions(pattern)}
    return looks.pop() if len(looks) == 1 else "undetermined"


def _look(row: str) -> str:
    if "0" not in row:
        return "constant"
    if "1" not in row:
        return "never"
    if "10" not in row:
        return "started"
    return "stopped" if "01" not in row else "discontinuous"
