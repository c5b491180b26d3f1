"""Faults of the disk: full at any stage, a file that may not grow, folders that may not be written."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from faults.row import Row
from faults.world import Ended, World, watching
from support_ledger import drawn, write

_FULL = os.strerror(errno.ENOSPC)
_FILLING = ("open", "os.mkdir")


def full_from(world: World, draw: Random, times: int) -> Row:
    """From a random change on, no file and no folder can be made."""
    row = Row(
        f"disk full from a moment on ({times} of {world.changes} changes)",
        "a clear error, the earlier output; or the new one, where all was written",
    )
    for at in sorted(draw.sample(range(1, world.changes + 1), min(times, world.changes))):

        def act(number: int, event: str, at: int = at) -> None:
            if number >= at and event in _FILLING:
                raise OSError(errno.ENOSPC, _FULL)

        ended = world.run(world.now, watching(act))
        row.add(world.wrong_after(ended, again=ended.code == 0), _told(ended))
        world.reset()
    return row


def files_limited(world: World, sizes: tuple[int, ...]) -> Row:
    """No file may grow beyond a size: what is written breaks off in the middle."""
    row = Row(
        f"a file that cannot be written to its end ({len(sizes)} limits, 0 to {sizes[-1]:,} bytes)",
        "a clear error, the earlier output",
    )
    for size in sizes:
        ended = world.run(world.now, lambda size=size: _limit(size))
        wrong = world.wrong_after(ended, again=False) or ("" if ended.code else "it went through")
        row.add(wrong, _told(ended))
        world.reset()
    return row


def spill_limited(world: World) -> Row:
    """Work that does not fit into memory goes to a disk that is full."""
    row = Row(
        "disk full where work goes that does not fit into memory",
        "a clear error that names TMPDIR and --memory; the earlier output",
    )
    large = world.folder / "in" / "large.csv"
    firms = drawn(2_000)
    write(large, firms)
    head, _, lines = large.read_text(encoding="utf-8").partition("\n")
    with large.open("w", encoding="utf-8") as file:
        file.write(head + ",note\n")
        for number in range(300):
            tail = f"{number:060}\n"
            file.writelines(f"{number:04}{line},{tail}" for line in lines.splitlines())
    ended = world.run(large, lambda: _limit(1_000_000), "--memory", "60MB")
    wrong = world.wrong_after(ended, again=False)
    if not wrong and not all(word in ended.said for word in ("TMPDIR", "--memory", "disk is full")):
        wrong = f"it does not say what to do: {ended.said[-300:]}"
    row.add(wrong, _told(ended))
    large.unlink()
    world.reset()
    return row


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _told(ended: Ended) -> str:
    return "the new output" if ended.code == 0 else "refused, the earlier output"


def small_disk(world: World, sizes: tuple[int, ...]) -> Row:
    """A real disk of some kilobytes under the output."""
    row = Row(
        f"a small disk under the output ({len(sizes)} sizes)",
        "a clear error, nothing left on it",
    )
    for size in sizes:
        try:
            with _mounted(world.folder / "small", f"size={size}k") as place:
                ended = world.wait(world.start(_into(world, place)))
                left = sorted(path.name for path in place.iterdir())
                whole = left == ["out", "out-custody"] and ended.code == 0
                wrong = ended.unclear or ("" if whole or not left else f"left on it: {left}")
                row.add(wrong, "refused" if ended.code else "the new output")
        except _NoDisk as reason:
            row.skipped = str(reason)
    world.reset()
    return row


def read_only(world: World) -> Row:
    """Nothing can be written where output, custodian's folder, ledger or temporary files should go."""
    row = Row(
        "read-only: a disk that may not be written, files where folders are needed",
        "a clear error, nothing changed",
    )
    for name, disturb in _BLOCKED.items():
        before = _listing(world.place)
        with disturb(world) as arguments:
            ended = world.wait(world.start(world.arguments(world.now, *arguments)))
        wrong = ended.unclear or ("" if ended.code else f"{name}: it went through")
        if not wrong and _listing(world.place) != before:
            wrong = f"{name}: something was changed: {sorted(set(_listing(world.place)) ^ set(before))}"
        row.add(wrong, "refused")
        world.reset()
    try:
        with _mounted(world.folder / "small", "size=4m") as place:
            subprocess.run(["mount", "-o", "remount,ro", place], check=True, capture_output=True)
            ended = world.wait(world.start(_into(world, place)))
            row.add(ended.unclear or ("" if ended.code else "it went through"), "refused")
    except (_NoDisk, subprocess.SubprocessError):
        row.seen["a read-only disk cannot be mounted here"] += 1
    world.reset()
    return row


def _into(world: World, place: Path) -> list[str]:
    return [*world.arguments(world.now), "--out", str(place / "out"), "--custody", str(place / "out-custody")]


def _listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@contextmanager
def _file_for_folder(world: World, *arguments: str) -> Iterator[list[str]]:
    """A file stands where a folder is needed."""
    file = world.folder / "in" / "file"
    file.write_text("", encoding="utf-8")
    yield [str(file / part) if part.startswith("below") else str(file) if part == "file" else part
           for part in arguments]  # fmt: skip
    file.unlink()


_BLOCKED: dict[str, Callable[[World], object]] = {
    "output is a file": lambda world: _file_for_folder(world, "--out", "file"),
    "output below a file": lambda world: _file_for_folder(world, "--out", "below/out"),
    "custody below a file": lambda world: _file_for_folder(world, "--custody", "below/custody"),
    "custody is a file": lambda world: _file_for_folder(world, "--custody", "file"),
    "ledger is a file": lambda world: _file_for_folder(world, "--ledger", "file"),
    "ledger below a file": lambda world: _file_for_folder(world, "--ledger", "below/ledger"),
}  # type: ignore[dict-item]


class _NoDisk(Exception):
    """Why no disk can be mounted here."""


@contextmanager
def _mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        raise _NoDisk("only root may mount one")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "none", place], capture_output=True, text=True
    )
    if done.returncode:
        raise _NoDisk("it cannot be mounted")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
