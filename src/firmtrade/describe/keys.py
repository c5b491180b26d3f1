"""Group keys packed into integers, so that ten million firms are grouped by one number.

A condition takes two bits (unknown 0, no 1, yes 2), a dimension with k codes takes as many as k + 1
needs. Shifts and masks are the same text on every engine; packing halves the time of the scan.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmtrade._engine.expression import Tree, cases, render

WORD = 60  # bits used of a 64-bit integer


@dataclass(frozen=True)
class Key:
    """One group key: `sql` gives its digit (0: unknown) on the panel, `values` what digits stand for.

    `years` restricts it: in other years the digit is 0, since no table asks for it there.
    """

    name: str
    sql: str
    values: tuple[str, ...] | None
    years: frozenset[str]

    @property
    def bits(self) -> int:
        """Bits of a digit: a condition (values None) has three states."""
        return 2 if self.values is None else max(len(self.values), 1).bit_length()

    def decode(self, digits: str) -> str:
        """SQL that turns the digit back into true / false / NULL, or into the code."""
        if self.values is None:
            return f"case {digits} when 2 then true when 1 then false end"
        whens = " ".join(f"when {n} then '{code}'" for n, code in enumerate(self.values, 1))
        return f"case {digits} {whens} end"


def condition_key(name: str, condition: str, years: frozenset[str]) -> Key:
    """The key of a three-valued condition."""
    return Key(name, f"coalesce(cast(({condition}) as bigint) + 1, 0)", None, years)


def code_key(name: str, tree: Tree, years: frozenset[str]) -> Key | None:
    """The key of a dimension that is a CASE over codes; None for one that must be grouped as text."""
    branches = cases(tree)
    if branches is None:
        return None
    codes = tuple(dict.fromkeys(code for _, code in branches))
    whens = " ".join(f"when {render(when)} then {codes.index(code) + 1}" for when, code in branches)
    return Key(name, f"cast(case {whens} else 0 end as bigint)", codes, years)


@dataclass(frozen=True)
class Packed:
    """Keys with their place: `words[n]` is the n-th integer, `places[key]` its (word, shift)."""

    words: tuple[str, ...]
    places: dict[str, tuple[int, int]]

    def column(self, key: Key) -> str:
        """SQL that reads a key back from the packed columns `k0`, `k1` ..."""
        word, shift = self.places[key.name]
        digits = f"((k{word} >> {shift}) & {2**key.bits - 1})"
        return f"{key.decode(digits)} as {key.name}"


def pack(keys: list[Key], all_years: frozenset[str], always: set[str], inside: str) -> Packed:
    """Give each key its bits. Keys not in `always` are 0 where the condition `inside` does not hold:
    one test for all of them, since a test for each would take most of the scan's time."""
    sums: list[tuple[list[str], list[str]]] = [([], [])]
    places: dict[str, tuple[int, int]] = {}
    shift = 0
    for key in keys:
        if shift + key.bits > WORD:
            sums.append(([], []))
            shift = 0
        places[key.name] = (len(sums) - 1, shift)
        digit = _of_years(key, all_years) + (f" * {2**shift}" if shift else "")
        sums[-1][key.name not in always].append(digit)
        shift += key.bits
    return Packed(tuple(_word(outer, inner, inside) for outer, inner in sums), places)


def _word(outer: list[str], inner: list[str], inside: str) -> str:
    guarded = "\n      + ".join(inner)
    parts = [*outer, *([f"case when {inside} then {guarded} else 0 end"] if inner else [])]
    return "\n    + ".join(parts) or "cast(0 as bigint)"


def _of_years(key: Key, all_years: frozenset[str]) -> str:
    if not key.years or key.years == all_years:
        return key.sql
    return f"case when year in ({', '.join(sorted(key.years))}) then {key.sql} else 0 end"
