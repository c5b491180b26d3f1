"""The ledger on disk: a folder with one folder for each publication, chained by hashes.

    0001/entry.json    what was published, by whom it is named, the hash of the entry before
    0001/figures.csv   each additive figure: told with its value, or hidden
    0001/firms.zip     firms by class and what each adds: as confidential as the panel
    pending/           a publication that is being made
    head.json          how many entries there are, and the hash of the last

An entry is written aside, flushed, and waits as `pending` while the release is put in place; then it is
renamed. Who finds a pending entry cannot know whether its release was seen, so it counts as published.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from firmtrade import disk
from firmtrade.errors import CheckError, DataError

PENDING, HEAD, ENTRY = "pending", "head.json", "entry.json"
_GONE = ".discarded"
FORMAT = 1
#: Seconds between looks at a ledger that another run may be writing in.
_WAITS = (0.05, 0.2)
Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One publication: its folder, what entry.json says, and the hash of that file."""

    folder: Path
    said: Mapping[str, Any]
    hash: str

    @property
    def number(self) -> int:
        """Its place in the ledger, from 1."""
        return int(self.said["number"])

    @property
    def name(self) -> str:
        """What it is called: '0001', with the label that it was given."""
        label = self.said.get("label", "")
        return f"entry {self.number}" + (f" ({label})" if label else "")

    def figures(self) -> list[list[str]]:
        """The lines of figures.csv without its head."""
        text = (self.folder / "figures.csv").read_text(encoding="utf-8")
        return list(csv.reader(io.StringIO(text)))[1:]

    def arrays(self) -> dict[str, Any]:
        """The arrays of firms.zip."""
        with zipfile.ZipFile(self.folder / "firms.zip") as file:
            return {
                name.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(file.read(name)), allow_pickle=False
                )
                for name in file.namelist()
            }


def read(path: Path) -> list[Entry]:
    """The entries of a ledger, checked; none if there is no such folder yet.

    Raises CheckError if a file is not as it was written, is missing, or an entry has gone.
    """
    for wait in _WAITS:
        try:
            return _read(path)
        except (CheckError, DataError, OSError):
            time.sleep(wait)  # another run may be between the two steps of recording
    return _read(path)


def _read(path: Path) -> list[Entry]:
    if not path.exists():
        return []
    if not path.is_dir():
        raise DataError(f"{path} is a file, and a ledger is a folder. Name another one.")
    foreign = [] if (path / HEAD).exists() else sorted(p.name for p in path.iterdir() if p.name[0] != ".")
    folders = sorted(p for p in path.iterdir() if p.is_dir() and p.name.isdigit())
    if foreign and foreign != [PENDING] and not folders:
        raise DataError(f"{path} is not a ledger (it has no {HEAD}). Name a new or empty folder.")
    entries: list[Entry] = []
    for folder in folders:
        entries.append(_entry(folder, len(entries) + 1, entries[-1].hash if entries else ""))
    _against_head(path, entries)
    waiting = path / PENDING
    if waiting.exists():
        entries.append(_entry(waiting, len(entries) + 1, entries[-1].hash if entries else ""))
    return entries


def _against_head(path: Path, entries: list[Entry]) -> None:
    """The head may be one entry behind: a run was stopped between the two."""
    head: dict[str, Any] = {"entries": 0, "last": ""}
    if (path / HEAD).exists():
        head = _json(path / HEAD)
    number = head.get("entries")
    last = entries[number - 1].hash if isinstance(number, int) and 0 < number <= len(entries) else ""
    if number not in (len(entries), len(entries) - 1) or last != head.get("last"):
        raise _tampered(path / HEAD, f"it speaks of {number} entries and {len(entries)} are there")


def _entry(folder: Path, number: int, previous: str) -> Entry:
    file = folder / ENTRY
    said = _json(file)
    if said.get("format") != FORMAT:
        raise _tampered(file, f"its format is {said.get('format')}, and this version reads {FORMAT}")
    if said.get("number") != number or said.get("previous") != previous:
        raise _tampered(file, "it does not follow the entry before it")
    for name, digest in sorted(said["files"].items()):
        if not (folder / name).is_file() or _digest((folder / name).read_bytes()) != digest:
            raise _tampered(folder / name, "it is not as it was written")
    return Entry(folder, said, _digest(file.read_bytes()))


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise _tampered(file, f"it cannot be read ({type(wrong).__name__})") from wrong
    if not isinstance(found, dict):
        raise _tampered(file, "it has no entry")
    return found


