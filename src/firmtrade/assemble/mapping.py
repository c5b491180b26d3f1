"""Which column of the source is which of ours, and which rows stand for nothing."""

from __future__ import annotations

from collections.abc import Mapping

from firmtrade._engine.dialect import DUCKDB, Dialect
from firmtrade.acquire.read import Source, literal, quoted
from firmtrade.acquire.source import Drop, PanelSpec
from firmtrade.assemble.names import suggestion
from firmtrade.errors import ColumnMissing, DataError, nearest


def map_columns(spec: PanelSpec, opened: Source) -> tuple[dict[str, str], dict[str, str]]:
    """Our name -> theirs, and the contract's columns that are not there -> the likeliest of theirs or ''.

    Raises DataError for a mapping to a column that is not there, and where firm or year is missing.
    """
    theirs = {name.lower(): name for name in opened.columns}
    found: dict[str, str] = {}
    for ours, name in spec.columns.items():
        if name not in opened.columns and name.lower() not in theirs:
            raise DataError(
                f"The study reads {ours} from the column '{name}', which {opened.located.name} does not have."
                f"{nearest(name, opened.columns)} Columns: {_some(opened.columns)}."
            )
        found[ours] = name if name in opened.columns else theirs[name.lower()]
    for ours in spec.names():
        if ours not in found and ours not in spec.constant and ours in theirs:
            found[ours] = theirs[ours]
    absent = [n for n in spec.names() if n not in found and n not in spec.constant and n not in spec.optional]
    free = spare(spec, opened, found)
    missing = {ours: suggestion(ours, free) for ours in absent}
    for ours in spec.required:
        if ours in missing:
            raise _required(spec, ours, missing, opened, free)
    return found, missing


def spare(spec: PanelSpec, opened: Source, found: Mapping[str, str]) -> tuple[str, ...]:
    """The source's columns that no column of ours is read from, in their order."""
    taken = {*found.values(), *(drop.column for drop in spec.drop)}
    return tuple(name for name in opened.columns if name not in taken)


def _required(
    spec: PanelSpec, ours: str, missing: Mapping[str, str], opened: Source, free: tuple[str, ...]
) -> ColumnMissing:
    near = missing[ours]
    hint = f" Did you mean '{near}'?" if near else ""
    return ColumnMissing(
        f"{opened.located.name} has no column '{ours}' ({spec.column(ours).title}).{hint} "
        f'Say which column it is:  columns = {{ {ours} = "{near or "..."}" }}  in {spec.part}. '
        f"Columns: {_some(opened.columns)}.",
        spec.part, missing, free, spec.required,
    )  # fmt: skip


def _some(names: Mapping[str, str]) -> str:
    shown = list(names)[:30]
    return ", ".join(shown) + (f" and {len(names) - 30} more" if len(names) > 30 else "")


def drop_reason(spec: PanelSpec, opened: Source, how: Dialect = DUCKDB) -> str:
    """SQL of the reason why a row is left out, or NULL."""
    branches = [
        f"when {_condition(drop, spec, opened, how)} then {literal(drop.reason)}" for drop in spec.drop
    ]
    return f"case {' '.join(branches)} end" if branches else "cast(null as string)"


def dropped_by(drop: Drop, spec: PanelSpec, opened: Source) -> str:
    """The source's column that decides: named by its own name, or by ours."""
    name = drop.column if drop.column in opened.columns else spec.columns.get(drop.column, drop.column)
    if name not in opened.columns:
        raise DataError(
            f"{spec.part}, drop: there is no column '{drop.column}'.{nearest(drop.column, opened.columns)}"
        )
    return name


def _condition(drop: Drop, spec: PanelSpec, opened: Source, how: Dialect) -> str:
    name = quoted(dropped_by(drop, spec, opened))
    if drop.missing:
        trimmed = how.trim(f"cast({name} as string)")
        return f"nullif({trimmed}, '') is null"
    number = how.number(f"cast({name} as string)")
    if drop.below is not None:
        return f"{number} < {drop.below!r}"
    values = drop.equals if isinstance(drop.equals, tuple) else (drop.equals,)
    tests = []
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            tests.append(f"{number} = {float(value)!r}")
        else:
            tests.append(f"lower(cast({name} as string)) = {literal(str(value).lower())}")
    return f"({' or '.join(tests)})"
