"""Commands about what is asked and by which rules: instrument, rules."""

from __future__ import annotations

from typing import Annotated

import typer

from firmtrade.cli_support.options import DEFAULT, Instrument, Rules, rule_book


def instrument(
    name: Annotated[str, typer.Argument(help="A name, or a .toml file.")] = DEFAULT,
    sheet: Annotated[
        bool, typer.Option("--csv", help="Print a sheet to fill in: question,answer,...")
    ] = False,
) -> None:
    """Show a questionnaire: questions, gates and sources; or a sheet to fill in for `assess --answers`."""
    import csv
    import sys

    from firmtrade.support import show
    from firmtrade.support.readiness.instrument import read_instrument

    found = read_instrument(name)
    if not sheet:
        show.instrument(found)
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["question", "answer", "evidence", "text"])
    writer.writerows([[each.id, "", "", each.text] for each in found.questions])


def rules(
    rule: Annotated[str, typer.Argument(help="One rule, with its conditions and evidence.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Try every rule on its own examples.")] = False,
    folder: Rules = None,
    name: Instrument = DEFAULT,
) -> None:
    """List segments, rules, measures and barriers; show one rule; or check all. Exit code 13 if one fails."""
    from firmtrade.support import told

    book = rule_book(folder, name)
    if check:
        wrong = book.check()
        typer.echo("\n".join(wrong) or told.checked_text(book))
        if wrong:
            raise typer.Exit(13)
        return
    told.show_rules(book, rule)
