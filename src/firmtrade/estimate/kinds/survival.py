"""How long firms live, by what they were when the follow-up began and in each year."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.data import Data, column
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.model import Model
from firmtrade.estimate.survival import lay
from firmtrade.estimate.survival.gather import Gathered
from firmtrade.result import Finding

TITLE = "Survival of firms"
SOURCES = (
    "kaplan-meier-1958", "mantel-1966", "cox-1972", "efron-1977", "lin-wei-1989", "prentice-gloeckler-1978",
    "grambsch-therneau-1994", "aalen-johansen-1978", "eurostat-oecd-2007",
)  # fmt: skip
HEADLINE = ("hazard-excess", "hazard-excess-low", "hazard-excess-high")
ROWS = "firms"


class Options(BaseModel):
    """Who is compared with whom, on which clock, and what the rows do not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    groups: str = Field("mode", description="the dimension whose codes are compared")
    reference: str = Field("none", description="the code that the others are compared with")
    controls: tuple[str, ...] = Field((), description="numbers held equal, such as ln(employment)")
    strata: str | None = Field(None, description="firms are compared within it only (log-rank and Cox)")
    clock: Literal["age", "base"] = Field(
        "age", description="duration is the age of the firm (older firms enter late), or years since the base"
    )
    base: int | None = Field(None, description="the year whose firms are followed; none: each from its first")
    gap: Literal["bridge", "exit", "censor"] = Field(
        "bridge", description="a firm that comes back was alive, had left, or is followed up to its gap"
    )
    absence: int = Field(1, ge=1, description="years without a row that make an exit (Eurostat and OECD: 2)")
    reason: str | None = Field(None, description="the column that says why a firm left")
    reasons: dict[str, Literal["death", "merger"]] = Field({}, description="what its codes mean")
    merger: Literal["censor", "compete", "death"] = Field(
        "censor", description="whether a merger ends the follow-up, is an exit of its own, or a death"
    )
    unknown_reason: Literal["death", "censor"] = Field(
        "death", description="what an exit without a known reason is"
    )
    yearly: bool = Field(True, description="also with the group of each year, which stands before the exit")
    since: int = Field(0, ge=0, description="the duration from which curves are drawn")
    fewest: int = Field(10, ge=1, description="steps of a curve with fewer exits are joined with the next")


def needs(model: Model) -> Needs:
    """The groups, and founding year, reason, strata and controls where asked for."""
    options = model.options
    choices_of(options, model.where)  # says first what cannot be
    asked = {"groups": options.groups}
    if options.clock == "age":
        asked["founded"] = "founded"
    if options.reason:
        asked["reason"] = _reason(options.reason, options.reasons)
    if options.strata:
        asked["strata"] = options.strata
    return Needs({**asked, **{f"control_{at}": text for at, text in enumerate(options.controls)}})


def _reason(text: str, reasons: dict[str, str]) -> str:
    """The reason as 'death' or 'merger', unknown where the codes do not say."""
    cases = "".join(
        f" when {text} = '{code.replace(chr(39), chr(39) * 2)}' then '{meaning}'"
        for code, meaning in sorted(reasons.items())
    )
    return f"case{cases} end"


def answer(data: Data, model: Model) -> Answer:
    """Curves, log-rank test, hazard ratios, the check of proportional hazards, who is in it."""
    options = model.options
    numbers = {f"control_{at}": text for at, text in enumerate(options.controls)}
    found = Gathered(data, model, options.groups, numbers)
    for sample in model.samples:
        _add(found, sample)
    tables = found.curve_tables("Share of firms that are still there", "Years that half of the firms survive")
    if found.incidence:
        title = "Share of firms that have left, by reason"
        tables.append(lay.incidence_table(model, data, found.incidence, options.groups, title))
    findings: tuple[Finding, ...] = ()
    if found.effects:
        made = lay.hazard_tables(model, data, found.effects, found.checks, options.groups)
        findings = lay.differences(made[0], "cloglog", found.codes, "leave", options.reference)
        tables += made
    tables.append(lay.fate_table(model, data, found.fates, "What became of the firms"))
    kept = tuple(each for each in tables if each.cells)
    return Answer(kept, findings, _methods(options, found.why), lay.RULE)


