"""Commands about what is asked and by which rules: instrument, rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from firmtrade.cli_support.options import DEFAULT, Instrument, Regular, Rules, rule_book


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


def stage_words(
    year: Annotated[int, typer.Argument(help="The year that the stage is about.")],
    regular: Regular = None,
) -> None:
    """Print the stages as words of a study, for counting firms in a confidential panel; it names no firm.

    Put them into a study file and ask for tables by `export-stage`: they leave protected, as all figures.
    """
    from firmtrade.support.statistics.stages import as_toml
    from firmtrade.support.statistics.stages import stage_words as made
    from firmtrade.support.words import stage_rule

    typer.echo(as_toml(made(year, stage_rule(date(year, 12, 31), regular))), nl=False)
