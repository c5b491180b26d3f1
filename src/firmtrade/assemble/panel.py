"""The panel: a relation of firm x year under the contract's names and types.

Three relations come into being in the engine: `panel_all` (every row of the source, our columns, what
is wrong with the row), `panel_rows` (without the rows that the study drops, with file and row number)
and `panel` (the contract's columns only). For Parquet all three are views, so that a query reads only
the columns and row groups that it needs; other sources are read once into a temporary table.
Other parts of a study are opened in the same way, as `register`, `register_rows` and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.engine import Engine
from firmtrade.acquire.read import Source, forget, hashes, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.cast import Cast
from firmtrade.assemble.load import RECORD, UNIT, Loaded, everything, load, per_file
from firmtrade.assemble.mapping import map_columns, spare
from firmtrade.assemble.recode import recode
from firmtrade.assemble.settle import open_settled


@dataclass(frozen=True)
class Panel:
    """An open panel.

    `columns` maps the contract's (and further) columns that are there to their SQL types; `missing` maps
    the contract's columns that are not there to the source's nearest name ('' if none is near). `flags`
    are the flows that say only traded / not traded, as 1 / 0. `dropped` counts the rows that the study
    leaves out, by reason. `notes` is how a text file was read where the
    study does not say. `synthetic` is what the source says of being synthetic ('' for real data).
    `spare`: the source's columns that nothing reads.
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
    notes: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()


def open_panel(
    engine: DuckDB, spec: PanelSpec, source: str | None, base: Path, renamed: bool = False
) -> Panel:
    """Make the relation `panel`; `source` (a file or URL, from the command line) overrides spec.files.

    `renamed`: firms change their identifier, as the table `trade_identifiers` says.

    Raises DataError for a source that cannot be read whole, for one without firm or year, and for a
    mapping to a column that is not there. Values that cannot be used are left to `check_panel`.
    """
    spec, opened, notes = open_settled(engine, spec, source, base)
    try:
        panel = assemble(engine, spec, opened, base, renamed)
        return replace(panel, notes=(*notes, *panel.notes))
    finally:
        opened.close()


def assemble(
    engine: Engine, spec: PanelSpec, opened: Source, base: Path = Path(), renamed: bool = False
) -> Panel:
    """The panel of an opened source."""
    mapping, missing = map_columns(spec, opened)
    loaded = load(engine, spec, opened, mapping)
    if not loaded.lazy:
        forget(engine, relation(spec))
    casts = loaded.casts
    checked = tuple(item.column.name for item in (*(c for c in casts if c.bad), *_too_large(loaded)))
    dropped = _count_dropped(engine, spec)
    _rows_view(engine, spec, loaded)
    read = [item.column.name for item in casts]
    names = ", ".join([*read, *recode(engine, spec, read, base, renamed)])
    rows = f"{spec.relation}_rows"
    engine.view(spec.relation, f"select {names} from {rows}")
    return Panel(
        columns=engine.describe(spec.relation),
        flags=frozenset(item.column.name for item in casts if item.flag),
        missing=missing, files=opened.located.files, name=opened.located.name, synthetic=opened.synthetic,
        dropped=dropped, checked=checked,
        hashes=cache(lambda: hashes(opened.located)), place=opened.place,
        relation=spec.relation, rows=rows, notes=tuple(_unlabelled(spec, opened, mapping)),
        spare=spare(spec, opened, mapping),
    )  # fmt: skip


def _unlabelled(spec: PanelSpec, opened: Source, mapping: Mapping[str, str]) -> Iterator[str]:
    """Codes that are read as numbers where the file has a word for each: '15.11' may be number 1."""
    for ours, theirs in mapping.items():
        coded = spec.column(ours).kind in ("code", "region")
        if theirs in opened.labels and ours not in spec.codes and coded:
            yield (
                f"{ours} is read from the numbers of '{theirs}', not from their labels "
                f"({opened.labels[theirs]}). "
                f'If the labels are the codes, write  codes = {{ {ours} = {{ "1" = "..." }} }}  '
                f"in {spec.part}"
            )


def _count_dropped(engine: Engine, spec: PanelSpec) -> dict[str, int]:
    if not spec.drop:
        return {}
    counted = dict(
        engine.rows(
            f"select __drop, count(*) from {everything(spec)} where __drop is not null group by __drop"
        )
    )
    return {drop.reason: counted.get(drop.reason, 0) for drop in spec.drop}


def _starts(engine: Engine, spec: PanelSpec) -> tuple[int, ...]:
    """The position in the temporary table of the first row of each file."""
    starts, total = [], 0
    for _, rows in per_file(engine, spec):
        starts.append(total)
        total += rows
    return tuple(starts)


def _too_large(loaded: Loaded) -> list[Cast]:
    largest = loaded.largest
    return [
        item for item in loaded.casts if item.number and largest.get(item.column.name, 0.0) >= _limit(item)
    ]


def _rows_view(engine: Engine, spec: PanelSpec, loaded: Loaded) -> None:
    """`panel_rows`: amounts as DECIMAL, wide enough for the largest; where each row comes from."""
    values = [
        f"{_typed(engine, item, loaded.largest.get(item.column.name, 0.0))} as {item.column.name}"
        for item in loaded.casts
    ]
    row = "__row"
    if not loaded.lazy:
        starts = ", ".join(map(str, _starts(engine, spec)))
        row = f"rowid - list_extract([{starts}], cast(__file as bigint) + 1)"
    kept = " where __drop is null" if spec.drop else ""
    engine.view(
        f"{spec.relation}_rows",
        f"select {', '.join(values)}, {_bad(_too_large(loaded))} as __bad, __file, {row} as __row "
        f"from {everything(spec)}{kept}",
    )


def _typed(engine: Engine, item: Cast, largest: float) -> str:
    """18 digits (fast) if the largest absolute value fits, else 38; beyond that it cannot be meant."""
    if not item.number:
        return item.value
    scale = item.column.scale
    width = 18 if largest < 0.999999 * 10.0 ** (18 - scale) else 38
    value = item.value if largest < _limit(item) else f"case when not ({_beyond(item)}) then {item.value} end"
    return engine.dialect.decimal(value, width, scale, item.loose_nan)


def _limit(item: Cast) -> float:
    """No amount of money or number of persons has 30 digits: such a value stands for something else."""
    return float(10.0 ** (37 - item.column.scale))


def _beyond(item: Cast) -> str:
    return f"abs(cast({item.value} as double)) >= {_limit(item)!r}"


def _bad(too_large: list[Cast]) -> str:
    """The row's unusable values, with those that are too large for any column."""
    cells = [
        f"case when {_beyond(item)} then '{item.column.name}' || chr({UNIT}) "
        f"|| cast({item.value} as string) || chr({RECORD}) end"
        for item in too_large
    ]
    return f"nullif(concat_ws('', __bad, {', '.join(cells)}), '')" if cells else "__bad"
