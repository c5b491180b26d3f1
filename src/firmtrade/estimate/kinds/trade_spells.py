"""How long firms trade: spells of exporting (or importing), and who still trades after some years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.data import Data, column
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import Model
from firmtrade.estimate.survival import lay
from firmtrade.estimate.survival.gather import Gathered
from firmtrade.estimate.survival.histories import SpellChoices
from firmtrade.result import Chart, Evidence, Finding, Result

TITLE = "Survival of trade"
SOURCES = (
    "besedes-prusa-2006", "hess-persson-2012", "bekes-murakozy-2012", "fernandes-freund-pierola-2016",
    "kaplan-meier-1958", "prentice-gloeckler-1978", "cox-1972", "lin-wei-1989", "wilson-1927",
)  # fmt: skip
HEADLINE = ("still-trading", "still-trading-low", "still-trading-high")
ROWS = "firms"
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


class Options(BaseModel):
    """Which trade, what a spell is, and which groups are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    trades: str = Field("exporter", description="the yearly condition that a spell is made of")
    groups: str | None = Field(None, description="the dimension whose codes at the start are compared")
    reference: str | None = Field(None, description="the code that the others are compared with")
    controls: tuple[str, ...] = Field((), description="numbers at the start that are held equal")
    after: tuple[int, ...] = Field((1, 2, 3), description="years after which it is asked who still trades")
    spells: Literal["first", "all"] = Field(
        "first", description="a firm's first spell, or all: one that begins again counts again"
    )
    before: int = Field(1, ge=1, description="years known to be without trade that a start needs")
    left: Literal["drop", "truncate", "restart"] = Field(
        "drop",
        description="spells whose start was not seen: left out, entered late, or begun when seen",
    )
    since: str | None = Field(None, description="for truncate: the year in which trade began, from elsewhere")
    gap: Literal["open", "close"] = Field("open", description="whether a short interruption ends a spell")
    longest_gap: int = Field(1, ge=1, description="years without trade that a closed gap may have")
    unknown: Literal["censor", "close"] = Field(
        "censor", description="an unknown year ends the follow-up, or, between two years of trade, is one"
    )
    absent: Literal["unknown", "no"] = Field("unknown", description="what a year without a row is")
    death: Literal["end", "censor"] = Field(
        "end", description="whether a spell ends, or only its follow-up, when the firm leaves the panel"
    )
    fewest: int = Field(10, ge=1, description="steps of a curve with fewer ends are joined with the next")


def needs(model: Model) -> Needs:
    """The yearly condition, and groups, controls and the year of the start where asked for."""
    options = model.options
    if options.groups and not options.reference:
        raise StudyError(
            f"{model.where}: groups = '{options.groups}' needs reference, the code to compare with."
        )
    asked = {"trades": options.trades}
    if options.groups:
        asked["groups"] = options.groups
    if options.since:
        asked["since"] = options.since
    asked |= {f"control_{at}": text for at, text in enumerate(options.controls)}
    return Needs(asked, {"founded": "founded"})


def answer(data: Data, model: Model) -> Answer:
    """Shares still trading, curves, hazards where groups or controls are given, what became of spells."""
    options = model.options
    numbers = {f"control_{at}": text for at, text in enumerate(options.controls)}
    found = Gathered(data, model, options.groups, numbers)
    shares: list[Line] = []
    for sample in model.samples:
        shares += _add(found, sample)
    tables = [
        *_share_tables(model, data, shares),
        *found.curve_tables("Share of spells that go on", "Years that half of the spells last"),
    ]
    findings = _findings(tables[0], data.title(options.trades), found.codes) if tables[0].cells else ()
    if found.effects:
        made = lay.hazard_tables(model, data, found.effects, found.checks, options.groups)
        if options.reference:
            findings += lay.differences(made[0], "cloglog", found.codes, "stop", options.reference)
        tables += made
    tables.append(lay.fate_table(model, data, found.fates, "What became of the spells"))
    kept = tuple(each for each in tables if each.cells)
    return Answer(kept, findings, _methods(options, found), _RULE + " " + lay.RULE)


def choices_of(options: Options) -> SpellChoices:
    """The options as choices of spells."""
    return SpellChoices(
        left=options.left, gap=options.gap, longest_gap=options.longest_gap, unknown=options.unknown,
        absent=options.absent, death=options.death, spells=options.spells, before=options.before,
    )  # fmt: skip


