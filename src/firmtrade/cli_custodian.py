"""The custodian's commands: attack, why, whatif, merge. What they say is confidential.

Heavy parts are imported inside the commands, as in `cli`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_commands(app: typer.Typer) -> None:
    """Add the custodian's commands to the command line."""
    for command in (attack, why):
        app.command()(command)


def attack(
    release: Annotated[Path, typer.Argument(help="Folder of a release, or its tables.csv.")],
    custody: Annotated[
        Path | None,
        typer.Option("--custody", "-c", help="What the custodian kept of it; by default RELEASE-custody."),
    ] = None,
    structure: Annotated[
        Path | None,
        typer.Option("--structure", "-s", help="How the codes of somebody else's release add up (TOML)."),
    ] = None,
) -> None:
    """Attack a release: how closely can each hidden figure be worked out, by outsiders and contributors?

    With what the custodian kept (the folder that a protected run writes beside its release) the exact
    structure, the rules and the contributors are known, and an altered release is attacked as it lies
    there. Without it, as for a release that somebody else made, the structure is inferred from the printed
    figures, or read from a structure file.

    Exit code 0: no hidden figure can be worked out. 13: some can, or a figure is not the custodian's.
    """
    from firmtrade.protect.custodian import attacked

    leaks, lines = attacked(release, custody, structure)
    typer.echo("\n".join(lines))
    if leaks:
        raise typer.Exit(13)


def why(
    table: Annotated[str, typer.Argument(help="A table of the release, such as table-03.")],
    cell: Annotated[
        list[str] | None, typer.Argument(help="Which figures: size=0-9 flow=export measure=participation.")
    ] = None,
    custody: Annotated[
        Path,
        typer.Option("--custody", "-c", help="The release, or the folder that the custodian kept of it."),
    ] = Path("."),
) -> None:
    """Say why a figure of a protected release is hidden: which rule, whom it protects, what is left to guess.

    Without CELL all hidden figures of the table are told. Confidential: true values of hidden figures.
    """
    from firmtrade.protect.inside import read_inside
    from firmtrade.protect.why import why as said

    lines = said(read_inside(custody), table, cell or [])
    typer.echo("CONFIDENTIAL: for the custodian of the data only")
    typer.echo("\n".join(lines))
