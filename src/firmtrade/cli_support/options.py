"""Options that the agency's commands share, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from firmtrade.support.register.register import Register
    from firmtrade.support.rules.rule import RuleBook

Where = Annotated[
    str, typer.Option("--register", "-r", envvar="FIRMTRADE_REGISTER", help="File, or address of PostgreSQL.")
]
User = Annotated[str, typer.Option(envvar="FIRMTRADE_USER", help="Who looks; goes into the log.")]
Purpose = Annotated[str, typer.Option(envvar="FIRMTRADE_PURPOSE", help="Why; goes into the log.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Day = Annotated[str, typer.Option("--date", help="The day that it is about, 2024-03-15; by default today.")]
YearOption = Annotated[
    int | None, typer.Option("--year", help="Last year of trade to look at; by default the register's last.")
]
Regular = Annotated[
    int | None, typer.Option(help="Years in a row of a regular exporter: 4 (ICEX), 5 (French customs).")
]
Rules = Annotated[Path | None, typer.Option("--rules", help="Folder with rules of your own.")]
Instrument = Annotated[str, typer.Option("--instrument", help="Questionnaire: a name, or a .toml file.")]
Firm = Annotated[str, typer.Argument(help="The firm's id in the register.")]
DEFAULT, REGISTER = "first-export", "agency.db"
#: Firms above which a command says that it is at work.
MANY = 1000


@contextmanager
def open_register(register: str, user: str, purpose: str) -> Iterator[Register]:
    """The register, open for a user and a purpose."""
    from firmtrade.support.register import Register

    with Register.open(register, user, purpose) as found:
        yield found


def patience(register: Register) -> None:
    """Say on the error output that all firms are being read, where that takes a while."""
    firms = register.count("firms")
    if firms > MANY:
        typer.echo(f"Reading {firms:,} firms ...", err=True)


def the_day(text: str) -> date:
    """A day as it is typed; today if nothing is: the one place where a command looks at the calendar."""
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write 2024-03-15.") from None


def print_json(as_json: bool, value: Any) -> bool:
    """Print JSON if that was asked for."""
    if as_json:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    return as_json


def pairs(given: Sequence[str] | None, what: str) -> dict[str, str]:
    """{'W1': 'yes'} of ['W1=yes']; each name once."""
    found: dict[str, str] = {}
    for part in given or []:
        name, equals, value = part.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{part}': write {what}")
        if name.strip() in found:
            raise typer.BadParameter(f"'{part}': {name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return found


def rule_book(folder: Path | None, instrument: str) -> RuleBook:
    """Our rules and questionnaire, or those that are named."""
    from firmtrade.support.readiness.instrument import read_instrument
    from firmtrade.support.rules.rule import read_rules
    from firmtrade.support.rules.vocabulary import FOLDER

    own = None if instrument == DEFAULT else read_instrument(instrument)
    return read_rules(folder or FOLDER, own)