def _add(found: Gathered, sample: str) -> list[Line]:
    """Everything of one sample; what is given are the shares that still trade."""
    from firmtrade.estimate.survival.spells import spells, still_trading

    options, data, within = found.model.options, found.data, column(sample)
    founded = "founded" if "founded" in data.frame else None
    keep = ["owner", within, *found.numbers, *(["groups"] if found.groups else [])]
    made = spells(
        data.frame, "trades", choices_of(options), founded=founded, since="since" if options.since else None,
        keep=tuple(keep),
    )  # fmt: skip
    mine = made.frame.loc[made.frame[within]]
    if not len(mine):
        raise Unanswerable(f"No spell of the sample {sample} is followed for a year.")
    found.survival(sample, mine, options.fewest)
    if found.groups:
        found.test(sample, mine, None)
    if found.groups or found.numbers:
        found.hazards(sample, mine, options.reference, None, "")
    found.became(sample, {**made.counts, "not in the sample when they start": len(made.frame) - len(mine)})
    shares = still_trading(
        data.frame, "trades", choices_of(options), after=options.after, founded=founded,
        group=found.column, unit="owner", only=within,
    )  # fmt: skip
    return [line for share in found.ordered(shares) for line in _share_lines(found, sample, share)]


def _share_lines(found: Gathered, sample: str, share: Any) -> list[Line]:
    codes = {"duration": str(share.years), "still": share.reading}
    if found.groups:
        codes[found.groups] = share.group
    stopped = share.starters - share.trading
    evidence = Evidence("survival-step", share.firms, None, share.largest, min(share.trading_firms, stopped))
    values = {
        "still-trading": share.share,
        "still-trading-low": share.low,
        "still-trading-high": share.high,
    }
    lines = [
        Line(sample, found.when, name, None if value is None else 100 * value, evidence, codes)
        for name, value in values.items()
    ]
    return [*lines, Line(sample, found.when, "starters", float(share.starters), evidence, codes)]


def _share_tables(model: Model, data: Data, lines: list[Line]) -> list[Result]:
    groups = model.options.groups
    several = ("sample",) if len(model.samples) > 1 else ()
    by = (*several, *([groups] if groups else []), "still", "duration")
    title = "New traders that still trade"
    drawn = [line for line in lines if line.codes["still"] == "continuously" and line.statistic != "starters"]
    chart = Chart(
        "interval", "duration", groups, several[0] if several else None, measure="still-trading",
        low="still-trading-low", high="still-trading-high",
    )  # fmt: skip
    figure = "New traders that have traded in every year since"
    return [
        table(model, data.catalog, "", title, lines, by),
        table(model, data.catalog, "figure", figure, drawn, by, chart=chart),
    ]


def _findings(shares: Result, trade: str, who: Mapping[str, str]) -> tuple[Finding, ...]:
    """A sentence for each sample and group: who still trades after the first of the years asked."""
    found = []
    for at, cell in enumerate(shares.cells):
        first = cell.codes.get("still") == "continuously" and cell.measure == "still-trading"
        if not first or cell.value is None or cell.codes["duration"] != shares.cells[0].codes["duration"]:
            continue
        low, high = shares.cells[at + 1].value, shares.cells[at + 2].value
        codes = [code for key, code in cell.codes.items() if key not in ("still", "duration")]
        group = "".join(f" ({who.get(code, code)})" for code in codes)
        years = cell.codes["duration"]
        text = (
            f"Of the firms{group} that became '{trade}', {cell.value:.0f} % still were {years} year"
            f"{'' if years == '1' else 's'} later (95 % interval {low:.0f} to {high:.0f})."
        )
        rests = tuple((shares.name, at + step) for step in range(3))
        found.append(Finding(f"{cell.sample}{group}: {trade}", f"{cell.value:.0f} %", text, rests))
    return tuple(found)


_RULE = "The share that still trades is told as it was counted."


def _methods(options: Options, found: Gathered) -> str:
    choices = choices_of(options)
    against = f"against '{options.reference}' at the start" if options.reference else "for one unit more"
    held = f", with {' and '.join(options.controls)} at the start held equal" if options.controls else ""
    repeated = ", with errors by firm where a firm has several spells" if options.spells == "all" else ""
    parts = [
        f"A spell is a run of years in which '{found.data.title(options.trades)}' holds. It lasts until the "
        "first year in which it is known not to, and is censored at the panel's end after the years that "
        f"have passed since its start. Choices: {'; '.join(choices.told())}.",
        _UNFOUNDED if "founded" in found.data.lacking else "",
        f"Who still trades after {', '.join(map(str, options.after))} years is asked of starts that lie so "
        "far before the panel's end, in two readings: in every year since, and in that year.",
        f"Curves are Kaplan and Meier's{repeated}; steps with fewer than {options.fewest} ends are joined "
        "with the next.",
        f"Hazard ratios are {against}{held}: {_HAZARDS}" if found.effects else "",
        *dict.fromkeys(found.why),
    ]
    return " ".join(part for part in parts if part)


_HAZARDS = (
    "in yearly steps with a level for each duration, as Hess and Persson (2012) advise, and by Cox's model "
    "with Efron's ties; errors by firm."
)
_UNFOUNDED = (
    "The panel has no founding year, so that a spell in a firm's first year cannot be told from one that ran "
    "before."
)
