"""International new ventures beside domestic ones that were like them at birth: growth and survival."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.data import Data, column
from firmtrade.estimate.kinds import Answer, Needs
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.matching import MatchChoices
from firmtrade.estimate.model import Model
from firmtrade.estimate.survival import lay
from firmtrade.estimate.ventures import Venture, venture
from firmtrade.result import Chart, Evidence, Finding, Result

TITLE = "New ventures"
SOURCES = (
    "oviatt-mcdougall-1994", "knight-cavusgil-2004", "cavusgil-knight-2009",
    "cbs-internationalisation-monitor", "anderson-cain-gelber-1983", "rosenbaum-rubin-1985",
    "abadie-imbens-2006", "abadie-spiess-2022",
    "davis-haltiwanger-schuh-1996", "kaplan-meier-1958", "mantel-1966", "cox-1972",
)  # fmt: skip
HEADLINE = ("venture-effect", "venture-effect-low", "venture-effect-high")
ROWS = "firms"
GROUP = "new-venture"


class Options(BaseModel):
    """What an international new venture is, and how it is matched and compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    definition: str = Field(
        "within-three",
        description="at-birth, within-three, within-five, intensive, several-countries or young-trader",
    )
    within: int | None = Field(None, ge=0, description="instead of the definition's: years after foundation")
    intensity: float | None = Field(
        None, gt=0, le=1, description="instead: least share of exports in turnover"
    )
    countries: int | None = Field(None, ge=1, description="instead: least number of partner countries")
    trades: str = Field("exporter", description="the yearly condition that makes a venture international")
    share: str = Field(
        "exports / turnover", description="the share of exports, for definitions that ask for it"
    )
    partners: str | None = Field(
        None, description="the column with the number of countries, for definitions that ask for it"
    )
    base: int | None = Field(None, description="the year of comparison of young-trader")
    size: str = Field("employment", description="what grows; its logarithm at birth is matched on")
    exact: tuple[str, ...] = Field(
        ("division",), description="matched exactly, besides the founding year (division, region)"
    )
    on: tuple[str, ...] = Field((), description="further numbers at birth that are matched on")
    distance: Literal["mahalanobis", "propensity"] = Field("mahalanobis", description="what is nearest")
    replace: bool = Field(False, description="whether a domestic venture may stand for several")
    neighbours: int = Field(1, ge=1, description="domestic ventures for each, with replace")
    caliper: float | None = Field(None, gt=0, description="largest distance, in standard deviations")
    late: int = Field(1, ge=0, description="years after foundation by which a firm must be seen")
    after: int = Field(
        2, ge=1, description="years after the landmark at which growth since birth is measured"
    )
    fewest: int = Field(10, ge=1, description="steps of a curve with fewer exits are joined with the next")


def needs(model: Model) -> Needs:
    """Trade, size, founding year, what is matched on, and what the definition asks for."""
    options, definition = model.options, definition_of(model)
    asked = {"founded": "founded", "trades": options.trades, "size": options.size}
    asked |= {f"exact_{at}": text for at, text in enumerate(options.exact)}
    asked |= {f"on_{at}": text for at, text in enumerate(options.on)}
    if definition.intensity is not None:
        asked["share"] = options.share
    if definition.countries is not None:
        if options.partners is None:
            raise Unanswerable(
                f"An international new venture {definition.title}, and the model does not say which column "
                "has the number of partner countries (partners)."
            )
        asked["partners"] = options.partners
    return Needs(asked)


def definition_of(model: Model) -> Venture:
    """The registered definition, with what the model says instead."""
    options = model.options
    try:
        found = venture(options.definition)
    except StudyError as error:
        raise StudyError(f"{model.where}: {error}") from None
    said = {name: getattr(options, name) for name in ("within", "intensity", "countries")}
    said = {name: value for name, value in said.items() if value is not None}
    if found.younger is not None and options.base is None:
        raise StudyError(f"{model.where}: {found.name} needs base, the year in which firms are compared.")
    if not said:
        return found
    values = {**{name: getattr(found, name) for name in ("within", "intensity", "countries")}, **said}
    return Venture(found.name, _title(values), **values, younger=found.younger, source=found.source)


def _title(values: dict[str, Any]) -> str:
    """A definition of one's own in words."""
    more = []
    if values["intensity"] is not None:
        more.append(f"sells {100 * values['intensity']:g} % of its turnover abroad or more")
    if values["countries"] is not None:
        more.append(f"trades with {values['countries']} countries or more")
    return f"{' and '.join(more) or 'trades'} within {values['within']} years of its foundation"


