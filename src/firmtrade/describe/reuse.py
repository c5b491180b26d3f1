"""Finest cells of an earlier run, used again where nothing that they depend on has changed.

What a scan finds depends on the text of its query and on the rows of the panel that it reads: a view of years
on each year by itself, a window on its three years, a firm's history on all. A part of a scan is kept under a
name that is made of both; a changed measure, parameter, version of the engine or row gives another name.

Kept parts are as confidential as the panel and name its largest firms: they lie in a folder that only the
custodian reads. Each is a Parquet file, written aside and renamed, with the hash of its bytes in its name: a
file that is broken is not read, and what it held is computed anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.contents import Contents, Index, contents, digest
from firmtrade.disk import Scratch
from firmtrade.errors import DataError, DisclosureError, EngineError

if TYPE_CHECKING:
    from firmtrade.assemble.panel import Panel

#: The folder of kept cells in that of the custodian.
CELLS = "cells"
INDEX, _PART = "years.json", ".part"
#: Changes when what is kept under the same name means something else.
FORMAT = 1
_LETTERS = 40  # of a hash in a file's name
#: Types that a Parquet file gives back as they were.
_WIDE, _NARROW = "HUGEINT", "DECIMAL(38,0)"

Years = tuple[str, ...]
#: The query of a scan over some years; over all that it needs, where it has to see them at once.
Build = Callable[[Years], Query]


@dataclass(frozen=True)
class Asked:
    """A scan: what it is called, its query by years, the same in the form that names a part, its years.

    `together`: the parts cannot be told apart by year, and depend on all of `years`.
    """

    name: str
    build: Build
    named: Callable[[str], str]
    years: Years
    together: bool = False

    @property
    def parts(self) -> list[str]:
        """The years that are kept apart; '' for all together."""
        return [""] if self.together else list(self.years)


@dataclass
class Kept:
    """The cells that an earlier run kept in `folder`, and what this run made of them.

    What this run reads and makes is in the folder `aside`, which only it has: a run that stops leaves
    `folder` as it was, and another run may change it meanwhile.
    """

    folder: Path
    aside: Path
    contents: Contents
    version: str
    progress: Callable[[str], None]
    used: set[str] = field(default_factory=set)
    told: dict[str, tuple[int, int]] = field(default_factory=dict)  # scan -> parts, parts that were reused
    broken: int = 0
    first: bool = False  # nothing was kept before
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def query(self, engine: Engine, asked: Asked) -> Query:
        """The query that makes a scan's table: parts that are kept are read, the others are scanned."""
        found = {part: self._find(self._name(asked, part)) for part in asked.parts}
        lacking = tuple(part for part, path in found.items() if path is None)
        self.told[asked.name] = (len(found), len(found) - len(lacking))
        whole = asked.build(asked.years)
        if len(lacking) == len(found):
            return whole
        types = engine.describe(f"({whole.sql})")
        files = ", ".join(f"'{_quoted(path)}'" for path in found.values() if path is not None)
        columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
        kept = (
            f"select {columns}\nfrom read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
        )
        if not lacking:
            return Query(whole.name, (Step("kept", kept),))
        fresh = asked.build(lacking)
        *before, last = fresh.steps
        both = "select * from fresh union all by name select * from kept"
        return Query(whole.name, (*before, Step("fresh", last.sql), Step("kept", kept), Step("both", both)))

    def keep(self, engine: Engine, asked: Asked, table: str) -> None:
        """Keep the parts of a scan that were computed; what the file format cannot hold is not kept."""
        for part in asked.parts:
            name = self._name(asked, part)
            if name not in self.used:
                where = f" where year = {part}" if part else ""
                self._write(engine, name, table, where)
                self.used.add(name)

    def rows(self, engine: Engine, asked: Asked) -> list[tuple[Any, ...]]:
        """The rows of a scan that is no cube, such as that of a median."""
        table = f"kept_{digest(asked.name)[:12]}"
        query = self.query(engine, asked)
        for made in engine.tables([(table, query)]):
            self.keep(engine, asked, made)
            found = engine.rows_of_table(Query(query.name, (Step("all", f"select * from {made}"),)))
        engine.execute(f"drop table {table}")
        return found

    def said(self) -> str:
        """How much was reused: '3 of 4 scans reused; years: 7 of 8 years'."""
        if self.first:
            return f"{len(self.told)} scans made; their cells are kept for the next run"
        whole = sum(parts == reused for parts, reused in self.told.values())
        texts = [f"{whole} of {len(self.told)} scans reused"]
        for name, (parts, reused) in sorted(self.told.items()):
            if 0 < reused < parts:
                texts.append(f"{name.replace('_', ' ')}: {reused} of {parts} years reused")
        if self.broken:
            texts.append(f"{self.broken} broken files of kept cells were computed anew")
        return "; ".join(texts)

    def _name(self, asked: Asked, part: str) -> str:
        """What a part is kept under: all that it depends on."""
        if (asked.name, part) not in self.names:
            years = asked.years if asked.together else (part,)
            rows = {year: self.contents.years.get(year, (0, 0, 0)) for year in years}
            of = [FORMAT, self.version, asked.named(part), rows, dict(self.contents.types)]
            self.names[asked.name, part] = digest(of)[:_LETTERS]
        return self.names[asked.name, part]

    def _find(self, name: str) -> Path | None:
        """The file of a part, if its bytes are those that were written; a copy that stays as it is."""
        for path in [*self.aside.glob(f"{name}.*.parquet"), *sorted(self.folder.glob(f"{name}.*.parquet"))]:
            copy = self.aside / path.name
            with contextlib.suppress(OSError):
                if path != copy:
                    shutil.copyfile(path, copy)
            if _hash(copy) == path.name.split(".")[1]:
                self.used.add(name)
                return copy
            self.broken += 1
            self.progress(f"{path.name} is broken: what it held is computed anew")
            copy.unlink(missing_ok=True)
        return None

    def _write(self, engine: Engine, name: str, table: str, where: str) -> None:
        sql = f"select column_name, data_type from duckdb_columns() where table_name = '{table}'"
        types = engine.rows_of_table(Query("types", (Step("types", sql),)))
        if any(_WIDE in kind and kind != _WIDE for _, kind in types):
            return
        columns = ", ".join(
            f'cast("{one}" as {_NARROW}) as "{one}"' if kind == _WIDE else f'"{one}"' for one, kind in types
        )
        made = self.aside / name
        try:
            ordered = f"select {columns} from {table}{where} order by all"
            copy = f"copy ({ordered}) to '{_quoted(made)}' (format parquet)"
            engine.rows_of_table(Query("keep cells", (Step("copy", copy),)))
            made.rename(self.aside / f"{name}.{_hash(made)}.parquet")
        except (EngineError, OSError):
            made.unlink(missing_ok=True)
            self.progress("cells could not be kept for the next run")

    def deliver(self, folder: Path) -> None:
        """Put what this run used into a folder, for the next run, and take out what it did not use."""
        _prepare(folder)
        made = {path.name for path in self.aside.glob("*.parquet")}
        text = json.dumps(self.contents.index, sort_keys=True, indent=1)
        index = f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}"
        (self.aside / INDEX).write_text(index, encoding="utf-8")
        for name in [*sorted(made), INDEX]:
            _put(self.aside / name, folder / name)
        for path in folder.iterdir():
            if path.name not in made and path.suffix in (".parquet", _PART):
                path.unlink(missing_ok=True)


