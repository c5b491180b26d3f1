"""The auditor does not cry wolf: what is printed about firms that exist never contradicts itself."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrade.reconcile import audit, setting
from firmtrade.study import read_study
from reference.publication import cross_section, window

SPEC = read_study("belgium-2002")
WORDS = setting(SPEC.catalog, SPEC.windows, "NACE 1.1")


@settings(max_examples=12)
@given(st.integers(0, 10**6))
def test_firms_that_are_all_known_violate_nothing(seed: int) -> None:
    found = audit(cross_section(seed, 0.0), SPEC.tables, WORDS)
    assert not found.violated
    assert not found.contradictions and not found.explainable


@settings(max_examples=12)
@given(st.integers(0, 10**6))
def test_unknown_flows_and_sizes_are_never_called_a_contradiction(seed: int) -> None:
    found = audit(cross_section(seed, 0.2), SPEC.tables, WORDS)
    assert not found.proven, [f.about for f in found.violated]


@settings(max_examples=6)
@given(st.integers(0, 10**6))
def test_growth_of_firms_that_exist_holds(seed: int) -> None:
    found = audit(window(seed), SPEC.tables, WORDS)
    assert not found.violated, [(f.kind, f.about, f.figures) for f in found.violated]


@pytest.mark.parametrize("seed", range(5))
def test_one_more_firm_in_one_cell_is_named(seed: int) -> None:
    figures = cross_section(seed, 0.0)
    rng = random.Random(seed)
    place = rng.choice([n for n, f in enumerate(figures) if f.table == "modes"])
    wrong = replace(figures[place], value=(figures[place].value or 0) + 1)
    found = audit([*figures[:place], wrong, *figures[place + 1 :]], SPEC.tables, WORDS)
    assert wrong in {figure for finding in found.violated for figure in finding.figures}
    assert all(wrong in (f.among or f.figures) for f in found.violated)
