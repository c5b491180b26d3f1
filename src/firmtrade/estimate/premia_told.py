"""Premia in words: the sentences that the figures allow, and the methods paragraph."""

from __future__ import annotations

from firmtrade.estimate import laid
from firmtrade.estimate.data import Data
from firmtrade.estimate.dominance import DOMINATES
from firmtrade.estimate.dominance import verdict as tested
from firmtrade.estimate.model import Model
from firmtrade.result import Cell, Finding, Result

#: The statistics that a premium and its interval are told by.
HEADLINE = ("premium", "premium-low", "premium-high")
#: The regressions without firm effects, among the codes of `controls`.
POOLED = "pooled"
#: The p-values of a test of dominance, and the level at which its verdict is told.
TESTS, ALPHA = ("p-equal", "p-dominates", "p-dominated"), 0.05


def findings(data: Data, model: Model, made: Result) -> list[Finding]:
    """What the main table and that of dominance say: a sentence for each outcome and code."""
    if made.name == model.name:
        return _premia(data, model, made)
    return _dominance(data, model, made) if made.name == f"{model.name}-dominance" else []


def _premia(data: Data, model: Model, made: Result) -> list[Finding]:
    found = []
    for at, cell in enumerate(made.cells):
        if cell.measure != HEADLINE[0] or cell.codes.get("controls", POOLED) != POOLED:
            continue
        rests = laid.places(made, HEADLINE, at)
        value, low, high = (made.cells[place].value or 0.0 for place in rests)
        verdict = laid.verdict(low, high)
        one, other = (_label(data, model, code) for code in (_code(model, cell), model.options.base))
        said = {
            "above": f"is {value:.1f} % above that of firms with '{other}'",
            "below": f"is {-value:.1f} % below that of firms with '{other}'",
            "open": f"cannot be told from that of firms with '{other}' ({value:+.1f} %)",
        }[verdict]
        text = (
            f"{_outcome(data, model, cell)} of firms with '{one}' {said}, all else equal "
            f"(95 % interval {low:.1f} to {high:.1f} %)."
        )
        rest = tuple((made.name, place) for place in rests)
        found.append(Finding(_question(model, cell), verdict, text, rest))
    return found


def _dominance(data: Data, model: Model, made: Result) -> list[Finding]:
    """In how many years a group's distribution lies above that of the base."""
    years: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
    for at, cell in enumerate(made.cells):
        key = (cell.sample, _code(model, cell))
        years.setdefault(key, {}).setdefault(cell.period, {})[cell.measure] = at
    found = []
    for (_, code), tests in years.items():
        said = [_tested(made, each) for each in tests.values()]
        places = [each[name] for each in tests.values() for name in TESTS]
        cell = made.cells[places[0]]
        text = (
            f"{_outcome(data, model, cell)}: the distribution of firms with '{_label(data, model, code)}' "
            "lies "
            f"above that of firms with '{_label(data, model, model.options.base)}' in "
            f"{said.count(DOMINATES)} of {len(said)} years (tests at {100 * ALPHA:.0f} %)."
        )
        short = DOMINATES if said.count(DOMINATES) == len(said) else "not in all years"
        rest = tuple((made.name, place) for place in places)
        found.append(Finding(f"{_question(model, cell)}: dominance", short, text, rest))
    return found


def _tested(made: Result, year: dict[str, int]) -> str:
    """The verdict of a year's three tests."""
    equal, above, below = (made.cells[year[name]].value or 0.0 for name in TESTS)
    return tested(equal, above, below, ALPHA)


def _code(model: Model, cell: Cell) -> str:
    return cell.codes[model.options.groups]


def _question(model: Model, cell: Cell) -> str:
    return f"{cell.sample}: {cell.codes['outcome']}: {_code(model, cell)}"


def _outcome(data: Data, model: Model, cell: Cell) -> str:
    start = f"{data.title(cell.sample)}: " if len(model.samples) > 1 else ""
    return start + laid.capital(data.title(cell.codes["outcome"]))


def _label(data: Data, model: Model, code: str) -> str:
    word = data.catalog.find(model.options.groups, "dimension")
    return code if word is None or isinstance(word.codes, str) else word.codes.get(code, code)


def methods(data: Data, model: Model) -> str:
    """How premia are made, with what is held equal and what the panel lacks."""
    options = model.options
    controls = laid.held(data, options.controls, options.effects)
    text = (
        f"The logarithm of each outcome is regressed on {data.title(options.groups).lower()}; a premium is "
        f"100 (exp(b) - 1) per cent against '{options.base}' (Bernard and Jensen 1999). Held equal: "
        f"{controls}; a control that is the outcome itself is left out. Standard errors are clustered by "
        "firm (Liang and "
        "Zeger 1986), with the small-sample correction of R fixest: (N - 1)/(N - K) G/(G - 1) for N "
        "firm-years, G firms, and K parameters of which effects nested in firms count as one. It describes "
        "how firms differ and not what trade does to them. Firm-years with an unknown, zero or negative "
        "outcome, or an unknown group, control or effect, are left out and counted."
    )
    if options.firm_effects:
        text += (
            " With firm effects a premium is that of the firms that change their group, against themselves."
        )
    if options.by:
        text += " By group, each group has a regression of its own, with its own effects and slopes."
    if options.quantiles:
        text += (
            " Along the distribution, the same is asked of quantiles of the outcome (Koenker and Bassett "
            "1978), with effects that are not crossed and errors clustered by firm (Parente and Santos Silva "
            "2016)."
        )
    if options.dominance:
        text += (
            " Distributions (of the logarithm, less the mean of industry and year) are compared by "
            "Kolmogorov-Smirnov tests, year by year (Delgado, Farinas and Ruano 2002): one dominates where "
            "equality is rejected and 'above everywhere' is not."
        )
    return text + laid.lacking(data)