def kept_cells(
    folder: Path, aside: Path, engine: Engine, panel: Panel, progress: Callable[[str], None]
) -> Kept:
    """The cells in `folder` for one run, which works on copies in the empty folder `aside`.

    Only for a panel that is in its files as it is: one that is linked or altered is made anew by each run.
    """
    from firmtrade import __version__

    _refuse_open(folder)
    progress("compare the panel with that of the last run")
    ((made_by,),) = engine.rows("select version()")
    found = contents(engine, panel, _index(folder))
    made = Kept(folder, aside, found, f"{__version__} {engine.name} {made_by}", progress)
    made.first = not any(folder.glob("*.parquet"))
    return made


@dataclass
class Cells:
    """Where the cells of a run are kept (None: nowhere); an open run keeps them, if `named` by the user."""

    folder: Path | None
    aside: Path
    named: bool
    kept: Kept | None = None

    def open(
        self, engine: Engine, panel: Panel, protected: bool, progress: Callable[[str], None]
    ) -> Kept | None:
        """The cells of the run before, if any are to be kept."""
        if self.folder is not None and (protected or self.named):
            self.kept = kept_cells(self.folder, self.aside, engine, panel, progress)
        return self.kept

    def beside(self, custody: Path) -> None:
        """Keep the cells in a custodian's folder that is being written, unless another was named."""
        if self.kept is not None and not self.named:
            self.kept.deliver(custody / CELLS)

    def deliver(self) -> str:
        """Keep the cells in the folder that was named, for the next run; what was reused, in words."""
        if self.kept is None:
            return ""
        try:
            if self.named:
                self.kept.deliver(self.kept.folder)
        except (OSError, DataError):  # the release is there: that the next run is slower is no failure
            return f"{self.kept.said()}; the cells could not be kept for the next run"
        return self.kept.said()


@contextmanager
def cells_of(cache: str | Path | bool, custody: Path, out: Path) -> Iterator[Cells]:
    """The cells of a run into `out`, in the folder that is given or (True) in that of the custodian.

    Raises:
        DisclosureError: the folder is in the release, or is one.
    """
    folder = None if cache is False else custody / CELLS if cache is True else Path(cache)
    if folder and (folder.resolve().is_relative_to(out.resolve()) or (folder / "manifest.json").exists()):
        raise DisclosureError(
            f"{folder} is in what is published, and kept cells are as confidential as the panel. Give "
            "another folder with --cache, where only the custodian reads, or use --no-cache."
        )
    with Scratch() as aside:
        yield Cells(folder, aside, cache is not True)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DataError(f"The folder {folder} for kept cells cannot be made: {error.strerror}.") from None
    _refuse_open(folder)


def _refuse_open(folder: Path) -> None:
    if sys.platform != "win32" and folder.exists() and folder.stat().st_mode & 0o077:
        raise DisclosureError(
            f"{folder} can be read by others, and kept cells are as confidential as the panel. "
            f"Take that away:  chmod 700 {folder}"
        )


def _put(made: Path, place: Path) -> None:
    """Put a file into its place whole or not at all, readable by its owner only."""
    part = place.with_name(f"{place.name}.{os.getpid()}{_PART}")
    try:
        shutil.copyfile(made, part)
        part.chmod(0o600)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _index(folder: Path) -> Index:
    """The index of an earlier run; nothing where there is none or it is broken."""
    try:
        head, _, text = (folder / INDEX).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    if hashlib.sha256(text.encode()).hexdigest() != head:
        return {}
    whole: Mapping[str, Mapping[str, Sequence[int]]] = json.loads(text)
    return {
        name: {year: (found[0], found[1], found[2]) for year, found in years.items()}
        for name, years in whole.items()
    }


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:_LETTERS]
    except OSError:
        return ""


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
