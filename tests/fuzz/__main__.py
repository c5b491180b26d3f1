"""Try so many examples and print what became of them: python -m fuzz [--examples 10000] [--seed 1]."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from firmtrade.errors import FirmtradeError
from fuzz import malice, panels, studies

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds for one example
#: What is tried: a part of ten of the examples, and how.
KINDS: dict[str, tuple[int, Callable[[Random, Path], str]]] = {
    "panel": (4, panels.tried),
    "study": (3, studies.tried),
    "definition": (3, studies.tried_definition),
}
TITLES = {
    "panel": "panels: cells and bytes of a CSV, bytes of a workbook, a Parquet file, a SQLite database",
    "study": "studies: keys and values of a study file, and its text",
    "definition": "definitions: expressions of measures, samples, variables and dimensions",
}


@dataclass
class Tally:
    """What became of the examples of a kind; `wrong` has where each kind of failure was, and its examples."""

    kind: str
    seen: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[int]] = field(default_factory=dict)

    @property
    def times(self) -> int:
        """How many examples there were."""
        return self.seen.total() + sum(len(numbers) for numbers in self.wrong.values())

    @property
    def told(self) -> str:
        """What became of them, counted."""
        failed = self.times - self.seen.total()
        told = [f"{seen} ({times:,})" for seen, times in sorted(self.seen.items())]
        return "; ".join([*told, *([f"FAILED ({failed})"] if failed else [])])


def one(kind: str, seed: int, number: int, folder: Path) -> str:
    """Try one example; what is no error of ours is raised."""
    draw = Random(f"{seed} {kind} {number}")
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(PATIENCE)
    try:
        return KINDS[kind][1](draw, folder)
    except FirmtradeError as error:
        assert str(error).strip(), "an error without a message"
        return "refused"
    finally:
        signal.alarm(0)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"it took more than {PATIENCE} seconds")


def tally(kind: str, seed: int, times: int, folder: Path) -> Tally:
    """Try so many examples of a kind."""
    made = Tally(kind)
    for number in range(times):
        try:
            made.seen[one(kind, seed, number, folder)] += 1
        except Exception as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if "firmtrade" in f.filename]
            at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
            made.wrong.setdefault(f"{type(error).__name__} at {at}: {str(error)[:150]}", []).append(number)
    return made


def main() -> int:
    """Return 1 if any example fails."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one example, KIND:NUMBER, with its traceback; or a KIND")
    parser.add_argument("--write", type=Path, help="the page to write the table into")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        if asked.only and ":" in asked.only:
            kind, _, number = asked.only.partition(":")
            print(one(kind, asked.seed, int(number), folder))
            return 0
        return _all(asked, folder)
    finally:
        shutil.rmtree(folder)


def _all(asked: argparse.Namespace, folder: Path) -> int:
    found, groups = [], []
    for kind, (share, _) in KINDS.items():
        if asked.only in (None, kind):
            begin = time.process_time()
            found.append(tally(kind, asked.seed, asked.examples * share // 10, folder))
            print(f"{kind}: {found[-1].told}; {time.process_time() - begin:.0f} s", flush=True)
            for what, numbers in found[-1].wrong.items():
                print(f"    {what} ({len(numbers)} times, such as {kind}:{numbers[0]})", flush=True)
    if asked.only in (None, "malice"):
        groups = malice.all_tried(folder)
        for group in groups:
            print(f"{group.kind}: {group.refused} refused, {group.harmless} of no harm", flush=True)
            for wrong in group.wrong:
                print(f"    {wrong}", flush=True)
    bad = sum(len(numbers) for each in found for numbers in each.wrong.values())
    bad += sum(len(group.wrong) for group in groups)
    if asked.write:
        asked.write.write_text(_page(found, groups, asked, bad), encoding="utf-8")
    return 1 if bad else 0


def _page(found: list[Tally], groups: list[malice.Group], asked: argparse.Namespace, bad: int) -> str:
    template = (ROOT / "tests" / "fuzz" / "page.md").read_text(encoding="utf-8")
    rows = [f"| {TITLES[each.kind]} | {each.times:,} | {each.told} |\n" for each in found]
    made = [f"| {group.kind} | {group.refused} | {group.harmless} |\n" for group in groups]
    verdict = f"{bad} examples failed." if bad else "No example failed."
    return template.format(
        rows="".join(rows), made="".join(made), examples=asked.examples, seed=asked.seed, verdict=verdict
    )


if __name__ == "__main__":
    sys.exit(main())
