"""Read a source into `panel_all`: our columns, what is wrong with each row, why it may be left out.

For Parquet `panel_all` is a view; other sources are read once into a temporary table, and the rows are
counted against what the source says that it has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from firmtrade._engine.engine import Engine
from firmtrade.acquire.read import Source, forget, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.cast import Cast, Given, cast, constant, family, given, number_of
from firmtrade.assemble.mapping import drop_reason, dropped_by
from firmtrade.errors import DataError, EngineError, NoRoom

#: End of an unusable value of a row in `__bad`, and what separates column and value.
RECORD, UNIT = 30, 31
_WORDS = ("true", "false", "t", "f", "yes", "no")


@dataclass(frozen=True)
class Loaded:
    """`panel_all` as it is in the engine: values of its columns, and the largest of each number."""

    casts: list[Cast]
    lazy: bool
    largest: Mapping[str, float]


def everything(spec: PanelSpec) -> str:
    """The relation of all rows of a source: `panel_all`."""
    return f"{spec.relation}_all"


class _Unread(Exception):
    """The engine gave up, or read another number of rows than were counted."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error


def load(engine: Engine, spec: PanelSpec, opened: Source, mapping: Mapping[str, str]) -> Loaded:
    """Make `panel_all` from an opened source; `mapping` is our name -> theirs."""
    opened = _fetched(engine, spec, opened, mapping)
    try:
        return _attempt(engine, spec, opened, mapping)
    except _Unread as unread:
        repaired = replace(opened, rows=_repair(opened, unread.error))
    try:
        return _attempt(engine, spec, repaired, mapping)
    except _Unread as unread:
        raise DataError(
            f"{opened.located.name} cannot be read whole: {unread.error or 'rows are missing'}"
        ) from None


def _fetched(engine: Engine, spec: PanelSpec, opened: Source, mapping: Mapping[str, str]) -> Source:
    """The source with the columns read that the study uses, if it has to be asked for them."""
    if opened.fetch is None:
        return opened
    asked = {*mapping.values(), *(name for drop in spec.drop if (name := dropped_by(drop, spec, opened)))}
    rows = opened.fetch([name for name in opened.columns if name in asked])
    types = {name: kind for name, kind in engine.describe(relation(spec)).items() if name != "__file"}
    return replace(opened, columns=types, rows=rows)


def _repair(opened: Source, error: Exception | None) -> tuple[int, ...]:
    if opened.repair is None:
        reason = str(error).split("': ")[-1].splitlines()[0]  # without the query
        raise DataError(
            f"{opened.located.name} cannot be read whole ({reason}). It seems damaged: copy or export it "
            f"again."
        ) from None
    return opened.repair(error)


def _attempt(engine: Engine, spec: PanelSpec, opened: Source, mapping: Mapping[str, str]) -> Loaded:
    try:
        casts = [_cast(engine, spec, opened, name, mapping.get(name)) for name in _order(spec, mapping)]
        # Text that holds numbers would be parsed by each query: better once.
        lazy = opened.lazy and not (engine.here and any(_parsed(item, opened, mapping) for item in casts))
        if lazy and engine.here:
            largest = _known_ranges(engine, spec, casts)
            casts = [_slim(engine, spec, item, item.column.name in largest) for item in casts]
        else:
            largest = {}
        _make_all(engine, spec, casts, opened, lazy)
    except NoRoom:
        raise
    except EngineError as error:
        raise _Unread(error) from None
    if opened.rows and tuple(n for _, n in per_file(engine, spec)) != opened.rows:
        raise _Unread(None)
    casts = [_settled(engine, item, spec, lazy) for item in casts]
    rest = {
        item.column.name: (item.value, 1.0)
        for item in casts
        if item.number and item.column.name not in largest
    }
    return Loaded(casts, lazy, largest | _ranges(engine, everything(spec), rest))


def _slim(engine: Engine, spec: PanelSpec, item: Cast, finite: bool) -> Cast:
    """The cheapest expression that gives the same values: a view is worked out again by each query.

    Codes are looked at once for each distinct code, not for each row; a firm's identifier in a typed file
    is taken as it is unless one starts with a blank; a number that the file's statistics show to be
    finite needs no test but that for NaN, which becomes missing when it is cast.
    """
    if finite:
        times = f" * {item.factor!r}" if item.factor != 1.0 else ""
        return replace(item, value=f"{item.plain}{times}", bad="", loose_nan=True)
    if not item.text:
        return item
    if item.column.kind == "text":
        # A blank sorts before all letters and digits, so the files' statistics say whether one comes first.
        ((first,),) = engine.rows(f"select min({item.text}) from {relation(spec)}")
        return item if first is not None and first < "!" else replace(item, value=item.text)
    cheaper = (item.text, f"replace({item.text}, '.', '')")
    tests = ", ".join(f"bool_or({item.value} is distinct from {value})" for value in cheaper)
    # Materialized, or the engine would try each row before it makes them distinct.
    codes = f"with codes as materialized (select distinct {item.text} from {relation(spec)})"
    (changed,) = engine.rows(f"{codes} select {tests} from codes")
    for value, differs in zip(cheaper, changed, strict=True):
        if not differs:
            return replace(item, value=value)
    return item