def answer(data: Data, model: Model) -> Answer:
    """Who is which, how alike they are, growth and survival of matched ventures, sample by sample."""
    found = _Found(data, model)
    for sample in model.samples:
        found.add(sample)
    tables = found.tables()
    kept = tuple(each for each in tables if each.cells)
    growth = next(each for each in kept if each.name.endswith("-growth"))
    return Answer(kept, _findings(growth), _methods(model, found.why), _RULE)


class _Found:
    """The lines of each table."""

    def __init__(self, data: Data, model: Model) -> None:
        self.data, self.model, self.definition = data, model, definition_of(model)
        self.when = period(model, data.frame["year"])
        self.balance: list[Line] = []
        self.growth: list[Line] = []
        self.curves: list[Line] = []
        self.risk: list[Line] = []
        self.tests: list[Line] = []
        self.effects: list[Line] = []
        self.fates: list[Line] = []
        self.why: list[str] = []

    def add(self, sample: str) -> None:
        """Everything of one sample: of the firms that are in it in the first year in which they are seen."""
        from firmtrade.estimate.ventures import classify
        from firmtrade.estimate.ventures_compared import VentureChoices, compare

        options, frame = self.model.options, self.data.frame
        first = frame.groupby("firm")[column(sample)].transform("first")
        mine = frame.loc[first.to_numpy(dtype=bool)]
        if not len(mine):
            raise Unanswerable(f"No firm is in the sample {sample} when it is first seen.")
        ventures = classify(
            mine, self.definition, "trades", base=options.base,
            intensity="share" if self.definition.intensity is not None else None,
            countries="partners" if self.definition.countries is not None else None,
        )  # fmt: skip
        how = MatchChoices(options.distance, options.replace, options.neighbours, options.caliper)
        exact = tuple(f"exact_{at}" for at in range(len(options.exact)))
        on = tuple(f"on_{at}" for at in range(len(options.on)))
        made = compare(
            mine, ventures, "size", exact, on, VentureChoices(options.late, options.after, how), unit="owner"
        )
        self._lines(sample, made, ventures)

    def _lines(self, sample: str, made: Any, ventures: Any) -> None:
        options = self.model.options
        titles = {f"on_{at}": text for at, text in enumerate(options.on)}
        for each in made.matched.balance:
            self.balance += _balance(sample, self.when, each, titles)
        for each in made.growth:
            self.growth += _growth(sample, self.when, each)
        self.curves += lay.curve_lines(sample, self.when, made.curves, GROUP, options.fewest)
        self.risk += lay.risk_lines(sample, self.when, made.at_risk, GROUP)
        if made.logrank is not None:
            self.tests += lay.logrank_lines(sample, self.when, made.logrank)
        for name, found in (("pairs", made.pairs), ("margin", made.margin)):
            if found is not None:
                self.effects += lay.effect_lines(sample, self.when, found, name, GROUP, {})
        self.why += [f"Not answered: {name}. {why}" for name, why in made.why.items()]
        counts = {**_told(ventures.counts, {}), **made.counts, **_told(made.matched.counts, self._names())}
        everybody = int(self.data.of(sample)["owner"].nunique())
        self.fates += lay.fate_lines(sample, self.when, counts, everybody)

    def _names(self) -> dict[str, str]:
        """What is matched on, by the column that holds it."""
        options = self.model.options
        exact = {f"exact_{at} unknown": f"{text} unknown" for at, text in enumerate(options.exact)}
        return {**exact, **{f"on_{at} unknown": f"{text} unknown" for at, text in enumerate(options.on)}}

    def tables(self) -> list[Result]:
        """The tables, in the order in which they are read."""
        model, data, catalog = self.model, self.data, self.data.catalog
        several = ("sample",) if len(model.samples) > 1 else ()
        chart = Chart(
            "interval", "outcome", several[0] if several else None, None, measure="venture-effect",
            low="venture-effect-low", high="venture-effect-high",
        )  # fmt: skip
        drawn = [line for line in self.growth if line.statistic.startswith("venture-effect")]
        by = (*several, "outcome")
        made = [
            table(model, catalog, "growth", "Growth since birth of matched ventures", self.growth,
                  (*by, GROUP)),
            table(model, catalog, "growth-figure", "Difference of growth, with 95 % intervals", drawn, by,
                  chart=chart),
            *lay.curve_tables(model, data, self.curves, self.risk, GROUP,
                              "Share of matched ventures that are still there, by years since the landmark"),
            table(model, catalog, "logrank", "Do matched ventures survive alike?", self.tests, ("sample",)),
        ]  # fmt: skip
        if self.effects:
            made += lay.hazard_tables(model, data, self.effects, [], GROUP)
        title = "How alike they were at birth"
        made.append(table(model, catalog, "balance", title, self.balance, (*by, "matching", GROUP)))
        made.append(lay.fate_table(model, data, self.fates, "Which ventures are compared"))
        return made


