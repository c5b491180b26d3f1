"""From what the study or the command line names to the files to read and their format."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from firmtrade.acquire.address import SQLITE, is_address
from firmtrade.acquire.source import PanelSpec
from firmtrade.errors import DataError, StudyError, nearest

SUFFIXES = {
    ".parquet": "parquet", ".parq": "parquet", ".pq": "parquet",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv",
    ".dta": "stata", ".sas7bdat": "sas", ".xpt": "sas", ".sav": "spss", ".zsav": "spss", ".por": "spss",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
}  # fmt: skip


_COMPRESSED = (".gz", ".zip", ".zst", ".bz2", ".xz", ".7z", ".tar", ".rar")


@dataclass(frozen=True)
class Located:
    """What is to be read: files of one format, or the URL of a database; `name` is for display."""

    format: str
    files: tuple[Path, ...]
    name: str
    url: str = ""
    base: Path = Path()

    def label(self, file: int) -> str:
        """What messages call a file: its name, with its folder where two have one name."""
        return labels(self.files)[file]


def labels(files: tuple[Path, ...]) -> tuple[str, ...]:
    """The files' names, with as many of their folders as it takes to tell them apart."""
    for depth in range(1, 6):
        names = tuple("/".join(path.parts[-depth:]) for path in files)
        if len(set(names)) == len(names):
            return names
    return tuple(map(str, files))


def locate(spec: PanelSpec, source: str | None, base: Path) -> Located:
    """The files that `source` (from the command line, relative to the current folder) or the study names.

    Raises DataError for a file that is not there, a folder without data files, several formats at once.
    """
    named = (source,) if source else spec.files
    folder = Path() if source else base
    if not named:
        raise StudyError('[panel] names no files. Write  files = "panel.parquet"  or give --panel FILE.')
    if len(named) == 1 and (is_address(named[0]) or spec.format == "database"):
        return Located("database", (), "", named[0], folder)
    if len(named) == 1 and (folder / named[0]).suffix.lower() in SQLITE and (folder / named[0]).is_file():
        return Located("database", (), "", f"sqlite:///{named[0]}", folder)
    files = tuple(sorted({path for name in named for path in _expand(name, folder)}))
    form = spec.format if spec.format and not source else _format(files, spec)
    names = labels(files)
    for path, name in zip(files, names, strict=True):
        if path.stat().st_size == 0:
            raise DataError(f"{name} is empty (0 bytes). Export it again.")
        if not os.access(path, os.R_OK):
            raise DataError(f"{name} may not be read: its owner has to give you permission.")
    shown = names[0] if len(files) == 1 else f"{len(files)} files, {names[0]} to {names[-1]}"
    return Located(form, files, shown, base=folder)


def _expand(name: str, folder: Path) -> list[Path]:
    path = folder / name
    if path.is_dir():
        return _data_files(path)
    if path.is_file():
        return [path]
    if glob.has_magic(name):
        found = [Path(hit) for hit in glob.glob(str(path), recursive=True) if Path(hit).is_file()]  # noqa: PTH207
        if found:
            return found
        raise DataError(f"No file matches '{name}' in {folder.resolve()}.")
    beside = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
    hint = nearest(path.name, beside)
    raise DataError(f"There is no file '{name}' (looked for {path.resolve()}).{hint}")


def _data_files(folder: Path) -> list[Path]:
    """The data files below a folder; names that start with . or _ are other programs' notes."""
    found = [
        path for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    ]  # fmt: skip
    if not found:
        raise DataError(
            f"The folder '{folder.name}' holds no data file. Known endings: {', '.join(sorted(SUFFIXES))}."
        )
    return found


def _format(files: tuple[Path, ...], spec: PanelSpec) -> str:
    formats: dict[str, str] = {}
    for path in files:
        if path.suffix.lower() in _COMPRESSED:
            raise DataError(
                f"{path.name} is compressed: unpack it first. Parquet files are small by themselves."
            )
        if path.suffix.lower() in (".duckdb", ".ddb"):
            raise DataError(
                f"{path.name}: in DuckDB write  copy panel to 'panel.parquet'  and name that file."
            )
        known = SUFFIXES.get(path.suffix.lower()) or spec.format
        if known is None:
            raise DataError(
                f"{path.name}: the ending '{path.suffix}' does not say what the file is. "
                f'Write  format = "csv"  (or parquet, stata, sas, spss, excel) in [panel].'
            )
        formats.setdefault(known, path.name)
    if len(formats) > 1:
        shown = ", ".join(f"{name} ({form})" for form, name in formats.items())
        raise DataError(f"The files are of several kinds: {shown}. Name files of one kind in [panel].")
    return next(iter(formats))


def refuse_other_columns(one: tuple[Path, Collection[str]], other: tuple[Path, Collection[str]]) -> None:
    """Refuse two files of one panel of which one lacks a column of the other; each is (file, columns)."""
    for name in sorted(set(one[1]) ^ set(other[1])):
        has, lacks = (one[0], other[0]) if name in one[1] else (other[0], one[0])
        raise DataError(
            f"{lacks.name} has no column '{name}', which {has.name} has. Give all files the same "
            f"columns, or name only the files that belong together."
        )
