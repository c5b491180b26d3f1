"""What a delimited text file leaves open and the study does not say: its encoding and decimal sign.

Neither can lose a row. Any bytes are text in Latin-1; a decimal comma is read only where no number has a
point and some number has a comma that cannot separate thousands. What was settled is said by the check.
"""

from __future__ import annotations

from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.contract import NAMES, column
from firmtrade.acquire.read import RELATION, Source, open_source, quoted
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError

_COMMA = "^[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})$"
_POINT = "^[+-]?[0-9]*[.][0-9]+$"


def open_settled(
    engine: DuckDB, spec: PanelSpec, source: str | None, base: Path
) -> tuple[PanelSpec, Source, tuple[str, ...]]:
    """(the spec with what was settled, the open source, what was settled as sentences)."""
    spec, opened, notes = _encoded(engine, spec, source, base)
    if _has_decimal_comma(engine, spec, opened):
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
    spec = spec.model_copy(update={"encoding": "latin-1"})
    note = "the text is not UTF-8 and is read as Latin-1; the study may say so: encoding = 'latin-1'"
    return spec, open_source(engine, spec, source, base), (note,)


def _has_decimal_comma(engine: DuckDB, spec: PanelSpec, opened: Source) -> bool:
    """Whether the amounts are written '12,5': by the contract's own names or the study's."""
    if opened.typed or "decimal" in spec.model_fields_set or spec.thousands or opened.fetch is not None:
        return False
    lower = {name.lower(): name for name in opened.columns}
    amounts = [name for name in NAMES if column(name).kind in ("amount", "flow")]
    named = [spec.columns.get(name, lower.get(name, "")) for name in amounts]
    tests = [f"trim({quoted(name)})" for name in named if name in opened.columns]
    if not tests:
        return False
    commas = " or ".join(f"regexp_matches({text}, '{_COMMA}')" for text in tests)
    points = " or ".join(f"regexp_matches({text}, '{_POINT}')" for text in tests)
    ((comma, point),) = engine.rows(f"select bool_or({commas}), bool_or({points}) from {RELATION}")
    return bool(comma) and not point
