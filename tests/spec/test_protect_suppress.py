"""What is hidden for the sake of the unsafe figures, and what happens when that fails."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from firmtrade.errors import CheckError, DisclosureError
from firmtrade.protect import program
from firmtrade.protect.attack import attack
from firmtrade.protect.attacker import Ratio, printed
from firmtrade.protect.certificate import certificate, check, read
from firmtrade.protect.evidence import Contributions, evidence_of
from firmtrade.protect.primary import from_list, primary
from firmtrade.protect.ratio import known_of
from firmtrade.protect.rules import of_rules, rule
from firmtrade.protect.suppress import Effort, suppress
from firmtrade.protect.system import build
from reference.exact_disclosure import disclosed
from support_disclosure import columns_of, drawn

P10 = of_rules("p10", [rule("percent", percent=10), rule("frequency", least=3, margin=30)])


def square():
    """Two regions by two sizes with totals; three firms in each cell, one in the last."""
    members = {
        (region, size): [
            n for n in range(4) if (region == "all" or region == n // 2) and (size == "all" or size == n % 2)
        ]
        for region in (0, 1, "all")
        for size in (0, 1, "all")
    }
    system = build(members, 4)
    rows = np.repeat(np.arange(4), [3, 3, 3, 1])
    given = Contributions(rows, np.arange(10), np.array([20, 30, 25, 40, 35, 30, 22, 28, 26, 60]))
    values = np.zeros(4, dtype=np.int64)
    np.add.at(values, given.rows, given.values)
    return system, system.fold(values), evidence_of(system, given)


def solved(seed=3, **effort):
    system, rows, evidence = drawn(seed)
    plan = primary(system.columns.times(rows), evidence, P10)
    return system, rows, evidence, plan, suppress(system, rows, plan, evidence, effort=Effort(**effort))


def audit(system, rows, evidence, plan, hidden, **more):
    shown = printed(system.columns.times(rows).astype(float), hidden)
    return attack(system, shown, plan, rows=rows, evidence=evidence, **more)


def test_one_unsafe_cell_of_a_square_needs_the_three_others():
    system, rows, evidence = square()
    plan = primary(system.columns.times(rows), evidence, P10)
    assert [system.names[c] for c in plan.columns] == [(1, 1)]
    pattern = suppress(system, rows, plan, evidence)
    assert {system.names[c] for c in pattern.hidden} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert audit(system, rows, evidence, plan, pattern.hidden).summary()["under-protected"] == 0


@pytest.mark.parametrize("seed", range(6))
def test_audit_oracle_and_certificate_agree_that_nothing_leaks(seed):
    system, rows, evidence, plan, pattern = solved(seed)
    assert len(plan) > 3
    report = audit(system, rows, evidence, plan, pattern.hidden)
    assert (report.unprotected, report.insiders) == ((), ())
    hidden = set(pattern.hidden.tolist())
    assert not disclosed(columns_of(system), hidden) & set(plan.columns.tolist())
    assert check(certificate(pattern), system, rows, plan, evidence) == []


def test_every_figure_that_is_hidden_for_others_is_needed():
    system, rows, evidence, plan, pattern = solved(3, insiders=0, budget=200)
    assert len(pattern.secondary()) >= 5
    needed = 0
    for column in pattern.secondary().tolist():
        less = pattern.hidden[pattern.hidden != column]
        needed += bool(audit(system, rows, evidence, plan, less).unprotected)
    assert needed == len(pattern.secondary())


def test_showing_an_unsafe_figure_is_noticed():
    system, rows, evidence, plan, pattern = solved()
    less = pattern.hidden[pattern.hidden != plan.columns[0]]
    report = audit(system, rows, evidence, plan, less)
    assert plan.columns[0] in {interval.column for interval in report.unprotected}
    assert any(
        "not hidden" in fault
        for fault in check(
            dataclasses.replace(certificate(pattern), hidden=less), system, rows, plan, evidence
        )
    )


def test_same_input_same_bytes(tmp_path):
    for name in ("a", "b"):
        certificate(solved()[-1]).write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    stored = read(tmp_path / "a")
    system, rows, evidence, plan, _ = solved()
    assert check(stored, system, rows, plan, evidence) == []


@pytest.mark.slow
def test_processes_change_nothing():
    system, rows, evidence, plan, _ = solved()
    hidden = plan.columns  # without secondary suppression there is much to find
    one, two = (audit(system, rows, evidence, plan, hidden, processes=n) for n in (1, 2))
    assert one.insiders == two.insiders and one.outsider == two.outsider
    assert one.insiders


@pytest.mark.parametrize("part", ["moves", "times", "hidden", "witness"])
def test_a_tampered_certificate_fails(part):
    system, rows, evidence, plan, pattern = solved()
    good = certificate(pattern)
    changed = getattr(good, part).copy()
    if part == "hidden":
        changed = changed[~np.isin(changed, pattern.secondary()[:1])]
    elif part == "witness":
        changed = np.roll(changed, 1)
    else:
        changed *= 1.5 if part == "moves" else 0.5
    assert check(dataclasses.replace(good, **{part: changed}), system, rows, plan, evidence)


def test_a_certificate_of_another_release_or_a_damaged_one_is_refused(tmp_path):
    *_, plan, pattern = solved()
    other, other_rows, other_evidence = square()
    assert check(certificate(pattern), other, other_rows, plan, other_evidence) == [
        "the certificate belongs to another release"
    ]
    (tmp_path / "c").write_bytes(b"PK nothing")
    with pytest.raises(CheckError, match="c is not a certificate"):
        read(tmp_path / "c")


def test_what_cannot_be_protected_stops_the_release():
    system, rows, evidence = square()
    plan = primary(system.columns.times(rows), evidence, P10)
    stay = [column for column, name in enumerate(system.names) if name in [(1, 0), (1, "all")]]
    with pytest.raises(DisclosureError, match=r"1 unsafe figures cannot be protected.*1, 1"):
        suppress(system, rows, plan, evidence, never=stay)
    pattern = suppress(system, rows, plan, evidence, never=stay, accepted=plan.columns.tolist())
    assert {column for column, _ in pattern.unprotectable} == set(plan.columns.tolist())
    with pytest.raises(DisclosureError):  # an unsafe figure that was published before
        suppress(system, rows, plan, evidence, never=plan.columns.tolist())


def test_nothing_is_released_without_a_finished_solver(monkeypatch):
    system, rows, evidence, plan, pattern = solved()
    with pytest.raises(DisclosureError, match="did not finish"):
        suppress(system, rows, plan, evidence, effort=Effort(seconds=0.0))
    with pytest.raises(DisclosureError, match="did not finish"):
        audit(system, rows, evidence, plan, pattern.hidden, seconds=0.0)
    monkeypatch.setitem(__import__("sys").modules, "highspy", None)
    with pytest.raises(DisclosureError, match="not installed"):
        suppress(system, rows, plan, evidence)


def test_a_solver_that_lies_is_found_out(monkeypatch):
    system, rows, evidence, plan, _ = solved()
    true = program.Program.solve

    def wrong(self):
        found = true(self)
        return None if found is None else found * 1.3

    monkeypatch.setattr(program.Program, "solve", wrong)
    pattern = suppress(system, rows, plan, evidence, effort=Effort(insiders=0))
    monkeypatch.setattr(program.Program, "solve", true)
    report = audit(system, rows, evidence, plan, pattern.hidden)
    faults = check(certificate(pattern), system, rows, plan)
    assert bool(report.unprotected) <= bool(faults)


def test_a_figure_that_is_linked_by_a_printed_ratio():
    """The share of one cell in its row is printed: hiding both no longer protects."""
    system, rows, evidence = square()
    values = system.columns.times(rows).astype(float)
    plan = primary(values.astype(int), evidence, P10)
    cell, row = system.places[1, 1], system.places[1, "all"]
    share = Ratio(cell, row, 100.0, round(100 * values[cell] / values[row], 1), 0.05)
    pattern = suppress(system, rows, plan, evidence)
    shown = printed(values, pattern.hidden, ratios=[share])
    assert attack(system, shown, plan, rows=rows).unprotected  # the row total is visible
    known = known_of(system, rows, [share])
    wider = suppress(system, rows, plan, evidence, known=known)
    assert row in wider.hidden
    again = attack(system, printed(values, wider.hidden, ratios=[share]), plan, rows=rows)
    assert not again.unprotected
    assert check(certificate(wider), system, rows, plan, evidence, known) == []


def test_forced_figures_are_hidden_and_used():
    system, rows, evidence = square()
    plan = from_list([], [], [])
    pattern = suppress(system, rows, plan, evidence, forced=[0])
    assert pattern.hidden.tolist() == [0]
