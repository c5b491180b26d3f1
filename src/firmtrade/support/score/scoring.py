"""The exporting score, from the register to probabilities with reasons and a model card.

Learning and testing share neither a firm nor a year: firms are dealt into folds by the SHA-256 of their id;
each fold is foretold at a late cut-off by models that saw only other firms at earlier cut-offs, whose
outcomes were all known by then. The models that score today's firms are then fitted to all cut-offs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

import numpy as np

from firmtrade.errors import DataError, Unanswerable, nearest
from firmtrade.support.register.register import Register
from firmtrade.support.score.cutoffs import (
    Cutoffs,
    Event,
    Labelled,
    Window,
    at_risk,
    cutoffs,
    labelled,
)
from firmtrade.support.score.features import AGE, Array, Book, Features, features, read_book
from firmtrade.support.score.models import MODELS, fit
from firmtrade.support.score.quality import Quality, by_group, quality
from firmtrade.support.service.flags import Life, lives

FOLDS = 5
#: Events to learn from, below which there is no model.
LEAST = 50


@dataclass(frozen=True)
class Asked:
    """What is scored: the window, features switched off, and the seed of folds and trees."""

    window: Window = field(default_factory=Window)
    without: tuple[str, ...] = ()
    seed: int = 1
    folds: int = FOLDS


def ask(event: str, ahead: int, back: int, without: Sequence[str], seed: int) -> Asked:
    """What is asked for, from what somebody typed. DataError for an event that there is not."""
    if event not in ("start", "stop"):
        raise DataError(f"There is no score of '{event}': start or stop.{nearest(event, ('start', 'stop'))}")
    return Asked(Window(cast(Event, event), ahead, back), tuple(without), seed)


@dataclass(frozen=True)
class Reason:
    """What a feature adds to the log odds; `value` is the firm's own figure or code, None if not known."""

    feature: str
    value: float | str | None
    adds: float


@dataclass(frozen=True)
class FirmScore:
    """A firm's probabilities by model, and reasons by model, the largest first."""

    firm_id: str
    probability: Mapping[str, float]
    reasons: Mapping[str, tuple[Reason, ...]] = field(repr=False)


@dataclass(frozen=True)
class Scored:
    """All of it. `left_out` counts, by cut-off, firms that are not at risk or have no label, by reason.

    `without_accounts` of the scored firms have no item of accounts for the year of the score. `partly`: see
    `cutoffs.Labelled`, of those learnt from.
    """

    asked: Asked
    cutoffs: Cutoffs
    learnt: int
    events: int
    features: tuple[str, ...]
    quality: Mapping[str, Quality]
    scores: tuple[FirmScore, ...]
    left_out: Mapping[int, Mapping[str, int]]
    without_accounts: int
    partly: int = 0

    def band(self, score: FirmScore, model: str) -> str:
        """low, middle or high: below half the base rate, above twice it. A convention of ours."""
        base, p = self.quality[model].base, score.probability[model]
        return "low" if p < base / 2 else "high" if p > 2 * base else "middle"


def score(register: Register, day: date, asked: Asked | None = None) -> Scored:
    """Score the firms that may still start (or stop) at the last year of trade on record before `day`.

    Raises DataError where too few years are on record, Unanswerable where too few events are.
    """
    asked = asked or Asked()
    known = lives(register, "score")
    first = min((min(life.flags) for life in known.values() if life.flags), default=None)
    last = register.horizon(day)
    if first is None or last is None:
        raise DataError("The register has no year of trade yet: import exports first.")
    return score_lives(known, read_book(register, "score"), cutoffs(first, last, asked.window), asked)


def score_lives(firms: Mapping[str, Life], book: Book, when: Cutoffs, asked: Asked) -> Scored:
    """The score, of what was read from a register."""
    _known_features(book, asked.without)
    learn = labelled(firms, when.learn, asked.window)
    test = labelled(firms, (when.test,), asked.window)
    if sum(learn.happened) < LEAST or not any(test.happened):
        raise Unanswerable(
            f"There are {sum(learn.happened)} events to learn from and {sum(test.happened)} to be tested on; "
            f"a score needs {LEAST} to learn from. Wait for more years, or take a longer --ahead."
        )
    found = _tested(book, learn, test, asked)
    every = labelled(firms, range(when.learn[0], when.test + 1), asked.window)
    open_ones, out = _to_score(firms, when.score, asked.window)
    rows = features(book, open_ones, [when.score] * len(open_ones), asked.without)
    scores = _scores(open_ones, rows, features(book, every.firms, every.years, asked.without), every, asked)
    items = [name for name in book.items if name in rows.names]
    bare = ~np.isfinite(rows.numbers[:, [rows.names.index(name) for name in items]]).any(axis=1)
    left = {**learn.left_out, **every.left_out, when.score: out}
    return Scored(asked, when, len(learn.firms), sum(learn.happened), rows.every, found, scores, left,
                  int(bare.sum()) if items else len(open_ones), learn.partly)  # fmt: skip


