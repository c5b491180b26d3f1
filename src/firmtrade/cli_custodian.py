"""The custodian's commands: attack, why, whatif, merge, ledger. What they say is confidential.

Heavy parts are imported inside the commands, as in `cli`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from firmtrade.errors import DisclosureError
from firmtrade.result import MARK

Panel = Annotated[
    str | None,
    typer.Option("--panel", "-p", help="File, folder, pattern or database URL; overrides the study's."),
]

Ledger = Annotated[
    Path | None, typer.Option(help="Folder that records publications, read only; overrides the study's.")
]


def add_commands(app: typer.Typer) -> None:
    """Add the custodian's commands to the command line."""
    for command in (attack, why, whatif, merge, ledger):
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
    ] = Path(),
) -> None:
    """Say why a figure of a protected release is hidden: which rule, whom it protects, what is left to guess.

    Without CELL all hidden figures of the table are told. Confidential: true values of hidden figures.
    """
    from firmtrade.protect.inside import read_inside
    from firmtrade.protect.why import why as said

    lines = said(read_inside(custody), table, cell or [])
    typer.echo(MARK)
    typer.echo("\n".join(lines))


def whatif(
    study: Annotated[str, typer.Argument(help="Built-in study, or path of a study file.")],
    panel: Panel = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", "-r", help="A rule of the profile and its numbers: frequency-3=2..10."),
    ] = None,
    custody: Annotated[
        Path | None,
        typer.Option("--custody", "-c", help="The custodian's folder, for whatif.csv and whatif.html."),
    ] = None,
    ledger: Ledger = None,
) -> None:
    """Say how much would be hidden if the rules had other numbers, with and without contributors who attack.

    All else is as the study says: figures hidden by name, rounded numbers of firms, the ledger (nothing is
    written there). Without --rule each rule of the study's profile is varied. The evidence is collected once.
    Confidential.
    """
    from firmtrade.protect.whatif import as_text, varied
    from firmtrade.protect.whatif import whatif as tried
    from firmtrade.study import Study

    folder = _for_the_custodian(custody)
    asked = Study(study, panel, ledger=ledger)
    with asked.evidence() as (compute, policy):
        wanted = varied(policy.profile, rule or [])
        points = tried(compute(None), policy, asked.spec.catalog, wanted, _progress())
    typer.echo(MARK)
    typer.echo("\n".join(as_text(points)))
    if folder:
        from firmtrade.publish.custodian import whatif_csv, whatif_page

        (folder / "whatif.csv").write_text(whatif_csv(points), encoding="utf-8", newline="")
        page = whatif_page(asked.spec.title, points)
        (folder / "whatif.html").write_text(page, encoding="utf-8", newline="")
        typer.echo(f"Wrote whatif.csv and whatif.html in {folder}")


def _for_the_custodian(folder: Path | None) -> Path | None:
    """The folder, which only its owner may read; never one that is published."""
    if folder is None:
        return None
    if (folder / "manifest.json").exists():
        raise DisclosureError(
            f"{folder} is a release, and this is confidential. Give the custodian's folder: "
            f"--custody {folder.name}-custody"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _progress() -> Callable[[str], None]:
    """Tell a person what is being done; say nothing in a pipe."""
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: typer.echo(f"  {text}", err=True)


def merge(
    study: Annotated[str, typer.Argument(help="Built-in study, or path of a study file.")],
    table: Annotated[
        list[str] | None, typer.Argument(help="Tables to look at; by default those of which much is hidden.")
    ] = None,
    panel: Panel = None,
    share: Annotated[float, typer.Option(help="Much is hidden: at least so many per cent.")] = 25.0,
    ledger: Ledger = None,
) -> None:
    """Propose which neighbouring classes of a table to combine, so that less of it is hidden.

    One dimension at a time, best first. Each proposal is protected with the whole release before it is told,
    and is printed as the line to write in the study. Codes of a classification are combined by their order:
    look whether both belong to one section. Confidential.
    """
    from firmtrade.protect.classes import Words
    from firmtrade.protect.merge import as_text, propose
    from firmtrade.study import Study

    asked = Study(study, panel, ledger=ledger)
    with asked.evidence() as (compute, policy):
        words = Words(asked.spec.catalog, asked.codes)
        found, without = propose(asked.spec.tables, table or [], share, compute, policy, words, _progress())
    typer.echo(MARK)
    typer.echo("\n".join(as_text(found, without)).rstrip())


def ledger(path: Annotated[Path, typer.Argument(help="The folder of the ledger.")]) -> None:
    """List what was published, by entry: label, study, tables, figures and how many of them are hidden.

    Shows no figure. Exit code 13 if the ledger is not as it was written.
    """
    from firmtrade.protect.ledger_store import listed, read

    typer.echo(listed(read(path)) or f"There is no publication in {path} yet.")
