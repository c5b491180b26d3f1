"""Commands about what support did: specify, impact, follow-up, lottery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from firmtrade.support.impact.specification import Specification

Shown = Annotated[int, typer.Option("--list", min=0, help="Rows of each list of firms.")]
_Many = list[str] | None


def specify(
    user: User,
    file: Annotated[
        Path | None, typer.Argument(help="A .toml file with the same words as the options.")
    ] = None,
    question: Annotated[str, typer.Option(help="The question, in words.")] = "",
    measure: Annotated[_Many, typer.Option(help="Measure whose support is meant.")] = None,
    outcome: Annotated[
        str, typer.Option(help="exporting, regular, or log:ITEM of the accounts.")
    ] = "exporting",
    comparison: Annotated[str, typer.Option(help="refused, later, firms or draw.")] = "refused",
    call: Annotated[_Many, typer.Option(help="Only applications to this call.")] = None,
    draw: Annotated[str, typer.Option(help="The lottery, for --comparison draw.")] = "",
    horizon: Annotated[int, typer.Option(help="Years after that of the support.")] = 3,
    lead: Annotated[int, typer.Option(help="Years before in which nothing may differ.")] = 3,
    covariate: Annotated[_Many, typer.Option(help="age, activity, region or log:ITEM.")] = None,
    check: Annotated[_Many, typer.Option(help="Another outcome that must not differ before.")] = None,
    expected: Annotated[float | None, typer.Option(help="Share expected without support: 0.08.")] = None,
    matters: Annotated[float | None, typer.Option(help="Smallest effect that would matter: 0.05.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell the power and store nothing.")] = False,
    register: Where = REGISTER,
    purpose: Purpose = "evaluation",
    as_json: Json = False,
) -> None:
    """Fix what an evaluation compares, before outcomes are opened; tells what it can show."""
    from firmtrade.support.impact.opening import plan_json, planned
    from firmtrade.support.impact.specification import Stored, from_entries, store
    from firmtrade.support.impact.told import planned as show_plan
    from firmtrade.support.impact.told import specified

    if file is not None:
        asked: Specification = from_entries(_toml(file), file.name)
    else:
        if not question or not measure:
            raise typer.BadParameter("give a file, or --question and --measure")
        said = {
            "question": question, "measures": measure, "outcome": outcome, "comparison": comparison,
            "calls": call or [], "draw": draw, "horizon": horizon, "lead": lead,
            "covariates": covariate or [], "checks": check or [], "expected": expected, "matters": matters,
        }  # fmt: skip
        asked = from_entries(said, "The options")
    with open_register(register, user, purpose) as book:
        plan = planned(book, asked)
        kept: Stored | None = None if dry_run else store(book, asked)
    told = {"id": asked.id, "hash": asked.hash, "stored": kept is not None, "planned": plan_json(plan)}
    if print_json(as_json, told):
        return
    show_plan(asked, plan) if kept is None else specified(kept, plan)


def _toml(file: Path) -> Any:
    from firmtrade.support.words import read_toml

    return read_toml(file)


def impact(
    user: User,
    specification: Annotated[
        str, typer.Argument(help="Its id, or the beginning; left out: all of them.")
    ] = "",
    register: Where = REGISTER,
    purpose: Purpose = "evaluation",
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Open the outcomes of a stored specification: effect, checks, grade, cost, warnings. Kept each time."""
    from firmtrade.support.impact import told
    from firmtrade.support.impact.opening import open_outcomes, overview

    with open_register(register, user, purpose) as book:
        if not specification:
            found = overview(book)
            if not print_json(as_json, found):
                told.overview(found)
            return
        patience(book)
        made = open_outcomes(book, specification, the_day(day))
    if not print_json(as_json, json.loads(made.result)):
        told.impact(made)


def follow_up(
    user: User,
    purpose: Purpose,
    measure: Annotated[_Many, typer.Option(help="Only support by this measure.")] = None,
    listed: Shown = 0,
    register: Where = REGISTER,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Say what is overdue, who missed a year, and how many supported firms became regular exporters."""
    from firmtrade.support.impact import told
    from firmtrade.support.impact.follow import as_json as follow_json
    from firmtrade.support.impact.follow import follow_up as made

    with open_register(register, user, purpose) as book:
        found = made(book, the_day(day), measure or ())
    if not print_json(as_json, follow_json(found)):
        told.followed(found, listed)


def lottery(
    user: User,
    call: Annotated[str, typer.Argument(help="A call that is decided by lottery.")] = "",
    invite: Annotated[int | None, typer.Option(min=1, help="Draw so many firms to invite instead.")] = None,
    segment: Annotated[str, typer.Option(help="Segment of the firms to invite.")] = "not-asked",
    seed: Annotated[str, typer.Option(help="The seed, written down before the draw.")] = "",
    source: Annotated[str, typer.Option("--seed-source", help="Where the seed comes from.")] = "",
    places: Annotated[int | None, typer.Option(min=1, help="Places, if the call does not say.")] = None,
    name: Annotated[str, typer.Option(help="Name of the draw of invitations.")] = "",
    record: Annotated[bool, typer.Option("--record", help="Write the draw down.")] = False,
    listed: Shown = 10,
    register: Where = REGISTER,
    purpose: Purpose = "lottery",
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Draw the places of a call, or whom to invite, by a seed; anybody can draw again."""
    from firmtrade.support.impact import told
    from firmtrade.support.impact.invite import invite as invited
    from firmtrade.support.impact.lottery import as_json as draw_json
    from firmtrade.support.impact.lottery import draw_call

    if bool(call) == (invite is not None):
        raise typer.BadParameter("name a call, or say how many to --invite")
    with open_register(register, user, purpose) as book:
        if invite is None:
            made = draw_call(book, call, the_day(day), seed, places, source, record)
        else:
            patience(book)
            made = invited(book, invite, seed, the_day(day), segment, name, source, record)
    if not print_json(as_json, draw_json(made)):
        told.drawn(made, listed)