def _known_ranges(engine: Engine, spec: PanelSpec, casts: list[Cast]) -> dict[str, float]:
    """The largest absolute value of numbers as the files' own statistics have it; finite ones only."""
    plain = [item for item in casts if item.plain]
    return _ranges(engine, relation(spec), {item.column.name: (item.plain, item.factor) for item in plain})


def _ranges(engine: Engine, relation: str, asked: Mapping[str, tuple[str, float]]) -> dict[str, float]:
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
    names = spec.names()
    return [name for name in names if name in ours] + sorted(ours - set(names))


def _cast(engine: Engine, spec: PanelSpec, opened: Source, name: str, theirs: str | None) -> Cast:
    if theirs is None:
        return cast(spec.column(name), constant(spec.constant[name], engine.dialect), spec)
    kind = opened.columns[theirs]
    source = given(theirs, kind, spec.missing_values(name), not opened.typed, engine.dialect)
    if spec.column(name).kind == "flow" and source.family == "text" and name not in spec.codes:
        source = replace(source, words=_first_word(engine, spec, source))
    return cast(spec.column(name), source, spec)


def _first_word(engine: Engine, spec: PanelSpec, source: Given) -> bool:
    """Whether the first value is true or false; a later number is then an unusable value, and shown."""
    found = engine.rows(f"select {source.sql} from {relation(spec)} where {source.sql} is not null limit 1")
    return bool(found) and found[0][0].lower() in _WORDS


def _parsed(item: Cast, opened: Source, mapping: Mapping[str, str]) -> bool:
    theirs = mapping.get(item.column.name)
    number = item.column.kind in ("whole", "amount", "flow", "yesno")
    return theirs is not None and number and family(opened.columns[theirs]) == "text"


def _make_all(engine: Engine, spec: PanelSpec, casts: list[Cast], opened: Source, lazy: bool) -> None:
    values = [f"{item.value} as {item.column.name}" for item in casts]
    values += [f"{_bad(casts)} as __bad", f"{drop_reason(spec, opened, engine.dialect)} as __drop", "__file"]
    values += ["__row"] if lazy else []
    make = engine.view if lazy else engine.table
    forget(engine, everything(spec))
    make(everything(spec), f"select {', '.join(values)} from {relation(spec)}")


def _bad(casts: list[Cast]) -> str:
    """The row's unusable values: column, UNIT, value; records end with RECORD. NULL for a sound row."""
    parts = [
        f"case when {item.bad} then '{item.column.name}' || chr({UNIT}) || {item.raw} || chr({RECORD}) end"
        for item in casts if item.bad
    ]  # fmt: skip
    return f"nullif(concat_ws('', {', '.join(parts)}), '')" if parts else "cast(null as string)"


def _settled(engine: Engine, item: Cast, spec: PanelSpec, lazy: bool) -> Cast:
    """The value in `panel_all`; further text of only numbers, or only true and false, becomes that."""
    name = item.column.name
    if lazy or item.column.kind != "further" or item.number:
        return replace(item, value=name)
    text = Given(f"cast({name} as string)", "text", how=engine.dialect)
    number = number_of(text, spec)
    how = engine.dialect
    finite = how.is_finite(number)
    tests = (
        f"{finite} or lower({text.sql}) = 'nan'",
        how.matches(text.sql, "'^0[0-9]'"),
        f"lower({text.sql}) in ('true', 'false')",
    )
    counted = ", ".join(map(how.count_if, tests))
    ((count, numbers, zeros, words),) = engine.rows(
        f"select count({name}), {counted} from {everything(spec)}"
    )
    if count and numbers == count and not zeros:
        value = f"case when {finite} then {number} * {item.factor!r} end"
        return replace(item, value=value, number=True)
    return replace(item, value=f"cast({name} as boolean)" if count and words == count else name)


def per_file(engine: Engine, spec: PanelSpec) -> list[tuple[int, int]]:
    """Number of each file and of its rows in `panel_all`."""
    found = engine.rows(f"select __file, count(*) from {everything(spec)} group by 1 order by 1")
    return [(int(file), int(n)) for file, n in found]
