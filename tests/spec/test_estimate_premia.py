"""Premia are what dummies and the formula of the clustered variance give, counted, in any order of rows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.estimate.dominance import ALIKE, CROSSES, DOMINATED, DOMINATES, DominanceSpec, dominance
from firmtrade.estimate.premia import Group, PremiaSpec, premia
from firmtrade.estimate.quantiles import quantile_premia
from support_premia import MODES, PREMIA, mode_panel

EFFECTS = (("industry", "year"), ("region",))
SPEC = PremiaSpec(("amount",), "mode", "none", ("size",), EFFECTS)


def by_dummies(frame, effects, terms):
    """Coefficients and clustered errors of `terms` with a column for each level of each effect."""
    frame = frame.sort_values(["firm", "year"])
    columns = [terms[name](frame) for name in terms]
    dummies = []
    for place, effect in enumerate(effects):
        key = frame[list(effect)].astype(str).agg("-".join, axis=1)
        levels = sorted(set(key))
        dummies += [(key == level).to_numpy(float) for level in levels[1 if place else 0 :]]
    x = np.column_stack([*columns, *dummies])
    y = np.log(frame["amount"].to_numpy())
    bread = np.linalg.pinv(x.T @ x, hermitian=True)  # a firm's industry never changes: redundant dummies
    beta = bread @ x.T @ y
    residual = y - x @ beta
    firms = frame["firm"].to_numpy()
    scores = np.array([x[firms == firm].T @ residual[firms == firm] for firm in sorted(set(firms))])
    nested = len(set(firms)) - 1 if ("firm",) in effects else 0
    rows, groups = len(y), len(scores)
    factor = (rows - 1) / (rows - (x.shape[1] - nested)) * groups / (groups - 1)
    variance = factor * bread @ (scores.T @ scores) @ bread
    return {name: (beta[at], variance[at, at] ** 0.5) for at, name in enumerate(terms)}


TERMS = {
    **{mode: (lambda frame, mode=mode: (frame["mode"] == mode).to_numpy(float)) for mode in sorted(PREMIA)},
    "size": lambda frame: np.log(frame["size"].to_numpy()),
}


@pytest.mark.parametrize("firm_effects", [False, True], ids=["pooled", "firm effects"])
def test_estimates_and_errors_are_those_of_dummies_and_the_formula(firm_effects):
    frame = mode_panel(120)
    effects = [*EFFECTS, ("firm",)] if firm_effects else list(EFFECTS)
    if firm_effects:
        effects.remove(("region",))  # a firm's region never changes: its dummies would be redundant
    frame = frame[frame.groupby("firm")["year"].transform("size") > 1]  # else alone in its effect
    found = premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), tuple(effects)))
    expected = by_dummies(frame, effects, TERMS)
    for line in found.lines:
        coefficient = line.coefficient
        assert coefficient.estimate == pytest.approx(expected[line.status][0], abs=1e-8)
        assert coefficient.std_error == pytest.approx(expected[line.status][1], abs=1e-8)


PYFIXEST = pytest.mark.filterwarnings(
    "ignore:The inplace keyword",  # pyfixest 0.60 with pandas 3.1
    "ignore:\\d+ singleton fixed effect",  # what it does is what is compared
    "ignore:[\\s\\S]*Quantile Regression implementation is experimental",
)


@PYFIXEST
@pytest.mark.parametrize("firm_effects", [False, True], ids=["pooled", "firm effects"])
def test_they_are_those_of_pyfixest(firm_effects):
    import pyfixest

    frame = mode_panel(200)
    found = premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), EFFECTS, firm_effects))
    ready = frame.assign(
        y=np.log(frame["amount"]), s=np.log(frame["size"]), cell=frame["industry"] + frame["year"].astype(str)
    )
    for place, mode in enumerate(MODES):
        ready[f"m{place}"] = (frame["mode"] == mode) * 1.0
    other = pyfixest.feols(
        "y ~ m1 + m2 + m3 + s | cell + region" + (" + firm" if firm_effects else ""),
        ready,
        vcov={"CRV1": "firm"},
        demeaner=pyfixest.LsmrDemeaner(fixef_atol=1e-12, fixef_btol=1e-12),
    ).tidy()
    for line in found.lines:
        row = other.loc[f"m{MODES.index(line.status)}"]
        one = line.coefficient
        assert one.estimate == pytest.approx(row["Estimate"], abs=1e-8)
        assert one.std_error == pytest.approx(row["Std. Error"], abs=1e-8)
        assert one.p_value == pytest.approx(row["Pr(>|t|)"], abs=1e-8)
        assert (one.low, one.high) == pytest.approx((row["2.5%"], row["97.5%"]), abs=1e-8)


def test_a_premium_is_a_percentage_with_the_interval_transformed_like_it():
    for line in premia(mode_panel(), SPEC).lines:
        one = line.coefficient
        assert line.percent == pytest.approx(100 * (math.exp(one.estimate) - 1))
        assert (line.low, line.high) == pytest.approx(
            (100 * (math.exp(one.low) - 1), 100 * (math.exp(one.high) - 1))
        )


def test_planted_premia_are_in_their_intervals():
    inside = [
        line.coefficient.low < PREMIA[line.status] < line.coefficient.high
        for seed in range(30)
        for line in premia(mode_panel(120, seed=seed), SPEC).lines
    ]
    # 90 intervals of 95 %: fewer than 80 of them has a probability of about 0.5 % (binomial), were they sure
    assert len(inside) == 90 and sum(inside) >= 80


# -- who is in it --------------------------------------------------------------------------------------


def test_rows_that_are_left_out_are_counted_by_their_first_reason():
    frame = mode_panel(100)
    frame["mode"] = frame["mode"].astype(object)
    frame.loc[:4, "amount"] = np.nan
    frame.loc[4:7, "mode"] = None
    frame.loc[8:9, "amount"] = [0.0, -5.0]
    frame.loc[10, "mode"] = "unknown"
    frame.loc[11, "size"] = 0.0
    frame.loc[12, "region"] = None
    found = premia(frame, SPEC)
    ((group, left_out),) = found.left_out
    assert group == Group("amount")
    assert [(each.reason, each.rows) for each in left_out] == [
        ("amount is unknown", 5),
        ("amount is zero or negative: no logarithm", 2),
        ("mode is unknown", 4),
        ("size is unknown, zero or negative: no logarithm", 1),
        ("region is unknown", 1),
    ]
    ((_, fit),) = found.fits
    assert fit.observations + fit.singletons + 13 == len(frame)


def test_the_outcome_is_not_its_own_control():
    frame = mode_panel()
    alone = premia(frame, PremiaSpec(("size",), "mode", "none", (), EFFECTS))
    assert premia(frame, PremiaSpec(("size",), "mode", "none", ("size",), EFFECTS)).lines == alone.lines


def test_what_the_data_lack_is_left_out_and_named():
    frame = mode_panel().drop(columns="region")
    found = premia(frame, SPEC)
    assert found.absent == ("region",)
    assert found.lines == premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), EFFECTS[:1])).lines


def test_a_column_that_lacks_is_named_with_the_nearest():
    with pytest.raises(DataError, match=r"'amounts'.*Did you mean 'amount'"):
        premia(mode_panel(20), PremiaSpec(("amounts",), "mode", "none"))


def test_a_firm_twice_in_a_year_is_refused():
    frame = mode_panel(20)
    frame.loc[1, ["firm", "year"]] = frame.loc[0, ["firm", "year"]]
    with pytest.raises(DataError, match="1 rows repeat"):
        premia(frame, SPEC)


def test_groups_are_regressions_of_their_own():
    frame = mode_panel()
    found = premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), EFFECTS, by=("region", "year")))
    inside = [line for line in found.lines if line.group == Group("amount", "region", "R1")]
    alone = premia(frame[frame["region"] == "R1"], SPEC).lines
    assert [line.coefficient for line in inside] == [line.coefficient for line in alone]
    assert {line.group.code for line in found.lines if line.group.by == "year"} == {
        "2000", "2001", "2002", "2003",
    }  # fmt: skip


def test_a_status_nobody_has_and_a_group_without_the_base_say_so():
    frame = mode_panel()
    frame = frame[~((frame["region"] == "R0") & (frame["mode"] == "none"))]
    frame = frame[~((frame["region"] == "R1") & (frame["mode"] == "both"))]
    found = premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), by=("region",)))
    why = {(each.group.code, each.status): each.reason for each in found.not_estimated}
    assert why["R0", "both"] == "no firm to compare with"
    assert why["R1", "both"] == "no firm has it"
    assert ("R2", "both") not in why


def test_evidence_counts_distinct_firms_and_owners():
    frame = mode_panel(60)
    one = {line.status: line for line in premia(frame, SPEC).lines}
    for mode, line in one.items():
        assert line.coefficient.firms == frame.loc[frame["mode"] == mode, "firm"].nunique()
        assert line.base_firms == frame.loc[frame["mode"] == "none", "firm"].nunique()
        assert line.firms == min(line.coefficient.firms, line.base_firms)
    frame["owner"] = frame["firm"].str.slice(0, 5)  # ten firms have one owner
    owned = premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), EFFECTS, owner="owner")).lines
    assert {line.coefficient.firms for line in owned} == {6}
    assert [line.coefficient.std_error for line in owned] == [
        line.coefficient.std_error for line in one.values()
    ]


def test_with_firm_effects_only_firms_that_change_stand_behind_a_premium():
    frame = mode_panel(80)
    found = premia(frame, PremiaSpec(("amount",), "mode", "none", ("size",), (("year",),), True))
    for line in found.lines:
        has = (frame["mode"] == line.status).groupby(frame["firm"])
        assert line.coefficient.firms == int((has.nunique() > 1).sum())


def test_the_weight_of_the_largest_firm_is_its_share_of_what_identifies_the_term():
    frame = mode_panel(60)
    frame = frame[frame["mode"].isin(["none", "both"])]
    found = premia(frame, PremiaSpec(("amount",), "mode", "none", (), ())).lines[0]
    away = (frame["mode"] == "both") * 1.0
    square = (away - away.mean()) ** 2
    assert found.coefficient.largest == pytest.approx(
        square.groupby(frame["firm"]).sum().max() / square.sum()
    )


def test_another_order_and_other_types_give_the_same_digits():
    frame = mode_panel(150)
    spec = PremiaSpec(("amount", "size"), "mode", "none", ("size",), EFFECTS, by=("region",))
    expected = premia(frame, spec)
    shuffled = frame.sample(frac=1, random_state=7)
    assert premia(shuffled, spec) == expected
    typed = shuffled.astype({"mode": "category", "region": "category", "industry": "category"})
    typed["mode"] = typed["mode"].cat.reorder_categories(list(MODES))
    typed["firm"] = typed["firm"].str.slice(1).astype(int)
    assert premia(typed, spec) == expected


# -- along the distribution ----------------------------------------------------------------------------


@PYFIXEST
def test_quantile_premia_are_those_of_pyfixest():
    import pyfixest

    frame = mode_panel(150)
    found = quantile_premia(
        frame, PremiaSpec(("amount",), "mode", "none", ("size",), (("industry",), ("year",))), (0.3,)
    )
    ready = frame.sort_values(["firm", "year"]).assign(
        y=np.log(frame["amount"]), s=np.log(frame["size"]), time=frame["year"].astype(str)
    )
    for place, mode in enumerate(MODES):
        ready[f"m{place}"] = (ready["mode"] == mode) * 1.0
    other = pyfixest.quantreg(
        "y ~ m1 + m2 + m3 + s + C(industry) + C(time)", ready, quantile=0.3, vcov={"CRV1": "firm"}
    ).tidy()
    for line in found.lines:
        row = other.loc[f"m{MODES.index(line.premium.status)}"]
        one = line.premium.coefficient
        # pyfixest stops its interior point method at a duality gap of 1e-6
        assert one.estimate == pytest.approx(row["Estimate"], abs=1e-5)
        assert one.std_error == pytest.approx(row["Std. Error"], abs=1e-5)


def test_a_premium_that_grows_along_the_distribution_is_seen():
    frame = mode_panel(400, seed=3)
    rng = np.random.default_rng(3)
    wide = frame["mode"] == "both"
    frame["amount"] = np.exp(
        3 + np.where(wide, 0.2 + rng.normal(0, 0.8, len(frame)), rng.normal(0, 0.3, len(frame)))
    )
    found = quantile_premia(frame, PremiaSpec(("amount",), "mode", "none", (), (("year",),)), (0.1, 0.5, 0.9))
    both = {line.quantile: line.premium.coefficient for line in found.lines if line.premium.status == "both"}
    assert both[0.1].high < 0 < both[0.9].low
    assert both[0.5].low < 0.2 < both[0.5].high


def test_quantiles_have_no_firm_effects():
    with pytest.raises(StudyError, match="no firm effects"):
        quantile_premia(mode_panel(20), PremiaSpec(("amount",), "mode", "none", firm_effects=True))


# -- dominance -----------------------------------------------------------------------------------------


def draws(shift=0.0, scale=1.0, firms=300, seed=5):
    import pandas as pd

    rng = np.random.default_rng(seed)
    status = np.repeat(["none", "both"], firms)
    log = rng.normal(0, 1, 2 * firms)
    log = np.where(status == "both", shift + scale * log, log)
    return pd.DataFrame({"firm": np.arange(2 * firms), "year": 2002, "status": status, "amount": np.exp(log)})


@pytest.mark.parametrize(
    ("shift", "scale", "verdict"),
    [(0.5, 1, DOMINATES), (-0.5, 1, DOMINATED), (0, 3, CROSSES), (0, 1, ALIKE)],
)
def test_the_verdict_on_dominance(shift, scale, verdict):
    (line,) = dominance(draws(shift, scale), DominanceSpec("amount", "status", "none")).lines
    assert line.verdict == verdict and line.firms == 300


def test_the_statistics_are_those_of_scipy_and_the_limits_those_of_the_paper():
    from scipy import stats

    frame = draws(0.1)
    (line,) = dominance(frame, DominanceSpec("amount", "status", "none")).lines
    one, other = (np.log(frame.loc[frame["status"] == name, "amount"]) for name in ("both", "none"))
    root = math.sqrt(300 * 300 / 600)
    for alternative, scaled in (("two-sided", line.two_sided), ("greater", line.above), ("less", line.below)):
        assert scaled == pytest.approx(root * stats.ks_2samp(one, other, alternative=alternative).statistic)
    series = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k**2 * line.two_sided**2) for k in range(1, 50))
    assert line.p_two_sided == pytest.approx(series, abs=1e-9)
    assert line.p_above == pytest.approx(math.exp(-2 * line.above**2))


def test_years_are_tested_apart_and_a_firm_is_in_a_year_once():
    import pandas as pd

    frame = pd.concat([draws(0.5), draws(-0.5, seed=6).assign(year=2003)])
    lines = dominance(frame.sample(frac=1, random_state=1), DominanceSpec("amount", "status", "none")).lines
    assert [(line.year, line.verdict) for line in lines] == [("2002", DOMINATES), ("2003", DOMINATED)]
    with pytest.raises(DataError, match="repeat a firm and year"):
        dominance(pd.concat([draws(), draws()]), DominanceSpec("amount", "status", "none"))


def test_within_an_industry_what_the_industry_does_is_no_dominance():
    frame = draws()
    frame["industry"] = np.where((frame["status"] == "both") ^ (np.arange(len(frame)) % 5 == 0), "a", "b")
    frame["amount"] *= np.where(frame["industry"] == "a", 3.0, 1.0)
    spec = DominanceSpec("amount", "status", "none")
    assert dominance(frame, spec).lines[0].verdict == DOMINATES
    inside = dominance(frame, DominanceSpec("amount", "status", "none", within=("industry",)))
    assert inside.lines[0].verdict == ALIKE
