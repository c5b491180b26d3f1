"""Rounded and perturbed counts of any table: what each method promises, and what the audit finds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrade.describe.scan import KEYS
from firmtrade.errors import DisclosureError, StudyError
from firmtrade.protect.audit import audit
from firmtrade.protect.cellkey import Noise, checked, noise, perturbed, record_key
from firmtrade.protect.controlled import round_controlled
from firmtrade.protect.evidence import NOBODY, Evidence
from firmtrade.protect.primary import from_list
from firmtrade.protect.rounding import round_rows, round_small
from firmtrade.protect.system import build

#: Two crossed classifications, one with a level between its codes and the total.
FIRST = {"a": ("a", "ab"), "b": ("b", "ab"), "c": ("c",)}
SECOND = {code: (code,) for code in "xyz"}
ROWS = list(itertools.product(FIRST, SECOND))
counts = st.lists(st.integers(0, 9), min_size=len(ROWS), max_size=len(ROWS))


def table(values, order=None):
    """The system of both classifications with all margins, its rows, and the value of each key."""
    listed = [ROWS[n] for n in order] if order is not None else ROWS
    given_rows = np.array(values)[order] if order is not None else np.array(values)
    members = {}
    for number, (one, other) in enumerate(listed):
        for key in itertools.product((*FIRST[one], "T"), (*SECOND[other], "T")):
            members.setdefault(key, []).append(number)
    system = build(members, len(listed))
    return system, system.fold(given_rows)


def by_key(system, columns):
    return {key: int(columns[column]) for key, column in system.places.items()}


def adds_up(found):
    """All equations of the table, written out."""
    for other in (*SECOND, "T"):
        assert found["a", other] + found["b", other] == found["ab", other]
        assert found["ab", other] + found["c", other] == found["T", other]
    for one in (*FIRST, "ab", "T"):
        assert sum(found[one, other] for other in SECOND) == found[one, "T"]


@given(counts, st.sampled_from([3, 5]), st.permutations(range(len(ROWS))))
def test_small_count_rounding(values, base, order):
    system, rows = table(values)
    rounded = round_small(system, rows, base)
    found, true = by_key(system, rounded.columns(system)), by_key(system, system.columns.times(rows))
    adds_up(found)
    assert not [value for value in found.values() if 0 < value < base]
    assert all(value == 0 for key, value in found.items() if not true[key])
    # Nobody is moved further than who knows the rounded rows must think.
    away = by_key(system, rounded.reach(system))
    assert all(abs(found[key] - true[key]) <= away[key] for key in found)
    # The order of rows changes nothing.
    other, shuffled = table(values, order)
    assert by_key(other, round_small(other, shuffled, base).columns(other)) == found


@given(counts, st.sampled_from([3, 5]))
def test_no_other_choice_for_two_rows_is_closer(values, base):
    system, rows = table(values)
    rounded = round_rows(system, rows, base)
    below = rows // base * base

    def apart(found):
        return int(((system.columns.times(found) - system.columns.times(rows)) ** 2).sum())

    least = apart(rounded.rows)
    free = np.flatnonzero(rows % base).tolist()
    for pair in itertools.combinations_with_replacement(free, 2):
        other = rounded.rows.copy()
        for row in set(pair):
            other[row] = 2 * below[row] + base - other[row]
        assert apart(other) >= least


def test_a_figure_that_rounding_makes_small_is_rounded_too():
    """Two of the five firms are published by themselves and become none, which would leave three."""
    system = build({"a": [0], "c": [0, 1]}, 2)
    found = by_key(system, round_small(system, system.fold(np.array([2, 3])), 5).columns(system))
    assert found["a"] == 0 and found["c"] in (0, 5)


@given(counts, st.sampled_from([3, 5, 10]))
def test_rounding_all_rows(values, base):
    system, rows = table(values)
    found = by_key(system, round_rows(system, rows, base).columns(system))
    adds_up(found)
    assert not [value for value in found.values() if value % base]


@settings(max_examples=30)
@given(counts, st.sampled_from([3, 5, 10]), st.permutations(range(len(ROWS))))
def test_controlled_rounding(values, base, order):
    system, rows = table(values)
    made = round_controlled(system, rows, base)
    assert made.columns is not None, made.reason  # two crossed classifications always have one (Cox 1987)
    found, true = by_key(system, made.columns), by_key(system, system.columns.times(rows))
    adds_up(found)
    for key, value in found.items():
        assert value % base == 0 and abs(value - true[key]) < base
    other, shuffled = table(values, order)
    assert by_key(other, round_controlled(other, shuffled, base).columns) == found


def test_controlled_rounding_says_why_it_cannot(monkeypatch):
    system, rows = table(range(len(ROWS)))
    monkeypatch.setattr("firmtrade.protect.controlled.LARGEST", 5)
    made = round_controlled(system, rows, 3)
    assert made.columns is None and "more than 5 at once" in made.reason


def test_controlled_rounding_of_every_pair_of_three():
    """Three groups, and every two of them: a rounding is found if and only if trying all finds one."""
    members = {"ab": [0, 1], "bc": [1, 2], "ac": [0, 2], "a": [0], "b": [1], "c": [2], "abc": [0, 1, 2]}
    system = build(members, 3)
    true = system.fold(np.array([1, 1, 2]))
    options = itertools.product((0, 1), repeat=len(system.columns))
    values = system.columns.times(true)
    possible = []
    for ups in options:
        z = (values // 3 + np.array(ups)) * 3
        if (np.abs(z - values) < 3).all():
            found = by_key(system, z)
            parts = found["a"], found["b"], found["c"]
            sums = (parts[0] + parts[1], parts[1] + parts[2], parts[0] + parts[2], sum(parts))
            if sums == (found["ab"], found["bc"], found["ac"], found["abc"]):
                possible.append(found)
    made = round_controlled(system, true, 3)
    assert (made.columns is None) == (not possible)


def test_equations_between_views_hold():
    """The same five firms in two views: as four small groups, and as one of five that needs no rounding."""
    members = {"a": [0], "b": [1], "c": [2], "d": [3], "whole": [4]}
    system = build(members, 5, relations=[{0: 1, 1: 1, 2: 1, 3: 1, 4: -1}])
    for base in (3, 5):
        rounded = round_small(system, system.fold(np.array([1, 1, 1, 2, 5])), base)
        found = by_key(system, rounded.columns(system))
        assert found["a"] + found["b"] + found["c"] + found["d"] == found["whole"]
        assert not [value for value in found.values() if 0 < value < base]


def test_only_counts_are_rounded():
    signed = build({"a": [0]}, 1, signed=[True])
    with pytest.raises(DisclosureError, match="numbers of firms"):
        round_small(signed, np.array([1]), 3)


# --- noise by cell key -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, KEYS - 1)), min_size=1, max_size=50))
def test_noise_is_bounded_and_keeps_zero(pairs):
    numbers, keys = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    made = noise()
    found = perturbed(numbers, keys, made)
    assert (np.abs(found - numbers) <= made.bound).all() and (found >= 0).all()
    assert (found[numbers == 0] == 0).all()
    for true, printed in zip(numbers.tolist(), found.tolist(), strict=True):
        low, high = made.known(printed)
        assert low <= true <= high


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_noise_over_all_keys_is_the_declared_table(count):
    """A grid of keys over their whole range: symmetric, nought on average, of the declared variance."""
    keys = np.arange(0, KEYS, KEYS // 100_000, dtype=np.int64)
    moves = noise().moves(np.full(len(keys), count), keys)
    assert abs(moves.mean()) < 1e-3
    weights = np.array(noise().rows[min(count, 3) - 1])
    shares = np.bincount(moves + len(weights) // 2, minlength=len(weights)) / len(keys)
    assert np.abs(shares - weights / weights.sum()).max() < 1e-4
    if count >= 3:
        assert abs(moves.var() - noise().variance) < 1e-3


@given(st.integers(0, 60))
def test_what_is_known_of_a_printed_count_is_all_that_is_possible(printed):
    made = noise()
    possible = [true for true in range(80) if abs(printed - true) <= made.reach(true)]
    assert made.known(printed) == (min(possible), max(possible))


def test_the_same_firms_have_the_same_key_in_any_order_and_another_secret_another():
    key, other = record_key(b"one secret of sixteen"), record_key(b"another of that length")
    firms = [f"{number:04}" for number in range(200)]
    assert [key(firm) for firm in firms] == [key(firm) for firm in firms]
    assert sum(map(key, firms)) % KEYS == sum(map(key, reversed(firms))) % KEYS
    assert not {key(firm) for firm in firms} & {other(firm) for firm in firms}
    assert all(0 <= key(firm) < KEYS for firm in firms)
    # HMAC-SHA256 as RFC 4231 has it, test case 2: the first four bytes.
    assert record_key(b"Jefe")("what do ya want for nothing?") == 0x5BDCC146


@pytest.mark.parametrize(
    ("rows", "variance", "said"),
    [
        ([[1, 1, 2]], 2 / 3, "not symmetric"),
        ([[1, 1, 1, 1, 1]], 2, "below zero"),
        ([[1, 1, 1]], 1, "variance is 0.666667"),
    ],
)
def test_a_table_that_does_not_do_what_is_said_is_refused(rows, variance, said):
    entry = {"rows": [{"count": n, "weights": weights} for n, weights in enumerate(rows, 1)]}
    with pytest.raises(StudyError, match=said):
        checked(Noise(2, variance, tuple(map(tuple, rows))), entry, "here")


# --- the audit ---------------------------------------------------------------------------------------------


def evidence(system, rows):
    """No holding has a name: insiders are not the matter."""
    values = system.columns.times(rows)
    nobody = np.full(len(values), NOBODY)
    none = np.zeros((len(values), 3), int)
    return Evidence(values, values, none, none + NOBODY, nobody, 0 * values, nobody)


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=4), st.lists(st.integers(0, 2), min_size=18, max_size=18)
)
def test_the_audit_is_never_narrower_than_all_tables_tried(values, slack):
    """Two by two with margins: every table of whole numbers that fits what is known, one by one."""
    members = {"ax": [0], "ay": [1], "bx": [2], "by": [3], "a": [0, 1], "b": [2, 3], "x": [0, 2], "y": [1, 3],
               "T": [0, 1, 2, 3]}  # fmt: skip
    system = build(members, 4)
    rows = system.fold(np.array(values))
    true = system.columns.times(rows)
    low, high = np.maximum(true - np.array(slack[:9]), 0), true + np.array(slack[9:])
    tables = [
        system.columns.times(system.fold(np.array(tried))) for tried in itertools.product(range(6), repeat=4)
    ]
    fitting = [found for found in tables if (found >= low).all() and (found <= high).all()]
    unsafe = np.flatnonzero((true > 0) & (true < 3))
    plan = from_list(unsafe.tolist(), [9.0] * len(unsafe), [9.0] * len(unsafe))
    report = audit(system, rows, low, high, plan, evidence(system, rows))
    assert [case.column for case in report.outsider] == unsafe.tolist()
    for case in report.outsider:
        tried = [int(found[case.column]) for found in fitting]
        # Bounds of figures that are sums of intervals have whole corners here: what is proven is exact.
        assert (case.low, case.high) == (min(tried), max(tried))


def test_the_audit_finds_what_noise_gives_away():
    """One firm in ax, printed 0, and the other three figures of its row and column printed without noise."""
    members = {"ax": [0], "ay": [1], "a": [0, 1]}
    system = build(members, 2)
    rows = system.fold(np.array([1, 4]))
    true = system.columns.times(rows)
    column = system.places["ax"]
    plan = from_list([column], [1.0], [1.0])
    low, high = true.copy(), true.copy()
    low[column], high[column] = 0, 3
    (case,) = audit(system, rows, low, high, plan, evidence(system, rows)).outsider
    assert case.exact and not case.protected
    high[system.places["a"]] += 1
    low[system.places["ay"]] -= 1
    (case,) = audit(system, rows, low, high, plan, evidence(system, rows)).outsider
    assert (case.low, case.high) == (1, 3) and not case.exact and not case.protected


def test_the_audit_by_an_insider():
    """Who is in a group of at most two knows that it is one or two; with one fact more, that it is two."""
    system = build({"ax": [0], "ay": [1], "a": [0, 1]}, 2)
    rows = system.fold(np.array([1, 1]))
    true = system.columns.times(rows)
    pair, own, rest = (system.places[key] for key in ("a", "ax", "ay"))
    holder = np.full((3, 3), NOBODY)
    largest = np.zeros((3, 3), int)
    holder[pair, :2], largest[pair, :2] = (7, 8), 1
    holder[own, 0], largest[own, 0] = 7, 1
    holder[rest, 0], largest[rest, 0] = 8, 1
    sole = np.full(3, NOBODY)
    sole[own], sole[rest] = 7, 8
    known = Evidence(true, true, largest, holder, sole, 0 * true, np.full(3, NOBODY))
    plan = from_list([pair], [1.0], [2.0])
    low, high = np.zeros(3, int), np.full(3, 2)
    assert audit(system, rows, low, high, plan, known).insiders == ()
    low[rest] = 1  # that the others' group is not empty
    (case,) = audit(system, rows, low, high, plan, known).insiders
    assert (case.holding, case.low, case.high) == (7, 2, 2)
