"""Commands about a firm: assess, segment, propose, decide, stage, entry mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from firmtrade.cli_support.options import (
    DEFAULT,
    REGISTER,
    Day,
    Firm,
    Instrument,
    Json,
    Purpose,
    Regular,
    Rules,
    User,
    Where,
    YearOption,
    open_register,
    pairs,
    patience,
    print_json,
    rule_book,
    the_day,
)

if TYPE_CHECKING:
    from firmtrade.support.readiness.profile import Answer


def assess(
    firm: Firm,
    user: User,
    purpose: Purpose,
    register: Where = REGISTER,
    answers: Annotated[
        str | None, typer.Option(help="CSV or workbook with question,answer and, if known, evidence.")
    ] = None,
    answer: Annotated[
        list[str] | None, typer.Option("--answer", "-a", help="W1=yes, or with evidence W3=yes:documented.")
    ] = None,
    name: Instrument = DEFAULT,
    mode: Annotated[str, typer.Option(help="Who filled it in: self, adviser or external.")] = "adviser",
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Write answers down and show profile, gates and next steps; without answers, the last ones."""
    from firmtrade.support import show
    from firmtrade.support.readiness.instrument import read_instrument
    from firmtrade.support.service.assess import assessed, record
    from firmtrade.support.told import assessed_json

    used = read_instrument(name)
    given = _answers(answers, answer)
    with open_register(register, user, purpose) as book:
        if given:
            found = record(book, firm, used, given, the_day(day), mode)
        else:
            found = assessed(book.dossier(firm, "assess"), used, the_day(day))
    if not print_json(as_json, assessed_json(found)):
        show.assessed(firm, found)


def _answers(file: str | None, given: list[str] | None) -> dict[str, Answer]:
    """Answers of a sheet, and those of the command line over them."""
    from firmtrade.support.readiness.profile import Answer
    from firmtrade.support.told import read_answers

    found = read_answers(file) if file else {}
    for name, value in pairs(given, "W1=yes or W1=yes:documented").items():
        text, _, evidence = value.partition(":")
        found[name] = Answer(text, evidence or "stated")
    return found


def segment(
    user: User,
    purpose: Purpose,
    firm: Annotated[str, typer.Argument(help="The firm's id; left out: numbers over all firms.")] = "",
    register: Where = REGISTER,
    day: Day = "",
    year: YearOption = None,
    regular: Regular = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the firms of each segment.")] = False,
    trace: Annotated[
        bool, typer.Option("--trace", help="Show also the conditions that do not hold.")
    ] = False,
    rules: Rules = None,
    name: Instrument = DEFAULT,
    as_json: Json = False,
) -> None:
    """Say which segment a firm is in and why; or how many firms are in each."""
    from firmtrade.support import show
    from firmtrade.support.service.segment import counts, population
    from firmtrade.support.service.segment import segment as one
    from firmtrade.support.told import segmented_json

    book, on = rule_book(rules, name), the_day(day)
    with open_register(register, user, purpose) as opened:
        if firm:
            found = one(opened, firm, on, year, regular, book)
            if not print_json(as_json, segmented_json(found)):
                show.segmented(found, trace)
            return
        patience(opened)
        firms = population(opened, on, year, regular, book)
    numbers = counts(firms, book)
    names = (
        {code: [each.firm_id for each in firms if each.code == code] for code in numbers} if listed else {}
    )
    if print_json(
        as_json, {"date": on.isoformat(), "firms": dict(numbers), **({"named": names} if listed else {})}
    ):
        return
    show.counts(numbers, {code: each.title for code, each in book.segments.items()}, f"Segments on {on}")
    for code, ids in names.items():
        if ids:
            show.say(f"{code}: {', '.join(ids)}")


