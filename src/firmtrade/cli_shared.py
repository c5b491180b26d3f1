"""What the command line's parts share: options with one wording, and progress for a person who watches."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

StudyOption = Annotated[
    str, typer.Option("--study", "-s", help="Built-in study, or path of a study file.", show_default=True)
]
PanelOption = Annotated[
    str | None,
    typer.Option("--panel", "-p", help="File, folder, pattern or database URL; overrides the study's."),
]
TransactionsOption = Annotated[
    str | None,
    typer.Option(help="Declarations of trade: file, folder, pattern or URL; overrides the study's."),
]
RegisterOption = Annotated[
    str | None, typer.Option(help="Business register that they are linked to; overrides the study's.")
]
AccountsOption = Annotated[
    str | None, typer.Option(help="Annual accounts that they are linked to; overrides the study's.")
]
Unprotected = Annotated[
    str | None,
    typer.Option(
        metavar="REASON",
        help="Publish without disclosure control: why that is right. Printed on every output.",
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of finest cells that are kept for the next run; confidential. By default in the "
        "custodian's."
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Scan everything, and keep no cells for the next run.")
]
Memory = Annotated[
    str | None,
    typer.Option(
        help="Limit of the engine's memory, such as 4GB; beyond it work goes to disk. Overrides the study's."
    ),
]

EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="Where queries run: duckdb (in this process), spark, spark:local[4], sc://host:15002 (Spark "
        "Connect), postgres (the panel's own database) or postgresql://user@host/db; overrides the study's.",
    ),
]


def progress() -> Callable[[str], None]:
    """Tell a person what is being done, with the seconds so far; say nothing in a pipe."""
    if not sys.stderr.isatty():
        return lambda text: None
    start = time.monotonic()
    return lambda text: typer.echo(f"  {time.monotonic() - start:5.1f} s  {text}", err=True)


def sources(transactions: str | None, register: str | None, accounts: str | None) -> dict[str, str]:
    """The files of a trade register that the command line names, by part of the study."""
    named = {"transactions": transactions, "register": register, "accounts": accounts}
    return {part: source for part, source in named.items() if source}


def polite_end() -> None:
    """Have a request to end (from the system, or a terminal that closes) clean up as Ctrl-C does."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, end)
