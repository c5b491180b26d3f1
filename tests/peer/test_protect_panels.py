"""The drawn panels: our audit of what the peers hide, and what we hide beside them."""

from __future__ import annotations

import numpy as np
import pytest

from firmtrade.protect.attack import attack
from firmtrade.protect.attacker import printed
from firmtrade.protect.certificate import certificate, check
from firmtrade.protect.primary import primary
from firmtrade.protect.rules import of_rules, rule
from firmtrade.protect.suppress import Effort, suppress
from support_disclosure import codes, insee, read, synth

P10 = of_rules("p10", [rule("percent", percent=10)])
BY = ("div", "size", "reg")


@pytest.fixture(scope="module")
def panel(shared):
    folder = shared / "data" / "disclosure-golden"
    if not folder.exists():
        pytest.skip("the disclosure sets are not beside the checkout (data/disclosure-golden)")
    made = {}

    def of(size):
        if size not in made:
            system, rows, evidence = synth(folder, size)
            values = system.columns.times(rows)
            made[size] = (system, rows, evidence, values, primary(values, evidence, P10))
        return *made[size], folder / "synth"

    return of


def peer(path, system):
    """(key, row) of the cells of a peer's output that are not empty."""
    return [(key, r) for r in read(path) if (key := ("value", *codes(r, BY))) in system.places]


def test_intervals_equal_those_of_gauss_suppression(panel):
    system, rows, _, values, plan, folder = panel(3000)
    rows_of_peer = peer(folder / "R_GaussSuppression_p10_protectionIntervals_3000.csv", system)
    hidden = np.unique([system.places[key] for key, r in rows_of_peer if r["suppressed"] == "TRUE"])
    report = attack(system, printed(values.astype(float), hidden), plan, rows=rows, exact=True)
    found = {interval.column: interval for interval in report.outsider}
    assert not report.unprotected
    compared = 0
    for key, r in rows_of_peer:
        if r["lo"] != "NA":
            interval = found[system.places[key]]
            assert interval.low == pytest.approx(float(r["lo"]), rel=1e-6, abs=1e-3)
            assert interval.high == pytest.approx(float(r["up"]), rel=1e-6, abs=1e-3)
            compared += 1
    assert compared == 96


def test_the_cell_that_tau_argus_leaves_open(panel):
    system, rows, _, values, plan, folder = panel(20000)
    rows_of_peer = peer(folder / "pytauargus_MOD_p10hold_20000.csv", system)
    assert len(plan) == 431
    wanted = {system.places[key] for key, r in rows_of_peer if r["status"] == "U"}
    assert wanted == set(plan.columns.tolist())
    hidden = np.unique([system.places[key] for key, r in rows_of_peer if r["status"] in "UM"])
    report = attack(system, printed(values.astype(float), hidden), plan, rows=rows)
    (open_one,) = report.unprotected
    assert open_one.value == 120_536
    assert (round(open_one.low), round(open_one.high)) == (111_741, 130_876)


def test_gauss_suppression_without_intervals_leaves_39_open(panel):
    system, rows, _, values, plan, folder = panel(20000)
    rows_of_peer = peer(folder / "R_GaussSuppression_p10_20000.csv", system)
    hidden = np.unique([system.places[key] for key, r in rows_of_peer if r["suppressed"] == "TRUE"])
    report = attack(system, printed(values.astype(float), hidden), plan, rows=rows)
    assert len(report.unprotected) == 39


def cost(system, hidden, plan, values):
    """Hidden nominal cells, and the share of the value of cells that are not unsafe which is hidden."""
    cells = system.column_of
    unsafe = np.isin(cells, plan.columns)
    gone = np.isin(cells, hidden)
    return int(gone.sum()), float(values[cells[gone & ~unsafe]].sum() / values[cells[~unsafe]].sum())


@pytest.mark.slow
@pytest.mark.parametrize("size", [3000, 20000])
def test_nothing_leaks_at_a_cost_near_that_of_the_peers(panel, size):
    system, rows, evidence, values, plan, folder = panel(size)
    pattern = suppress(system, rows, plan, evidence)
    report = attack(system, printed(values.astype(float), pattern.hidden), plan, rows=rows, evidence=evidence)
    assert report.summary()["under-protected"] == 0
    assert report.summary()["exact for insiders"] == 0
    assert report.insiders_tried > 20
    assert check(certificate(pattern), system, rows, plan, evidence) == []
    peers = []
    for name, hides in (
        (f"R_GaussSuppression_p10_{size}", lambda r: r["suppressed"] == "TRUE"),
        (f"pytauargus_{'OPT' if size == 3000 else 'MOD'}_p10hold_{size}", lambda r: r["status"] in "UM"),
    ):
        theirs = [system.places[key] for key, r in peer(folder / f"{name}.csv", system) if hides(r)]
        peers.append(cost(system, np.unique(theirs), plan, values))
    cells, share = cost(system, pattern.hidden, plan, values)
    assert cells <= 1.15 * min(count for count, _ in peers)
    assert share <= 1.25 * min(part for _, part in peers)


def test_linked_tables_of_insee_jointly(shared):
    folder = shared / "data" / "disclosure-golden" / "insee"
    if not folder.exists():
        pytest.skip("the disclosure sets are not beside the checkout (data/disclosure-golden)")
    system, rows, evidence = insee(folder)
    assert (len(system.columns), len(system.relations)) == (1493, 824)
    assert not system.relations.times(rows).any()
    values = system.columns.times(rows)
    rules = of_rules(
        "insee", [rule("frequency", least=3, margin=30), rule("dominance", largest=1, percent=85)]
    )
    plan = primary(values, evidence, rules)
    assert len(plan) == 260
    # As many figures as tau-ARGUS hides, one table after the other, at most: every figure costs the same.
    pattern = suppress(system, rows, plan, evidence, cost=np.ones(len(values)), effort=Effort(insiders=0))
    assert len(pattern.secondary()) <= 354
    report = attack(system, printed(values.astype(float), pattern.hidden), plan, rows=rows)
    assert not report.unprotected
    assert check(certificate(pattern), system, rows, plan) == []
