"""Self-selection: starters by a rule with three numbers, unknown flows counted, premia before entry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from firmtrade.errors import DataError
from firmtrade.estimate.selection import SelectionSpec, selection
from firmtrade.estimate.starters import StarterRule, cohorts, history
from support_premia import entry_panel

SPEC = SelectionSpec("productivity", "exports", log_controls=("size",), effects=(("industry", "year"),))


def grid(*lives: str) -> object:
    """Firms as texts, a letter a year: x trades, - does not, ? unknown, . not seen."""
    states = {"x": 1, "-": 0, "?": -1}
    rows = [(f, y, states[c]) for f, life in enumerate(lives) for y, c in enumerate(life) if c != "."]
    firms, years, flow = (np.array(column) for column in zip(*rows, strict=True))
    return history(firms, years, flow, 2000)


RULE = StarterRule(3, 2, 1)


def who(*lives: str, rule: StarterRule = RULE) -> list[str]:
    """What each firm is in the only cohort: start, never, or a dot."""
    (cohort,) = cohorts(grid(*lives), rule)
    found = ["."] * len(lives)
    for at in cohort.starters:
        found[at] = "start"
    for at in cohort.controls:
        found[at] = "never"
    return found


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        ("---xx-", "start"),  # t and one of the two years that follow
        ("---x-x", "start"),
        ("---xxx", "start"),
        ("---x--", "."),  # stops at once
        ("x--xxx", "."),  # traded three years before
        ("--xxxx", "."),  # started a year earlier
        (".--xxx", "."),  # not seen three years before
        ("-?-xxx", "."),  # unknown before: undetermined
        ("---?xx", "."),  # unknown in the year itself
        ("---x?-", "."),  # unknown whether it lasts
        ("---x?x", "start"),  # unknown, but one of the two is enough
        ("---x..", "."),  # gone: it does not trade
        ("---x.x", "start"),
        ("------", "never"),
        ("---?--", "."),  # nobody knows whether it ever traded
        ("-----.", "never"),  # seen in one of the two years
        ("----..", "."),  # not seen after: a starter would have been
        ("-----x", "."),  # trades later: no control
        ("------", "never"),
    ],
)  # fmt: skip
def test_who_starts_who_never_trades_and_who_is_neither(life, expected):
    assert who(life, "---xxx", "------")[0] == expected


def test_the_three_numbers_are_parameters():
    assert who("-xx", "---", rule=StarterRule(1, 1, 1)) == ["start", "never"]
    assert who("---x--", "------", rule=StarterRule(3, 2, 0)) == ["start", "never"]
    assert who("---xx-", "------", rule=StarterRule(3, 2, 2)) == [".", "never"]
    assert "in at least 2 of the 3 years" in StarterRule(4, 3, 2).text()


def test_every_firm_that_is_neither_has_its_reason_counted():
    lives = [
        "---xxx",
        "------",
        ".--xxx",
        "---x--",
        "-?-xxx",
        "---?xx",
        "---x?-",
        "---?--",
        "----..",
        "xxxxxx",
    ]
    (cohort,) = cohorts(grid(*lives), RULE)
    assert cohort.neither == {
        "starts, but was not seen in all years before": 1,
        "starts, but stops at once": 1,
        "undetermined whether it starts: a flow is unknown": 3,
        "undetermined whether it ever trades: a flow is unknown": 1,
        "never trades, but is not seen in the years that follow": 1,
    }


def test_there_is_a_cohort_for_each_year_with_enough_years_around_it():
    found = cohorts(grid("---xxxxx", "--------", "----xxxx"), StarterRule(3, 2, 1))
    assert [(each.year, list(each.starters)) for each in found] == [(2003, [0]), (2004, [2]), (2005, [])]
    assert all(list(each.controls) == [1] for each in found)


# -- premia before entry -------------------------------------------------------------------------------


def test_pre_entry_premia_are_those_of_the_stacked_rows():
    frame = entry_panel(120, seed=4)
    found = selection(frame, SPEC)
    pairs = stacked(frame, StarterRule())
    for line in found.lines:
        beta, error, rows = by_dummies(pairs, line.lead, line.growth)
        assert line.coefficient.estimate == pytest.approx(beta, abs=1e-8)
        assert line.coefficient.std_error == pytest.approx(error, abs=1e-8)
        assert line.coefficient.observations == rows
    assert [(line.lead, line.growth) for line in found.lines] == [
        (3, False), (2, False), (1, False), (3, True),
    ]  # fmt: skip


def stacked(frame: pd.DataFrame, rule: StarterRule) -> pd.DataFrame:
    """Pairs of firm and cohort by loops, with the columns of each year before."""
    rows = []
    years = sorted(frame["year"].unique())
    lives = {firm: life.set_index("year") for firm, life in frame.sort_values("year").groupby("firm")}
    for t in years[rule.before : len(years) - rule.after]:
        for firm, life in lives.items():
            trades = life["exports"] > 0
            new = trades[t] and not trades.loc[t - 3 : t - 1].any()
            new = new and trades.loc[t + 1 : t + 2].sum() >= rule.again
            if new or not trades.any():
                pair = {"firm": firm, "t": t, "starts": float(new)}
                for lead in (1, 2, 3):
                    for name in ("productivity", "size", "industry"):
                        pair[f"{name}{lead}"] = life.loc[t - lead, name]
                rows.append(pair)
    return pd.DataFrame(rows).sort_values(["firm", "t"])


def by_dummies(pairs: pd.DataFrame, lead: int, growth: bool) -> tuple[float, float, int]:
    y = np.log(pairs[f"productivity{lead}"])
    if growth:
        y = (np.log(pairs["productivity1"]) - np.log(pairs["productivity3"])) / 2
    cell = pairs[f"industry{lead}"].astype(str) + "-" + pairs["t"].astype(str)
    alone = cell.map(cell.value_counts()) == 1
    pairs, y, cell = pairs[~alone], y[~alone].to_numpy(), cell[~alone]
    dummies = [(cell == level).to_numpy(float) for level in sorted(set(cell))]
    x = np.column_stack([pairs["starts"], np.log(pairs[f"size{lead}"]), *dummies])
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y
    residual = y - x @ beta
    firms = pairs["firm"].to_numpy()
    scores = np.array([x[firms == firm].T @ residual[firms == firm] for firm in sorted(set(firms))])
    factor = (len(y) - 1) / (len(y) - x.shape[1]) * len(scores) / (len(scores) - 1)
    variance = factor * bread @ scores.T @ scores @ bread
    return float(beta[0]), float(variance[0, 0] ** 0.5), len(y)


def test_planted_selection_is_found_and_none_where_there_is_none():
    for ahead in (0.0, 0.25):
        inside = []
        for seed in range(15):
            lines = selection(entry_panel(300, seed=seed, ahead=ahead), SPEC).lines
            inside += [
                line.coefficient.low < ahead < line.coefficient.high for line in lines if not line.growth
            ]
            inside += [line.low < 0 < line.high for line in lines if line.growth]
        # 60 intervals of 95 %, those of a panel depending on each other
        assert len(inside) == 60 and sum(inside) >= 52


def test_growth_before_entry_is_seen_as_growth():
    lines = selection(entry_panel(1500, ahead=0.0, faster=0.1), SPEC).lines
    (grows,) = [line for line in lines if line.growth]
    assert grows.low < 10 < grows.high and grows.low > 0
    premia = [line.coefficient.estimate for line in lines if not line.growth]
    assert premia[0] < premia[1] < premia[2]


def test_the_flow_is_an_argument_and_may_be_a_condition():
    frame = entry_panel(200)
    frame["imports"] = frame["exports"] > 0
    by_value = selection(frame, SPEC).lines
    by_flag = selection(frame, replace(SPEC, flow="imports")).lines
    assert by_flag == by_value


def test_all_leads_are_of_the_same_firms_and_who_lacks_something_is_counted():
    frame = entry_panel(200)
    full = selection(frame, SPEC)
    frame.loc[frame.index[:30], "productivity"] = np.nan
    found = selection(frame, SPEC)
    (lacks,) = [each for each in found.left_out if "productivity" in each.reason]
    rows = {line.coefficient.observations for line in found.lines}
    assert max(rows) + lacks.rows == max(line.coefficient.observations for line in full.lines)
    assert len({line.coefficient.firms for line in found.lines}) == 1
    assert found.cohorts == full.cohorts


def test_unknown_flows_are_counted_and_not_guessed():
    frame = entry_panel(200).sort_values(["firm", "year"]).reset_index(drop=True)
    never = frame.groupby("firm")["exports"].transform("max") == 0
    firm = frame.loc[never, "firm"].iloc[0]
    frame.loc[(frame["firm"] == firm) & (frame["year"] == 1997), "exports"] = np.nan
    before, after = selection(entry_panel(200), SPEC), selection(frame, SPEC)
    assert [a.controls - b.controls for a, b in zip(before.cohorts, after.cohorts, strict=True)] == [1, 1, 1]
    (counted,) = [each for each in after.left_out if "ever trades" in each.reason]
    assert counted.rows == 3  # once for each cohort


def test_too_few_years_say_so_and_a_lacking_control_is_named():
    frame = entry_panel(100)
    short = selection(frame[frame["year"] < 1995], SPEC)
    assert short.lines == () and "3 years before" in short.reason
    assert selection(frame.drop(columns="size"), SPEC).absent == ("size",)
    with pytest.raises(DataError, match="'flow'"):
        selection(frame, SelectionSpec("productivity", "flow"))


def test_another_order_gives_the_same_digits():
    frame = entry_panel(150)
    assert selection(frame.sample(frac=1, random_state=3), SPEC) == selection(frame, SPEC)


def test_evidence_counts_starters_and_controls_apart():
    frame = entry_panel(150)
    found = selection(frame, SPEC)
    starters = frame[frame.groupby("firm")["exports"].transform("max") > 0]
    entries = starters[starters["exports"] > 0].groupby("firm")["year"].min()
    assert {line.coefficient.firms for line in found.lines} == {int(entries.between(1993, 1995).sum())}
    assert {line.control_firms for line in found.lines} == {150 - starters["firm"].nunique()}
