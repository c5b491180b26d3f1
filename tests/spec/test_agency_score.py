"""The exporting score: what is foretold, from what, how well, and why; it ranks nobody."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmtrade.errors import DataError, Unanswerable
from firmtrade.support.score import scoring, told
from firmtrade.support.score.cutoffs import Window, at_risk, cutoffs, label, labelled
from firmtrade.support.score.features import Book, Features, features, read_book
from firmtrade.support.score.models import MODELS, Logit, Trees, fit
from firmtrade.support.score.quality import area, average_precision, by_group, calibration, quality
from firmtrade.support.score.scoring import Asked, Scored, fold, score, score_lives
from firmtrade.support.service.flags import Life
from firmtrade.support.service.segment import population
from firmtrade.support.stages import flags_of
from support_register import exports, firms, register

YEARS = tuple(range(2010, 2022))


def life(pattern: str, last: int = 2019, founded: int | None = None, ended: int | None = None) -> Life:
    return Life(flags_of(pattern, last), founded, ended)


# -- what is foretold --

START = [  # flags of 2013 to 2019, cut-off 2016, three years back and ahead: (reason, label)
    ("0000000", {}, "", "no"),
    ("0000100", {}, "", "yes"),
    ("0000?1?", {}, "", "yes"),
    ("0000?00", {}, "", "unknown"),
    ("0001000", {}, "exports", None),
    ("0010000", {}, "exported before", None),
    ("?000000", {}, "not known before", None),
    ("000?000", {}, "not known", None),
    ("???0000", {"founded": 2016}, "", "no"),
    ("0000000", {"founded": 2017}, "not there", None),
    ("0000???", {"ended": 2017}, "", "unknown"),
    ("00000??", {"ended": 2017}, "", "no"),  # a firm that has ended does not export
    ("0000000", {"ended": 2016}, "not there", None),
]


@pytest.mark.parametrize(("pattern", "more", "reason", "happened"), START)
def test_a_first_export_is_foretold_of_firms_known_not_to_have_exported(
    pattern: str, more: dict[str, int], reason: str, happened: str | None
) -> None:
    found = life(pattern, **more)
    assert at_risk(found, 2016, Window()) == reason
    if happened is not None:
        assert label(found, 2016, Window()) == happened


def test_an_export_long_ago_makes_a_start_no_first_one() -> None:
    assert at_risk(life("10000000000"), 2019, Window()) == "exported before"


@pytest.mark.parametrize(
    ("pattern", "happened"), [("1111", "no"), ("1101", "yes"), ("11?1", "unknown"), ("1?0?", "yes")]
)
def test_a_stop_is_a_known_year_without(pattern: str, happened: str) -> None:
    window = Window("stop")
    assert at_risk(life(pattern), 2016, window) == ""
    assert label(life(pattern), 2016, window) == happened
    assert at_risk(life("0000"), 2016, window) == "does not export"


def test_the_unknown_are_left_out_and_counted() -> None:
    lives = {"A": life("0000000"), "B": life("0000100"), "C": life("00000?0"), "D": life("?000000")}
    found = labelled(lives, (2016,), Window())
    assert (found.firms, found.happened) == (("A", "B"), (False, True))
    assert found.left_out == {2016: {"not known before": 1, "outcome not known": 1}}
    more = labelled(lives | {"E": life("00001?0")}, (2016,), Window())
    assert more.firms == ("A", "B", "E") and (found.partly, more.partly) == (0, 1)  # E is kept, C was not


def test_what_is_learnt_was_known_when_it_is_tested() -> None:
    found = cutoffs(2010, 2021, Window())
    assert (found.learn, found.test, found.score) == ((2013, 2014, 2015), 2018, 2021)
    assert max(found.learn) + 3 <= found.test
    with pytest.raises(DataError, match=r"needs 10 years of trade on record.* there are 9"):
        cutoffs(2013, 2021, Window())
    assert cutoffs(2010, 2016, Window("stop")).learn == (2010,)


# -- from what --


def drawn(n: int = 1500, signal: float = 1.5, seed: int = 3) -> tuple[dict[str, Life], Book]:
    """Firms whose chance of a first export rises with the item `strength`; the item `noise` says nothing."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(0, 0.4, (n, len(YEARS))) + rng.normal(0, 1, (n, 1))
    noise = rng.normal(0, 1, (n, len(YEARS)))
    chance = rng.random((n, len(YEARS)))
    starts = chance < 1 / (1 + np.exp(4.2 - signal * strength))
    lives = {}
    for i in range(n):
        began = starts[i].argmax() if starts[i].any() else len(YEARS)
        lives[f"F{i:04d}"] = Life(
            {year: "yes" if at >= began else "no" for at, year in enumerate(YEARS)}, 1990
        )
    strength[rng.random(strength.shape) < 0.1] = np.nan
    codes = {
        "activity": tuple(rng.choice(["10", "20", None], n)),
        "region": tuple(rng.choice(["BE1", "BE2"], n)),
    }
    items = {"noise": noise, "strength": strength}
    return lives, Book(tuple(sorted(lives)), YEARS, items, np.full(n, 1990.0), codes)


