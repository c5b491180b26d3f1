"""Impact: power first, a specification before outcomes, effects by hand, and the word that is withheld."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmtrade.errors import DataError
from firmtrade.estimate.learning.did import group_time_effects
from firmtrade.estimate.learning.events import aggregate
from firmtrade.estimate.learning.trends import Wald
from firmtrade.estimate.learning.wide import NEVER, Wide
from firmtrade.support.impact.arms import arms
from firmtrade.support.impact.compare import DESIGN, compared, pooled
from firmtrade.support.impact.cost import Spent, per_additional, spent
from firmtrade.support.impact.cost import told as cost_told
from firmtrade.support.impact.judge import ASSOCIATION, IMPACT, family, judge, may_say, p_value, said
from firmtrade.support.impact.opening import open_outcomes, openings, planned
from firmtrade.support.impact.outcomes import outcome, records
from firmtrade.support.impact.power import detectable_mean, detectable_share, sample_size
from firmtrade.support.impact.specification import Specification, from_entries, read, store, stored
from firmtrade.support.impact.spill import owners, spill
from firmtrade.support.register import Register
from support_impact import ASKED, ROWS, drawn, estimate
from support_register import exports, firms, register

DAY = date(2024, 3, 1)
GRANT = Specification("Does the grant help?", ("GRANT",), horizon=2, least=10)


# -- power --


@pytest.mark.parametrize(
    ("one", "other", "needed"), [(0.073, 0.10, 1700), (0.073, 0.146, 286), (0.06, 0.08, 2554)]
)
def test_firms_that_a_difference_of_shares_needs(one: float, other: float, needed: int) -> None:
    assert round(sample_size(one, other)) == needed
    assert sample_size(other, one) == pytest.approx(sample_size(one, other))


def test_the_smallest_effect_is_the_sample_size_turned_round() -> None:
    found = detectable_share(0.073, 1700, 1700)
    assert found is not None and round(sample_size(0.073, 0.073 + found)) == 1700
    fewer = detectable_share(0.073, 1700, 300)
    assert fewer is not None and fewer > found
    assert detectable_share(0.5, 3, 3) is None and detectable_share(0.1, 0, 50) is None
    # two means: 2.80 standard errors (Bloom 1995)
    assert detectable_mean(2.0, 50, 50) == pytest.approx(2.801585 * 2 * (2 / 50) ** 0.5, abs=1e-5)


# -- what is fixed beforehand --


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Register]:
    with register(tmp_path / "a.db") as made:
        made.add("measures", id="GRANT", title="Grant", type="financial", state_aid="de-minimis",
                 valid_from="2010-01-01")  # fmt: skip
        for year in (2018, 2019):
            made.add(
                "calls", id=f"C{year}", measure_id="GRANT", opens=f"{year}-02-01", selection="first-come"
            )
        yield made


def applied(book: Register, firm: str, year: int, decision: str, given: bool = True, **cost: Any) -> None:
    name = f"{firm}-{year}"
    book.add(
        "applications",
        id=name,
        firm_id=firm,
        call_id=f"C{year}",
        measure_id="GRANT",
        decision=decision,
        received_at=f"{year}-02-03T09:00:00",
        decided_at=f"{year}-03-01",
    )
    if decision == "granted" and given:
        book.add("support", id=name, firm_id=firm, measure_id="GRANT", started=f"{year}-06-01", **cost)


def call(book: Register, size: int = 12, first: int = 0, year: int = 2018) -> None:
    """A call: granted firms export from the grant on, of the refused every third does from a year later."""
    names = [f"G{first + i:02d}" for i in range(size)] + [f"R{first + i:02d}" for i in range(size)]
    firms(book, *names, founded_on="2000-01-01")
    for i, name in enumerate(names):
        won = name.startswith("G")
        late = f"0{'1' if i % 2 else '0'}00"  # some exported before, so that trends can be checked
        exports(book, name, f"{late}0{'1111' if won else '0111' if i % 3 == 0 else '0000'}", year + 3)
        applied(
            book,
            name,
            year,
            "granted" if won else "refused",
            amount_granted=1000,
            granted_on=f"{year}-03-01",
            cost_to_agency=200,
        )


def test_the_hash_is_of_everything_that_is_fixed() -> None:
    text = GRANT.text
    assert json.loads(text)["measures"] == ["GRANT"] and read(text) == GRANT
    assert GRANT.hash == hashlib.sha256(text.encode()).hexdigest() and GRANT.id == f"spec-{GRANT.hash[:12]}"
    assert (
        len(
            {
                replace(GRANT, **change).id
                for change in (
                    {},
                    {"horizon": 3},
                    {"outcome": "regular"},
                    {"p": 0.1},
                    {"matters": 0.05},
                    {"question": "Does it?"},
                )
            }
        )
        == 6
    )
    assert from_entries({"question": "q", "measures": ["M"], "matters": 1}, "x").id == from_entries(
        {"matters": 1.0, "measures": ["M"], "question": "q"}, "x").id  # fmt: skip


WRONG = [
    ({"outcome": "expoting"}, "'expoting' is no outcome.* Did you mean 'exporting'"),
    ({"comparison": "refusd"}, "Did you mean 'refused'"),
    ({"comparison": "draw"}, "names a draw"),
    ({"covariates": ["sector"]}, "no covariate"),
    ({"horizon": "3"}, "not of the right kind"),
    ({"matters": True}, "not of the right kind"),
    ({"measures": "GRANT"}, "not of the right kind"),
    ({"horzon": 3}, "'horzon' is not known. Did you mean 'horizon'"),
    ({"lead": 1}, "lead 2 or more"),
]


@pytest.mark.parametrize(("change", "reason"), WRONG)
def test_a_specification_that_cannot_be_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        from_entries({"question": "q", "measures": ["GRANT"], **change}, "spec.toml")


def test_what_the_register_does_not_have_is_refused(book: Register) -> None:
    for change, reason in (({"measures": ("GRNT",)}, "Did you mean "
                                                     "'GRANT'"), ({"calls": ("C17",)}, "no call of"),
                           ({"comparison": "draw", "draw": "D"}, "no draw 'D'")):  # fmt: skip
        with pytest.raises(DataError, match=reason):
            store(book, replace(GRANT, **change))
    with pytest.raises(DataError, match="no supported firm"):
        planned(book, GRANT)


def test_outcomes_open_for_a_stored_specification_only_and_every_opening_is_kept(book: Register) -> None:
    call(book)
    with pytest.raises(DataError, match="no stored specification 'spec-1'"):
        open_outcomes(book, "spec-1", DAY)
    kept = store(book, GRANT)
    assert kept.fresh and kept.known_until == 2021 and not store(book, GRANT).fresh
    assert stored(book, kept.id[:9]).specification == GRANT
    first = open_outcomes(book, kept.id, DAY)
    again = open_outcomes(book, kept.id, DAY)
    assert (first.number, again.number, book.count("openings")) == (1, 1, 1)
    exports(book, "G00", "0", 2022)
    assert open_outcomes(book, kept.id, DAY).number == 2
    ((row, asked), _) = openings(book)
    assert asked == GRANT and json.loads(row["result"])["specification"]["hash"] == GRANT.hash


def test_nobody_changes_a_specification(book: Register) -> None:
    import sqlalchemy as sa

    kept = store(book, GRANT)
    with pytest.raises(DataError, match="never changed"):
        book.change("specifications", kept.id, 1, question="Another?")
    for statement in ("update specifications set spec = '{}', version = 2", "delete from specifications"):
        with pytest.raises(DataError, match=r"never changed|is kept"), book.transaction() as connection:
            connection.execute(sa.text(statement))
    with pytest.raises(DataError, match="not the SHA-256 of spec"):
        book.add("specifications", id="spec-x", question="q", spec="{}", spec_hash="0")


def test_a_specification_after_a_look_is_no_test(book: Register) -> None:
    call(book)
    early = store(book, GRANT)
    open_outcomes(book, early.id, DAY)
    late = store(book, replace(GRANT, horizon=1))
    made = open_outcomes(book, late.id, DAY)
    assert made.judged is not None and made.judged.word == ASSOCIATION
    assert "had been opened 1 times when it was stored" in made.judged.withheld
    assert made.tries == 2 and made.p_family == pytest.approx(min(1, 2 * made.p)) and made.cost is None


# -- who is compared --


def test_applicants_of_a_year_are_compared_among_each_other(book: Register) -> None:
    firms(book, *"ABCDEFGH")
    applied(book, "A", 2018, "granted")
    applied(book, "B", 2018, "refused")
    applied(book, "C", 2018, "waiting")
    applied(book, "D", 2018, "withdrawn")
    applied(book, "E", 2018, "refused")
    applied(book, "E", 2019, "granted")
    applied(book, "F", 2019, "refused")
    applied(book, "G", 2019, "granted", given=False)
    book.add("support", id="H0", firm_id="H", measure_id="GRANT", started="2015-01-01")
    applied(book, "H", 2019, "granted")
    found = arms(book, GRANT)
    assert [(pool.year, pool.supported, pool.others) for pool in found.pools] == [
        (2018, ("A",), ("B", "C", "E")), (2019, ("E", "G"), ("F",))]  # fmt: skip
    assert found.starts["E"] == 2019  # a comparison of 2018 until then
    assert found.left_out == {"application withdrawn": 1, "had the support before": 1}
    assert found.took_up == pytest.approx(2 / 3) and found.crossed == 1
    only = arms(book, replace(GRANT, calls=("C2019",)))
    assert [pool.year for pool in only.pools] == [2019]
    assert arms(book, replace(GRANT, comparison="firms")).supported == {"A", "E", "H"}
    assert arms(book, replace(GRANT, comparison="later")).compared == {"A", "E", "H"}


def test_outcomes_of_firms_that_end_begin_and_are_not_known(book: Register) -> None:
    firms(book, "A", founded_on="2018-04-01", ended_on="2020-12-31")
    firms(book, "B", "C")
    exports(book, "A", "111", 2020)
    exports(book, "B", "11?1111", 2022)
    exports(book, "C", "1111110", 2022)
    book.add_many(
        "accounts", [{"firm_id": "B", "year": 2020, "item": "employment", "value": value} for value in (8,)]
    )
    found = records(book, 2022, ("log:employment",))
    nan = np.nan
    assert outcome(found, ["A", "B"], "exporting") == pytest.approx(
        np.array([[nan, nan, 1, 1, 1, 0, 0], [1, 1, nan, 1, 1, 1, 1]]), nan_ok=True
    )
    assert outcome(found, ["A", "B", "C"], "regular") == pytest.approx(np.array([
        [nan, nan, 0, 0, 0, 0, 0], [nan, nan, nan, nan, nan, nan, 1], [nan, nan, nan, 1, 1, 1, 0]]),
        nan_ok=True)  # fmt: skip
    assert outcome(found, ["B"], "log:employment")[0, 4] == pytest.approx(np.log(8))
    with pytest.raises(DataError, match="Did you mean 'employment'"):
        records(book, 2022, ("log:emploiment",))


# -- effects --


def wide(outcomes: list[list[float]], start: list[float]) -> Wide:
    n = len(outcomes)
    years = np.arange(2010, 2010 + len(outcomes[0]))
    return Wide(np.array([f"F{i}" for i in range(n)]), years, np.array(outcomes, dtype=float),
                np.array(start, dtype=float), np.empty((0, n, len(years))), (), np.arange(n))  # fmt: skip


def test_an_effect_of_two_pools_by_hand() -> None:
    """F2 is refused in 2011 and granted in 2012: a comparison of the first pool until then."""
    made = wide(
        [[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 1, 0]],
        [2011, 2011, 2012, NEVER, NEVER],
    )
    pools = [(2011, np.array([0, 1]), np.array([2, 3])), (2012, np.array([2]), np.array([4]))]
    found = pooled(made, pools, DESIGN)
    cells = {(each.group, each.time): each for each in found.cells}
    # group 2011, base 2010: F0 0,+1,+1 and F1 0,0,+1 against F2 0 (until 2011), F3 -1
    assert cells[2011, 2011].att == pytest.approx(0.0 - (-0.5))
    assert cells[2011, 2012].att == pytest.approx(0.5 - (-1.0))  # F3 alone is left
    assert cells[2011, 2013].att == pytest.approx(1.0 - (-1.0))
    # group 2012, base 2011: F2 against F4
    assert cells[2012, 2012].att == pytest.approx(0.0) and cells[2012, 2013].att == pytest.approx(
        1.0 - (-1.0)
    )
    average = aggregate(found, "simple").overall
    assert average.att == pytest.approx((2 * 0.5 + 2 * 1.5 + 2 * 2 + 0 + 2) / 8)
    assert average.treated == 3 and average.firms == 5


def test_one_pool_is_the_usual_comparison_errors_and_all() -> None:
    rng = np.random.default_rng(4)
    start = np.where(np.arange(60) < 25, 2013.0, NEVER)
    made = wide(
        (rng.normal(0, 1, (60, 6)) + 0.3 * (np.arange(6) >= 3) * (start == 2013)[:, None]).tolist(),
        start.tolist(),
    )
    one = aggregate(pooled(made, [(2013, np.arange(25), np.arange(25, 60))], DESIGN), "dynamic")
    other = aggregate(group_time_effects(made, DESIGN), "dynamic")
    for mine, theirs in zip(one.parts, other.parts, strict=True):
        assert (mine.att, mine.std_error) == pytest.approx((theirs.att, theirs.std_error), abs=1e-12)


def test_a_firm_in_two_pools_counts_once_in_the_error() -> None:
    """The second pool repeats the first: no information is added, so no error falls."""
    rng = np.random.default_rng(9)
    made = wide(rng.normal(0, 1, (40, 4)).tolist(), [2012.0] * 15 + [NEVER] * 25)
    one = [(2012, np.arange(15), np.arange(15, 40))]
    single, double = (aggregate(pooled(made, pools, DESIGN), "simple").overall for pools in (one, one + one))
    assert double.att == pytest.approx(single.att) and double.std_error == pytest.approx(single.std_error)


@pytest.mark.parametrize("row", ROWS)
def test_the_recovery_table(row: str) -> None:
    """Random, on level, on growth (research note, 2.4). 40 seeds: benchmarks/impact_recovery.py."""
    made = [(panel, estimate(panel)) for panel in (drawn(row, seed) for seed in range(6))]
    off = np.mean([found.average.att - panel.truth for panel, found in made])
    naive = np.mean([found.untrusted.difference - panel.truth for panel, found in made])
    covered = [found.average.low <= panel.truth <= found.average.high for panel, found in made]
    words = [judge(found, ASKED).word for _, found in made]
    # of 40 panels: covered 0.97, 0.90 and 0; the word withheld in 1, 3 and 40
    if row == "growth":
        assert off > 0.1 and not any(covered) and words == [ASSOCIATION] * 6
        assert all(found.joint.p < 1e-6 for _, found in made)
    else:
        assert abs(off) < 0.02 and sum(covered) >= 5 and words.count(IMPACT) >= 5
        assert naive > (0.8 if row == "level" else 0.03)
    assert np.mean([found.untrusted.before_after - panel.truth for panel, found in made]) > 0.06


def test_the_same_figures_whatever_the_order_of_the_firms() -> None:
    panel = drawn("level", 3, firms=400)
    order = np.random.default_rng(2).permutation(400)
    one, other = estimate(panel), estimate(replace(panel, wide=panel.wide.take(order)))
    assert other.average.att == pytest.approx(one.average.att, abs=1e-12)
    assert other.joint.p == pytest.approx(one.joint.p, abs=1e-9)


# -- the word --


def found_of(joint: Wald = Wald(2.0, 3, 0.57, 900), **average: Any) -> Any:  # noqa: B008
    base = estimate(drawn("random", 1, firms=300))
    return replace(base, joint=joint, average=replace(base.average, **average))


JUDGED = [  # (test before, placebos, opened before, firms, comparison): word, level
    (0.57, {}, 0, 200, "refused", IMPACT, 3),
    (0.04, {}, 0, 200, "refused", ASSOCIATION, 2),
    (0.04, {"log:x": 0.5}, 0, 200, "refused", ASSOCIATION, 2),  # more checks do not make it pass
    (0.57, {"log:x": 0.04}, 0, 200, "refused", ASSOCIATION, 2),
    (0.57, {"log:x": 0.04, "log:y": 0.5}, 0, 200, "refused", IMPACT, 3),  # the others share 5 %
    (0.57, {"log:x": 0.02, "log:y": 0.5}, 0, 200, "refused", ASSOCIATION, 2),
    (None, {}, 0, 200, "refused", ASSOCIATION, 2),  # nothing could be checked
    (None, {"log:x": 0.5}, 0, 200, "refused", IMPACT, 3),
    (0.57, {}, 1, 200, "refused", ASSOCIATION, 3),
    (0.57, {}, 0, 29, "refused", ASSOCIATION, 3),
    (0.57, {}, 0, 200, "draw", IMPACT, 5),
    (0.01, {}, 0, 200, "draw", ASSOCIATION, 4),
]


@pytest.mark.parametrize(("p", "others", "before", "treated", "comparison", "word", "level"), JUDGED)
def test_the_word_needs_every_check(
    p: float | None,
    others: dict[str, float],
    before: int,
    treated: int,
    comparison: Any,
    word: str,
    level: int,
) -> None:
    test = Wald(np.nan, 0, np.nan, 0) if p is None else Wald(1.0, 3, p, 500)
    asked = Specification("q", ("M",), comparison=comparison, draw="D" if comparison == "draw" else "")
    found = replace(found_of(test, treated=treated, firms=500), observed={"supported": 0.97, "others": 0.95})
    judged = judge(found, asked, {name: Wald(1.0, 3, each, 500) for name, each in others.items()}, before)
    assert (judged.word, judged.level) == (word, level)
    assert bool(judged.withheld) == (word == ASSOCIATION)


def test_an_effect_that_may_be_none_is_called_no_impact() -> None:
    """Every check holds and the interval contains 0: the design would allow the word, the figure does not."""
    asked = Specification("q", ("M",), outcome="log:sales")
    for low, high, head, listed in (
        (0.01, 0.05, "Impact, level 3.", IMPACT),
        (-0.01, 0.05, "No impact that can be told from none, level 3.", "no impact shown"),
    ):
        found = found_of(att=0.02, low=low, high=high)
        judged = judge(found, asked)
        assert judged.word == IMPACT and said(found, asked, judged).startswith(head)
        assert may_say(judged.word, low, high) == listed
    assert may_say(ASSOCIATION, -1, 1) == ASSOCIATION and may_say(None, None, None) == ""


def test_a_lottery_with_gaps_is_no_level_five() -> None:
    asked = Specification("q", ("M",), comparison="draw", draw="D")
    found = replace(found_of(), observed={"supported": 0.97, "others": 0.80})
    assert judge(found, asked).level == 4


def test_the_outcome_is_looked_for_on_both_sides_in_the_same_year() -> None:
    """A lottery of 2012 over two years: what nobody knows of 2017 is no gap at its horizon."""
    from firmtrade.support.impact.estimate import _observed

    wide = drawn("random", 1, firms=100).wide
    start = np.where(np.arange(100) < 50, 2012.0, np.inf)
    outcome = np.zeros(wide.outcome.shape)
    outcome[50:, -1] = np.nan
    seen = _observed(replace(wide, start=start, outcome=outcome), 2)
    assert seen == {"supported": 1.0, "others": 1.0}
    outcome[60:, 4] = np.nan  # 2014
    assert _observed(replace(wide, start=start, outcome=outcome), 2)["others"] == pytest.approx(0.2)
    assert np.isnan(_observed(replace(wide, start=start, outcome=outcome), 9)["supported"])


def test_checks_cannot_be_made_laxer() -> None:
    with pytest.raises(DataError, match=r"p from 0\.05"):
        Specification("q", ("M",), p=0.001)


def test_below_the_least_number_there_are_counts_only(book: Register) -> None:
    call(book, size=8)
    made = open_outcomes(book, store(book, GRANT).id, DAY)
    assert made.found is None and made.judged is None and made.cost is None
    assert "No estimate: 8 supported firms and 8" in made.sentence


def test_first_exports_need_another_outcome_to_check(book: Register) -> None:
    """No firm exported before: exporting cannot differ, so that nothing is checked, until accounts are."""
    names = [f"{side}{i:02d}" for side in "GR" for i in range(15)]
    firms(book, *names, founded_on="2000-01-01")
    for i, name in enumerate(names):
        won = name[0] == "G"
        exports(book, name, "00000" + ("1111" if won and i % 2 else "0000"), 2021)
        applied(book, name, 2018, "granted" if won else "refused")
        book.add_many("accounts", [
            {"firm_id": name, "year": year, "item": "employment", "value": 5 + (i * 7 + year * year) % 11}
            for year in range(2013, 2022)])  # fmt: skip
    alone = open_outcomes(book, store(book, GRANT).id, DAY)
    assert alone.judged is not None and alone.judged.word == ASSOCIATION
    assert "nothing could have differed" in alone.judged.withheld
    with_check = replace(GRANT, checks=("log:employment",), question="Again, with accounts")
    made = open_outcomes(book, store(book, with_check).id, DAY)
    assert made.judged is not None and made.judged.checks[-1].holds == "yes"


def test_p_values() -> None:
    assert p_value(1.959964, 1.0) == pytest.approx(0.05, abs=1e-6) and p_value(0.0, 1.0) == 1.0
    assert family(0.03, 3) == pytest.approx(0.09) and family(0.5, 4) == 1.0 and family(0.2, 0) == 0.2


# -- cost, spill-over, displacement --


def test_the_cost_of_one_more_is_bounded_by_the_effect() -> None:
    paid = Spent(100_000.0, 40, 0, 40)
    sure = per_additional(paid, 0.10, 0.05, 0.20, 100)
    assert (sure.additional, sure.cost, sure.low, sure.high) == pytest.approx((10, 10_000, 5_000, 20_000))
    open_ended = per_additional(paid, 0.10, -0.02, 0.20, 100)
    assert open_ended.high is None and "without limit: the effect may be none" in cost_told(open_ended)
    none = per_additional(paid, -0.01, -0.05, -0.001, 100)
    assert none.cost is None and none.low is None and "no additional one" in cost_told(none)


def test_the_cost_is_of_the_supported_firms_up_to_the_horizon(book: Register) -> None:
    firms(book, "A", "B")
    book.add(
        "support",
        id="1",
        firm_id="A",
        measure_id="GRANT",
        started="2018-05-01",
        granted_on="2018-04-01",
        amount_granted=1000,
        amount_paid=800,
        cost_to_agency=50,
    )
    book.add("support", id="2", firm_id="A", measure_id="GRANT", started="2020-05-01", cost_to_agency=70)
    book.add("support", id="3", firm_id="A", measure_id="GRANT", started="2022-05-01", cost_to_agency=9999)
    book.add("support", id="4", firm_id="A", measure_id="GRANT", started="2019-05-01")
    book.add("support", id="5", firm_id="B", measure_id="GRANT", started="2018-05-01", cost_to_agency=9999)
    assert spent(book, ("GRANT",), {"A": 2018}, 2) == Spent(920.0, 3, 1, 1)


def test_the_effect_and_its_cost_of_a_small_call(book: Register) -> None:
    call(book, size=24)
    asked = replace(GRANT, checks=())
    made = open_outcomes(book, store(book, asked).id, DAY)
    assert made.found is not None and made.found.at_horizon is not None and made.judged is not None
    # granted: all export in year 2 after the grant; refused: every third does
    refused = sum(i % 3 == 0 for i in range(24, 48)) / 24
    assert made.found.at_horizon.att == pytest.approx(1 - refused)
    assert made.judged.word == IMPACT and made.cost is not None
    assert made.cost.spent.total == 24 * 1200 and made.cost.cost == pytest.approx(
        24 * 1200 / (24 * (1 - refused))
    )


def test_linked_firms_are_counted_and_left_out_for_a_second_estimate(book: Register) -> None:
    call(book, size=24)
    book.add("links", firm_id="R03", partner="G01", kind="cluster", since="2017-01-01")
    book.add("undertakings", id="U1", name="Group")
    for firm in ("G02", "R06"):
        book.add("members", undertaking_id="U1", firm_id=firm, since="2010-01-01")
    asked = replace(GRANT)
    who, groups = arms(book, asked), owners(book)
    found = spill(book, records(book, 2021, ()), who, groups)
    assert found.linked == ("R03", "R06")
    assert any("2 comparison firms" in said for said in found.warnings())
    made = open_outcomes(book, store(book, asked).id, DAY)
    assert made.unlinked is not None and made.unlinked.firms == 46
    assert compared(records(book, 2021, ()), who, asked, owners=groups).wide.owners.max() == 46


def test_crowded_places_and_displacement_are_warned_of(book: Register) -> None:
    call(book, size=12)
    for i in range(12):
        for side in "GR":
            book.change("firms", f"{side}{i:02d}", 1, activity="25.62", region="BE2")
    found = spill(book, records(book, 2021, ()), arms(book, GRANT), {})
    assert found.crowded == (("25", "BE2", 12, 24),) and found.displacing == (("25", 12, 16),)
    assert [said.split(":")[0] for said in found.warnings()][:2] == ["Spill-over", "Displacement"]
    assert "no gain of the region" in found.warnings()[-1]
