"""What is written to disk: folders that change whole or not at all, and scratch folders that do not stay.

A folder that is being written, a scratch folder and a run are each held by a lock on a file. The system
lets go of a lock when its process ends, however it ends: what nobody holds was left by a killed run, and the
next run removes it. Process numbers would not do: they are given out anew, and differ between containers.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import os
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from firmtrade.errors import DataError

LOCK = ".lock"
SCRATCH = "firmtrade-scratch-"
_OLD = "earlier"
_EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h
_HERE = -100  # AT_FDCWD of fcntl.h
_PATIENCE = 60.0  # seconds for another run to put its output in place


def hold(file: Path, surely: bool = False) -> IO[bytes] | None:
    """Open and lock a file for this process; None where another process holds it, or has just removed it.

    Some network drives know no locks: there whoever asks gets the file, unless it must be `surely` held.
    """
    if sys.platform == "win32":
        return _hold_on_windows(file)
    import fcntl

    try:
        lock = file.open("ab")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if surely or isinstance(error, BlockingIOError):
            lock.close()
            return None
    with contextlib.suppress(FileNotFoundError):
        if os.fstat(lock.fileno()).st_ino == file.stat().st_ino:
            return lock
    lock.close()
    return None


def _hold_on_windows(file: Path) -> IO[bytes] | None:
    """An open file cannot be removed there, which is lock enough."""
    try:
        file.unlink(missing_ok=True)
        return file.open("ab")
    except OSError:
        return None


def held_folder(parent: Path, prefix: str) -> tuple[Path, IO[bytes]]:
    """A new folder, and the lock that keeps it from being swept away; OSError where none can be made."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = hold(folder / LOCK)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if lock is not None:
            return folder, lock
        # Another run's broom was here between the two steps, and took the folder for a killed run's.
        shutil.rmtree(folder, ignore_errors=True)


def orphans(parent: Path, prefix: str) -> Iterator[Path]:
    """The folders of killed runs, each held while the caller looks at it; what is left of it then goes."""
    for left in sorted(parent.glob(f"{glob.escape(prefix)}*")):
        with contextlib.suppress(OSError):
            if left.is_symlink() or not left.is_dir() or not _mine(left):
                continue
            lock = hold(left / LOCK, surely=True)
            if lock is None:
                continue
            with lock:
                yield left
                if sys.platform == "win32":
                    lock.close()
                shutil.rmtree(left)


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders of runs that were killed; those of living runs are held, and stay."""
    for _ in orphans(parent, prefix):
        pass


def _mine(path: Path) -> bool:
    return sys.platform == "win32" or path.lstat().st_uid == os.geteuid()


def _temporary() -> Path:
    """The system's folder for temporary files. Python would try it with a file, and a kill leaves that."""
    named = [os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)]
    for path in map(Path, (*named, *(() if sys.platform == "win32" else ("/tmp", "/var/tmp")))):
        if path.is_dir() and os.access(path, os.W_OK | os.X_OK):
            return path.absolute()
    return Path(tempfile.gettempdir())


class Scratch:
    """A folder for what does not fit into memory, in the system's folder for temporary files (TMPDIR).

    Only its owner may read it. It goes with `remove`, with the object, and at the end of the program; after
    a kill the next run removes it, for it may hold rows of the panel.
    """

    def __init__(self) -> None:
        place = _temporary()
        sweep(place, SCRATCH)
        try:
            self.path, lock = held_folder(place, SCRATCH)
        except OSError as error:
            raise DataError(
                f"No temporary folder can be made in {place}: {error.strerror}. "
                "Set TMPDIR to a folder with space."
            ) from None
        self.remove = weakref.finalize(self, _remove, self.path, lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *failure: object) -> None:
        self.remove()


def _remove(folder: Path, lock: IO[bytes]) -> None:
    if sys.platform == "win32":
        lock.close()
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()


@contextlib.contextmanager
def turn(target: Path) -> Iterator[None]:
    """Only one run at a time puts folders in place of `target` or looks for what killed runs left of it."""
    file = target.with_name(f".{target.name}.firmtrade-turn")
    if not file.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file.parent))
    end = time.monotonic() + _PATIENCE
    while (lock := hold(file)) is None:
        if time.monotonic() > end:
            raise DataError(
                f"Another run is putting its output in place of {target}. Run again when it is done."
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        let_go(file, lock)


@contextlib.contextmanager
def alone(file: Path, otherwise: str) -> Iterator[None]:
    """Hold `file`, made for this, as long as the block lasts; DataError(`otherwise`) where another does."""
    lock = hold(file)
    if lock is None:
        raise DataError(otherwise)
    try:
        yield
    finally:
        let_go(file, lock)


def let_go(file: Path, lock: IO[bytes]) -> None:
    """Remove a file that was held, and free its lock."""
    if sys.platform == "win32":
        lock.close()
    file.unlink(missing_ok=True)
    lock.close()


@contextlib.contextmanager
def writing(target: Path, option: str) -> Iterator[None]:
    """Say what the system says when it refuses to write, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{target} cannot be written: {error.strerror or error}. Nothing was changed. Make space or see "
            f"to the rights, or choose another folder with {option}."
        ) from None


@contextlib.contextmanager
def parents_made(folder: Path) -> Iterator[None]:
    """Make `folder` and those above it; if the block fails, those that were made and are empty go again."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"The folder {folder} cannot be made: {error.strerror}. Choose another one."
            ) from None
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def flush(folder: Path) -> None:
    """Have every file and folder below `folder` written to disk, so that a swap cannot outrun them."""
    if sys.platform == "win32":
        return
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def sync(path: Path) -> None:
    """Have one file, or the names in one folder, written to disk."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def swap(stage: Path, target: Path) -> None:
    """Make `stage` the target; where the system can, in one step that no kill can cut in two.

    The earlier target, if there is one, is afterwards at `stage` or gone.
    """
    if not target.exists():
        stage.rename(target)
    elif not exchange(stage, target):
        _swap_in_two(stage, target)
    sync(target.parent)


def exchange(stage: Path, target: Path) -> bool:
    """Exchange two folders atomically (renameat2 of Linux); False where that is not to be had."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    done = renameat2(_HERE, os.fsencode(stage), _HERE, os.fsencode(target), ctypes.c_uint(_EXCHANGE))
    return bool(done == 0)


def prefix(target: Path, what: str) -> str:
    """How the names of folders beside `target` begin that are on their way into its place, or out of it."""
    return f".{target.name}.firmtrade-{what}-"


def _swap_in_two(stage: Path, target: Path) -> None:
    """Move the earlier output aside, then the new one in; `recover` mends a kill between the two."""
    old = Path(tempfile.mkdtemp(prefix=prefix(target, _OLD), dir=target.parent))
    old.rmdir()
    target.rename(old)
    try:
        stage.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def recover(target: Path) -> None:
    """Put an earlier output back that a killed run had moved aside and not yet replaced."""
    for old in sorted(target.parent.glob(f"{glob.escape(prefix(target, _OLD))}*")):
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)