@pytest.fixture(scope="module")
def scored() -> Scored:
    lives, book = drawn()
    return score_lives(lives, book, cutoffs(2010, 2021, Window()), Asked())


def test_features_are_of_the_cut_off_year_and_no_other() -> None:
    _, book = drawn(40)
    rows = features(book, book.firms, [2015] * 40)
    changed = {name: values.copy() for name, values in book.items.items()}
    for values in changed.values():
        values[:, [at for at, year in enumerate(YEARS) if year != 2015]] = 1e9
    again = features(replace(book, items=changed), book.firms, [2015] * 40)
    assert np.array_equal(rows.numbers, again.numbers, equal_nan=True)
    assert rows.every == ("noise", "strength", "age", "activity", "region")
    assert rows.numbers[0, 2] == 25.0
    assert np.isnan(features(book, book.firms[:1], [1999]).numbers[0, 0])


def test_accounts_of_the_register_and_their_ratios(tmp_path: Path) -> None:
    with register(tmp_path / "a.db") as made:
        firms(made, "A", "B", founded_on="2001-05-17", activity="25.110", region="BE212")
        made.add_many(
            "accounts",
            [
                {"firm_id": "A", "year": 2020, "item": "turnover", "value": 500},
                {"firm_id": "A", "year": 2020, "item": "employment", "value": 4},
                {"firm_id": "A", "year": 2020, "item": "equity", "value": -30},
                {"firm_id": "B", "year": 2020, "item": "turnover", "value": 10},
                {"firm_id": "B", "year": 2020, "item": "employment", "value": 0},
            ],
            origin="public-accounts",
        )
        rows = features(read_book(made, "test"), ["A", "B"], [2020, 2020], without=("region",))
    told_of = dict(zip(rows.names, rows.numbers.T, strict=True))
    assert told_of["equity"].tolist()[0] == -30 and np.isnan(told_of["equity"][1])
    assert told_of["turnover-per-head"][0] == 125 and np.isnan(told_of["turnover-per-head"][1])
    assert rows.codes == {"activity": ("25", "25")} and told_of["age"].tolist() == [19, 19]


# -- how well --


def test_the_order_is_found_where_there_is_one(scored: Scored) -> None:
    for found in scored.quality.values():
        assert found.auc - 3 * found.auc_error > 0.6
        assert found.average_precision > 1.5 * found.base and found.skill > 0
    assert 0.6 < scored.quality["logistic"].slope < 1.5


def test_labels_that_are_shuffled_cannot_be_foretold() -> None:
    """A feature that knew the label of its own row would still order them."""
    lives, book = drawn(seed=5)
    mixed = dict(zip(sorted(lives), np.random.default_rng(1).permutation(list(lives.values())), strict=True))
    found = score_lives(mixed, book, cutoffs(2010, 2021, Window()), Asked())
    for each in found.quality.values():
        assert abs(each.auc - 0.5) < 3 * each.auc_error