def _known_features(book: Book, without: Sequence[str]) -> None:
    known = features(book, (), ()).every
    for name in without:
        if name not in known:
            raise DataError(f"There is no feature '{name}' to switch off.{nearest(name, known)}")


def fold(firm: str, seed: int, folds: int) -> int:
    """The fold that a firm is dealt into, whatever other firms there are."""
    return int(hashlib.sha256(f"{seed}|{firm}".encode()).hexdigest()[:12], 16) % folds


def _tested(book: Book, learn: Labelled, test: Labelled, asked: Asked) -> dict[str, Quality]:
    """Each model's quality on firms and years that it has not seen."""
    seen = features(book, learn.firms, learn.years, asked.without)
    new = features(book, test.firms, test.years, asked.without)
    mine = np.array([fold(firm, asked.seed, asked.folds) for firm in learn.firms])
    theirs = np.array([fold(firm, asked.seed, asked.folds) for firm in test.firms])
    was, happened = np.array(learn.happened), np.array(test.happened)
    found = {}
    for model in MODELS:
        p = np.empty(len(theirs))
        for number in range(asked.folds):
            rows = np.flatnonzero(mine != number)
            fitted = fit(model, seen.take(rows), was[rows], asked.seed)
            mark = np.flatnonzero(theirs == number)
            p[mark] = fitted.probability(new.take(mark))
        groups = [
            group
            for kind, codes in _groups(book, test).items()
            for group in by_group(p, happened, kind, codes)
        ]
        found[model] = replace(quality(p, happened), groups=tuple(groups))
    return found


def _groups(book: Book, test: Labelled) -> dict[str, list[str]]:
    """Codes of the tested firms by which quality is told, also where they are no features."""
    rows = features(book, test.firms, test.years)
    told = {
        name: ["unknown" if code is None else code for code in codes] for name, codes in rows.codes.items()
    }
    ages = rows.numbers[:, rows.names.index(AGE)]
    told[AGE] = ["unknown" if np.isnan(age) else _age(age) for age in ages]
    return told


def _age(age: float) -> str:
    """The age classes of the report."""
    return (
        "00-04"
        if age < 5
        else "05-09"
        if age < 10
        else "10-14"
        if age < 15
        else "15-19"
        if age < 20
        else "20+"
    )


def _to_score(lives: Mapping[str, Life], year: int, window: Window) -> tuple[list[str], dict[str, int]]:
    """(firms at risk at the year of the score, the others by reason)."""
    firms, out = [], dict[str, int]()
    for firm in sorted(lives):
        reason = at_risk(lives[firm], year, window)
        if reason:
            out[reason] = out.get(reason, 0) + 1
        else:
            firms.append(firm)
    return firms, out


def _scores(
    firms: Sequence[str], rows: Features, every: Features, known: Labelled, asked: Asked
) -> tuple[FirmScore, ...]:
    happened = np.array(known.happened)
    chance: dict[str, Array] = {}
    adds: dict[str, tuple[tuple[str, ...], Array]] = {}
    for model in MODELS:
        fitted = fit(model, every, happened, asked.seed)
        chance[model], adds[model] = fitted.probability(rows), fitted.reasons(rows)
    return tuple(
        FirmScore(firm, {model: float(p[place]) for model, p in chance.items()},
                  {model: _reasons(rows, place, *told) for model, told in adds.items()})
        for place, firm in enumerate(firms)
    )  # fmt: skip


def _reasons(rows: Features, place: int, names: Sequence[str], adds: Array) -> tuple[Reason, ...]:
    found = [Reason(name, _value(rows, place, name), float(adds[place, at])) for at, name in enumerate(names)]
    return tuple(sorted(found, key=lambda each: (-abs(each.adds), each.feature)))


def _value(rows: Features, place: int, name: str) -> float | str | None:
    if name in rows.codes:
        return rows.codes[name][place]
    value = float(rows.numbers[place, rows.names.index(name)])
    return None if np.isnan(value) else value