def _tampered(file: Path, why: str) -> CheckError:
    return CheckError(
        f"The ledger was changed: {file.parent.name}/{file.name}: {why}. Nothing is released. Put the ledger "
        "back from a copy; without it nobody can say what was published before."
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def locked(path: Path) -> Callable[[], None]:
    """Keep other runs from recording in a ledger until what is returned is called; mend after killed ones.

    Raises DataError where another run is recording.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = disk.hold(path / disk.LOCK)
    except OSError as wrong:
        raise _unwritten(path, wrong) from wrong
    if lock is None:
        raise DataError(
            f"Another run is recording in the ledger {path}. Nothing was published; run again after it."
        )
    for left in (*path.glob(f".{PENDING}-*"), *path.glob(f"{_GONE}-*"), *path.glob(f".{HEAD}-*")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    return partial(disk.let_go, path / disk.LOCK, lock)


def settle(path: Path, entries: list[Entry]) -> list[Entry]:
    """Count what an interrupted run left as pending as published, and bring the head up to date."""
    if entries and entries[-1].folder.name == PENDING:
        _rename(path, entries[-1])
        last = entries[-1]
        entries = [*entries[:-1], Entry(path / f"{last.number:04}", last.said, last.hash)]
    if entries:
        _write_head(path, entries[-1])
    return entries


def prepare(path: Path, entries: list[Entry], said: Mapping[str, Any], files: Mapping[str, bytes]) -> Entry:
    """Write an entry as pending; it is not part of the ledger before `complete`."""
    last = entries[-1] if entries else None
    whole = {
        "format": FORMAT,
        "number": len(entries) + 1,
        "previous": last.hash if last else "",
        **said,
        "files": {name: _digest(content) for name, content in sorted(files.items())},
    }
    text = json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    aside = path / f".{PENDING}-{os.getpid()}"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        for name, content in sorted({**files, ENTRY: text.encode()}.items()):
            _flushed(aside / name, content)
        aside.rename(path / PENDING)
        _sync(path)
    except OSError as wrong:
        shutil.rmtree(aside, ignore_errors=True)
        raise _unwritten(path, wrong) from wrong
    return Entry(path / PENDING, whole, _digest(text.encode()))


def _unwritten(path: Path, wrong: OSError) -> DataError:
    return DataError(
        f"The ledger {path} cannot be written: {wrong.strerror}. Nothing was published. "
        "See to the rights and the space, then run again."
    )


def complete(path: Path, entry: Entry) -> None:
    """Make a pending entry part of the ledger."""
    _rename(path, entry)
    with suppress(OSError):  # a full disk: the next run brings the head up to date
        _write_head(path, entry)


def discard(entry: Entry) -> None:
    """Take a pending entry back: its release was not put in place."""
    if entry.folder.name == PENDING and (entry.folder / ENTRY).exists():
        gone = entry.folder.with_name(f"{_GONE}-{os.getpid()}")
        entry.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _rename(path: Path, entry: Entry) -> None:
    target = path / f"{entry.number:04}"
    if target.exists() and _digest((target / ENTRY).read_bytes()) == entry.hash:
        return  # another run found it pending, and settled it
    try:
        (path / PENDING).rename(target)
        _sync(path)
    except OSError as wrong:
        raise DataError(
            f"The ledger {path} cannot be written: {wrong.strerror}. The publication stays pending there, "
            "and the next run counts it as published."
        ) from wrong


def _write_head(path: Path, entry: Entry) -> None:
    text = json.dumps({"entries": entry.number, "last": entry.hash}, sort_keys=True) + "\n"
    if (path / HEAD).exists() and (path / HEAD).read_text(encoding="utf-8") == text:
        return
    aside = path / f".{HEAD}-{os.getpid()}"
    try:
        _flushed(aside, text.encode())
        aside.replace(path / HEAD)
    finally:
        aside.unlink(missing_ok=True)
    _sync(path)


def _flushed(file: Path, content: bytes) -> None:
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def listed(entries: list[Entry]) -> str:
    """What was published, for a person: no figures, no firms."""
    lines = []
    for entry in entries:
        said, tables = entry.said, entry.said["tables"]
        figures, hidden = (sum(one[part] for one in tables.values()) for part in ("figures", "hidden"))
        waiting = ", not known whether it was seen: counts" if entry.folder.name == PENDING else ""
        lines += [
            f"{entry.name}: {said['study']}, {said['title']}{waiting}",
            f"  profile {said['profile']}; {figures:,} figures, {hidden:,} of them confidential; "
            f"hash {entry.hash[:16]}",
        ]
        width = max(map(len, tables), default=0)
        lines += [
            f"  {name:<{width}}  {one['figures']:>6,} figures  {one['hidden']:>6,} confidential"
            for name, one in sorted(tables.items())
        ]
    return "\n".join(lines)
