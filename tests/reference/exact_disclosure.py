"""Which hidden figures follow exactly from the visible ones: Gauss over a prime field.

Shares nothing with the package but the matrix: a slow and obvious oracle. A figure follows exactly when
it is a linear combination of the visible ones.
"""

from __future__ import annotations

PRIME = 2**31 - 1


def disclosed(columns: list[dict[int, int]], hidden: set[int]) -> set[int]:
    """The hidden columns (row -> weight) that are combinations of the visible ones."""
    basis: dict[int, dict[int, int]] = {}
    for number, column in enumerate(columns):
        if number not in hidden:
            rest = _reduced(column, basis)
            if rest:
                lead = min(rest)
                inverse = pow(rest[lead], -1, PRIME)
                basis[lead] = {row: weight * inverse % PRIME for row, weight in rest.items()}
    return {number for number in hidden if not _reduced(columns[number], basis)}


def _reduced(column: dict[int, int], basis: dict[int, dict[int, int]]) -> dict[int, int]:
    rest = {row: weight % PRIME for row, weight in column.items() if weight % PRIME}
    done: dict[int, int] = {}
    while rest:
        lead = min(rest)
        if lead not in basis:
            done[lead] = rest.pop(lead)
            continue
        times = rest[lead]
        for row, weight in basis[lead].items():
            value = (rest.get(row, 0) - times * weight) % PRIME
            if value:
                rest[row] = value
            else:
                rest.pop(row, None)
    return done
