"""Lotteries: a seed before the draw, tickets that anybody can work out, and whom the others compare with."""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from firmtrade.errors import DataError
from firmtrade.support.impact.arms import arms
from firmtrade.support.impact.invite import entrants, invite
from firmtrade.support.impact.lottery import draw, draw_call, fingerprint, ticket
from firmtrade.support.impact.specification import Specification
from firmtrade.support.register import Register
from support_register import assess, exports, firms, register

SEED, DAY = "07-12-23-31-38-45", date(2024, 3, 1)
NAMES = tuple(f"F{i:02d}" for i in range(20))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Register]:
    with register(tmp_path / "a.db") as made:
        firms(made, *NAMES)
        made.add(
            "measures",
            id="M",
            title="Coaching",
            type="counselling",
            state_aid="none",
            valid_from="2020-01-01",
        )
        made.add("calls", id="C", measure_id="M", opens="2024-01-01", closes="2024-02-01", places=8,
                 selection="lottery")  # fmt: skip
        for name in NAMES:
            made.add("applications", id=f"A-{name}", firm_id=name, call_id="C", measure_id="M",
                     decision="waiting", received_at="2024-01-05")  # fmt: skip
        yield made


def test_a_ticket_is_what_a_shell_says() -> None:
    shell = subprocess.run(
        f"printf '{SEED}|F01' | sha256sum", shell=True, capture_output=True, text=True, check=True
    )
    assert ticket(SEED, "F01") == shell.stdout.split()[0]
    assert fingerprint(["b", "a"]) == hashlib.sha256(b"a\nb").hexdigest()


def test_the_lowest_tickets_win_whatever_the_order_of_the_list() -> None:
    found = draw(SEED, NAMES, 5)
    assert found == draw(SEED, reversed(NAMES), 5)
    assert [each.ticket for each in found] == sorted(each.ticket for each in found)
    assert [each.arm for each in found] == ["offered"] * 5 + ["control"] * 15
    assert draw("another seed", NAMES, 5) != found


def test_every_firm_wins_as_often() -> None:
    wins = Counter(
        each.firm_id
        for seed in range(2000)
        for each in draw(f"seed {seed}", NAMES, 5)
        if each.arm == "offered"
    )
    # 500 each, standard deviation 19; chi2 of 20 firms, correlated by the fixed number of places
    assert max(abs(wins[name] - 500) for name in NAMES) < 4.5 * 19.4


@pytest.mark.parametrize(("seed", "names", "places", "reason"), [
    ("12345", NAMES, 5, "at least 6 signs"), (SEED, NAMES, 20, "more entrants than places: 20 for 20"),
    (SEED, ("A", "A"), 1, "twice"), (SEED, NAMES, 0, "more entrants than places"),
])  # fmt: skip
def test_what_is_no_draw_is_refused(seed: str, names: tuple[str, ...], places: int, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        draw(seed, names, places)


def test_a_call_is_drawn_once_with_the_seed_written_down_before(book: Register) -> None:
    with pytest.raises(DataError, match="has no seed yet"):
        draw_call(book, "C", DAY)
    with pytest.raises(DataError, match="is open until 2024-02-01"):
        draw_call(book, "C", date(2024, 1, 15), SEED)
    tried = draw_call(book, "C", DAY, SEED)
    assert not tried.recorded and book.count("draws") == 0 and book.get("calls", "C")["seed"] is None
    made = draw_call(book, "C", DAY, SEED, source="public lottery", record=True)
    assert made.tickets == tried.tickets and book.get("calls", "C")["seed"] == SEED
    head = book.get("draws", "call-C")
    assert (head["places"], head["entrants"], head["entrants_hash"]) == (8, 20, fingerprint(NAMES))
    decided = {row["firm_id"]: row for row in book.read("applications")}
    assert {name for name, row in decided.items() if row["decision"] == "granted"} == set(made.of("offered"))
    last = made.tickets[-1]
    assert decided[last.firm_id]["reason"] == "rank 20 of 20 for 8 places"
    assert decided[last.firm_id]["decided_by"] == "lottery call-C" and decided[last.firm_id]["version"] == 2
    with pytest.raises(DataError, match="drawn already"):
        draw_call(book, "C", DAY, SEED, record=True)


def test_a_seed_is_not_changed_and_other_calls_are_not_drawn(book: Register) -> None:
    book.change("calls", "C", 1, seed=SEED)
    with pytest.raises(DataError, match="it is not changed"):
        draw_call(book, "C", DAY, "another seed")
    book.add("calls", id="D", measure_id="M", opens="2024-01-01", selection="score")
    with pytest.raises(DataError, match="decided by score"):
        draw_call(book, "D", DAY, SEED)


def test_a_recorded_draw_cannot_be_changed(book: Register) -> None:
    import sqlalchemy as sa

    draw_call(book, "C", DAY, SEED, record=True)
    for statement in ("update drawn set arm = 'offered', version = version + 1", "delete from drawn",
                      "update draws set seed = 'x', version = 2"):  # fmt: skip
        with pytest.raises(DataError, match=r"never changed|is kept"), book.transaction() as connection:
            connection.execute(sa.text(statement))


def test_invitations_go_to_firms_that_nobody_has_reached(book: Register) -> None:
    for name in ("G1", "G2", "G3", "G4", "G5"):
        firms(book, name)
        exports(book, name, "0000", 2023)
    assess(book, "G2", {"W1": "yes"})
    exports(book, "F00", "0000", 2023)  # has applied
    assert entrants(book, DAY, "not-asked") == ["G1", "G3", "G4", "G5"]
    made = invite(book, 1, SEED, DAY, record=True)
    assert (len(made.of("offered")), len(made.of("control"))) == (1, 1)
    assert made.entrants_hash == fingerprint(["G1", "G3", "G4", "G5"])
    assert len(entrants(book, DAY, "not-asked")) == 2  # neither is drawn again
    with pytest.raises(DataError, match="a draw 'invitation-2024-03-01' already"):
        invite(book, 1, SEED, DAY, record=True)
    with pytest.raises(DataError, match="Did you mean 'not-asked'"):
        entrants(book, DAY, "not-askd")


def test_the_arms_of_an_evaluation_are_those_of_the_draw(book: Register) -> None:
    made = draw_call(book, "C", DAY, SEED, record=True)
    lucky, unlucky = made.of("offered"), made.of("control")
    for name in (*lucky[:6], unlucky[0]):
        book.add("support", id=f"S-{name}", firm_id=name, measure_id="M", started="2024-04-01")
    found = arms(book, Specification("Does it help?", ("M",), comparison="draw", draw="call-C"))
    assert (found.pools[0].year, found.pools[0].supported, found.pools[0].others) == (
        2024,
        tuple(lucky),
        tuple(unlucky),
    )
    assert found.took_up == 6 / 8 and found.crossed == 1
