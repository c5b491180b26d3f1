"""What holds for any release: totals add, hiding more protects more, units and names do not matter."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrade.protect.attack import attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.certificate import certificate, check
from firmtrade.protect.evidence import Contributions, evidence_of
from firmtrade.protect.primary import primary
from firmtrade.protect.rules import of_rules, rule
from firmtrade.protect.suppress import Effort, suppress
from firmtrade.protect.system import build
from reference.exact_disclosure import disclosed
from support_disclosure import columns_of, drawn

P10 = of_rules("p10", [rule("percent", percent=10), rule("frequency", least=3, margin=30)])
seeds = st.integers(0, 10**6)


def audit(system, rows, hidden, plan=None):
    shown = printed(system.columns.times(rows).astype(float), np.array(sorted(hidden), dtype=np.int64))
    return attack(system, shown, plan, rows=rows, exact=True)


@given(seeds)
@settings(max_examples=30)
def test_totals_add(seed):
    system, rows, evidence = drawn(seed)
    values = dict(zip(system.names, system.columns.times(rows).tolist(), strict=True))
    for part in ("d0-even", "d0-odd"):
        if ("value", ("d0", part)) in system.places:
            column = system.places["value", ("d0", part)]
            leaves = {
                system.places[key]
                for key in system.keys
                if len(key) == 2
                and key[1][0] == "d0"
                and "-" not in key[1][1]
                and int(key[1][1][2:]) % 2 == (part == "d0-odd")
            }
            assert system.columns.times(rows)[column] == sum(system.columns.times(rows)[c] for c in leaves)
    assert values[("value",)] == rows.sum() == evidence.total[system.places[("value",)]]


@given(seeds)
@settings(max_examples=15)
def test_nothing_leaks_and_the_certificate_says_so(seed):
    system, rows, evidence = drawn(seed, firms=80, shape=(5, 4))
    plan = primary(system.columns.times(rows), evidence, P10)
    pattern = suppress(
        system, rows, plan, evidence, accepted=plan.columns.tolist(), effort=Effort(budget=0.2)
    )
    helpless = {column for column, _ in pattern.unprotectable}
    shown = printed(system.columns.times(rows).astype(float), pattern.hidden)
    report = attack(system, shown, plan, rows=rows, evidence=evidence)
    assert {interval.column for interval in report.unprotected} <= helpless
    listed = {(column, holding) for column, _, holding in pattern.exposed}
    assert {(case.column, case.holding) for case in report.insiders if case.column not in helpless} <= listed
    assert check(certificate(pattern), system, rows, plan, evidence, accepted=sorted(helpless)) == []
    exact = disclosed(columns_of(system), set(pattern.hidden.tolist()))
    assert not (exact & set(plan.columns.tolist())) - helpless


@given(seeds, st.integers(2, 12))
@settings(max_examples=20)
def test_hiding_more_never_lowers_protection(seed, count):
    system, rows, _ = drawn(seed, firms=60, shape=(4, 3))
    order = np.random.default_rng(seed).permutation(len(system.columns)).tolist()
    few, more = set(order[:count]), set(order[: count + 3])
    wide = {interval.column: interval for interval in audit(system, rows, more).outsider}
    for interval in audit(system, rows, few).outsider:
        near = 1e-6 * max(1, interval.value)
        assert wide[interval.column].low <= interval.low + near
        assert wide[interval.column].high >= interval.high - near


@given(seeds)
@settings(max_examples=20)
def test_an_exact_interval_is_found_where_the_oracle_finds_one(seed):
    system, rows, _ = drawn(seed, firms=60, shape=(4, 3))
    hidden = set(
        np.random.default_rng(seed).permutation(len(system.columns)).tolist()[: len(system.columns) // 3]
    )
    exact = {interval.column for interval in audit(system, rows, hidden).outsider if interval.exact}
    assert disclosed(columns_of(system), hidden) <= exact


@given(seeds, st.sampled_from([3, 100, 10**6]))
@settings(max_examples=15)
def test_scaling_values_scales_limits(seed, times):
    system, rows, evidence = drawn(seed)
    plan = primary(system.columns.times(rows), evidence, P10)
    larger = type(evidence)(
        evidence.units,
        evidence.total * times,
        evidence.largest * times,
        evidence.holder,
        evidence.sole,
        evidence.negative,
        evidence.asked,
    )
    scaled = primary(system.columns.times(rows * times), larger, P10)
    assert scaled.columns.tolist() == plan.columns.tolist()
    assert np.allclose(scaled.up, plan.up * times, rtol=1e-12)
    hidden = set(plan.columns.tolist()[:6])
    for one, other in zip(
        audit(system, rows, hidden).outsider, audit(system, rows * times, hidden).outsider, strict=True
    ):
        assert np.isclose(other.low, one.low * times, rtol=1e-6, atol=1e-6 * times)
        assert np.isclose(other.high, one.high * times, rtol=1e-6, atol=1e-6 * times)


def small(order, names):
    """A two-way table of ten contributions, its rows in `order` and its codes called `names`."""
    random = np.random.default_rng(5)
    cells = [(a, b) for a in range(3) for b in range(3)]
    given = [
        (cells[random.integers(9)], int(random.integers(5)), int(random.integers(1, 99))) for _ in range(25)
    ]
    given = [given[n] for n in order]
    members = {}
    for row, ((a, b), _, _) in enumerate(given):
        for key in ((names[a], names[b]), (names[a], "all"), ("all", names[b]), ("all", "all")):
            members.setdefault(key, []).append(row)
    system = build(members, len(given))
    values = np.array([value for _, _, value in given])
    owners = np.array([owner for _, owner, _ in given])
    evidence = evidence_of(system, Contributions(np.arange(len(given)), owners, values))
    return system, system.fold(values), evidence


@given(st.permutations(range(25)))
@settings(max_examples=20)
def test_the_order_of_rows_changes_nothing(order):
    plain, mixed = small(range(25), "abc"), small(order, "abc")
    assert plain[0].names == mixed[0].names
    results = []
    for system, rows, evidence in (plain, mixed):
        plan = primary(system.columns.times(rows), evidence, P10)
        pattern = suppress(system, rows, plan, evidence, accepted=plan.columns.tolist())
        results.append((plan.columns.tolist(), plan.up.tolist(), pattern.hidden.tolist(), pattern.proofs))
    assert results[0] == results[1]


@given(st.permutations("xyz"))
@settings(max_examples=6)
def test_names_change_no_verdict(names):
    results = []
    for called in ("abc", names):
        system, rows, evidence = small(range(25), called)
        plan = primary(system.columns.times(rows), evidence, P10)
        report = audit(system, rows, plan.columns.tolist(), plan)
        back = dict(zip(called, "abc", strict=True)) | {"all": "all"}
        results.append(
            {
                tuple(back[name] for name in system.names[i.column]): (
                    round(i.low, 4),
                    round(i.high, 4),
                    i.protected,
                )
                for i in report.outsider
            }
        )
    assert results[0] == results[1]
