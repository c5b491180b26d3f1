"""What all views read: the register at a day, once; segments, proposals and scores when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from firmtrade.errors import FirmtradeError
from firmtrade.support.register.dossier import Dossier
from firmtrade.support.register.register import Register
from firmtrade.support.register.rows import Row
from firmtrade.support.rules.rule import RuleBook, read_rules
from firmtrade.support.score.scoring import FirmScore, Scored, score
from firmtrade.support.service.propose import Proposed, offered, proposed
from firmtrade.support.service.segment import Segmented, population
from firmtrade.support.stages import NEVER

#: Stages in which a firm has never exported, as far as is known.
MODEL = "logistic"


class Context:
    """The service zone at a day: every firm that had not ended, with its segment."""

    def __init__(
        self, register: Register, day: date, book: RuleBook | None = None, scored: bool = True
    ) -> None:
        self.register, self.day, self.book, self._scored = register, day, book or read_rules(), scored
        self.year = register.horizon(day)

    @cached_property
    def firms(self) -> list[Segmented]:
        """Every firm with its facts and segment, by id."""
        return population(self.register, self.day, self.year, book=self.book, with_room=True)

    @cached_property
    def by_id(self) -> Mapping[str, Segmented]:
        """The firms by their id."""
        return {each.firm_id: each for each in self.firms}

    @cached_property
    def measures(self) -> Mapping[str, Row]:
        """The agency's measures by id."""
        return {row["id"]: row for row in self.register.read("measures")}

    @cached_property
    def proposals(self) -> Mapping[str, Proposed]:
        """What the rules say of each firm."""
        there = offered(self.register, self.day)
        return {each.firm_id: proposed(each, self.book, self.day, there) for each in self.firms}

    @cached_property
    def score(self) -> Scored | None:
        """The exporting score; None where there is none, and `no_score` says why."""
        return self._score[0]

    @property
    def no_score(self) -> str:
        """Why there is no score; '' where there is one."""
        return self._score[1]

    @cached_property
    def _score(self) -> tuple[Scored | None, str]:
        if not self._scored:
            return None, "not asked for"
        try:
            return score(self.register, self.day), ""
        except FirmtradeError as error:
            return None, str(error)

    @cached_property
    def _scores(self) -> Mapping[str, FirmScore]:
        return {each.firm_id: each for each in self.score.scores} if self.score else {}

    def chance(self, firm: str) -> tuple[str, str]:
        """(probability of a first export in per cent, its band); empty where the firm has none."""
        found = self._scores.get(firm)
        if found is None or self.score is None:
            return "", ""
        return f"{100 * found.probability[MODEL]:.1f}", self.score.band(found, MODEL)

    def fact(self, firm: Segmented, name: str) -> Any:
        """The value of a fact of a firm; None if it is not known."""
        found = firm.known.facts.get(name)
        return None if found is None else found.value

    def never(self) -> list[Segmented]:
        """Firms that never exported in any year on record."""
        return [each for each in self.firms if each.known.stage.code == NEVER]

    def support(self, firm: Segmented, since: date | None = None) -> list[Row]:
        """Support that began by the day (and not before `since`)."""
        rows = _dossier(firm).of("support")
        return [
            row for row in rows if row["started"] <= self.day and (since is None or row["started"] >= since)
        ]

    def back(self, years: int) -> date:
        """The day so many years before."""
        try:
            return self.day.replace(year=self.day.year - years)
        except ValueError:  # 29 February
            return self.day.replace(year=self.day.year - years, day=28)


def _dossier(firm: Segmented) -> Dossier:
    return firm.known.dossier


def name_of(firm: Segmented) -> str:
    """The firm's name."""
    return str(firm.known.dossier.firm["name"])
