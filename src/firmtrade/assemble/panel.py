"""The panel: a relation of firm x year under the contract's names and types.

Three relations come into being in the engine: `panel_all` (every row of the source, our columns, what
is wrong with the row), `panel_rows` (without the rows that the study drops, with file and row number)
and `panel` (the contract's columns only). For Parquet all three are views, so that a query reads only
the columns and row groups that it needs; other sources are read once into a temporary table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.contract import NAMES, REQUIRED, column
from firmtrade.acquire.read import RELATION, Source, forget, hashes, literal, open_source, quoted
from firmtrade.acquire.source import Drop, PanelSpec
from firmtrade.assemble.cast import Cast, Given, cast, constant, family, given
from firmtrade.errors import DataError, EngineError, nearest

#: Separates the unusable values of a row in `__bad`, and the column from the value.
RECORD, UNIT = 30, 31
_WORDS = ("true", "false", "t", "f", "yes", "no")


@dataclass(frozen=True)
class Panel:
    """An open panel.

    `columns` maps the contract's (and further) columns that are there to their SQL types; `missing` maps
    the contract's columns that are not there to the source's nearest name ('' if none is near). `flags`
    are the flows that say only traded / not traded, as 1 / 0. `dropped` counts the rows that the study
    leaves out, by reason. `synthetic` is what the source says of being synthetic ('' for real data).
    """

    columns: Mapping[str, str]
    flags: frozenset[str]
    missing: Mapping[str, str]
    files: tuple[Path, ...]
    name: str
    synthetic: str
    dropped: Mapping[str, int]
    checked: tuple[str, ...]
    hashes: Callable[[], dict[str, str]] = field(repr=False)
    place: Callable[[int, int], str] = field(repr=False)
    relation: str = "panel"
    rows: str = "panel_rows"


def open_panel(engine: DuckDB, spec: PanelSpec, source: str | None, base: Path) -> Panel:
    """Make the relation `panel`; `source` (a file or URL, from the command line) overrides spec.files.

    Raises DataError for a source that cannot be read whole, for one without firm or year, and for a
    mapping to a column that is not there. Values that cannot be used are left to `check_panel`.
    """
    opened = open_source(engine, spec, source, base)
    try:
        return _assemble(engine, spec, opened)
    finally:
        opened.close()


def _assemble(engine: DuckDB, spec: PanelSpec, opened: Source) -> Panel:
    mapping, missing = _mapping(spec, opened)
    opened = _fetched(engine, spec, opened, mapping)
    try:
        loaded = _load(engine, spec, opened, mapping)
    except _Unread as unread:
        repaired = replace(opened, rows=_repair(opened, unread.error))
        loaded = _load(engine, spec, repaired, mapping)
    if not loaded.lazy:
        forget(engine, RELATION)
    casts = loaded.casts
    dropped = _count_dropped(engine, spec)
    _rows_view(engine, spec, loaded)
    names = ", ".join(item.column.name for item in casts)
    engine.execute(f"create or replace view panel as select {names} from panel_rows")
    return Panel(
        columns=engine.describe("panel"), flags=frozenset(item.column.name for item in casts if item.flag),
        missing=missing, files=opened.located.files, name=opened.located.name, synthetic=opened.synthetic,
        dropped=dropped, checked=tuple(item.column.name for item in casts if item.bad),
        hashes=lambda: hashes(opened.located), place=opened.place,
    )  # fmt: skip


# -- which column is which ---------------------------------------------------------------------------


def _mapping(spec: PanelSpec, opened: Source) -> tuple[dict[str, str], dict[str, str]]:
    """Our name -> theirs, and the contract's columns that are not there -> the nearest of theirs."""
    theirs = {name.lower(): name for name in opened.columns}
    found: dict[str, str] = {}
    for ours, name in spec.columns.items():
        if name not in opened.columns and name.lower() not in theirs:
            raise DataError(
                f"The study reads {ours} from the column '{name}', which {opened.located.name} does not have."
                f"{nearest(name, opened.columns)} Columns: {_some(opened.columns)}."
            )
        found[ours] = name if name in opened.columns else theirs[name.lower()]
    for ours in NAMES:
        if ours not in found and ours not in spec.constant and ours in theirs:
            found[ours] = theirs[ours]
    absent = [ours for ours in NAMES if ours not in found and ours not in spec.constant]
    free = [name for name in opened.columns if name not in found.values()]
    missing = {
        ours: nearest(ours, free).removeprefix(" Did you mean '").removesuffix("'?") for ours in absent
    }
    for ours in REQUIRED:
        if ours in missing:
            raise DataError(
                f"{opened.located.name} has no column '{ours}' ({column(ours).title}).{nearest(ours, free)} "
                f'Say which column it is:  columns = {{ {ours} = "..." }}  in [panel]. '
                f"Columns: {_some(opened.columns)}."
            )
    return found, missing


