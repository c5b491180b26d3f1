"""Group keys: what a row of the panel is told apart by in the finest cells.

A condition is grouped by as it is, true, false or NULL: an engine groups by booleans more quickly than by
integers that they are packed into. A dimension of closed codes is grouped by their number.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmtrade._engine.expression import Tree, cases, quoted, render


@dataclass(frozen=True)
class Key:
    """One group key: `sql` on the panel's row; `codes` are what the numbers 1, 2 ... stand for.

    A condition has no codes. `years` restricts the key: in other years it is false, since no table asks
    for it there.
    """

    name: str
    sql: str
    codes: tuple[str, ...] = ()
    years: frozenset[str] = frozenset()

    def on_row(self, all_years: frozenset[str], guard: str = "") -> str:
        """The key of a row: false, or no code, where `guard` does not hold or no table asks for it."""
        tests = [guard] if guard else []
        if self.years and self.years != all_years:
            tests.append(f"year in ({', '.join(sorted(self.years))})")
        if not self.codes:
            return " and ".join([*tests, self.sql])
        return f"case when {' and '.join(tests)} then {self.sql} end" if tests else self.sql

    @property
    def read(self) -> str:
        """SQL that gives the code back; a condition is what it is."""
        whens = " ".join(f"when {n} then {quoted(code)}" for n, code in enumerate(self.codes, 1))
        return f"case {self.name} {whens} end as {self.name}" if self.codes else self.name


def code_key(name: str, tree: Tree, years: frozenset[str]) -> Key | None:
    """The key of a dimension that is a CASE over codes; None for one that must be grouped as text."""
    branches = cases(tree)
    if branches is None:
        return None
    codes = tuple(dict.fromkeys(code for _, code in branches))
    whens = " ".join(f"when {render(when)} then {codes.index(code) + 1}" for when, code in branches)
    return Key(name, f"cast(case {whens} end as smallint)", codes, years)
