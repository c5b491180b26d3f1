"""The demo: a register of firms that never were, its views, its score, and what its evaluations find.

`firmtrade support demo` shows every part of the agency's side on it, and how near the estimates come to
the effects that were planted. Nothing in it is random: the same numbers come out on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError
from firmtrade.support import show
from firmtrade.support.demo import present, write
from firmtrade.support.demo.population import Plan, Population, populate
from firmtrade.support.impact.judge import IMPACT, may_say
from firmtrade.support.impact.opening import Impact, open_outcomes
from firmtrade.support.impact.specification import Specification, store
from firmtrade.support.register.register import Register
from firmtrade.support.score.scoring import Scored
from firmtrade.support.score.told import card
from firmtrade.support.service.segment import counts
from firmtrade.support.views.context import Context
from firmtrade.support.views.page import page

DAY = date(2024, 3, 1)
REGISTER, PAGE, CARD, RESULTS = "agency.db", "views.html", "score.json", "impact.json"

#: What the demo asks: (programme, specification). The last is a trap: fast-growing firms chose it themselves.
QUESTIONS: tuple[tuple[str, Specification], ...] = (
    ("starter", Specification(
        "Do starter packages make exporters?", ("M-STARTER",), checks=("log:employment",), expected=0.08,
        matters=0.05)),
    ("starter", Specification(
        "Do starter packages make regular exporters?", ("M-STARTER",), outcome="regular", horizon=4,
        checks=("log:employment",), expected=0.03, matters=0.03)),
    ("coaching", Specification(
        "Does coaching make exporters?", ("M-COACHING",), comparison="draw", draw="call-C-COACHING-2019",
        checks=("log:employment",), expected=0.08, matters=0.05)),
    ("fair", Specification(
        "Do stands at fairs raise turnover?", ("M-FAIR",), outcome="log:turnover", comparison="firms",
        matters=0.05)),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Shown:
    """What the demo made: where, the firms, the score (None: too few), evaluations with truths."""

    folder: Path
    population: Population
    segments: Mapping[str, int]
    score: Scored | None
    no_score: str
    impacts: tuple[tuple[Impact, float], ...]


def clock() -> Callable[[], datetime]:
    """A clock that stands on the demo's day and goes on by a second each time it is read."""
    seconds = iter(range(10**9))
    start = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC)
    return lambda: start + timedelta(seconds=next(seconds))


def run(
    folder: Path, firms: int = 5000, seed: int = 2024, say: Callable[[str], None] = lambda text: None
) -> Shown:
    """Make everything in a folder. DataError if there is a register in it already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REGISTER
    if path.exists():
        raise DataError(f"There is a register {path} already. Name another folder: --out DIR")
    say(f"Drawing {firms:,} firms that never were, over twelve years, in two worlds")
    found = populate(Plan(firms=firms, seed=seed))
    with Register.create(path, "demo", "demo", clock=clock()) as register:
        say("Writing them into a register")
        write.fill(register, found)
        present.tell(register, found, DAY)
        say("Storing four specifications, then opening their outcomes")
        stored = [(programme, store(register, asked)) for programme, asked in QUESTIONS]
        impacts = tuple((open_outcomes(register, each.id, DAY), truth(found, programme, each.specification))
                        for programme, each in stored)  # fmt: skip
        say("Segments, score and the twelve views")
        about = Context(register, DAY)
        shown = Shown(folder, found, counts(about.firms), about.score, about.no_score, impacts)
        (folder / PAGE).write_text(page(about), encoding="utf-8", newline="\n")
        _write(shown)
    return shown


def truth(found: Population, programme: str, asked: Specification) -> float:
    """The planted effect that a specification asks for: 0 for fairs."""
    if programme == "fair":
        return 0.0
    return found.true_effect(programme, asked.outcome, asked.horizon)


def _write(shown: Shown) -> None:
    """The model card and the evaluations beside the page, as JSON."""
    results = [{**json.loads(made.result), "planted": round(planted, 6)} for made, planted in shown.impacts]
    told: dict[str, Any] = {RESULTS: results}
    if shown.score:
        told[CARD] = card(shown.score)
    for name, value in told.items():
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        (shown.folder / name).write_text(text, encoding="utf-8", newline="\n")


def told(shown: Shown) -> None:
    """What came out, beside what was planted."""
    segments = ", ".join(f"{number:,} {code}" for code, number in shown.segments.items() if number)
    show.say(f"Segments on {DAY}: {segments}")
    if shown.score:
        found = shown.score.quality["logistic"]
        show.say(
            f"Score: area under ROC {found.auc:.2f} (standard error {found.auc_error:.2f}) on firms and a "
            "year that "
            f"the model had not seen; {found.at[-1].lift:.1f} times the base rate among the first "
            f"{found.at[-1].k}."
        )
    else:
        show.say(f"No score: {shown.no_score}")
    lines: list[tuple[Any, ...]] = []
    for made, planted in shown.impacts:
        asked, found_one = made.stored.specification, made.found
        unit = 100.0 if asked.share else 1.0
        digits = 1 if asked.share else 3
        if found_one is None or made.judged is None:
            lines.append((asked.question, f"{unit * planted:.{digits}f}", "too few", "", "", ""))
            continue
        effect = found_one.average
        span = f"{unit * effect.low:.{digits}f} to {unit * effect.high:.{digits}f}"
        word = "withheld"
        if made.judged.word == IMPACT:
            word = may_say(IMPACT, effect.low, effect.high)
        lines.append(
            (
                asked.question,
                f"{unit * planted:.{digits}f}",
                f"{unit * effect.att:.{digits}f}",
                span,
                word,
                made.judged.level,
            )
        )
    show.table(
        "What was planted, and what the evaluations find (points; the last in log points)",
        ["question", "planted", "estimate", "95 %", "'impact'", "level"],
        lines,
        [1, 2, 3, 5],
    )
    show.say("The firms of the last one grew faster before, too: so the word is withheld, and rightly so.")
    show.say(f"The page: {shown.folder / PAGE}")
    show.say(
        f"The register: firmtrade support view 02 --register {shown.folder / REGISTER} --user me --purpose "
        "demo "
        f"--date {DAY}"
    )
