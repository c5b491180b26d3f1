"""The audit in words and as CSV: each violation with its cells, one line each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from firmtrade.reconcile.audit import Audit
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.finding import HOLDS, NOTHING, OVERLAP, SUBSAMPLE, Finding
from firmtrade.reconcile.joint import Conflict

COLUMNS = (
    "part", "number", "kind", "about", "left", "right", "misses", "unit", "verdict", "why",
    "table", "row", "measure", "value", "decimals", "line",
)  # fmt: skip


def text(audit: Audit, name: str) -> str:
    """The whole audit as lines for a terminal or a file; the same input gives the same bytes."""
    return "\n".join(_lines(audit, name)) + "\n"


def _lines(audit: Audit, name: str) -> Iterator[str]:
    verdicts = Counter(finding.verdict for finding in audit.findings)
    yield f"Audit of {name}: {len(audit.figures)} figures"
    yield (
        f"{len(audit.findings)} identities tested: {verdicts[HOLDS]} hold within rounding, "
        f"{verdicts[SUBSAMPLE]} that a smaller subsample can explain, "
        f"{verdicts[NOTHING]} that nothing explains"
        + (f", {verdicts[OVERLAP]} overlaps" if verdicts[OVERLAP] else "")
    )
    for kind, number in sorted(Counter(finding.kind for finding in audit.findings).items()):
        bad = sum(f.kind == kind and f.violated for f in audit.findings)
        yield f"  {kind:<18} {number:>5} tested {bad:>4} violated"
    if audit.unread:
        yield f"{len(audit.unread)} figures are no sums (medians and the like): compared, not added up"
    yield from _part("Contradictions: nothing explains them", audit, NOTHING)
    yield from _part("Explainable: a smaller subsample, or firms of unknown group", audit, SUBSAMPLE)
    yield from _part("Groups that overlap: no error of arithmetic", audit, OVERLAP)
    yield from _joint(
        "All figures at once: the smallest set found that cannot be right, whoever is unknown",
        audit.contradictions,
    )
    yield from _joint("All figures at once, if every firm's group were known", audit.explainable)


def _part(title: str, audit: Audit, verdict: str) -> Iterator[str]:
    found = [finding for finding in audit.findings if finding.verdict == verdict]
    if not found:
        return
    yield from ("", title, "-" * len(title))
    for number, finding in enumerate(found, 1):
        yield f"{number}. {finding.kind}: {finding.about}"
        yield f"   {finding.left}; {finding.right}; {apart(finding)}"
        yield f"   {finding.verdict}{': ' + finding.why if finding.why else ''}"
        yield from (f"     {figure}" for figure in finding.figures)


def _joint(title: str, conflicts: tuple[Conflict, ...]) -> Iterator[str]:
    if not conflicts:
        return
    yield from ("", title, "-" * len(title))
    for number, conflict in enumerate(conflicts, 1):
        yield f"{number}. {conflict.figure}"
        could = "" if conflict.allowed is None else f"; they would allow about {_near(conflict)}"
        yield f"   cannot hold together with the following{could}"
        yield from (f"     {figure}" for figure in conflict.against)


def _near(conflict: Conflict) -> str:
    """A value with one digit more than is printed."""
    decimals = conflict.figure.decimals
    return f"{conflict.allowed or 0.0:,.{decimals + 1 if decimals else 0}f}"


def apart(finding: Finding) -> str:
    """'misses by 477 firms'; a system of parts is only known to miss by at least so much."""
    if finding.verdict == OVERLAP:
        return f"exceeds by {amount(finding)}"
    return f"misses by {'at least ' if finding.among else ''}{amount(finding)}"


def amount(finding: Finding) -> str:
    """By how much an identity is missed, with its unit."""
    number = f"{finding.misses:,.0f}" if float(finding.misses).is_integer() else f"{finding.misses:,.4g}"
    return f"{number} {finding.unit}".strip()


def rows(audit: Audit) -> list[dict[str, object]]:
    """One row for each cell of each violation, in COLUMNS."""
    found = []
    shown = [f for f in audit.findings if f.verdict != HOLDS]
    for number, finding in enumerate(shown, 1):
        for figure in finding.figures:
            head = ("identity", number, finding.kind, finding.about, finding.left, finding.right,
                    f"{finding.misses:.6g}", finding.unit, finding.verdict, finding.why)  # fmt: skip
            found.append(_row(head, figure))
    for verdict, conflicts in ((NOTHING, audit.contradictions), (SUBSAMPLE, audit.explainable)):
        for number, conflict in enumerate(conflicts, 1):
            for kind, figures in (
                ("must give way", (conflict.figure,)),
                ("contradicts it", conflict.against),
            ):
                for figure in figures:
                    head = ("joint", number, kind, str(conflict.figure), "", "", "", "", verdict, "")
                    found.append(_row(head, figure))
    return found


def _row(head: tuple[object, ...], figure: Figure) -> dict[str, object]:
    cell = (
        figure.table,
        figure.row,
        figure.measure,
        figure.text.replace(",", ""),
        figure.decimals,
        figure.line,
    )
    return dict(zip(COLUMNS, (*head, *cell), strict=True))


def csv_text(names: tuple[str, ...], found: list[dict[str, object]]) -> str:
    """Rows as CSV with a header."""
    file = io.StringIO()
    writer = csv.DictWriter(file, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return file.getvalue()