def _some(names: Mapping[str, str]) -> str:
    shown = list(names)[:30]
    return ", ".join(shown) + (f" and {len(names) - 30} more" if len(names) > 30 else "")


# -- reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Loaded:
    """`panel_all` as it is in the engine: values of its columns, and the largest of each number."""

    casts: list[Cast]
    lazy: bool
    largest: Mapping[str, float]


class _Unread(Exception):
    """The engine gave up, or read another number of rows than were counted."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error


def _fetched(engine: DuckDB, spec: PanelSpec, opened: Source, mapping: Mapping[str, str]) -> Source:
    """The source with the columns read that the study uses, if it has to be asked for them."""
    if opened.fetch is None:
        return opened
    asked = {*mapping.values(), *(name for drop in spec.drop if (name := _dropped_by(drop, spec, opened)))}
    rows = opened.fetch([name for name in opened.columns if name in asked])
    types = {name: kind for name, kind in engine.describe(RELATION).items() if name != "__file"}
    return replace(opened, columns=types, rows=rows)


def _repair(opened: Source, error: Exception | None) -> tuple[int, ...]:
    if opened.repair is None:
        raise DataError(f"{opened.located.name} cannot be read: {error}") from None
    return opened.repair(error)


def _load(engine: DuckDB, spec: PanelSpec, opened: Source, mapping: Mapping[str, str]) -> _Loaded:
    """Make `panel_all`."""
    try:
        casts = [_cast(engine, spec, opened, name, mapping.get(name)) for name in _order(spec, mapping)]
        # Text that holds numbers would be parsed by each query: better once.
        lazy = opened.lazy and not any(_parsed(item, opened, mapping) for item in casts)
        largest = _known_ranges(engine, casts) if lazy else {}
        casts = [_slim(engine, item, item.column.name in largest) if lazy else item for item in casts]
        _make_all(engine, spec, casts, opened, lazy)
    except EngineError as error:
        raise _Unread(error) from None
    if opened.rows and tuple(n for _, n in _per_file(engine)) != opened.rows:
        raise _Unread(None)
    casts = [_settled(engine, item, lazy) for item in casts]
    rest = {
        item.column.name: (item.value, 1.0)
        for item in casts
        if item.number and item.column.name not in largest
    }
    return _Loaded(casts, lazy, largest | _ranges(engine, "panel_all", rest))


def _slim(engine: DuckDB, item: Cast, finite: bool) -> Cast:
    """The cheapest expression that gives the same values: a view is worked out again by each query.

    Codes are looked at once for each distinct code, not for each row; a firm's identifier in a typed file
    is taken as it is (the check says where it has blanks); a number that the file's statistics show to be
    finite needs no test but that for NaN, which becomes missing when it is cast.
    """
    if finite:
        times = f" * {item.factor!r}" if item.factor != 1.0 else ""
        return replace(item, value=f"{item.plain}{times}", bad="", loose_nan=True)
    if not item.text:
        return item
    if item.column.kind == "text":
        return replace(item, value=item.text)
    for cheaper in (item.text, f"replace({item.text}, '.', '')"):
        changed = f"{item.value} is distinct from {cheaper}"
        if not engine.rows(f"select 1 from (select distinct {item.text} from {RELATION}) where {changed} limit 1"):
            return replace(item, value=cheaper)
    return item


def _known_ranges(engine: DuckDB, casts: list[Cast]) -> dict[str, float]:
    """The largest absolute value of numbers as the files' own statistics have it; finite ones only."""
    plain = [item for item in casts if item.plain]
    return _ranges(engine, RELATION, {item.column.name: (item.plain, item.factor) for item in plain})


