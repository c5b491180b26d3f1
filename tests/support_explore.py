"""A protected release to explore, and a bot that asks for every view and attacks with all that it was told.

The bot is an outsider with the custodian's structure of the release: what each released figure is a sum of.
It collects every figure of every answer, says what each means for the sums behind it (a total is the sum of
its parts, a share a ratio, a change a difference), adds that to what the release prints, and attacks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from firmtrade.protect.attack import Report, attack
from firmtrade.protect.attacker import Printed, Ratio, printed
from firmtrade.protect.decide import Decided
from firmtrade.protect.protected import Custody
from firmtrade.protect.system import NOTHING, build
from firmtrade.result import Release
from firmtrade.serve.explore.index import Index, Key, plain
from firmtrade.serve.explore.settle import fits, shows
from firmtrade.serve.explore.state import State, read
from firmtrade.study import Study

STUDY = """
title = "Firms by region, size and mode"
source = "a drawn panel"
[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]

[tables.crossed]
title = "Firms by region and size"
sample = "smes"
period = [2001, 2002]
measures = ["firms", "employment"]
rows = ["region", "period"]
columns = ["measure", "size"]

[tables.crossed.by]
region = ["BE1", "BE2", "BE3", "unknown"]
size = ["0-9", "10-49", "50-99", "100-249", "250+", "unknown"]

[tables.regions]
title = "Firms by region"
sample = "smes"
period = [2001, 2002]
measures = ["firms", "employment", "mean-employment"]
by = { region = ["_T", "BE1", "BE2", "BE3"] }
rows = ["region"]
columns = ["measure", "period"]

[tables.modes]
title = "Firms by mode and region"
sample = "smes"
period = 2002
measures = ["firms"]

[tables.modes.by]
mode = ["none", "import-only", "export-only", "both", "unknown"]
region = ["BE1", "BE2", "BE3", "unknown"]