def _told(counts: Any, names: dict[str, str]) -> dict[str, int]:
    """Counts by what they are about in the reader's words."""
    words = {
        "treated": "international, to be matched", "controls": "domestic, to be matched with",
        "treated that are matched": "international that are matched",
        "controls that are used": "domestic that are matched",
        "treated without a match": "international without a match",
        "international": "international new ventures", "domestic": "domestic new ventures",
        "other": "trade, but not as the definition asks", "unknown": "which of them is not known",
    }  # fmt: skip
    left = ("international unknown", "founded unknown")  # who is matched is known to be one or the other
    words |= names
    return {words.get(name, name): count for name, count in counts.items() if name not in left}


def _balance(sample: str, when: str, found: Any, titles: dict[str, str]) -> list[Line]:
    evidence = Evidence("difference", found.firms)
    name = titles.get(found.variable, found.variable)
    means = (
        ("before", "international", found.treated),
        ("before", "domestic", found.controls),
        ("after", "domestic", found.matched),
    )
    lines = [
        Line(sample, when, "venture-mean", value, evidence, {"outcome": name, "matching": at, GROUP: who})
        for at, who, value in means
    ]
    for at, value in (("before", found.before), ("after", found.after)):
        codes = {"outcome": name, "matching": at}
        lines.append(Line(sample, when, "standard-difference", value, evidence, codes))
    return lines


def _growth(sample: str, when: str, found: Any) -> list[Line]:
    evidence = Evidence("coefficient", found.firms, found.degrees, found.largest)
    codes = {"outcome": found.outcome}

    def percent(value: float | None) -> float | None:
        return None if value is None else 100 * value

    lines = [
        Line(sample, when, "venture-growth", percent(value), evidence, {**codes, GROUP: who})
        for who, value in (("international", found.treated_mean), ("domestic", found.control_mean))
    ]
    for name, value in (
        ("venture-effect", found.estimate),
        ("venture-effect-low", found.low),
        ("venture-effect-high", found.high),
    ):
        lines.append(Line(sample, when, name, percent(value), evidence, codes))
    return lines


def _findings(growth: Result) -> tuple[Finding, ...]:
    """A sentence for each sample and outcome, told by the interval."""
    found = []
    for at, cell in enumerate(growth.cells):
        if cell.measure != "venture-effect" or cell.value is None:
            continue
        low, high = growth.cells[at + 1].value, growth.cells[at + 2].value
        if low is None or high is None:
            continue
        verdict = "more" if low > 0 else "less" if high < 0 else "cannot tell"
        said = {
            "more": "International new ventures grew more than the domestic ones like them",
            "less": "International new ventures grew less than the domestic ones like them",
            "cannot tell": "It cannot be told whether international new ventures grew more or less than the "
            "domestic ones like them",
        }[verdict]
        text = (
            f"{said} ({cell.codes['outcome']}): {cell.value:+.1f} (95 % interval {low:+.1f} to {high:+.1f})."
        )
        rests = tuple((growth.name, at + step) for step in range(3))
        found.append(Finding(f"{cell.sample}: {cell.codes['outcome']}", verdict, text, rests))
    return tuple(found)


_RULE = (
    "A difference of growth is told where its 95 % interval leaves out nought. Matching makes ventures alike "
    "in what they were at birth, not in what nobody recorded, such as the founder's plans."
)


def _methods(model: Model, why: list[str]) -> str:
    options, definition = model.options, definition_of(model)
    landmark = f"year {definition.within} after foundation"
    if definition.younger is not None:
        landmark = f"the year {options.base}"
    how = MatchChoices(options.distance, options.replace, options.neighbours, options.caliper)
    cells = " and ".join(["founding year", *options.exact])
    near = " and ".join([f"the logarithm of {options.size} at birth", *options.on])
    parts = [
        f"An international new venture {definition.title}; a domestic one is known not to have traded in "
        "those years. Who traded early must have lived to do so, so both are compared from a landmark on "
        f"that both have reached, {landmark}, and not from birth.",
        f"They are matched in cells of {cells}, by {near} ({how.told()}). A firm must be seen within "
        f"{options.late} year(s) of its foundation.",
        f"Growth is from birth to {options.after} year(s) after the landmark: of those that live, the yearly "
        "change of the logarithm; with exits, the change over the mean of both sizes, -200 % for those that "
        f"left. Errors are {'those of Abadie and Imbens' if options.replace else 'by pair'}.",
        "Survival is that of the matched firms: log-rank and Cox within pairs, and Cox over all pairs; "
        "errors by pair.",
        *dict.fromkeys(why),
    ]
    return " ".join(part for part in parts if part)
