"""Commands for the analyst: score, view, views, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firmtrade.cli_support.options import (
    REGISTER,
    Day,
    Json,
    Purpose,
    User,
    Where,
    open_register,
    patience,
    print_json,
    the_day,
)

NoScore = Annotated[bool, typer.Option("--no-score", help="Leave the exporting score out.")]


def score(
    user: User,
    purpose: Purpose,
    event: Annotated[str, typer.Option(help="start (a first export) or stop.")] = "start",
    ahead: Annotated[int, typer.Option(min=1, help="Years in which it may happen.")] = 3,
    back: Annotated[int, typer.Option(min=0, help="Years without export before, for a start.")] = 3,
    model: Annotated[str, typer.Option(help="Whose reasons are shown: logistic or boosted.")] = "logistic",
    listed: Annotated[int, typer.Option("--list", min=0, help="Firms to show.")] = 0,
    segment: Annotated[str, typer.Option(help="Only firms of this segment.")] = "",
    band: Annotated[str, typer.Option(help="Only firms in this band: low, middle or high.")] = "",
    without: Annotated[str, typer.Option(help="Features to switch off: region,activity.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of folds and trees.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write card.json and scores.csv here.")] = None,
    register: Where = REGISTER,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Say how probable a first export (or a stop) is, how good that is, and why; it ranks nobody."""
    from firmtrade.support.rules.rule import read_rules
    from firmtrade.support.score import told
    from firmtrade.support.score.scoring import ask
    from firmtrade.support.score.scoring import score as made
    from firmtrade.support.service.segment import population

    asked = ask(event, ahead, back, [name for name in without.split(",") if name], seed)
    told.known_choices(model, band, segment)
    the_date = the_day(day)
    with open_register(register, user, purpose) as book:
        patience(book)
        found = made(book, the_date, asked)
        firms = (
            {each.firm_id: each for each in population(book, the_date)} if listed or out or as_json else {}
        )
    pairs = told.chosen(found, firms, list(read_rules().segments), model, segment, band)
    if out is not None:
        told.write(out, found, pairs, model)
    if print_json(
        as_json, {"card": told.card(found), "firms": told.firms_json(found, pairs[:listed], model)}
    ):
        return
    told.show_card(found)
    if listed:
        told.show_firms(found, pairs, model, listed)
    if out is not None:
        typer.echo(f"The card and {len(pairs):,} firms are in {out}")


def view(
    number: Annotated[str, typer.Argument(help="01 to 12: a recommendation of the report.")],
    user: User,
    purpose: Purpose,
    listed: Annotated[int, typer.Option("--list", min=0, help="Rows of each list of firms.")] = 10,
    no_score: NoScore = False,
    register: Where = REGISTER,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Show one of the report's twelve recommendations on this register: a number, and a list of firms."""
    from firmtrade.support.views.gather import view as made
    from firmtrade.support.views.told import told

    with open_register(register, user, purpose) as book:
        patience(book)
        found = made(book, number, the_day(day), scored=not no_score)
    if not print_json(as_json, found.as_json(listed)):
        told(found, listed)


def views(
    user: User,
    purpose: Purpose,
    out: Annotated[Path | None, typer.Option(help="Write one page with all of them: page.html.")] = None,
    without_names: Annotated[
        bool, typer.Option("--without-names", help="Leave the lists of firms out of the page.")
    ] = False,
    no_score: NoScore = False,
    register: Where = REGISTER,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Show the number of each of the twelve views, or write a page with numbers and lists."""
    from firmtrade.support.views.context import Context
    from firmtrade.support.views.gather import VIEWS
    from firmtrade.support.views.page import page
    from firmtrade.support.views.told import told_all

    with open_register(register, user, purpose) as book:
        patience(book)
        about = Context(book, the_day(day), scored=not (no_score or without_names or out is None))
        if out is not None:
            out.write_text(page(about, named=not without_names), encoding="utf-8", newline="\n")
            typer.echo(f"The page is {out}")
            return
        found = [make(about) for make in VIEWS.values()]
    if not print_json(as_json, [each.as_json(0) for each in found]):
        told_all(found)


def demo(
    out: Annotated[Path, typer.Option(help="Folder to make.")] = Path("agency-demo"),
    firms: Annotated[int, typer.Option(min=300, help="How many firms to draw.")] = 5000,
    seed: Annotated[int, typer.Option(help="Seed of the drawing.")] = 2024,
) -> None:
    """Make an agency of firms that never were, with effects that are known, and see what is found."""
    from firmtrade.support.demo.run import run, told

    told(run(out, firms, seed, say=typer.echo))
