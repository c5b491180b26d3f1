"""Commands about the register itself: make it, fill it, look at rows, room for aid, log, purge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrade.cli_support.options import (
    REGISTER,
    Day,
    Firm,
    Json,
    Purpose,
    User,
    Where,
    open_register,
    print_json,
    the_day,
)

if TYPE_CHECKING:
    from firmtrade.support.register.load import Loaded


def init(
    register: Annotated[
        str, typer.Argument(help="File to make, or address of an empty PostgreSQL database.")
    ],
    user: User,
) -> None:
    """Make a register, or bring an older one up to this version. Running it again changes nothing."""
    from firmtrade.support.register import Register

    with Register.create(register, user):
        typer.echo(f"The register is in {register.split('@')[-1]}")


def tables(
    table: Annotated[str, typer.Argument(help="One of them.")] = "",
    header: Annotated[bool, typer.Option("--csv", help="Print the header of a CSV file for it.")] = False,
) -> None:
    """Say what the register holds: its tables, and with TABLE its columns, kinds and codes."""
    from firmtrade.support import show
    from firmtrade.support.register.schema import entities, entity

    if not table:
        show.table(
            "Tables, in the order in which they can be filled",
            ["table", "holds"],
            [(each.name, each.title) for each in entities().values()],
        )
        return
    found = entity(table)
    own = ["id"] if found.key == ("id",) else []
    if header:
        typer.echo(",".join([*own, *(field.name for field in found.fields)]))
        return
    show.table(
        f"{found.name}: {found.title}",
        ["column", "kind", "needed", "what it is"],
        [
            *((name, "id", "yes", "The agency's own identifier") for name in own),
            *(
                (
                    each.name,
                    f"id of {each.refers}" if each.refers else ", ".join(each.codes) or each.kind,
                    "yes" if each.required and each.kind != "truth" else "",
                    each.title,
                )
                for each in found.fields
            ),
        ],
    )


def import_(
    table: Annotated[str, typer.Argument(help="The table (firmtrade support tables lists them).")],
    files: Annotated[list[str], typer.Argument(help="CSV files or workbooks (.xlsx).")],
    user: User,
    origin: Annotated[
        str, typer.Option(help="Who it comes from: firm, agency, public-accounts or public-register.")
    ],
    register: Where = REGISTER,
    purpose: Purpose = "import",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the rejected rows to this CSV file.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    skip: Annotated[
        list[str] | None, typer.Option(help="A column of the file that the table does not have; repeat.")
    ] = None,
    part: Annotated[int, typer.Option(min=1, help="Rows that are acknowledged together.")] = 500,
    as_json: Json = False,
) -> None:
    """Read rows into a table. Good rows go in, rejected ones are reported with reason and remedy.

    Each acknowledged part is safe even if the program is killed; the same file again carries on. A known id
    with other values changes the row, and the version before is kept. Exit code 11 if a row was rejected.
    """
    from firmtrade.support import show
    from firmtrade.support.register.verify import report as as_csv

    def acknowledge(done: int, total: int) -> None:
        if not as_json:
            typer.echo(f"{done} of {total} rows are in the register")

    how = {"dry_run": dry_run, "sheet": sheet, "part": part, "skip": skip or ()}
    done: list[Loaded] = []
    with open_register(register, user, purpose) as book:
        for file in files:
            done.append(book.import_file(file, table, origin, acknowledge=acknowledge, **how))
            if not as_json:
                show.loaded(done[-1])
    rejected = [each for one in done for each in one.rejected]
    if report:
        report.write_text(as_csv(rejected), encoding="utf-8", newline="")
    print_json(as_json, [{**vars(one), "rejected": [vars(each) for each in one.rejected]} for one in done])
    if rejected:
        raise typer.Exit(11)


def room(
    firm: Firm,
    user: User,
    purpose: Purpose,
    register: Where = REGISTER,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Say how much de minimis aid a firm's undertaking may still be granted on a day, and what counts."""
    from firmtrade.support import show
    from firmtrade.support.told import room_json

    with open_register(register, user, purpose) as book:
        found = book.room(firm, the_day(day))
    if not print_json(as_json, room_json(found)):
        show.room(found)


def history(
    table: Annotated[str, typer.Argument(help="The table.")],
    row: Annotated[str, typer.Argument(help="The row's id.")],
    user: User,
    purpose: Purpose,
    register: Where = REGISTER,
    as_json: Json = False,
) -> None:
    """Show every version of a row: what it said, from when, who wrote it."""
    from firmtrade.support import show
    from firmtrade.support.register.kinds import plain

    with open_register(register, user, purpose) as book:
        found = [version.row for version in book.history(table, row)]
    told = [{name: plain(value) for name, value in each.items()} for each in found]
    if not print_json(as_json, told):
        show.versions(f"{table} {row}", told)


def log(
    user: User,
    purpose: Purpose,
    firm: Annotated[str, typer.Argument(help="The firm's id; left out: all firms.")] = "",
    register: Where = REGISTER,
    as_json: Json = False,
) -> None:
    """Show who looked at a firm, when, why and at what."""
    from firmtrade.support import show

    with open_register(register, user, purpose) as book:
        found = book.looks(firm or None)
    if not print_json(as_json, found):
        show.rows("Looks", found)


def purge(
    user: User,
    register: Where = REGISTER,
    purpose: Purpose = "retention",
    day: Day = "",
) -> None:
    """Remove contacts whose last day is past, with their history. Nothing else can be removed."""
    with open_register(register, user, purpose) as book:
        typer.echo(f"{book.purge_contacts(the_day(day))} contacts are gone")
