"""Write a folder whole or not at all: stage beside the target, flush to disk, swap.

A reader of the target sees the earlier output or the new one, never a mixture, also when the run is
killed or the disk is full. A staging folder is held by a lock (`firmtrade.disk`); one that nobody holds was
left by a killed run.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from firmtrade import disk
from firmtrade.errors import DataError

MANIFEST = "manifest.json"
MADE_BY = "firmtrade"
_STAGE = "stage"


@contextlib.contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Keep other runs out of `out` as long as the block lasts, and find out before it that it can be written.

    Raises:
        DataError: another run is at work on `out`, it holds something else, or it cannot be made.
    """
    target = Path(os.path.realpath(out))
    busy = (
        f"Another run is writing into {target}. Wait until it is done, or choose another folder with --out. "
        "Nothing was changed."
    )
    with contextlib.ExitStack() as stack:
        with disk.writing(target, "--out"):
            stack.enter_context(disk.parents_made(target.parent))
            _refuse_closed(target.parent)
            refuse_foreign(target)
            stack.enter_context(disk.alone(target.with_name(f".{target.name}.firmtrade-run"), busy))
        yield


@contextlib.contextmanager
def staged(out: Path, ready: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Give a folder to write into; when the block ends well it becomes `out`, else it is removed.

    `ready` is given the whole folder just before it takes its place.

    Raises:
        DataError: `out` holds something that is not an earlier output of firmtrade, or the disk is full or
            refuses to be written to. What was in `out` is as it was.
    """
    target = Path(os.path.realpath(out))
    with disk.writing(target, "--out"), disk.parents_made(target.parent):
        _refuse_closed(target.parent)
        with disk.turn(target):
            disk.recover(target)
            disk.sweep(target.parent, disk.prefix(target, _STAGE))
            refuse_foreign(target)
            stage, lock = disk.held_folder(target.parent, disk.prefix(target, _STAGE))
        try:
            with lock:
                yield stage
                with disk.turn(target):
                    (stage / disk.LOCK).unlink()
                    stage.chmod(0o777 & ~_umask())
                    disk.flush(stage)
                    refuse_foreign(target)
                    if ready:
                        ready(stage)
                    disk.swap(stage, target)
        finally:
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


def _refuse_closed(parent: Path) -> None:
    if not os.access(parent, os.W_OK):
        raise DataError(f"The folder {parent} cannot be written to. Choose another --out.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