def _ranges(engine: DuckDB, relation: str, asked: Mapping[str, tuple[str, float]]) -> dict[str, float]:
    if not asked:
        return {}
    ends = [f"cast({end}({value}) as double)" for value, _ in asked.values() for end in ("min", "max")]
    found = iter(engine.rows(f"select {', '.join(ends)} from {relation}")[0])
    largest = {
        name: max(abs(next(found) or 0.0), abs(next(found) or 0.0)) * factor
        for name, (_, factor) in asked.items()
    }
    return {name: value for name, value in largest.items() if math.isfinite(value)}


def _order(spec: PanelSpec, mapping: Mapping[str, str]) -> list[str]:
    ours = {*mapping, *spec.constant}
    return [name for name in NAMES if name in ours] + sorted(ours - set(NAMES))


def _cast(engine: DuckDB, spec: PanelSpec, opened: Source, name: str, theirs: str | None) -> Cast:
    if theirs is None:
        return cast(column(name), constant(spec.constant[name]), spec)
    kind = opened.columns[theirs]
    source = given(theirs, kind, spec.missing_values(name), loose=not opened.typed)
    if column(name).kind == "flow" and source.family == "text" and name not in spec.codes:
        source = replace(source, words=_first_word(engine, source))
    return cast(column(name), source, spec)


def _first_word(engine: DuckDB, source: Given) -> bool:
    """Whether the first value is true or false; a later number is then an unusable value, and shown."""
    found = engine.rows(f"select {source.sql} from {RELATION} where {source.sql} is not null limit 1")
    return bool(found) and found[0][0].lower() in _WORDS


def _parsed(item: Cast, opened: Source, mapping: Mapping[str, str]) -> bool:
    theirs = mapping.get(item.column.name)
    number = item.column.kind in ("whole", "amount", "flow", "yesno")
    return theirs is not None and number and family(opened.columns[theirs]) == "text"


def _make_all(engine: DuckDB, spec: PanelSpec, casts: list[Cast], opened: Source, lazy: bool) -> None:
    values = [f"{item.value} as {item.column.name}" for item in casts]
    values += [f"{_bad(casts)} as __bad", f"{_drop(spec, opened)} as __drop", "__file"]
    values += ["__row"] if lazy else []
    what = "view" if lazy else "temporary table"
    forget(engine, "panel_all")
    engine.execute(f"create {what} panel_all as select {', '.join(values)} from {RELATION}")


def _bad(casts: list[Cast]) -> str:
    """The row's unusable values: column, UNIT, value; records end with RECORD. NULL for a sound row."""
    parts = [
        f"case when {item.bad} then '{item.column.name}' || chr({UNIT}) || {item.raw} || chr({RECORD}) end"
        for item in casts if item.bad
    ]  # fmt: skip
    return f"nullif(concat({', '.join(parts)}), '')" if parts else "cast(null as varchar)"


def _settled(engine: DuckDB, item: Cast, lazy: bool) -> Cast:
    """The value in `panel_all`; further text of only numbers, or only true and false, becomes that."""
    name = item.column.name
    if not lazy and item.column.kind == "further" and not item.number:
        ((count, numbers, zeros, words),) = engine.rows(
            f"select count({name}), "
            f"count(*) filter (isfinite(try_cast({name} as double)) and not contains({name}, '_')), "
            f"count(*) filter (regexp_matches({name}, '^0[0-9]')), "
            f"count(*) filter (lower({name}) in ('true', 'false')) "
            f"from (select cast({name} as varchar) as {name} from panel_all)"
        )
        if count and numbers == count and not zeros:
            return replace(item, value=f"try_cast({name} as double)", number=True)
        if count and words == count:
            return replace(item, value=f"cast({name} as boolean)")
    return replace(item, value=name)


