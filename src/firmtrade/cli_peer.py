"""The command about other offices' figures: peer. Heavy parts are imported inside it, as in `cli`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from firmtrade.reconcile.peer_file import Correspondence


def add_commands(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(peer)


def peer(
    file: Annotated[
        Path, typer.Argument(help="Published figures: SDMX-CSV, SDMX-ML, SDMX-JSON, or a CSV with a header.")
    ],
    run: Annotated[
        Path | None, typer.Option("--run", "-r", help="Folder of a run: put its figures beside them.")
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            "--mapping",
            "-m",
            help="How their dimensions and codes correspond to ours (TOML), or a built-in one: ext_tec01, "
            "ext_tec03, ext_tec09, ext_tec10, edd. Left out: the file is firmtrade's own.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", help="Which of their figures, such as geo=NL: in the place of what the mapping says."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV with every figure of both sides.")
    ] = None,
) -> None:
    """List what a file of published figures holds, and put a run beside it: equal, different, missing.

    Totals are told apart from their parts. Numbers of enterprises are never summed over partners, products
    or flows, in which an enterprise may stand several times: a mapping that would do so is refused.
    """
    from firmtrade.publish.sdmx.read import own, read_observations
    from firmtrade.reconcile import read_figures
    from firmtrade.reconcile.peer import COLUMNS, compare, lines, table
    from firmtrade.reconcile.peer_file import read_correspondence
    from firmtrade.reconcile.peer_list import listing
    from firmtrade.reconcile.report import csv_text

    found = own(read_observations(file))
    _published(found.rows, file.name)
    how = _narrowed(read_correspondence(mapping) if mapping else None, only or [])
    typer.echo(f"{file.name}: {found.flow}" if found.flow else file.name)
    typer.echo("\n".join(listing(found.rows, found.labels, how)))
    if run is None:
        return
    made = compare(found.rows, read_figures(run), how or _same(found.rows))
    typer.echo("\n" + "\n".join(lines(made)))
    if out:
        out.write_text(csv_text(COLUMNS, table(made)), encoding="utf-8", newline="")
        typer.echo(f"Wrote {out}")


def _narrowed(how: Correspondence | None, only: list[str]) -> Correspondence | None:
    """The mapping with the codes that the command line takes; those of one column stand together."""
    if not only:
        return how
    from firmtrade.errors import StudyError

    asked: dict[str, tuple[str, ...]] = {}
    for said in only:
        column, equals, code = said.partition("=")
        if not equals:
            raise StudyError(f"--only {said}: write COLUMN=CODE, such as geo=NL.")
        asked[column] = (*asked.get(column, ()), code)
    if how is None:
        raise StudyError("--only narrows a mapping down: give --mapping too.")
    return replace(how, only={**how.only, **asked})


def _published(rows: tuple[dict[str, str], ...], name: str) -> None:
    """Refuse what is not published: a figure that is confidential and has its value all the same."""
    from firmtrade.errors import DisclosureError

    for row in rows:
        status = row.get("confidentiality", "").strip() or "F"
        if status != "F" and row.get("value", "").strip():
            raise DisclosureError(
                f"{name}: a figure is confidential ({status}), and the file has its value. It is for the "
                "custodian of the data only. Give the figures as they were published."
            )


def _same(rows: tuple[dict[str, str], ...]) -> Correspondence:
    """The correspondence of a file in the columns of tables.csv."""
    from firmtrade.errors import DataError
    from firmtrade.reconcile.peer_file import Column, Correspondence

    names = list(dict.fromkeys(name for row in rows for name in row))
    if not {"table", "sample", "period", "measure", "value"} <= set(names):
        raise DataError(
            "The file has columns of its own, so firmtrade cannot tell which figures correspond. Give "
            "--mapping FILE.toml; docs/sdmx.md says what is in it, and ext_tec01 is an example."
        )
    other = ("value", "unit", "decimals", "confidentiality", "reason", "low", "high", "note", "freq")
    columns = {name: Column(name) for name in names if name not in other}
    return Correspondence(columns, ignore=other, value="value", title="the columns of tables.csv")
