"""Write a folder whole or not at all: stage beside the target, flush to disk, swap.

A reader of the target sees the earlier output or the new one, never a mixture, also when the run is
killed. A staging folder is held by a lock on a file in it; one that nobody holds was left by a killed run.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from firmtrade.errors import DataError

MANIFEST = "manifest.json"
MADE_BY = "firmtrade"
_LOCK = ".lock"
_STAGE, _OLD = "stage", "earlier"
_EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h
_HERE = -100  # AT_FDCWD of fcntl.h


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a folder to write into; when the block ends well it becomes `out`, else it is removed.

    Raises:
        DataError: `out` holds something that is not an earlier output of firmtrade.
    """
    target = Path(os.path.realpath(out))
    _make_parent(target)
    _recover(target)
    _sweep(target)
    refuse_foreign(target)
    stage = Path(tempfile.mkdtemp(prefix=_prefix(target, _STAGE), dir=target.parent))
    lock = (stage / _LOCK).open("wb")
    try:
        _hold(lock)
        yield stage
        lock.close()
        (stage / _LOCK).unlink()
        stage.chmod(0o777 & ~_umask())
        flush(stage)
        refuse_foreign(target)
        _swap(stage, target)
    finally:
        lock.close()
        shutil.rmtree(stage, ignore_errors=True)


def refuse_foreign(target: Path) -> None:
    """Refuse to replace what a former run did not write.

    Raises:
        DataError: `target` is a file, has no manifest of ours, or holds files that it does not list.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise DataError(f"{target} is a file, and the output is a folder. Choose another folder with --out.")
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    if not found and not any(target.iterdir()):
        return
    listed = _listed(target)
    if listed is None:
        raise DataError(
            f"{target} is not empty and was not written by firmtrade (no {MANIFEST} of ours in it). "
            "Nothing was changed. Choose an empty or new folder with --out."
        )
    foreign = [name for name in found if name not in listed and not _is_litter(name)]
    if foreign:
        some = ", ".join(foreign[:3]) + (" ..." if len(foreign) > 3 else "")
        raise DataError(
            f"{target} holds files that firmtrade did not write and would delete: {some}. "
            "Nothing was changed. Move them away, or choose another folder with --out."
        )


def _listed(target: Path) -> set[str] | None:
    """The files of an earlier output, or None where the folder is not ours."""
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("made_by") != MADE_BY:
        return None
    return {MANIFEST, *manifest.get("outputs", {})}


def _is_litter(name: str) -> bool:
    """Whether a file is the lock or preview of a program that has an output open."""
    last = name.rpartition("/")[2]
    return last.startswith((".", "~$")) or last in ("Thumbs.db", "desktop.ini")


def _make_parent(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The folder {target.parent} cannot be made: {error.strerror}. Choose another --out."
        ) from None
    if not os.access(target.parent, os.W_OK):
        raise DataError(f"The folder {target.parent} cannot be written to. Choose another --out.")


def _prefix(target: Path, what: str) -> str:
    return f".{target.name}.firmtrade-{what}-"


def _recover(target: Path) -> None:
    """Put an earlier output back that a killed run had moved aside and not yet replaced."""
    for old in sorted(target.parent.glob(f"{_prefix(target, _OLD)}*")):
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)


def _sweep(target: Path) -> None:
    """Remove the staging folders of runs that were killed."""
    for left in target.parent.glob(f"{_prefix(target, _STAGE)}*"):
        with contextlib.suppress(OSError):
            if not (left / _LOCK).exists():
                shutil.rmtree(left)
                continue
            with (left / _LOCK).open("ab") as lock:
                _hold(lock)
            shutil.rmtree(left)


def _hold(lock: IO[bytes]) -> None:
    """Lock a file for this process; OSError when another one holds it."""
    if sys.platform == "win32":
        return  # an open file cannot be removed there, which is lock enough
    import fcntl

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def flush(folder: Path) -> None:
    """Have every file and folder below `folder` written to disk, so that the swap cannot outrun them."""
    if sys.platform == "win32":
        return
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _swap(stage: Path, target: Path) -> None:
    """Make `stage` the target; where the system can, in one step that no kill can cut in two."""
    if not target.exists():
        stage.rename(target)
    elif not _exchange(stage, target):
        _swap_in_two(stage, target)
    if sys.platform != "win32":
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _exchange(stage: Path, target: Path) -> bool:
    """Exchange two folders atomically (renameat2 of Linux); False where that is not to be had."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    done = renameat2(_HERE, os.fsencode(stage), _HERE, os.fsencode(target), ctypes.c_uint(_EXCHANGE))
    return done == 0


def _swap_in_two(stage: Path, target: Path) -> None:
    """Move the earlier output aside, then the new one in; `_recover` mends a kill between the two."""
    old = Path(tempfile.mkdtemp(prefix=_prefix(target, _OLD), dir=target.parent))
    old.rmdir()
    target.rename(old)
    try:
        stage.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