def test_no_firm_and_no_year_is_learnt_from_and_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    lives, book = drawn(400)
    seen: list[tuple[set[str], set[str]]] = []
    labels: dict[int, tuple[str, ...]] = {}
    real_features, real_fit = scoring.features, scoring.fit

    class Marked(Features):
        firms: tuple[str, ...] = ()

        def take(self, rows: Any) -> Features:
            part = super().take(rows)
            labels[id(part)] = tuple(self.firms[i] for i in rows)
            self.kept = [*getattr(self, "kept", []), part]  # so that ids stay theirs
            return part

    def mark(book: Book, firms: Any, years: Any, without: Any = ()) -> Features:
        plain = real_features(book, firms, years, without)
        found = Marked(plain.names, plain.numbers, plain.codes)
        object.__setattr__(found, "firms", tuple(firms))
        return found

    class Spied:
        def __init__(self, model: Any, learnt: set[str]) -> None:
            self.model, self.learnt = model, learnt

        def probability(self, rows: Features) -> Any:
            seen.append((self.learnt, set(labels.get(id(rows), ()))))
            return self.model.probability(rows)

        def reasons(self, rows: Features) -> Any:
            return self.model.reasons(rows)

    monkeypatch.setattr(Marked, "__setattr__", object.__setattr__)
    monkeypatch.setattr(scoring, "features", mark)
    monkeypatch.setattr(
        scoring,
        "fit",
        lambda name, rows, y, seed: Spied(real_fit(name, rows, y, seed), set(labels.get(id(rows), ()))),
    )
    monkeypatch.setattr(scoring, "LEAST", 10)
    score_lives(lives, book, cutoffs(2010, 2021, Window()), Asked())
    tested = [pair for pair in seen if pair[1]]
    assert len(tested) == 2 * 5
    assert all(learnt and not learnt & others for learnt, others in tested)


def test_a_firm_is_dealt_into_its_fold_whatever_others_there_are() -> None:
    folds = [fold(f"F{i}", 1, 5) for i in range(1000)]
    assert {folds.count(number) > 150 for number in range(5)} == {True}
    assert [fold(f"F{i}", 2, 5) for i in range(1000)] != folds


def test_the_same_digits_whatever_the_order_of_the_firms(scored: Scored) -> None:
    lives, book = drawn()
    other = dict(sorted(lives.items(), reverse=True))
    again = score_lives(other, book, cutoffs(2010, 2021, Window()), Asked())
    assert again.quality == scored.quality and again.scores == scored.scores


def brute_area(p: list[float], y: list[bool]) -> float:
    pairs = [
        (a, b)
        for (a, one), (b, two) in itertools.product(zip(p, y, strict=True), repeat=2)
        if one and not two
    ]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def test_measures_against_the_obvious_computation() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="extra agency")
    rng = np.random.default_rng(8)
    p = np.round(rng.random(300) * 0.4, 2)  # with ties
    y = rng.random(300) < p
    auc, error = area(p, y)
    assert auc == pytest.approx(brute_area(p.tolist(), y.tolist()), abs=1e-12)
    assert average_precision(p, y) == pytest.approx(metrics.average_precision_score(y, p), abs=1e-12)
    draws = []
    for _ in range(400):
        rows = rng.integers(0, 300, 300)
        draws.append(area(p[rows], y[rows])[0])
    assert error == pytest.approx(np.std(draws), rel=0.15)  # the bootstrap of 400 is itself 4 % off
    found = quality(p, y, (50,))
    assert found.brier == pytest.approx(metrics.brier_score_loss(y, p), abs=1e-12)
    assert sum(each.firms for each in found.bins) == 300
    top = y[np.argsort(-p, kind="stable")[:50]]
    assert found.at[0].precision == top.mean() and found.at[0].lift == pytest.approx(top.mean() / y.mean())


def test_calibration_is_one_and_nought_where_it_is_perfect() -> None:
    p = np.repeat([0.1, 0.2, 0.5], 100)
    y = np.concatenate([np.arange(100) < 10, np.arange(100) < 20, np.arange(100) < 50]).astype(float)
    assert calibration(p, y) == pytest.approx((1.0, 0.0), abs=1e-9)
    odds = np.log(p / (1 - p))
    bold = 1 / (1 + np.exp(-2 * odds))  # foretells twice the log odds
    assert calibration(bold, y)[0] == pytest.approx(0.5, abs=1e-9)
    assert np.isnan(calibration(p, np.zeros(300))[0])


def test_groups_are_told_with_their_counts() -> None:
    p, y = np.linspace(0.01, 0.4, 200), np.arange(200) % 4 == 0
    small, large = by_group(p, y, "region", ["BE1"] * 20 + ["BE2"] * 180)
    assert (small.firms, small.events, small.auc, small.top) == (20, 5, None, 0.0)
    assert large.auc == pytest.approx(brute_area(p[20:].tolist(), y[20:].tolist())) and large.top == 1.0


# -- why --


def learnt(name: str) -> tuple[Any, Features]:
    lives, book = drawn(600)
    known = labelled(lives, (2013, 2014), Window())
    rows = features(book, known.firms, known.years)
    return fit(name, rows, np.array(known.happened), 1), rows


