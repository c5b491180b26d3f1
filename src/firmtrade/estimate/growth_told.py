"""Growth by status in words: the sentences that the figures allow, and the methods paragraph."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from firmtrade.estimate import laid
from firmtrade.estimate.data import Data
from firmtrade.estimate.growth_window import STATUS, Span
from firmtrade.estimate.model import Model
from firmtrade.result import Cell, Finding, Result

DIFFERENCE = ("growth-difference", "growth-difference-low", "growth-difference-high")
READING = ("growth-reading", "growth-reading-low", "growth-reading-high")
#: Whether a ratio of sums is flagged, by sample, flow, outcome, status and exits.
Flags = Mapping[tuple[str, str, str, str, str], bool]

_DID = {"start": "started", "both": "went on", "stop": "stopped"}


def outcome_name(data: Data, outcome: str) -> str:
    """The code of an outcome: its own name, or that of the variable which is defined so."""
    text = outcome.replace(" ", "")
    for word in data.catalog.told("variable"):
        if word.expr.replace(" ", "") == text:
            return word.name.replace("-", "_")
    return laid.column(outcome)


def rounded_up(move: float) -> float:
    """A move with one digit, rounded up and at least 0.1: its exact size would tell of the firm."""
    step = 10.0 ** max(math.floor(math.log10(move)), -1) if move > 0 else 0.1
    return round(math.ceil(move / step - 1e-9) * step, 1) or 0.1


def findings(data: Data, model: Model, tables: Sequence[Result], flags: Flags) -> tuple[Finding, ...]:
    """What the regressions say of each status, and which readings one firm makes."""
    found: list[Finding] = []
    for made in tables:
        if made.name == f"{model.name}-regression":
            found += _differences(data, model, made)
        if made.name == f"{model.name}-one-firm":
            found += _flagged(data, model, made, flags)
    return tuple(found)


def _differences(data: Data, model: Model, made: Result) -> list[Finding]:
    found = []
    for at, cell in enumerate(made.cells):
        if cell.measure != DIFFERENCE[0] or cell.codes["measured"] != "log":
            continue
        rests = laid.places(made, DIFFERENCE, at)
        value, low, high = (made.cells[place].value or 0.0 for place in rests)
        verdict = laid.verdict(low, high)
        said = {
            "above": f"grew by {value:.1f} points a year more than firms that did neither",
            "below": f"grew by {-value:.1f} points a year less than firms that did neither",
            "open": f"cannot be told from firms that did neither ({value:+.1f} points a year)",
        }[verdict]
        did = _DID.get(cell.codes[STATUS], cell.codes[STATUS])
        text = (
            f"{_who(data, model, cell)}: firms that {did} {said}, "
            f"all else equal (95 % interval {low:.1f} to {high:.1f})."
        )
        rest = tuple((made.name, place) for place in rests)
        found.append(Finding(_question(model, cell), verdict, text, rest))
    return found


def _flagged(data: Data, model: Model, made: Result, flags: Flags) -> list[Finding]:
    """A sentence for each outcome and flow: which sums rest on one firm, and how far they would move."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for at, cell in enumerate(made.cells):
        key = (cell.sample, _flow(model, cell), cell.codes["outcome"])
        if flags.get((*key, cell.codes[STATUS], cell.codes["exits"])):
            groups.setdefault(key, []).append(at)
    found = []
    for (sample, flow, outcome), places in groups.items():
        cells = [made.cells[at] for at in places]
        said = [
            f"{_DID.get(cell.codes[STATUS], 'did neither')}"
            f"{' (with exits)' if cell.codes['exits'] == 'with' else ''} {cell.value:g}"
            for cell in cells
        ]
        limit = f"{100 * model.options.share:.0f} %"
        text = (
            f"{_who(data, model, cells[0])}: one firm makes the growth of the sum in {len(cells)} of the "
            f"groups. Without it the rate moves by more than {limit} of itself or changes its sign; points a "
            f"year, at most: firms that {laid.listed(said)}. Read the mean and the median firm there."
        )
        rest = tuple((made.name, at) for at in places)
        found.append(Finding(f"{sample}: {flow}: {outcome}: one firm", "fragile", text, rest))
    return found


def _flow(model: Model, cell: Cell) -> str:
    return cell.codes.get("traded", model.options.flows[0])


def _question(model: Model, cell: Cell) -> str:
    return f"{cell.sample}: {_flow(model, cell)}: {cell.codes['outcome']}: {cell.codes[STATUS]}"


def _who(data: Data, model: Model, cell: Cell) -> str:
    start = f"{data.title(cell.sample)}, " if len(model.samples) > 1 else ""
    outcome = data.title(cell.codes["outcome"])
    return laid.capital(f"{start}{outcome}, {data.title(_flow(model, cell)).lower()}")


def methods(data: Data, model: Model, when: Span) -> str:
    """How growth is read and compared."""
    options = model.options
    exits = (
        f"with exits, a firm that has no row in {when.last} has the end value 0, so that it stays in the "
        "sum and its "
        "mid-point rate is -2 (a ratio such as productivity ends with the firm)"
        if when.exits
        else "the status is told at the end, so that no firm with a status is gone"
    )
    return (
        f"Firms of the sample in {when.first}, by whether they traded in {when.first} and in "
        f"{when.until}; growth "
        f"from {when.first} to {when.last}. Read in three ways: the growth of the group's sum, and the "
        "mean and "
        "the median firm's mid-point rate (change over the mean of start and end, Davis, Haltiwanger and "
        "Schuh 1996), told as the yearly growth that it stands for. Of survivors; and "
        f"{exits}. Intervals are percentiles of {options.replications} samples of firms drawn with "
        "replacement "
        "(Efron 1979). A ratio of sums is flagged where leaving out one firm moves it by more than "
        f"{100 * options.share:.0f} % of itself or changes its sign. All else equal means: growth a year "
        "regressed on "
        f"the status, held equal: {laid.held(data, options.controls, options.effects)}, of {when.first}; "
        "as the log "
        "difference of survivors (Bernard and Jensen 1999) and as the mid-point rate with exits; errors "
        "robust to "
        "unequal variances (Liang and Zeger 1986, one row for each firm). Firms with an unknown start, end, "
        f"status or control are left out and counted.{laid.lacking(data)}"
    )
