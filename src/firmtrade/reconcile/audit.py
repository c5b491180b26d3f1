"""The audit of a publication: every identity that its definitions imply, then all figures at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from firmtrade.acquire.classification import divisions
from firmtrade.catalog import Catalog
from firmtrade.classify.expand import Meaning
from firmtrade.classify.window import Window
from firmtrade.describe.cells import Codes
from firmtrade.describe.compute import Setting
from firmtrade.describe.groups import Groups
from firmtrade.describe.spec import Table
from firmtrade.reconcile import cycles, joint, overlap, weights
from firmtrade.reconcile.counts import Counts
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.finding import HOLDS, NOTHING, OVERLAP, SUBSAMPLE, Finding, ordered
from firmtrade.reconcile.joint import Conflict
from firmtrade.reconcile.known import judged
from firmtrade.reconcile.says import Reading, read


@dataclass(frozen=True)
class Audit:
    """What was found.

    `contradictions` is a smallest set of figures that no population can print together with the rest;
    `explainable` those that need firms of unknown group to be possible.
    """

    figures: tuple[Figure, ...]
    unread: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    contradictions: tuple[Conflict, ...]
    explainable: tuple[Conflict, ...]

    @property
    def violated(self) -> list[Finding]:
        """Identities that rounding alone cannot save."""
        return [finding for finding in self.findings if finding.violated]

    @property
    def proven(self) -> bool:
        """Whether anything contradicts itself whatever firms are left out."""
        return bool(self.contradictions) or any(f.verdict == NOTHING for f in self.findings)

    @property
    def named(self) -> frozenset[Figure]:
        """Figures that take part in a violation."""
        found = {figure for finding in self.violated for figure in finding.figures}
        for conflict in (*self.contradictions, *self.explainable):
            found |= {conflict.figure, *conflict.against}
        return frozenset(found)


def _silent(text: str) -> None:
    """Progress that nobody watches."""


def setting(
    catalog: Catalog,
    windows: Mapping[str, Window] | None = None,
    classification: str = "",
    columns: Iterable[str] = (),
) -> Setting:
    """What figures are read by: words, windows, activity codes, and columns beyond the contract."""
    meaning = Meaning(catalog, frozenset(columns))
    codes = Codes(catalog, divisions(classification))
    return Setting(catalog, meaning, None, dict(windows or {}), codes, Groups(meaning))


def audit(
    figures: Iterable[Figure],
    tables: Iterable[Table],
    words: Setting,
    progress: Callable[[str], None] = _silent,
) -> Audit:
    """Test published figures against each other, with nothing but their definitions and their rounding.

    `tables` are those of the study; they only say at which point of a window a group is judged.
    """
    printed = tuple(figures)
    progress(f"read what {len(printed)} figures say")
    reading = read(printed, tables, words)
    progress("sums, parts and shares")
    counts = Counts(reading)
    found = [*counts.findings(), *_twice(reading), *overlap.findings(reading, words.catalog)]
    progress("quotients")
    found += cycles.findings(reading)
    found += weights.findings(reading, counts, progress)
    found = judged(found, reading)
    contradictions = _jointly(reading, True, frozenset(), progress)
    contradictions += _beyond(contradictions, found)
    # What is wrong whoever is unknown has no say in what is wrong if every group is known.
    given = frozenset(conflict.figure for conflict in contradictions)
    explainable = _jointly(reading, False, given, progress)
    order = {HOLDS: 3, OVERLAP: 2, SUBSAMPLE: 1, NOTHING: 0}
    found.sort(key=lambda f: (order[f.verdict], [figure.place for figure in f.figures], f.kind))
    return Audit(printed, tuple(reading.opaque), tuple(found), tuple(contradictions), tuple(explainable))


def _jointly(
    reading: Reading, unknown: bool, without: frozenset[Figure], progress: Callable[[str], None]
) -> list[Conflict]:
    program = joint.build(reading, reading.said, unknown)
    return joint.conflicts(program.without(without), progress)


def _beyond(conflicts: list[Conflict], findings: list[Finding]) -> list[Conflict]:
    """Figures that must give way besides: quotients of quotients are no part of a linear program."""
    given = {conflict.figure for conflict in conflicts}
    more = []
    for finding in findings:
        if finding.verdict != NOTHING or len(finding.figures) < 2 or given & set(finding.figures):
            continue
        if finding.kind in ("weights of parts", "product of growth"):
            one = _suspect(finding, findings)
            given.add(one)
            more.append(Conflict(one, None, tuple(f for f in finding.figures if f != one)))
    return more


def _suspect(finding: Finding, findings: list[Finding]) -> Figure:
    """Of the figures of a violation the one that most other violations share, and fewest held identities."""
    bad: dict[Figure, int] = defaultdict(int)
    for other in findings:
        for figure in other.figures if other.verdict == NOTHING else ():
            bad[figure] += 1
    resolving = [figure for figure in finding.figures if str(figure).replace(" | ", " ") in finding.right]
    return max(resolving or finding.figures, key=lambda figure: (bad[figure], -figure.file, -figure.line))


def _twice(reading: Reading) -> Iterator[Finding]:
    """The same quotient printed twice is a ring of two; what has no formula is compared as it is printed."""
    known: dict[tuple[object, ...], Figure] = {}
    for figure in reading.opaque:
        key = figure.key[1:]
        first = known.setdefault(key, figure)
        if first is not figure and figure.value is not None and first.value is not None:
            (low, high), (first_low, first_high) = figure.bounds, first.bounds
            miss = max(float(low - first_high), float(first_low - high), 0.0)
            yield Finding("printed twice", f"{figure.measure} of {figure.row}", f"{first.table} {first.text}",
                          f"{figure.table} {figure.text}", miss, figure.unit, ordered((first, figure)),
                          NOTHING if miss else HOLDS, "they are one group" if miss else "")  # fmt: skip