[tables.flows]
title = "Shares by flow"
sample = "smes"
period = [2001, 2002]
measures = ["participation", "firms"]
by = { flow = ["import", "export"], region = ["BE1", "BE2", "BE3"] }
"""


def protected(folder: Path, firms: int = 220, study: str = "") -> tuple[Release, Custody]:
    """A release with hidden figures, and what its custodian knows; of a built-in study, if one is named."""
    release, custody = drawn(folder, firms, study)._release(None)
    assert custody is not None and custody.hidden
    return release, custody


def drawn(folder: Path, firms: int = 220, study: str = "") -> Study:
    """The study on a drawn panel."""
    from reference.panels import random_panel

    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    random_panel(5, firms).to_parquet(folder / "panel.parquet")
    return Study(study or folder / "study.toml", str(folder / "panel.parquet"))


def addresses(index: Index, most: int = 2) -> Iterator[str]:
    """Every view: sample, measure, period or periods, rows, columns, up to `most` filters, what is shown."""
    for sample in index.samples():
        for measure in index.measures(sample):
            periods = index.periods(sample, [measure])
            for chosen in [*((period,) for period in periods), *itertools.pairwise(periods)]:
                places = [(sample, measure, period) for period in chosen]
                names = sorted({name for place in places for shape in index.shape(place) for name in shape})
                for axes in _axes(names):
                    for filters in _filters(index, [n for n in names if n not in axes], most):
                        yield from _shown(index, State(sample, (measure,), chosen, *axes, filters))


def _axes(names: list[str]) -> Iterable[tuple[str, str]]:
    """Rows and columns; which of two is down and which across tells nothing new but for shares."""
    return [("", ""), *((name, "") for name in names), *itertools.permutations(names, 2)]


def _filters(index: Index, names: list[str], most: int) -> Iterator[tuple[tuple[str, str], ...]]:
    for number in range(most + 1):
        for chosen in itertools.combinations(names, number):
            codes = (index.codes(name, index.order[name]) for name in chosen)
            yield from (tuple(zip(chosen, each, strict=True)) for each in itertools.product(*codes))


def _shown(index: Index, state: State) -> Iterator[str]:
    for show in shows(index, state) if fits(index, state) else ():
        yield replace(state, show=show).query()


@dataclass
class Bot:
    """What was told, and what it means for the sums behind the release."""

    index: Index
    custody: Custody
    figures: dict[Key, float] = field(default_factory=dict)
    differences: dict[tuple[Key, Key], float] = field(default_factory=dict)
    ratios: dict[tuple[Key, Key], float] = field(default_factory=dict)  # per cent
    asked: int = 0

    def __post_init__(self) -> None:
        self.asks: dict[Key, Any] = {}
        for judged in self.custody.figures:
            cell = judged.cell
            if len(judged.asks) == 1 and self.index.words[cell.measure].additive:
                self.asks[Key(cell.sample, cell.period, cell.measure, plain(cell.codes))] = judged.asks[0]

    def listen(self, state: State, answer: dict[str, Any]) -> None:
        """Take down what an answer of the JSON address tells."""
        self.asked += 1
        for cell in itertools.chain.from_iterable(answer["cells"]):
            key = Key(cell["sample"], cell["period"], cell["measure"], plain(cell["codes"]))
            assert cell["kind"] != "hidden" or cell["value"] is None
            if cell["value"] is not None:
                self._note(state, key, cell["value"])

    def _note(self, state: State, key: Key, value: float) -> None:
        if state.show == "figures":
            self.figures[key] = value
        elif state.show.is_share:
            over = {"share-row": (state.columns,), "share-column": (state.rows,)}
            names = over.get(state.show.value, (state.rows, state.columns))
            self.ratios[key, key.but(**{name: "_T" for name in names if name in key.dimensions})] = value
        else:
            before = key._replace(period=state.periods[0])
            if state.show == "change":
                self.differences[key, before] = value
            else:
                self.ratios[key, before] = 100 + value

    # -- what it means ---------------------------------------------------------------------------------

    def columns(self, key: Key) -> list[tuple[Decided, int]] | None:
        """The columns of which a figure is the sum; None where the release does not say."""
        if key in self.asks:
            found = self.custody.decisions.where(self.asks[key])
            return [] if found is None else [found]
        for further in sorted(self._finer(key), key=lambda names: (len(names), names)):
            codes = itertools.product(*(self.index.words[name].partition for name in further))
            parts = [key.but(**dict(zip(further, each, strict=True))) for each in codes]
            if all(part in self.asks for part in parts):
                found = [self.custody.decisions.where(self.asks[part]) for part in parts]
                return [one for one in found if one is not None]
        return None

    def _finer(self, key: Key) -> list[tuple[str, ...]]:
        shapes = self.index.shape((key.sample, key.measure, key.period))
        more = [tuple(sorted(shape - key.dimensions)) for shape in shapes if shape > key.dimensions]
        return [names for names in more if all(self.index.words[name].partition for name in names)]

    def attacks(self) -> Iterator[tuple[Decided, Report]]:
        """The attack on each part of the release, with what was told beside what was printed."""
        for part in self.custody.decisions.parts:
            yield part, self._attack(part)

    def _attack(self, part: Decided) -> Report:
        system, scale = part.part.system, 10.0**part.part.decimals
        members = {(0, name): _weights(system, column) for column, name in enumerate(system.names)}
        known: dict[Any, float] = {}
        for number, (weights, value) in enumerate(self._sums(part)):
            members[1, number] = weights
            known[1, number] = value * scale
        ratios = []
        for number, (top, bottom, value) in enumerate(self._shares(part)):
            members |= {(2, number): top, (3, number): bottom}
            ratios.append(((2, number), (3, number), value))
        joint = build(members, system.rows, signed=system.signed)
        rows = joint.fold(part.part.rows)
        told = printed(joint.columns.times(rows).astype(np.float64), np.arange(0))
        low, high = np.full(len(joint.columns), -np.inf), np.full(len(joint.columns), np.inf)
        for column, name in enumerate(system.names):
            if column not in part.hidden:
                at = joint.places[0, name]
                low[at] = high[at] = told.low[at]
        for key, value in known.items():
            at = joint.places[key]
            assert abs(value - told.low[at]) < 0.5, "what is told of a sum is not that sum"
            low[at] = high[at] = told.low[at]
        pairs = tuple(Ratio(joint.places[a], joint.places[b], 100.0, v, 1e-9) for a, b, v in ratios
                      if NOTHING not in (joint.places[a], joint.places[b]))  # fmt: skip
        plan = _moved(part, [joint.places[0, system.names[c]] for c in part.plan.columns.tolist()])
        return attack(joint, Printed(low, high, pairs), plan, rows=rows)

    def _sums(self, part: Decided) -> Iterator[tuple[dict[int, int], float]]:
        for key, value in self.figures.items():
            yield from self._one(part, [(key, 1)], value)
        for (now, before), value in self.differences.items():
            yield from self._one(part, [(now, 1), (before, -1)], value)

    def _one(self, part: Decided, signed: list[tuple[Key, int]], value: float) -> Iterator[Any]:
        """The weights of a figure in one part; a side of another part that is known is taken off."""
        weights: dict[int, int] = {}
        for key, sign in signed:
            columns = self.columns(key)
            if columns is None:
                return
            if any(owner is not part for owner, _ in columns):
                if key not in self.figures or len(signed) == 1:
                    return
                value -= sign * self.figures[key]
                continue
            for _, column in columns:
                for row, weight in _weights(part.part.system, column).items():
                    weights[row] = weights.get(row, 0) + sign * weight
        if weights := {row: weight for row, weight in weights.items() if weight}:
            yield weights, value

    def _shares(self, part: Decided) -> Iterator[tuple[dict[int, int], dict[int, int], float]]:
        for (top, bottom), value in self.ratios.items():
            sides = [list(self._one(part, [(key, 1)], 0.0)) for key in (top, bottom)]
            if all(sides):
                yield sides[0][0][0], sides[1][0][0], value


def _weights(system: Any, column: int) -> dict[int, int]:
    return dict(zip(*(part.tolist() for part in system.columns.line(column)), strict=True))


def _moved(part: Decided, columns: list[int]) -> Any:
    """The plan with the columns of the joint system."""
    order = np.argsort(columns)
    plan = part.plan
    return replace(
        plan, columns=np.asarray(columns, dtype=np.int64)[order], up=plan.up[order], down=plan.down[order],
        reasons=tuple(plan.reasons[at] for at in order),
    )  # fmt: skip


def ask_everything(
    bot: Bot, get: Callable[[str], dict[str, Any] | None], every: int = 1, most: int = 2
) -> None:
    """Ask for every view (or each `every`th), and take down the answers."""
    for number, address in enumerate(addresses(bot.index, most)):
        answer = get(address) if number % every == 0 else None
        if answer is not None:
            bot.listen(read(bot.index, parse_qsl(address)), answer)


def large(rows: int, columns: int) -> Release:
    """A release with one table of so many figures, some hidden."""
    from firmtrade.result import ReleasedCell, ReleasedTable, Word
    from support_release import release

    names = {"row": [f"r{n}" for n in range(rows)], "column": [f"c{n}" for n in range(columns)]}
    words = {
        name: Word(name, "dimension", name, "", name, "", "own", {code: code.upper() for code in codes})
        for name, codes in names.items()
    }
    words["firms"] = Word("firms", "measure", "Firms", "", "count(*)", "count", "own", additive=True)
    cells = [
        ReleasedCell("all", "2002", {"row": row, "column": column}, "firms",
                     None if (at + by) % 7 == 0 else 1000.0 * at + by, "count", 0,
                     "C" if (at + by) % 7 == 0 else "F", "confidential" if (at + by) % 7 == 0 else "")
        for at, row in enumerate(names["row"]) for by, column in enumerate(names["column"])
    ]  # fmt: skip
    table = ReleasedTable("t", "t", "all", ("row",), ("column",), tuple(cells), {})
    return release(table, words=words, dimensions=("row", "column"))