def _add(found: Gathered, sample: str) -> None:
    """Everything of one sample."""
    options, strata = found.model.options, "strata" if found.model.options.strata else None
    frame, counts = _lives(found, sample)
    if not len(frame):
        raise Unanswerable(f"No firm of the sample {sample} is followed for a year.")
    found.survival(sample, frame, options.fewest, float(options.since))
    if options.merger == "compete" and options.reason:
        found.reasons(sample, frame, options.fewest)
    found.test(sample, frame, strata)
    found.hazards(sample, frame, options.reference, strata, "")
    if options.yearly:
        found.hazards(sample, _years(found, frame), options.reference, strata, "-yearly")
    found.became(sample, counts)


def _lives(found: Gathered, sample: str) -> tuple[Any, dict[str, int]]:
    """The lifetimes of the firms that are in the sample when their follow-up begins, and who is not."""
    from firmtrade.estimate.survival.lifetimes import lifetimes

    within = column(sample)
    made = lifetimes(found.data.frame, keep=(*_kept(found), within), **_said(found.model))
    mine = made.frame.loc[made.frame[within]]
    counts = {**made.counts, "not in the sample when the follow-up begins": len(made.frame) - len(mine)}
    counts["group unknown"] = int(mine["groups"].isna().sum())
    return mine, counts


def _years(found: Gathered, mine: Any) -> Any:
    """The same lifetimes, cut at every year."""
    from firmtrade.estimate.survival.lifetimes import yearly

    years = yearly(found.data.frame, keep=_kept(found), **_said(found.model)).frame
    return years.loc[years["firm"].isin(mine["firm"])]


def _kept(found: Gathered) -> tuple[str, ...]:
    return ("groups", "owner", *found.numbers, *(["strata"] if found.model.options.strata else []))


def _said(model: Model) -> dict[str, Any]:
    options = model.options
    return {
        "choices": choices_of(options, model.where),
        "founded": "founded" if options.clock == "age" else None,
        "reason": "reason" if options.reason else None,
    }


def choices_of(options: Any, where: str) -> Any:
    """The options as choices of lifetimes, errors naming the entry."""
    from firmtrade.estimate.survival.lifetimes import LifetimeChoices

    if options.reason and not options.reasons:
        raise StudyError(
            f"{where}: reason = '{options.reason}' needs the meaning of its codes. "
            'Write  reasons = { CODE = "death", OTHER = "merger" }'
        )
    return LifetimeChoices(
        clock=options.clock, base=options.base, gap=options.gap, absence=options.absence,
        reasons={"death": "death", "merger": "merger"} if options.reason else {},
        merger=options.merger, unknown_reason=options.unknown_reason,
    )  # fmt: skip


def _methods(options: Options, why: list[str]) -> str:
    choices = choices_of(options, "")
    held = f", with {' and '.join(options.controls)} held equal" if options.controls else ""
    parts = [
        "A firm leaves after its last year in the panel, if that is before the panel's last; others are "
        f"censored there. Choices: {'; '.join(choices.told())}.",
        "" if options.reason else "The panel does not tell why firms leave: mergers count as deaths.",
        "The curves are Kaplan and Meier's with intervals on the log-log scale"
        f"{f', from duration {options.since} on' if options.since else ''}; steps with fewer than "
        f"{options.fewest} exits are joined with the next.",
        f"The log-rank test compares the groups{f' within {options.strata}' if options.strata else ''}. "
        f"Hazard ratios are against '{options.reference}'{held}: in yearly steps with a level for each "
        "duration (complementary log-log and logit), and by Cox's model with Efron's ties; errors allow for "
        "related years of a firm.",
        "The group of each year stands before the exit after it." if options.yearly else "",
        *dict.fromkeys(why),
    ]
    return " ".join(part for part in parts if part)