def test_the_reasons_of_the_logit_add_up_exactly() -> None:
    model, rows = learnt("logistic")
    assert isinstance(model, Logit)
    names, adds = model.reasons(rows)
    assert set(names) == set(rows.every)
    p = model.probability(rows)
    assert model.base + adds.sum(axis=1) == pytest.approx(np.log(p / (1 - p)), abs=1e-9)
    assert np.abs(adds.mean(axis=0)).max() < 1e-9  # against a firm that is average in all


def test_the_reasons_of_the_trees_are_what_one_feature_changes() -> None:
    model, rows = learnt("boosted")
    assert isinstance(model, Trees)
    names, adds = model.reasons(rows.take([0, 1, 2]))
    at = names.index("strength")
    usual = rows.take([0, 1, 2])
    numbers = usual.numbers.copy()
    numbers[:, rows.names.index("strength")] = np.nanmedian(rows.numbers[:, rows.names.index("strength")])
    p, other = (model.probability(each) for each in (usual, replace(usual, numbers=numbers)))
    assert adds[:, at] == pytest.approx(np.log(p / (1 - p)) - np.log(other / (1 - other)), abs=1e-9)


def test_an_item_that_nobody_has_changes_nothing() -> None:
    lives, book = drawn(500)
    bare = replace(book, items={**book.items, "nobody": np.full((500, len(YEARS)), np.nan)})
    found = score_lives(lives, bare, cutoffs(2010, 2021, Window()), Asked())
    plain = score_lives(lives, book, cutoffs(2010, 2021, Window()), Asked())
    for name in MODELS:
        assert found.quality[name].auc == pytest.approx(plain.quality[name].auc, abs=1e-9)


def test_features_can_be_switched_off_and_others_are_refused() -> None:
    lives, book = drawn(500)
    asked = Asked(without=("region", "activity"))
    found = score_lives(lives, book, cutoffs(2010, 2021, Window()), asked)
    assert found.features == ("noise", "strength", "age")
    assert {group.kind for group in found.quality["logistic"].groups} == {"activity", "region", "age"}
    with pytest.raises(DataError, match=r"no feature 'regions' to switch off\. Did you mean 'region'"):
        score_lives(lives, book, cutoffs(2010, 2021, Window()), Asked(without=("regions",)))


def test_too_few_events_are_no_model() -> None:
    lives, book = drawn(60)
    with pytest.raises(Unanswerable, match="a score needs 50 to learn from"):
        score_lives(lives, book, cutoffs(2010, 2021, Window()), Asked())


# -- it ranks nobody --


def test_firms_come_by_segment_and_id_and_not_by_score(tmp_path: Path, scored: Scored) -> None:
    with register(tmp_path / "a.db") as made:
        names = [each.firm_id for each in scored.scores[:6]]
        firms(made, *names)
        for name in names:
            exports(made, name, "0000", 2021)
        segments = {each.firm_id: each for each in population(made, date(2022, 3, 1))}
    pairs = told.chosen(scored, segments, ["ready", "not-asked"], "logistic")
    assert [one.firm_id for one, _ in pairs] == sorted(names)
    turned = replace(
        scored,
        scores=tuple(
            replace(each, probability={name: 1 - p for name, p in each.probability.items()})
            for each in scored.scores
        ),
    )
    assert [one.firm_id for one, _ in told.chosen(turned, segments, ["ready"], "logistic")] == sorted(names)


def test_the_card_says_what_it_is_for_and_what_was_left_out(scored: Scored) -> None:
    card = told.card(scored)
    assert "may well begin without help" in card["why_it_does_not_rank"] and "refus" in card["not_for"]
    assert card["dates"]["learnt_at"] == [2013, 2014, 2015] and card["dates"]["tested_at"] == 2018
    assert set(card["quality"]) == set(MODELS) and card["left_out"]["2018"]
    assert "do not add up" in card["reasons"]["boosted"] and len(card["limits"]) >= 3
    base = scored.quality["logistic"].base
    for each in scored.scores[:50]:
        p = each.probability["logistic"]
        assert scored.band(each, "logistic") == (
            "low" if p < base / 2 else "high" if p > 2 * base else "middle"
        )


def test_a_register_without_trade_has_no_score(tmp_path: Path) -> None:
    with register(tmp_path / "a.db") as made:
        firms(made, "A")
        with pytest.raises(DataError, match="no year of trade yet"):
            score(made, date(2024, 3, 1))
