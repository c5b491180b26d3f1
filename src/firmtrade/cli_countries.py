"""The commands for many countries: pack, package, combine. Heavy parts are imported inside, as in `cli`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from firmtrade.combine import Package

Key = Annotated[
    Path | None,
    typer.Option(help="File with a key that both offices have: sign, or check the signature (HMAC)."),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (pack, package, combine):
        app.command()(command)


def pack(
    study: Annotated[
        str, typer.Argument(help="Built-in study (firmtrade list studies), or path of a study file.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; its name must end in .pack.")],
) -> None:
    """Make one file of a study, which partners in other countries run on their own panels.

    In it are the questions, words, rules and published figures of the study, this version of firmtrade and
    the hash of everything. Nothing of a panel is in it, nor where your files are or how they are read: each
    partner says that for its own. Then, at each partner:

    firmtrade run FILE.pack --panel PANEL --out DIR

    firmtrade package DIR --country BE -o BE.pkg
    """
    from firmtrade.errors import StudyError
    from firmtrade.study_file import make_study, read_raw
    from firmtrade.study_pack import ENDING, write_pack

    if out.suffix != ENDING:
        raise StudyError(f"The name of a pack ends in {ENDING}: -o {out.with_suffix(ENDING).name}")
    raw, name, base, file = read_raw(study)
    if "pack" in raw:
        raise StudyError(f"{file} is of a pack already. Pass on the pack itself, so that all run the same.")
    spec = make_study(raw, name, base, file)
    digest = write_pack(out, raw, name, spec.catalog.hash())
    typer.echo(f"{out}: {len(spec.tables)} tables, {len(spec.models)} models; no panel in it.\nHash {digest}")


def package(
    release: Annotated[Path, typer.Argument(help="Folder that `firmtrade run FILE.pack` wrote.")],
    country: Annotated[str, typer.Option("--country", "-c", help="Your country's code: BE.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; by default COUNTRY.pkg.")
    ] = None,
    key: Key = None,
) -> None:
    """Make the package of a release that goes back to whoever sent the pack.

    In it are the release (what report and tables show, hidden figures hidden), its manifest and the hash of
    the pack. What the custodian keeps is not.
    """
    from firmtrade.archive import read_key
    from firmtrade.combine import write_package

    made = out or Path(f"{country}.pkg")
    digest = write_package(release, made, country, read_key(key))
    typer.echo(f"{made}: the release of {country}{', signed' if key else ''}.\nHash {digest}")


def combine(
    packages: Annotated[list[Path], typer.Argument(help="Packages of two countries or more.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the report; replaced whole when it is done.")
    ],
    key: Key = None,
) -> None:
    """Join the packages of several countries into one report: tables and charts with a dimension country.

    All must come of the same pack, made by the same version with the same definitions, and be as they were
    made. Figures that a country hides stay hidden. Nothing is added up over countries.
    """
    from firmtrade.archive import read_key
    from firmtrade.cli_shared import progress
    from firmtrade.combine import combined, read_packages
    from firmtrade.publish import write

    found = read_packages(packages, read_key(key))
    typer.echo("\n".join(_lines(found)))
    made = write(combined(found), out, progress())
    typer.echo(f"The report is in {made / 'report.html'}")


def _lines(packages: Sequence[Package]) -> list[str]:
    """What came: each country with its figures, how many are hidden and by which rules, and the seal."""
    lines = []
    for one in packages:
        cells = [cell for table in one.release.all_tables for cell in table.cells]
        hidden = sum(cell.confidentiality != "F" for cell in cells)
        figures = f"{len(cells):,} figures, {hidden:,} of them hidden"
        synthetic = " A synthetic panel." if one.release.provenance.synthetic else ""
        lines.append(f"  {one.country}  {one.title}: {figures}.{synthetic} {one.release.protection}")
    if all(one.signed for one in packages):
        return [*lines, "All packages are signed with the key."]
    unread = [one.country for one in packages if one.carries_signature]
    seal = f" {', '.join(unread)} signed: give --key FILE to check that." if unread else ""
    return [
        *lines,
        "Their hashes are right, which finds accidents; without --key nothing proves who made them." + seal,
    ]
