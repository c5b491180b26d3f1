"""Kill imports at random moments and look at what is left: python support_kills.py ADDRESS FOLDER KILLS SEED.

Run as a program of its own with one thread, so that it may fork: a child imports a file and tells each
acknowledged part through a pipe; the parent kills it (SIGKILL), reads the register and imports again.
Prints what it found as JSON; leaves with an error if anything acknowledged is lost or anything is half.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from firmtrade.support.register import Register

ROWS, PART = 160, 8
WHO = {"user": "an", "purpose": "kill"}


def file_of(folder: Path, name: str) -> Path:
    """Firms whose every field follows from their number, so that a half row would show."""
    path = folder / f"{name}.csv"
    lines = ["id,name,enterprise_no,natural_person,founded_on,activity,region"]
    lines += [
        f"{name}-{row:04d},Firm {name} {row},{row * 7},no,{1950 + row % 60}-03-01,{row % 99},BE{row % 3}"
        for row in range(ROWS)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def child(address: str, path: Path, pipe: int) -> None:
    with Register.open(address, **WHO) as book:
        book.import_file(path, "firms", "firm", part=PART,
                         acknowledge=lambda done, total: os.write(pipe, f"{done}\n".encode()))  # fmt: skip


def killed(address: str, path: Path, parts: int, wait: float) -> int:
    """Start an import, kill it `wait` seconds after so many parts; return how many rows it acknowledged."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        code = 1
        try:
            child(address, path, into)
            code = 0
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out, encoding="ascii") as told:
        acknowledged = [int(told.readline()) for _ in range(parts)]
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        acknowledged += [int(line) for line in told.read().split("\n")[:-1]]
    return acknowledged[-1] if acknowledged else 0


def there(book: Register, path: Path) -> int:
    """How many of the file's rows are in the register, each as it stands in the file and once."""
    header, *lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    rows = book.read("firms", id=[line[0] for line in lines])
    for row in rows:
        drawn = dict(zip(header, lines[int(row["id"][-4:])], strict=True))
        assert {name: str(row[name]) for name in header} == drawn and row["version"] == 1, row
    return len(rows)


def main(address: str, folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    with Register.open(address, **WHO) as book:
        start = time.monotonic()
        book.import_file(file_of(folder, "warm"), "firms", "firm", part=PART)
        whole = time.monotonic() - start
    inside = 0
    for number in range(kills):
        path = file_of(folder, f"k{number}")
        parts = chance.randrange(ROWS // PART)
        acknowledged = killed(address, path, parts, chance.uniform(0.0, 2 * whole * PART / ROWS))
        with Register.open(address, **WHO) as book:
            left = there(book, path)
            assert left >= acknowledged, f"{path.name}: {acknowledged} acknowledged, {left} left"
            assert left % PART == 0, f"{path.name}: {left} rows are no whole number of parts"
            done = book.import_file(path, "firms", "firm", part=PART)
            assert (done.new, done.changed, done.carried_on) == (ROWS - left, 0, left), done
            assert there(book, path) == ROWS
            assert book.count("firms") == ROWS * (number + 2), "no rows but those of the files"
        inside += 0 < left < ROWS
    print(json.dumps({"kills": kills, "in the middle": inside}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
