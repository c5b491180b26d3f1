"""What a model of survival tells, sample by sample: curves, tests, hazard ratios as lines of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firmtrade.errors import Unanswerable
from firmtrade.estimate.data import Data
from firmtrade.estimate.lines import Line, period, table
from firmtrade.estimate.model import Model
from firmtrade.estimate.survival import lay
from firmtrade.result import Result

#: Durations at which the numbers at risk are told.
TIMES = (0, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50)


class Gathered:
    """The lines of each table. `groups` is the dimension of the column 'groups', None where there is none.

    `numbers` are the controls by the column that holds them. What cannot be estimated is left out, with the
    reason in `why`; the report says it.
    """

    def __init__(self, data: Data, model: Model, groups: str | None, numbers: Mapping[str, str]) -> None:
        self.data, self.model, self.groups, self.numbers = data, model, groups, numbers
        self.column = "groups" if groups else None
        self.codes = dict(data.catalog.get(groups, "dimension", where=model.where).codes) if groups else {}
        self.when = period(model, data.frame["year"])
        self.titles = {**numbers, "groups": data.title(groups) if groups else "", "all": "all"}
        self.curves: list[Line] = []
        self.risk: list[Line] = []
        self.incidence: list[Line] = []
        self.medians: list[Line] = []
        self.tests: list[Line] = []
        self.effects: list[Line] = []
        self.checks: list[Line] = []
        self.fates: list[Line] = []
        self.why: list[str] = []

    def ordered(self, found: tuple[Any, ...]) -> list[Any]:
        """Curves in the order of the dimension's codes."""
        codes = list(self.codes)
        return sorted(found, key=lambda each: codes.index(each.group) if each.group in codes else len(codes))

    def survival(self, sample: str, frame: Any, fewest: int, since: float = 0.0) -> None:
        """Curves, numbers at risk and medians."""
        from firmtrade.estimate.survival.kaplan_meier import at_risk, curves

        drawn = self.ordered(curves(frame, self.column, unit="owner", since=since))
        longest = frame["exit"].max() if len(frame) else 0
        times = tuple(float(time) for time in TIMES if since <= time < longest)
        self.curves += lay.curve_lines(sample, self.when, drawn, self.groups, fewest)
        numbers = self.ordered(at_risk(frame, times, self.column, unit="owner"))
        self.risk += lay.risk_lines(sample, self.when, numbers, self.groups)
        self.medians += lay.median_lines(sample, self.when, drawn, self.groups)

    def reasons(self, sample: str, frame: Any, fewest: int) -> None:
        """Cumulative incidence of death and merger."""
        from firmtrade.estimate.survival.kaplan_meier import incidence

        shares = self.ordered(incidence(frame, self.column, unit="owner"))
        self.incidence += lay.curve_lines(sample, self.when, shares, self.groups, fewest, "incidence")

    def test(self, sample: str, frame: Any, strata: str | None) -> None:
        """The log-rank test."""
        from firmtrade.estimate.survival.logrank import logrank

        assert self.column is not None
        known = frame.loc[frame[strata].notna()] if strata else frame
        groups = self.column
        found = self.tried("Log-rank test", lambda: logrank(known, groups, strata=strata, unit="owner"))
        if found is not None:
            self.tests += lay.logrank_lines(sample, self.when, found)

    def hazards(
        self, sample: str, frame: Any, reference: str | None, strata: str | None, suffix: str
    ) -> None:
        """Hazard ratios in yearly steps and by Cox's model; `suffix` tells the ways to take groups apart."""
        from firmtrade.estimate.survival.discrete import discrete
        from firmtrade.estimate.survival.hazards import cox

        groups = {"groups": reference} if reference else {}
        known = frame.loc[frame[strata].notna()] if strata else frame
        numbers = tuple(self.numbers)
        ways: dict[str, Callable[[], Any]] = {
            "cloglog": lambda: discrete(frame, groups, numbers, unit="owner"),
            "cox": lambda: cox(known, groups, numbers, strata=strata, errors="by-firm", unit="owner"),
        }
        if not suffix:
            ways["logit"] = lambda: discrete(frame, groups, numbers, link="logit", unit="owner")
        for way, work in ways.items():
            name = f"{way}{suffix}"
            found = self.tried(name, work)
            if found is not None:
                self.effects += lay.effect_lines(sample, self.when, found, name, self.groups, self.titles)
                self.checks += lay.proportional_lines(sample, self.when, found, name, self.titles)

    def became(self, sample: str, counts: Mapping[str, int]) -> None:
        """What became of the firms or spells."""
        firms = int(self.data.of(sample)["owner"].nunique())
        self.fates += lay.fate_lines(sample, self.when, counts, firms)

    def tried(self, name: str, work: Callable[[], Any]) -> Any:
        """What `work` gives, or None with the reason kept."""
        try:
            return work()
        except Unanswerable as error:
            self.why.append(f"Not answered: {name}. {error}")
            return None

    def curve_tables(self, title: str, half: str) -> list[Result]:
        """The curve, the numbers at risk, the medians, the test."""
        model, catalog = self.model, self.data.catalog
        several = ("sample",) if len(model.samples) > 1 else ()
        by = (*several, *([self.groups] if self.groups else []))
        made = lay.curve_tables(model, self.data, self.curves, self.risk, self.groups, title)
        made.append(table(model, catalog, "median", half, self.medians, by or ("sample",)))
        if self.tests:
            made.append(
                table(model, catalog, "logrank", "Do the groups survive alike?", self.tests, ("sample",))
            )
        return made
