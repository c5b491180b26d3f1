"""Stata, SAS and SPSS files, read with pyreadstat: raw values, no value labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.insert import Inserter, refuse_twins
from firmtrade.acquire.lines import is_utf8
from firmtrade.acquire.locate import Located, refuse_other_columns
from firmtrade.acquire.read import Source, relation
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, MissingExtra

_READERS = {".dta": "read_dta", ".sas7bdat": "read_sas7bdat", ".xpt": "read_xport", ".sav": "read_sav",
            ".zsav": "read_sav", ".por": "read_por"}  # fmt: skip
_DEFAULT = {"stata": "read_dta", "sas": "read_sas7bdat", "spss": "read_sav"}
_CHUNK = 250_000


def open_statistics(engine: DuckDB, spec: PanelSpec, located: Located) -> Source:
    """Names and types from the files' heads; the rows are read by `Source.fetch`."""
    shapes = [_shape(path, located, spec) for path in located.files]
    _, about = _call(located.files[0], located, spec, metadataonly=True)
    _same_shape(located.files, shapes)
    refuse_twins(list(shapes[0]), located.files[0].name)

    def fetch(names: Sequence[str], limit: int | None = None) -> tuple[int, ...]:
        table = Inserter(engine, relation(spec), {name: shapes[0][name] for name in names})
        files = located.files[:1] if limit else located.files
        return tuple(
            _read(table, number, path.name, _chunks(path, names, located, spec, limit))
            for number, path in enumerate(files)
        )

    return Source(
        located=located, columns=shapes[0], lazy=False, typed=True, fetch=fetch, labels=_labels(about),
        place=lambda file, row: f"{located.label(file)}, row {row + 1}",
    )  # fmt: skip


def _call(path: Path, located: Located, spec: PanelSpec, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    try:
        import pyreadstat
    except ImportError:
        raise MissingExtra(f"Reading {path.name}", "files") from None
    read = getattr(pyreadstat, _READERS.get(path.suffix.lower(), _DEFAULT[located.format]))
    if not is_utf8(spec.encoding):
        options["encoding"] = spec.encoding
    try:
        return read(str(path), output_format="dict", **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as error:
        hint = (
            'Its text is not UTF-8: write  encoding = "latin-1"  in [panel].'
            if isinstance(error, UnicodeDecodeError) or "string" in str(error).lower()
            else "It may have been cut off while it was copied: copy or export it again."
        )
        raise DataError(f"{path.name} cannot be read as a {located.format} file ({error}). {hint}") from None


def _shape(path: Path, located: Located, spec: PanelSpec) -> dict[str, str]:
    _, about = _call(path, located, spec, metadataonly=True)
    if about.number_rows == 0:
        raise DataError(f"{path.name} has columns but no rows.")
    kinds = about.readstat_variable_types
    return {name: "VARCHAR" if kinds[name] == "string" else "DOUBLE" for name in about.column_names}


def _labels(about: Any) -> dict[str, str]:
    """The columns of numbers with value labels: 'Manufacture, Construction, ...'."""
    found = {}
    for name, words in about.variable_value_labels.items():
        if words and about.readstat_variable_types[name] != "string":
            first = [str(words[value]) for value in list(words)[:2]]
            found[name] = ", ".join(first) + (", ..." if len(words) > 2 else "")
    return found


def _same_shape(files: Sequence[Path], shapes: Sequence[dict[str, str]]) -> None:
    first = shapes[0]
    for path, shape in zip(files, shapes, strict=True):
        refuse_other_columns((files[0], first), (path, shape))
        for name in sorted(name for name in shape if shape[name] != first[name]):
            words = {"VARCHAR": "text", "DOUBLE": "numbers"}
            raise DataError(
                f"{path.name}: column '{name}' is {words[shape[name]]}, but {words[first[name]]} in "
                f"{files[0].name}. Export the files with the same types."
            )


def _read(table: Inserter, number: int, name: str, chunks: Iterator[dict[str, list[Any]]]) -> int:
    total = 0
    for chunk in chunks:
        for column, values in chunk.items():
            table.retype(column, values)
        total += table.add(list(chunk.values()), number)
    if not total:
        raise DataError(f"{name} has columns but no rows.")
    return total


def _chunks(path: Path, names: Sequence[str], located: Located, spec: PanelSpec,
            limit: int | None) -> Iterator[dict[str, list[Any]]]:  # fmt: skip
    size = limit or _CHUNK
    offset, rows = 0, size
    while rows == size and not (limit and offset):
        chunk, _ = _call(path, located, spec, usecols=list(names), row_offset=offset, row_limit=size)
        rows = len(next(iter(chunk.values()), []))
        offset += rows
        yield {name: chunk[name] for name in names}