def propose(
    firm: Firm,
    user: User,
    purpose: Purpose,
    register: Where = REGISTER,
    day: Day = "",
    year: YearOption = None,
    regular: Regular = None,
    write: Annotated[bool, typer.Option("--record/--no-record", help="Keep the proposals.")] = True,
    trace: Annotated[bool, typer.Option("--trace", help="Show each condition with the value used.")] = False,
    rules: Rules = None,
    name: Instrument = DEFAULT,
    as_json: Json = False,
) -> None:
    """Say which measures the rules propose for a firm, which not now, what to ask first, and why."""
    from firmtrade.support import show
    from firmtrade.support.service.propose import as_json as proposal_json
    from firmtrade.support.service.propose import propose as made_for
    from firmtrade.support.service.propose import record
    from firmtrade.support.told import segmented_json

    with open_register(register, user, purpose) as book:
        made = made_for(book, firm, the_day(day), year, regular, rule_book(rules, name))
        if write:
            record(book, made)
    told = {
        "segment": segmented_json(made.segmented),
        "date": made.day.isoformat(),
        "proposals": [proposal_json(each) for each in made.proposals],
    }
    if not print_json(as_json, told):
        show.proposed(made, trace)


def decide(
    firm: Firm,
    measure: Annotated[str, typer.Argument(help="The measure that was proposed, or not now.")],
    decision: Annotated[str, typer.Argument(help="accepted, declined or overridden.")],
    user: User,
    purpose: Purpose,
    register: Where = REGISTER,
    day: Day = "",
    reason: Annotated[str, typer.Option(help="Why; an override needs it.")] = "",
    instead: Annotated[str, typer.Option(help="The measure that is done in place of it.")] = "",
    rule: Annotated[str, typer.Option(help="Only the proposal of this rule.")] = "",
) -> None:
    """Write down what an adviser (--user) decided of a proposal. Nothing is ever decided by a rule."""
    from firmtrade.support.service.propose import decide as write

    with open_register(register, user, purpose) as book:
        done = write(book, firm, the_day(day), measure, decision, reason, instead, rule)
    typer.echo(f"{decision} by {user}: {', '.join(done)}")


def stage(
    pattern: Annotated[
        str, typer.Argument(help="One sign a year, the last year last: 1 export, 0 none, ? unknown.")
    ],
    last: Annotated[int, typer.Option(help="The last year.")] = 0,
    founded: Annotated[int | None, typer.Option(help="Year of foundation.")] = None,
    regular: Regular = None,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Say the stage of a drawn history, without a register."""
    from firmtrade.support import show
    from firmtrade.support.stages import flags_of, history, of_pattern
    from firmtrade.support.words import stage_rule

    found = of_pattern(pattern, last, stage_rule(the_day(day), regular), founded)
    looks = history(flags_of(pattern, last), last - len(pattern) + 1, last)
    if not print_json(as_json, {**vars(found), "text": found.text, "history": looks}):
        show.stage(found)
        show.say(f"The window as a whole: {looks}.")


def entry_mode(
    firm: Annotated[str, typer.Argument(help="Keep it with this firm; left out: nothing is kept.")] = "",
    answer: Annotated[
        list[str] | None, typer.Option("--answer", "-a", help="competition=oligopolistic; see --questions.")
    ] = None,
    can: Annotated[
        list[str] | None, typer.Option(help="What the firm can carry: money=yes, staff=no.")
    ] = None,
    answers: Annotated[str | None, typer.Option(help="CSV or workbook with question,answer.")] = None,
    market: Annotated[str, typer.Option(help="Country, two letters.")] = "",
    product: Annotated[str, typer.Option(help="Product.")] = "",
    questions: Annotated[bool, typer.Option("--questions", help="Show what can be asked.")] = False,
    user: Annotated[
        str, typer.Option(envvar="FIRMTRADE_USER", help="Who looks, where a firm is named.")
    ] = "",
    purpose: Annotated[str, typer.Option(envvar="FIRMTRADE_PURPOSE", help="Why.")] = "",
    register: Where = REGISTER,
    day: Day = "",
    as_json: Json = False,
) -> None:
    """Count Table 33 for a market: marks for high and low control, what is open, and modes."""
    from firmtrade.support import show, told
    from firmtrade.support.service.entry import as_json as case_json
    from firmtrade.support.service.entry import entry_case, record

    if questions:
        told.show_entry_questions()
        return
    sheet = {name: each.value for name, each in told.read_answers(answers).items()} if answers else {}
    given = sheet | pairs(answer, "competition=oligopolistic")
    carries = pairs(can, "money=yes")
    if firm:
        if not market or not product:
            raise typer.BadParameter("to keep it with a firm name --market and --product")
        with open_register(register, user, purpose) as book:
            case = record(book, firm, market, product, the_day(day), given, carries)
    else:
        case = entry_case(given, carries)
    if not print_json(as_json, case_json(case)):
        show.entry(case)