# -- rows left out, and their places ------------------------------------------------------------------


def _drop(spec: PanelSpec, opened: Source) -> str:
    """The reason why a row is left out, or NULL."""
    branches = [f"when {_condition(drop, spec, opened)} then {literal(drop.reason)}" for drop in spec.drop]
    return f"case {' '.join(branches)} end" if branches else "cast(null as varchar)"


def _dropped_by(drop: Drop, spec: PanelSpec, opened: Source) -> str:
    """The source's column that decides: named by its own name, or by ours."""
    name = drop.column if drop.column in opened.columns else spec.columns.get(drop.column, drop.column)
    if name not in opened.columns:
        raise DataError(
            f"[panel], drop: there is no column '{drop.column}'.{nearest(drop.column, opened.columns)}"
        )
    return name


def _condition(drop: Drop, spec: PanelSpec, opened: Source) -> str:
    name = drop.column if drop.column in opened.columns else spec.columns.get(drop.column, drop.column)
    if name not in opened.columns:
        raise DataError(
            f"[panel], drop: there is no column '{drop.column}'.{nearest(drop.column, opened.columns)}"
        )
    number = f"try_cast(cast({quoted(name)} as varchar) as double)"
    if drop.below is not None:
        return f"{number} < {drop.below!r}"
    values = drop.equals if isinstance(drop.equals, tuple) else (drop.equals,)
    tests = [
        f"{number} = {float(value)!r}" if isinstance(value, int | float) and not isinstance(value, bool)
        else f"lower(cast({quoted(name)} as varchar)) = {literal(str(value).lower())}"
        for value in values
    ]  # fmt: skip
    return f"({' or '.join(tests)})"


def _count_dropped(engine: DuckDB, spec: PanelSpec) -> dict[str, int]:
    if not spec.drop:
        return {}
    counted = dict(
        engine.rows("select __drop, count(*) from panel_all where __drop is not null group by all")
    )
    return {drop.reason: counted.get(drop.reason, 0) for drop in spec.drop}


def _per_file(engine: DuckDB) -> list[tuple[int, int]]:
    return [
        (int(file), int(n))
        for file, n in engine.rows("select __file, count(*) from panel_all group by 1 order by 1")
    ]


def _starts(engine: DuckDB) -> tuple[int, ...]:
    """The position in the temporary table of the first row of each file."""
    starts, total = [], 0
    for _, rows in _per_file(engine):
        starts.append(total)
        total += rows
    return tuple(starts)


def _rows_view(engine: DuckDB, spec: PanelSpec, loaded: _Loaded) -> None:
    """`panel_rows`: amounts as DECIMAL, wide enough for the largest; where each row comes from."""
    values = [
        f"{_typed(item, loaded.largest.get(item.column.name, 0.0))} as {item.column.name}"
        for item in loaded.casts
    ]
    row = "__row"
    if not loaded.lazy:
        row = f"rowid - list_extract([{', '.join(map(str, _starts(engine)))}], cast(__file as bigint) + 1)"
    kept = " where __drop is null" if spec.drop else ""
    engine.execute(
        f"create or replace view panel_rows as select {', '.join(values)}, __bad, __file, {row} as __row "
        f"from panel_all{kept}"
    )


def _typed(item: Cast, largest: float) -> str:
    """18 digits (fast) if the largest absolute value fits, else 38; beyond that it cannot be meant."""
    if not item.number:
        return item.value
    scale = item.column.scale
    if largest >= 10.0 ** (37 - scale):
        raise DataError(
            f"{item.column.name} has a value of {largest:g}, which cannot be right. If it stands for "
            f"missing, write  missing = {{ {item.column.name} = [...] }}  in [panel]."
        )
    width = 18 if largest < 0.999999 * 10.0 ** (18 - scale) else 38
    how = "try_cast" if item.loose_nan else "cast"
    return f"{how}({item.value} as DECIMAL({width},{scale}))"
