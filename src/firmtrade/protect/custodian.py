"""What the custodian asks on the command line, answered in words: does the release leak?"""

from __future__ import annotations

from pathlib import Path

from firmtrade.errors import DataError
from firmtrade.protect.attack import Interval
from firmtrade.protect.evidence import NOBODY
from firmtrade.protect.kept import STRUCTURE, Found, KeptPart, attack_kept
from firmtrade.result import MARK

MOST = 50  # lines of one kind


def attacked(release: Path, custody: Path | None, structure: Path | None) -> tuple[int, list[str]]:
    """(number of leaks, what is said) of the attack on a release: a folder, or its tables.csv."""
    tables = release / "tables.csv" if release.is_dir() else release
    if not tables.exists():
        raise DataError(f"There is no {tables}. Give the folder of a release, or a file in its columns.")
    folder = release if release.is_dir() else release.parent
    kept = custody or folder.with_name(f"{folder.name}-custody")
    if structure is None and (custody is not None or (kept / STRUCTURE).exists()):
        return _own(tables, kept)
    return _foreign(tables, structure)


def _own(tables: Path, kept: Path) -> tuple[int, list[str]]:
    found = attack_kept(tables, kept)
    lines = [MARK, f"Attack on {tables} with the structure in {kept}:"]
    for part, report in found.reports:
        if len(part.plan):
            said = ", ".join(f"{name} {number}" for name, number in report.summary().items())
            lines.append(f"  {part.name}: {said}")
    lines += _some("shown, and gives away what must be hidden", list(found.shown))
    lines += _some("not the custodian's figure", list(found.changed))
    lines += _some("can be worked out", list(_worked_out(found)))
    lines += _some("not proven", list(found.unproven))
    if not found.unproven:
        lines.append("  The stored proofs hold; no solver was needed to check them.")
    leaks = found.leaks + len(found.changed) + (0 if found.leaks else len(found.unproven))
    lines.append("No hidden figure can be worked out." if not leaks else f"{leaks} leaks.")
    return leaks, lines


def _worked_out(found: Found) -> list[str]:
    return [_bounds(part, case) for part, report in found.reports for case in part.leaks(report)]


def _bounds(part: KeptPart, case: Interval) -> str:
    low, high, least, most = (
        float(end) / 10.0**part.decimals for end in (case.low, case.high, case.wanted_low, case.wanted_high)
    )
    who = "an outsider" if case.holding == NOBODY else "a contributor"
    known, asked = f"{low:,.6g} and {high:,.6g}", f"{least:,.6g} to {most:,.6g}"
    return f"{part.name}, column {case.column}: {who} knows it is between {known}; the rules ask for {asked}"


def _foreign(tables: Path, structure: Path | None) -> tuple[int, list[str]]:
    from firmtrade.protect.foreign import PARTIAL, VERDICTS, attack_release

    found = attack_release(tables, structure)
    lines = [
        f"Attack on {tables}, which its own figures tell how it adds up:"
        if structure is None
        else f"Attack on {tables} with the structure in {structure}:",
        f"  {found.figures:,} figures, {found.hidden:,} hidden, {found.equations:,} equations",
    ]
    for name in VERDICTS:
        groups = sorted({dimension for _, _, dimension in getattr(found, name)})
        if groups:
            rest = ", with a rest" if name == PARTIAL else ""
            lines.append(f"  sums over {', '.join(groups)}: {name}{rest}")
    told = [
        f"{' | '.join(str(part) for part in leak.key)}: "
        + ("known exactly" if leak.exact else f"between {leak.low:,.6g} and {leak.high:,.6g}")
        for leak in found.leaks
    ]
    lines += _some("can be worked out", told)
    lines.append("No hidden figure can be worked out." if not told else f"{len(told)} leaks.")
    return len(told), lines


def _some(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = [f"    and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return [f"  {title}:", *(f"    {line}" for line in lines[:MOST]), *more]
