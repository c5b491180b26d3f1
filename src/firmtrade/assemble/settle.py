"""What a delimited text file leaves open and the study does not say: its encoding and decimal sign.

Neither can lose a row. Any bytes are text in Latin-1; a decimal comma is read where the first number that
is not whole has one that cannot separate thousands, and then a number with a point is an unusable value
that the check shows. What was settled is said by the check.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.lines import changes_encoding
from firmtrade.acquire.locate import locate
from firmtrade.acquire.read import Source, open_source, quoted, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, EngineError, NoRoom

_COMMA = "^[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})$"
_POINT = "^[+-]?[0-9]*[.][0-9]+$"


def open_settled(
    engine: DuckDB, spec: PanelSpec, source: str | None, base: Path
) -> tuple[PanelSpec, Source, tuple[str, ...]]:
    """(the spec with what was settled, the open source, what was settled as sentences)."""
    spec, opened, notes = _encoded(engine, spec, source, base)
    try:
        opened, comma = _decimal_comma(engine, spec, opened)
    except BaseException:
        opened.close()
        raise
    if comma:
        spec = spec.model_copy(update={"decimal": ","})
        notes = (*notes, "numbers are read with a decimal comma; the study may say so: decimal = ','")
    return spec, opened, notes


def _encoded(
    engine: DuckDB, spec: PanelSpec, source: str | None, base: Path
) -> tuple[PanelSpec, Source, tuple[str, ...]]:
    try:
        return spec, open_source(engine, spec, source, base), ()
    except DataError as error:
        if "encoding" in spec.model_fields_set or 'encoding = "latin-1"' not in str(error):
            raise
    for path in locate(spec, source, base).files:
        if line := changes_encoding(path):
            raise DataError(
                f"{path.name}, line {line}: the encoding changes. Some lines above are UTF-8 and this one is "
                "not, or the other way round. Export the file again in one encoding. If it is in one all the "
                "same, say which in [panel]:  encoding = ..."
            )
    spec = spec.model_copy(update={"encoding": "latin-1"})
    note = "the text is not UTF-8 and is read as Latin-1; the study may say so: encoding = 'latin-1'"
    return spec, open_source(engine, spec, source, base), (note,)


def _decimal_comma(engine: DuckDB, spec: PanelSpec, opened: Source) -> tuple[Source, bool]:
    """Whether amounts are written '12,5'; the source is repaired first if the engine cannot read it."""
    amounts = _amounts(spec, opened)
    if not amounts:
        return opened, False
    try:
        return opened, _first_fraction(engine, relation(spec), amounts) == ","
    except EngineError as error:
        if opened.repair is None or isinstance(error, NoRoom):
            raise
        opened = replace(opened, rows=opened.repair(error))
    return opened, _first_fraction(engine, relation(spec), amounts) == ","


def _amounts(spec: PanelSpec, opened: Source) -> list[str]:
    """The columns of a text file that hold amounts, by the contract's names or the study's; else none."""
    if opened.typed or opened.fetch is not None or spec.thousands or "decimal" in spec.model_fields_set:
        return []
    lower = {name.lower(): name for name in opened.columns}
    ours = [name for name in spec.names() if spec.column(name).kind in ("amount", "flow")]
    named = [spec.columns.get(name, lower.get(name, "")) for name in ours]
    return [f"trim({quoted(name)})" for name in named if name in opened.columns]


def _first_fraction(engine: DuckDB, source: str, amounts: list[str]) -> str:
    """The decimal sign of the first number that surely has one, or ''; reading stops there."""
    # The cheap test first: files of whole numbers are read to their end.
    signs = [
        f"case when not (contains({text}, ',') or contains({text}, '.')) then null "
        f"when regexp_matches({text}, '{_COMMA}') then ',' "
        f"when regexp_matches({text}, '{_POINT}') then '.' end"
        for text in amounts
    ]
    sign = f"coalesce({', '.join(signs)})" if len(signs) > 1 else signs[0]
    found = engine.rows(
        f"select sign from (select {sign} as sign from {source}) where sign is not null limit 1"
    )
    return str(found[0][0]) if found else ""
