"""No unsafe figure of a model follows from those that are told, whatever parts and groups there are."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from firmtrade.protect.ties import At, Tie, beside


def follows(one: At, hidden: set[At], ties: list[Tie]) -> bool:
    """Whether `one` is worked out from what is told: elimination in fractions, slow and obvious."""
    names = [*sorted(hidden - {one}), one]
    system = []
    for tie in ties:
        row = [Fraction(0)] * len(names)
        for at in tie:
            if at in hidden:
                row[names.index(at)] += -1 if at == tie[0] else 1
        system.append(row)
    place = 0
    for column in range(len(names) - 1):
        pivot = next((row for row in range(place, len(system)) if system[row][column]), None)
        if pivot is None:
            continue
        system[place], system[pivot] = system[pivot], system[place]
        for row in range(len(system)):
            if row != place and system[row][column]:
                factor = system[row][column] / system[place][column]
                system[row] = [a - factor * b for a, b in zip(system[row], system[place], strict=True)]
        place += 1
    return any(row[-1] and not any(row[:-1]) for row in system)


@pytest.mark.parametrize("seed", range(60))
def test_unsafe_figures_are_free(seed: int) -> None:
    draw = random.Random(seed)
    parts, groups = draw.randint(2, 5), draw.randint(2, 5)
    at = [[("by-group", row * (parts + 1) + part) for part in range(parts + 1)] for row in range(groups + 1)]
    ties: list[Tie] = [tuple(row) for row in at] + list(zip(*at, strict=True))
    copies = [("figure", place) for place in range(parts)]
    ties += [(at[1][place + 1], copy) for place, copy in enumerate(copies)]
    cells = [one for row in at for one in row]
    firms = {one: draw.randint(1, 500) for one in cells} | dict.fromkeys(copies, 5)
    unsafe = set(draw.sample(cells, draw.randint(1, 4)))
    more = beside(unsafe, ties, firms)
    assert not more & unsafe
    hidden = unsafe | more
    assert [one for one in sorted(unsafe) if follows(one, hidden, ties)] == []
    assert any(follows(one, unsafe, ties) for one in unsafe) == bool(more), "nothing is hidden without need"
    told_twice = [(at[1][place + 1], copy) for place, copy in enumerate(copies)]
    assert all((one in hidden) == (copy in hidden) for one, copy in told_twice)


def test_a_figure_that_is_tied_to_nothing_stays_alone() -> None:
    assert beside({("a", 0)}, [(("a", 1), ("a", 2))], {("a", 1): 5, ("a", 2): 6}) == frozenset()
