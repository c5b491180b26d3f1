"""firmtrade serve: what a run released, in the browser; firmtrade accounts: who may sign in there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

ACCOUNTS = Path("accounts.json")
File = Annotated[Path, typer.Option("--file", help="The file of accounts; only its owner may read it.")]

accounts = typer.Typer(
    name="accounts", no_args_is_help=True, help="Say who may sign in to `firmtrade serve`, and as what."
)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file to the command line."""
    app.command()(serve)
    app.add_typer(accounts, name="accounts")


def serve(
    folder: Annotated[Path, typer.Argument(help="Folder that `firmtrade run` wrote.")],
    register: Annotated[
        str | None, typer.Option("--register", "-r", help="The agency's register: a file or a database URL.")
    ] = None,
    shapes: Annotated[
        Path | None,
        typer.Option(help="GeoJSON with the shapes of your regions (property NUTS_ID), for the map."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8484,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Beyond this machine it needs TLS and sign-in.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option(help="Name that browsers call the server by, such as trade.agency.be.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate chain (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="File of accounts that sign in (firmtrade accounts).")
    ] = None,
    openid: Annotated[
        Path | None, typer.Option(help="TOML file that names an OpenID Connect provider; see docs/web.md.")
    ] = None,
    date: Annotated[
        str, typer.Option(help="Day that the agency's pages are about, 2024-03-01; by default today.")
    ] = "",
) -> None:
    """Open what a run released in a web browser; with a register, the agency's pages too.

    Only this machine reaches it. The server reads the release and the register, never a panel.

    Example: firmtrade serve demo/belgium-2002
    """
    from firmtrade.serve import app_extra

    app_extra()
    from firmtrade.serve.pages.shapes import keep_shapes
    from firmtrade.serve.run import Where
    from firmtrade.serve.run import serve as start
    from firmtrade.serve.site import open_site

    site = open_site(folder, register or "")
    if shapes is not None:
        keep_shapes(site, shapes)
    if date:
        site.kept["day"] = _day(date)
    where = Where(host, port, tuple(name or ()), certificate, key, accounts, openid)
    start(site, where, _tell)


def _day(text: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write 2024-03-01.") from None


def _tell(address: str) -> None:
    typer.echo(f"Open {address} in your browser. Ctrl-C stops the server.")
    sys.stdout.flush()


@accounts.command()
def add(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[list[str], typer.Option(help="reader, adviser, analyst or custodian; may be repeated.")],
    export: Annotated[bool, typer.Option("--export", help="May take lists of firms away.")] = False,
    file: File = ACCOUNTS,
) -> None:
    """Add an account or replace it. The password is asked for, or read from standard input.

    Example: firmtrade accounts add an --role adviser
    """
    from firmtrade.serve import app_extra

    app_extra()
    from firmtrade.serve.signin.accounts import Accounts, check_who

    check_who(name, role)
    Accounts(file).add(name, role, export, _password(name))
    typer.echo(f"{name} may sign in as {', '.join(sorted(set(role)))}: {file}")


@accounts.command("list")
def list_(file: File = ACCOUNTS) -> None:
    """Say who may sign in, and as what."""
    from firmtrade.serve.signin.accounts import Accounts

    for each in Accounts(file).all().values():
        typer.echo(f"{each.name}: {', '.join(each.roles)}{' (takes lists away)' if each.export else ''}")


@accounts.command()
def remove(
    name: Annotated[str, typer.Argument(help="Whose account.")],
    file: File = ACCOUNTS,
) -> None:
    """Remove an account. Whoever is signed in with it stays so for half an hour at most without a request."""
    from firmtrade.serve.signin.accounts import Accounts

    Accounts(file).remove(name)
    typer.echo(f"{name} may not sign in any more.")


def _password(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True))
