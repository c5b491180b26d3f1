"""De minimis room: who counts, which days count, and what the law said before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from firmtrade.errors import StudyError
from firmtrade.support.register import Register
from firmtrade.support.register.room import window
from support_register import firms, register


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Register]:
    with register(tmp_path / "agency.db") as made:
        firms(made, "F1", "F2", "F3")
        common = {"type": "financial", "valid_from": "2010-01-01"}
        made.add("measures", id="GRANT", title="Grant", state_aid="de-minimis", **common)
        made.add("measures", id="ADVICE", title="Advice", state_aid="none", **common)
        yield made


def grant(
    made: Register, name: str, firm: str, day: str, amount: float | None, measure: str = "GRANT"
) -> None:
    made.add("support", id=name, firm_id=firm, measure_id=measure, started=day, granted_on=day,
             amount_granted=amount)  # fmt: skip


def left(made: Register, firm: str, day: str) -> Decimal:
    return made.room(firm, date.fromisoformat(day)).left


def test_three_rolling_years_with_both_ends(book: Register) -> None:
    grant(book, "S1", "F1", "2024-03-15", 100_000)
    assert left(book, "F1", "2024-03-14") == 300_000
    assert left(book, "F1", "2024-03-15") == 200_000
    assert left(book, "F1", "2027-03-15") == 200_000
    assert left(book, "F1", "2027-03-16") == 300_000
    assert window(date(2028, 2, 29))[0] == date(2025, 2, 28)


def test_three_fiscal_years_before_2024(book: Register) -> None:
    grant(book, "S1", "F1", "2021-01-01", 150_000)
    grant(book, "S2", "F1", "2020-12-31", 40_000)
    assert left(book, "F1", "2022-12-31") == 10_000
    assert left(book, "F1", "2023-12-31") == 50_000  # 2020 no longer counts
    assert left(book, "F1", "2024-01-01") == 150_000  # ceiling of 300,000, three rolling years
    assert left(book, "F1", "2024-01-02") == 300_000
    with pytest.raises(StudyError, match="no value for 2013-12-31"):
        book.room("F1", date(2013, 12, 31))


def test_the_undertaking_counts_as_one(book: Register) -> None:
    book.add("undertakings", id="U", name="Group")
    book.add("members", undertaking_id="U", firm_id="F1", since="2020-01-01")
    book.add("members", undertaking_id="U", firm_id="F2", since="2024-06-01", until="2025-12-31")
    grant(book, "S1", "F1", "2024-02-01", 80_000)
    grant(book, "S2", "F2", "2024-02-01", 150_000)  # before it joined: it brings it along
    grant(book, "S3", "F3", "2024-02-01", 250_000)
    found = book.room("F1", date(2024, 5, 31))
    assert (found.undertaking, found.members, found.used) == ("U", ("F1",), 80_000)
    found = book.room("F2", date(2024, 6, 1))
    assert (found.members, found.used, found.left) == (("F1", "F2"), 230_000, 70_000)
    assert left(book, "F1", "2025-12-31") == 70_000
    assert left(book, "F1", "2026-01-01") == 220_000
    alone = book.room("F3", date(2024, 6, 1))
    assert (alone.undertaking, alone.left) == (None, 50_000)


def test_aid_of_others_counts_and_what_is_no_aid_does_not(book: Register) -> None:
    grant(book, "S1", "F1", "2024-02-01", 90_000, "ADVICE")
    book.add("aid", id="A1", firm_id="F1", granted_on="2024-01-10", amount="250000.50", grantor="Region")
    book.add("aid", id="A2", firm_id="F1", granted_on="2024-03-10", amount=100_000, grantor="Region")
    found = book.room("F1", date(2024, 2, 1))
    assert [(each.by, each.amount) for each in found.grants] == [("Region", Decimal("250000.50"))]
    assert found.left == Decimal("49999.50")
    over = book.room("F1", date(2024, 4, 1))
    assert (over.left, over.over) == (0, Decimal("50000.50"))


def test_a_grant_without_an_amount_is_told(book: Register) -> None:
    grant(book, "S1", "F1", "2024-02-01", None)
    found = book.room("F1", date(2024, 2, 1))
    assert (found.unknown, found.left) == (("support S1",), 300_000)


def test_all_firms_at_once_are_each_by_itself(book: Register) -> None:
    book.add("undertakings", id="U", name="Group")
    for firm in ("F1", "F2"):
        book.add("members", undertaking_id="U", firm_id=firm, since="2020-01-01")
    for number, firm in enumerate(("F1", "F2", "F3")):
        grant(book, f"S{number}", firm, "2024-02-01", 10_000 * (number + 1))
    day = date(2024, 3, 1)
    assert book.rooms(["F1", "F2", "F3"], day) == {firm: book.room(firm, day) for firm in ("F1", "F2", "F3")}
