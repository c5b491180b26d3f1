"""Follow-up: overdue calls, missed years, and the way to the regular exporter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from firmtrade.support.impact.follow import REFUSED, SUPPORTED, follow_up, to_regular
from firmtrade.support.register import Register
from firmtrade.support.service.flags import Life
from firmtrade.support.stages import flags_of
from support_register import exports, firms, register

DAY = date(2024, 3, 1)

WAYS = [  # flags up to 2022, support in 2016, four years in a row
    ("0000111100", {}, (5, True)),  # regular at the end of 2020: the fifth year, from 2016 on
    ("0001111000", {}, (4, True)),
    ("0111000000", {}, (7, False)),  # three years are not four
    ("01111000000", {}, (1, True)),
    ("1111000000", {}, None),  # may have been one before: 2012 is not on record
    ("11110000000", {}, None),  # was one before the support
    ("0111100000", {}, (2, True)),
    ("0000110111", {}, (7, False)),
    ("0000?11110", {}, (4, False)),  # 2020 may be the fourth year: known no further
    ("00001?1000", {}, (7, False)),
    ("00001111??", {}, (5, True)),
    ("000000????", {"ended": 2018}, (7, False)),  # a firm that has ended stays in the count
    ("????000000", {"founded": 2016}, (7, False)),
]


@pytest.mark.parametrize(("pattern", "more", "expected"), WAYS)
def test_the_years_until_a_firm_is_a_regular_exporter(
    pattern: str, more: dict[str, int], expected: tuple[int, bool] | None
) -> None:
    life = Life(flags_of(pattern, 2022), more.get("founded"), more.get("ended"))
    assert to_regular(life, 2016, 2022, 4) == expected


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Register]:
    with register(tmp_path / "a.db") as made:
        made.add(
            "measures", id="M", title="Grant", type="financial", state_aid="none", valid_from="2010-01-01"
        )
        made.add(
            "measures", id="N", title="Fair", type="promotion", state_aid="none", valid_from="2010-01-01"
        )
        yield made


def supported(book: Register, name: str, pattern: str, year: int = 2018, measure: str = "M") -> None:
    firms(book, name, founded_on="2000-01-01")
    exports(book, name, pattern, 2023)
    book.add(
        "support",
        id=f"S-{name}",
        firm_id=name,
        measure_id=measure,
        started=f"{year}-06-01",
        ended=f"{year}-12-31",
    )


def test_what_is_due_and_who_missed_a_year(book: Register) -> None:
    supported(book, "A", "0000001100")
    supported(book, "B", "0000001111")
    supported(book, "C", "000000111?")
    supported(book, "D", "0000000000")
    supported(book, "E", "0000001100", measure="N")
    for firm, due, done in (
        ("A", "2019-12-31", None),
        ("B", "2019-12-31", "2020-01-10"),
        ("C", "2025-01-01", None),
    ):
        book.add(
            "follow_ups",
            id=f"V-{firm}",
            firm_id=firm,
            support_id=f"S-{firm}",
            due=due,
            done_on=done,
            without_help="41-60" if done else None,
        )
    found = follow_up(book, DAY, ("M",))
    assert found.planned == {"done": 1, "overdue": 1, "coming": 1} and found.never == 1  # D
    assert [(each.firm_id, each.days) for each in found.overdue] == [("A", 1522)]
    assert [(each.firm_id, each.supported, each.exported) for each in found.missed] == [("A", 2018, 2021)]
    assert found.unknown == ("C",) and found.bands == {"41-60": 1}
    assert found.curves == () and found.level == 0
    assert {each.firm_id for each in follow_up(book, DAY).missed} == {"A", "E"}


def test_supported_firms_beside_matched_refused_ones(book: Register) -> None:
    """Of 30 granted 15 become regular in the fifth year, of 40 refused 5; 30 of these are matched."""
    for i in range(70):
        name, won = f"F{i:02d}", i < 30
        firms(book, name, founded_on="2000-01-01")
        starts = i % 2 == 0 if won else i % 8 == 0
        exports(book, name, "00000" + ("01111" if starts else "00000"), 2023)
        book.add(
            "applications",
            id=f"A{i:02d}",
            firm_id=name,
            measure_id="M",
            decided_at="2018-03-01",
            received_at=f"2018-02-{1 + i // 5:02d}",
            decision="granted" if won else "refused",
        )
        if won:
            book.add("support", id=f"S{i:02d}", firm_id=name, measure_id="M", started="2018-06-01")
    found = follow_up(book, DAY, ("M",))
    mine, theirs = found.curve(SUPPORTED), found.curve(REFUSED)
    assert mine is not None and theirs is not None and found.test is not None
    assert (mine.spells, mine.events, theirs.spells, found.unmatched, found.level) == (30, 15, 30, 0, 2)
    step = mine.at(6.0)
    assert step is not None and step.survival == pytest.approx(
        0.5
    )  # regular at the end of 2023, the sixth year
    assert theirs.events < 6 and found.test.p is not None and found.test.p < 0.02


def test_matches_are_of_the_same_year_measure_and_history(book: Register) -> None:
    for i in range(50):
        name = f"F{i:02d}"
        firms(book, name, founded_on="2000-01-01")
        exports(book, name, ("1000000000" if i % 5 == 0 else "0000000000"), 2023)
        won, year = i < 22, 2018 if i % 2 else 2019
        book.add("applications", id=f"A{i:02d}", firm_id=name, measure_id="M", decided_at=f"{year}-03-01",
                 received_at=f"{year}-02-01", decision="granted" if won else "refused")  # fmt: skip
        if won:
            book.add("support", id=f"S{i:02d}", firm_id=name, measure_id="M", started=f"{year}-06-01")
    found = follow_up(book, DAY, ("M",))
    mine, theirs = found.curve(SUPPORTED), found.curve(REFUSED)
    assert mine is not None and theirs is not None and mine.spells == theirs.spells == 21
    assert found.unmatched == 1  # three granted in 2019 had exported before, and two refused
    assert [step.time for step in mine.steps] == [5.0, 6.0]  # 2019 and 2018: the same in both
    assert [step.at_risk for step in mine.steps] == [step.at_risk for step in theirs.steps]


def test_a_refused_firm_counts_until_it_is_supported_itself(book: Register) -> None:
    """All refused firms of 2016 are granted in 2019 and become regular by it in 2022: no event of theirs."""
    for i in range(44):
        name, won = f"F{i:02d}", i < 22
        firms(book, name, founded_on="2000-01-01")
        exports(book, name, "0000" + ("000000" if won else "001111"), 2022)
        book.add("applications", id=f"A{name}", firm_id=name, measure_id="M", decided_at="2016-03-01",
                 received_at="2016-02-01", decision="granted" if won else "refused")  # fmt: skip
        book.add("support", id=f"S{name}", firm_id=name, measure_id="M",
                 started="2016-06-01" if won else "2019-06-01")  # fmt: skip
    theirs = follow_up(book, DAY, ("M",)).curve(REFUSED)
    assert theirs is not None and theirs.events == 0 and theirs.spells == 22
    assert {step.time for step in theirs.steps} == {3.0}  # 2016 to 2018
