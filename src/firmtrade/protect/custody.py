"""What the custodian keeps of a protected release: never published, written where only the owner reads.

figures.csv     every figure of the release with its value, SDMX status, the rules that it breaks
hidden.csv      every hidden column: value, what the rules ask, what the attack proves
counts.csv      numbers of firms that are rounded or perturbed: true, printed, known, proven by the attack
summary.json    the profile, the cost by table, what was attacked
proof-N.zip     the certificate of each part, checked without a solver

cells/          finest cells of the panel, for the next run (`describe.reuse`)

custodian.html, tables.csv and inside.json are given as further texts (`publish.custodian`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from firmtrade import disk
from firmtrade.describe.asks import Ask
from firmtrade.errors import DataError, DisclosureError
from firmtrade.protect import perturb
from firmtrade.protect.decide import Decided, counted
from firmtrade.protect.kept import INDEX, write_structure
from firmtrade.protect.protected import Custody, Judged

FIGURES = ("table", "sample", "period", "codes", "measure", "value", "unit", "status", "rules", "because of")
HIDDEN = (
    "part", "column", "status", "rules", "value", "wanted low", "wanted high", "attack low", "attack high",
)  # fmt: skip
COUNTS = (
    "part", "column", "rules", "value", "printed", "known low", "known high",
    "wanted low", "wanted high", "attack low", "attack high", "protected",
)  # fmt: skip

#: How the name of a folder on its way begins, and the file in it that says which release it belongs to.
_STAGE, _OF = "stage", ".release"


def custody_folder(out: Path, given: Path | None = None) -> Path:
    """Where the custodian's folder of the release in `out` goes: beside it, unless another one is given.

    Raises:
        DisclosureError: it is the release's folder, or one of them lies in the other.
        DataError: it holds something that is not the custodian's of an earlier run, and would be deleted.
    """
    folder = given or out.with_name(f"{out.name}-custody")
    inside, outside = folder.resolve(), out.resolve()
    if inside.is_relative_to(outside) or outside.is_relative_to(inside):
        raise DisclosureError(
            f"{folder} is for the custodian of the data only, and {out} is published: neither may lie in the "
            "other. Give another folder with --custody, where only the custodian reads."
        )
    if folder.exists() and not (folder.is_dir() and _ours(folder)):
        raise DataError(
            f"{folder} would be replaced by what the custodian keeps of this run, and holds something else. "
            "Nothing was changed. Move it away, or choose another folder with --custody."
        )
    return folder


def _ours(folder: Path) -> bool:
    """Whether a folder is empty, or the custodian's of an earlier run and nothing else."""
    names = {path.name for path in folder.iterdir()}
    return names <= {"whatif.csv", "whatif.html"} or (
        {"summary.json", INDEX} <= names and "manifest.json" not in names
    )


def settle(folder: Path, release: Path) -> None:
    """Mend what killed runs left beside the custodian's folder of the release in `release`.

    A run that was killed between the release and this folder has put the release in place: what it kept
    follows it now. Anything else that it left is removed.
    """
    before = disk.prefix(folder, _STAGE)
    if not any(path.name.startswith(f".{folder.name}.firmtrade-") for path in _beside(folder)):
        return
    with disk.writing(folder, "--custody"), disk.turn(folder):
        disk.recover(folder)
        for left in disk.orphans(folder.parent, before):
            mark = left / _OF
            if mark.is_file() and mark.read_text(encoding="utf-8") == _print_of(release):
                _place(left, folder)


def _beside(folder: Path) -> list[Path]:
    return list(folder.parent.iterdir()) if folder.parent.is_dir() else []


