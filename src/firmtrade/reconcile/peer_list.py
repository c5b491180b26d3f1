"""What a file of published figures holds: columns, codes that are wholes, and whether parts add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from firmtrade.reconcile.peer import _NONE, _VALUES, Rows
from firmtrade.reconcile.peer_file import WHOLE, Correspondence

_SHOWN = 12


def listing(rows: Rows, labels: Mapping[str, Mapping[str, str]], how: Correspondence | None) -> Iterator[str]:
    """The columns with their codes, totals apart from parts; and columns whose parts overlap."""
    rows = how.long(rows) if how else rows
    columns = list(dict.fromkeys(name for row in rows for name in row))
    value = how.value if how and how.value else next((name for name in _VALUES if name in columns), "")
    declared = {c.column: c.totals for c in how.columns.values()} if how else {}
    yield f"{len(rows):,} figures"
    keys = []
    for name in columns:
        codes = sorted({row.get(name, "") for row in rows})
        if name == value or (how and name in how.ignore):
            continue
        wholes = [code for code in codes if code.upper() in WHOLE or code in declared.get(name, ())]
        parts = [code for code in codes if code not in wholes]
        yield f"  {name}: {_shown(parts, labels.get(name, {}))}" + (
            f"; totals: {_shown(wholes, labels.get(name, {}))}" if wholes else ""
        )
        keys.append((name, wholes, len(parts)))
    passed = [name for name in columns if how and name in how.ignore]
    if passed:
        yield f"  {len(passed)} columns that the mapping ignores: {_shown(passed, {})}"
    for name, wholes, number in keys:
        if value and wholes and number > 1:
            yield from _adds_up(rows, name, wholes, [key for key, _, _ in keys], value)


def _shown(codes: list[str], labels: Mapping[str, str]) -> str:
    named = [f"{code} ({labels[code]})" if labels.get(code, code) != code else code or "-" for code in codes]
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _adds_up(rows: Rows, name: str, wholes: list[str], keys: list[str], value: str) -> Iterator[str]:
    """Where the parts make more than the total they overlap, so that nothing may be summed over them."""
    totals: dict[tuple[str, ...], Decimal] = {}
    parts: dict[tuple[str, ...], list[Decimal]] = {}
    told = ("OBS_STATUS", "CONF_STATUS", "OBS_FLAG")
    for row in rows:
        text = row.get(value, "").strip()
        try:
            number = Decimal(text) if text not in _NONE else None
        except InvalidOperation:
            continue
        key = tuple(row.get(each, "") for each in keys if each != name and each not in told)
        if number is not None and row.get(name) == wholes[0]:
            totals[key] = number
        elif number is not None and row.get(name) not in wholes:
            parts.setdefault(key, []).append(number)
    ratios = [sum(parts[k]) / t for k, t in totals.items() if t > 0 and len(parts.get(k, ())) > 1]
    over = [ratio for ratio in ratios if ratio > Decimal("1.005")]
    if over:
        yield (
            f"  The parts of {name} make {min(over):.2f} to {max(over):.2f} times {wholes[0]} in "
            f"{len(over):,} of {len(ratios):,} groups: they overlap. Do not sum over {name}."
        )
