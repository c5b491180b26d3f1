"""Lifetimes and spells of trading, firm by firm and year by year: slow and obvious."""

from __future__ import annotations

from itertools import pairwise

YES, NO, UNKNOWN = 1, 0, -1


def lifetime(years, last_year, founded, gap="bridge", absence=1):
    """(entry age, exit age, left) of a firm with rows in `years`; None if it was never at risk."""
    seen = sorted(years)
    end = last_year - (absence - 1)
    alive, left = [seen[0]], True
    for before, year in pairwise(seen):
        missing = year - before - 1
        if missing >= absence and missing > 0 and gap != "bridge":
            left = gap == "exit"
            break
        alive += range(before + 1, year + 1)
    else:
        left = alive[-1] < end
    entry = alive[0] - founded
    leaving = alive[-1] + 1 - founded if left else min(alive[-1], end) - founded
    return (entry, leaving, left) if leaving > entry else None


def known(flags, years, founded, absent="unknown", death="end", before=1):
    """What is known in each year, from `before` years before the first on; `flags` has rows only."""
    told = {}
    for year in range(years[0] - before, years[-1] + 1):
        if year in flags:
            told[year] = flags[year]
        elif year >= years[0] and absent == "no":
            told[year] = NO
        elif flags and year > max(flags):
            told[year] = NO if death == "end" else UNKNOWN
        elif founded is not None and year < founded:
            told[year] = NO
        else:
            told[year] = UNKNOWN
    return told


def close(told, code, longest):
    """Stretches of `code` of at most `longest` years between two years of trade become trade."""
    found = dict(told)
    for year in told:
        if told[year] == YES:
            for length in range(1, longest + 1):
                middle = [year + step for step in range(1, length + 1)]
                if told.get(year + length + 1) == YES and all(told[each] == code for each in middle):
                    found |= dict.fromkeys(middle, YES)
    return found


def shorten(told, longest, last_row, death):
    """The last years of a stretch of known years, where a stop may be a gap, are unknown."""
    found = dict(told)
    for year in told:
        stretch_ends = told[year] != UNKNOWN and told.get(year + 1, UNKNOWN) == UNKNOWN
        if stretch_ends and not (death == "end" and year > last_row):
            for step in range(longest):
                if year - step in found:
                    found[year - step] = UNKNOWN
    return found


def spells(told, before=1, first_only=True, left="drop"):
    """(start, years to the end, whether it ended, start seen) of each spell that is kept and at risk."""
    found, order, year = [], 0, min(told)
    while year <= max(told):
        if told[year] != YES:
            year += 1
            continue
        start, order = year, order + 1
        while told.get(year) == YES:
            year += 1
        ended = told.get(year) == NO
        clear = 0
        while told.get(start - clear - 1) == NO:
            clear += 1
        length = year - start if ended else year - 1 - start
        keep = clear >= before if clear else left == "restart"
        if keep and (order == 1 or not first_only) and length > 0:
            found.append((start, length, ended, clear > 0))
    return found