@contextmanager
def keeping(
    custody: Custody,
    folder: Path,
    further: Mapping[str, str] | None = None,
    beside: Callable[[Path], None] | None = None,
) -> Iterator[Callable[[Path], None]]:
    """Write the custodian's folder aside, and put it in place of an earlier one when the block is done.

    The block puts the release in place: if it fails, what is kept of an earlier release stays with it. Before
    it does, it gives the release's folder to the function that it gets, which notes whose this is.
    `further` has the text of other files by name, and `beside` writes what else is kept. The folder is one
    that `custody_folder` gives.
    """
    with disk.writing(folder, "--custody"), disk.parents_made(folder.parent):
        aside, lock = disk.held_folder(folder.parent, disk.prefix(folder, _STAGE))
        try:
            with lock, ExitStack() as held:
                _write(custody, aside, further or {})
                if beside:
                    beside(aside)
                disk.flush(aside)

                def ready(release: Path) -> None:
                    _note(aside, release)
                    # Now, for once the release is in place nothing may be in want of space.
                    held.enter_context(disk.turn(folder))

                yield ready
                _place(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _note(aside: Path, release: Path) -> None:
    (aside / _OF).write_text(_print_of(release), encoding="utf-8")
    disk.flush(aside)


def _print_of(release: Path) -> str:
    """The hash of a release's manifest, which has the hashes of its files; '' where there is none."""
    file = release / "manifest.json"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _place(aside: Path, folder: Path) -> None:
    for name in (_OF, disk.LOCK):
        (aside / name).unlink(missing_ok=True)
    disk.swap(aside, folder)


def _write(custody: Custody, aside: Path, further: Mapping[str, str]) -> None:
    _text(aside / "figures.csv", FIGURES, (_figure(judged) for judged in custody.figures))
    _text(aside / "hidden.csv", HIDDEN, (row for part in custody.parts for row in _hidden(part)))
    changed = [part.counts for part in custody.parts if part.counts is not None]
    if changed:
        _text(aside / "counts.csv", COUNTS, (row for counts in changed for row in _counts(counts)))
    for number, part in enumerate(custody.parts, 1):
        part.certificate.write(aside / f"proof-{number:02}.zip")
    write_structure(custody, aside)
    text = json.dumps(summary(custody), indent=2, sort_keys=True, ensure_ascii=False)
    (aside / "summary.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    for name, content in sorted(further.items()):
        (aside / name).write_text(content, encoding="utf-8", newline="")


def _text(path: Path, names: Iterable[str], rows: Iterable[list[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _figure(judged: Judged) -> list[Any]:
    cell, decision = judged.cell, judged.decision
    codes = "; ".join(f"{name}={code}" for name, code in sorted(cell.codes.items()))
    value = "" if judged.value is None else repr(float(judged.value))
    asks = " | ".join(asked(ask) for ask in decision.asks)
    rules = "; ".join(decision.rules)
    key = [judged.table, cell.sample, cell.period, codes, cell.measure]
    return [*key, value, cell.unit, decision.status, rules, asks]


def _counts(counts: perturb.Counts) -> Iterable[list[Any]]:
    intervals = {interval.column: interval for interval in counts.report.outsider}
    rules = dict(zip(counts.plan.columns.tolist(), counts.plan.reasons, strict=True))
    columns = (counts.part.values, counts.printed, counts.low, counts.high)
    values = zip(*(each.tolist() for each in columns), strict=True)
    for column, (name, numbers) in enumerate(zip(counts.part.system.names, values, strict=True)):
        shown = asked(name) if isinstance(name, Ask) else str(name)
        found = intervals.get(column)
        ends = (found.wanted_low, found.wanted_high, found.low, found.high) if found else ()
        last = [*(int(end) for end in ends), "yes" if found.protected else "no"] if found else [""] * 5
        yield [counts.part.aggregate, shown, "; ".join(rules.get(column, ())), *numbers, *last]


def asked(ask: Ask) -> str:
    """An ask in words: 'first-employment of manufacturing-stayers, flow export, status new'."""
    codes = "".join(f", {name} {code}" for name, code in ask.codes)
    when = f" {ask.year}" if ask.year else f" ({ask.window}{' ' + ask.point if ask.point else ''})"
    return f"{'number' if ask.aggregate == '*' else ask.aggregate} of {ask.sample}{when}{codes}"


def _hidden(part: Decided) -> Iterable[list[Any]]:
    units = part.part.in_units
    for column in sorted(part.hidden):
        interval = part.intervals[column]
        ends = (interval.value, interval.wanted_low, interval.wanted_high, interval.low, interval.high)
        rules = part.rules.get(column, ())
        name = part.part.system.names[column]
        shown = asked(name) if isinstance(name, Ask) else str(name)
        numbers = [repr(float(value)) for value in units(list(ends))]  # type: ignore[arg-type]
        yield [part.part.aggregate, shown, "primary" if rules else "secondary", "; ".join(rules), *numbers]


def summary(custody: Custody) -> dict[str, Any]:
    """The profile, figures and hidden figures by table, and what was attacked."""
    total = Counter(judged.table for judged in custody.figures)
    hidden = Counter(judged.table for judged in custody.hidden)
    counts = [part.counts for part in custody.parts if part.counts is not None]
    return {
        "profile": custody.policy.profile.name,
        "rules": [
            {"name": rule.name, "title": rule.title, "source": rule.source,
             "numbers": {name: float(value) for name, value in rule.numbers.items()}}
            for rule in custody.policy.profile.rules
        ],
        "tables": {name: {"figures": total[name], "hidden": hidden[name]} for name in sorted(total)},
        "attack": counted(custody.parts),
        **({"counts": perturb.summary(counts, custody.policy.method)} if counts else {}),
    }  # fmt: skip
