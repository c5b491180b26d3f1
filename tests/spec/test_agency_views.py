"""The twelve views on a register small enough to count by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError
from firmtrade.support.impact.lottery import draw_invitation
from firmtrade.support.register import Register
from firmtrade.support.rules.rule import read_rules
from firmtrade.support.views.context import Context
from firmtrade.support.views.gather import VIEWS, view, views
from firmtrade.support.views.page import page
from firmtrade.support.views.view import View, number, words
from support_register import assess, exports, firms, register

DAY = date(2024, 3, 1)
GOOD = {question.id: question.best for question in read_rules().instrument.questions}
BAD = GOOD | {"P1": "no", "A1": "no"}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Register]:
    """N1 to N4 never exported, B has begun, R is regular, V a venture, S stopped, U is not known."""
    with register(tmp_path / "a.db") as made:
        never = {"founded_on": "1995-06-01", "activity": "25.10", "region": "BE2"}
        firms(made, "N1", "N2", "N3", "N4", **never)
        firms(made, "B", founded_on="2021-02-01", growth_ambition="yes", activity="25.10", region="BE2")
        firms(made, "R", "S", **never)
        firms(made, "V", founded_on="2018-02-01", innovative="yes")
        firms(made, "U")
        for name, pattern in (
            ("N1", "000000"),
            ("N2", "000000"),
            ("N3", "000000"),
            ("N4", "000000"),
            ("B", "001"),
            ("R", "111111"),
            ("S", "011100"),
            ("V", "011111"),
            ("U", "00000?"),
        ):
            exports(made, name, pattern, 2023)
        assess(made, "N1", BAD, "2022-05-01")
        assess(made, "N1", GOOD, "2023-11-01", evidence="documented")
        assess(made, "N2", BAD, "2022-06-01")
        assess(made, "N2", BAD, "2023-12-01")
        measures(made)
        made.add("barriers", firm_id="N3", barrier="finance", on_date="2023-05-01", severity=3)
        made.add(
            "barriers",
            firm_id="B",
            barrier="finance",
            on_date="2023-05-01",
            severity=2,
            resolved_on="2023-05-31",
        )
        made.add(
            "barriers", firm_id="R", barrier="red-tape", on_date="2023-06-01", severity=1, admin_hours=12
        )
        yield made


def measures(made: Register) -> None:
    """A grant and a fair; support of B in time, of R without any rule."""
    made.add(
        "measures",
        id="G",
        title="Grant",
        type="financial",
        answers_to="starter-grant",
        individual="no",
        state_aid="de-minimis",
        max_amount=10000,
        questions_asked=40,
        valid_from="2015-01-01",
    )
    made.add(
        "measures",
        id="F",
        title="Follow-up",
        type="counselling",
        answers_to="regular-follow-up",
        individual="yes",
        state_aid="none",
        questions_asked=4,
        valid_from="2015-01-01",
    )
    for name, decision, year in (("A1", "refused", 2022), ("A2", "granted", 2023)):
        made.add(
            "applications",
            id=name,
            firm_id="B",
            measure_id="G",
            decision=decision,
            received_at=f"{year}-05-01",
            decided_at=f"{year}-05-{11 if year == 2022 else 31}",
        )
    made.add("support", id="S1", firm_id="B", measure_id="F", started="2024-01-15", cost_to_agency=500)
    made.add("support", id="S2", firm_id="R", measure_id="G", started="2023-06-01", granted_on="2023-06-01",
             amount_granted=4500)  # fmt: skip
    made.add("follow_ups", id="V1", firm_id="B", support_id="S1", due="2024-02-15")
    made.add("aid", id="X1", firm_id="V", granted_on="2022-01-01", amount=1000, grantor="Innovation agency")
    made.add("aid", id="X2", firm_id="R", granted_on="2022-01-01", amount=1000, grantor="Innovation agency")
    made.add("links", firm_id="R", partner="P1", kind="agent", since="2020-01-01", brokered_by="S2")
    made.add(
        "links",
        firm_id="R",
        partner="P2",
        kind="agent",
        since="2021-01-01",
        until="2021-06-01",
        brokered_by="S2",
    )


def shown(book: Register, name: str) -> View:
    return view(book, name, DAY, scored=False)


def first(found: View) -> tuple[float | None, str]:
    return found.figures[0].value, found.figures[0].of


def rows(found: View, title: str) -> list[tuple[Any, ...]]:
    (table,) = [each for each in found.lists if each.title.startswith(title)]
    return list(table.rows)


def test_awareness(book: Register) -> None:
    found = shown(book, "01")
    assert first(found) == (50.0, "2 of 4 firms that never exported")  # N1 and N2 were assessed
    assert [row[:3] for row in rows(found, "Could be invited")] == [
        ("N3", "Firm N3", "not-asked"),
        ("N4", "Firm N4", "not-asked"),
    ]
    assert ("not-asked", "Never exported, never asked", 2, 0) in rows(found, "Reach by segment")
    draw_invitation(book, ["N3", "N4"], 1, "a long seed", DAY, record=True)
    assert sorted(row[2] for row in rows(shown(book, "1"), "Drawn on 2024-03-01")) == ["control", "offered"]


def test_ready_firms_with_what_it_rests_on(book: Register) -> None:
    found = shown(book, "02")
    assert [each.value for each in found.figures] == [1, 1, 1, 0, 2]
    assert [row[:5] for row in rows(found, "Firms to talk to")] == [
        ("N1", "Firm N1", "ready", "yes", "28 of 28"), ("B", "Firm B", "new", "", "")]  # fmt: skip


def test_what_is_lacking_and_who_moved(book: Register) -> None:
    found = shown(book, "03")
    assert first(found) == (50.0, "1 of 2 firms that were not ready and were assessed again")
    assert rows(found, "What is lacking") == [("Preparation", 1), ("Capability", 1)]
    ((firm, _, gates, questions, proposed),) = rows(found, "Firm by firm")
    assert (firm, gates, questions) == ("N2", "Preparation, Capability", "P1 A1")
    assert "skills-training" in proposed and "plan-coaching" in proposed


def test_new_firms_and_their_share(book: Register) -> None:
    found = shown(book, "04")
    assert found.figures[0].value == 1 and rows(found, "New firms")[0][:3] == ("B", "Firm B", "new")
    assert found.figures[1].of == "1 of 8 firms of which the foundation is known"
    assert found.figures[2].value == pytest.approx(10.0) and found.figures[2].of.startswith(
        "EUR 500 of 5,000"
    )


def test_support_that_a_rule_would_have_proposed(book: Register) -> None:
    found = shown(book, "05")
    assert first(found) == (
        50.0,
        "1 of 2 cases",
    )  # a follow-up of the beginner; no grant for a regular exporter
    proposed = {row[0]: row[3] for row in rows(found, "What the rules propose")}
    assert "starter-grant" in proposed["N1"] and "stop-review" in proposed["S"] and "N3" not in proposed


def test_ventures(book: Register) -> None:
    found = shown(book, "06")
    assert [each.value for each in found.figures[:2]] == [2, 50.0]  # B and V; V is regular
    assert [row[0] for row in rows(found, "International new ventures")] == ["B", "V"]
    assert found.figures[2].value is None and "fewer than 20" in found.figures[2].of


def test_firms_of_other_bodies(book: Register) -> None:
    found = shown(book, "07")
    assert first(found) == (50.0, "1 of 2 firms with aid from another body")
    assert rows(found, "Supported by another body") == [
        ("V", "Firm V", "regular", "Innovation agency", date(2022, 1, 1))
    ]


def test_needs_beside_services(book: Register) -> None:
    found = shown(book, "08")
    assert first(found)[0] == 1 and rows(found, "Unserved") == [("N3", "Firm N3", "not-asked", "finance")]
    by_type = {row[0]: row[1:] for row in rows(found, "Need and supply")}
    assert by_type["financial"][:4] == (1, 1, 1, 4500) and by_type["counselling"][1:4] == (1, 1, 500)
    gaps = [row[4] for row in by_type.values()]
    assert sum(gaps) == pytest.approx(0, abs=0.2)  # rounded to tenths


def test_follow_up_opens_no_outcome(book: Register) -> None:
    found = shown(book, "09")
    assert first(found) == (1, "0 are done") and rows(found, "Overdue")[0][0] == "B"
    assert rows(found, "Evaluations") == [] and book.count("openings") == 0


def test_barriers(book: Register) -> None:
    found = shown(book, "10")
    assert (
        first(found) == (50.0, "1 of 2 serious barriers, each once for a firm")
        and found.figures[1].value == 30
    )
    assert found.figures[2].value is None and found.figures[2].text == "-"
    assert [row[0] for row in rows(found, "Kept from exporting")] == ["N3"]


def test_red_tape(book: Register) -> None:
    found = shown(book, "11")
    assert found.figures[0].value == 20  # ten days and thirty
    assert found.figures[1].value == 80 and found.figures[3].value == 12
    assert rows(found, "Asked again") == [("B", "Firm B", "G", 2, 40)]
    assert ("G", "Grant", 40, None, 4.0) in rows(found, "What a measure asks")


def test_links_and_candidates(book: Register) -> None:
    found = shown(book, "12")
    assert first(found) == (50.0, "1 of 2 brokered two years ago or more")
    assert [row[:4] for row in rows(found, "Ready firms and beginners")] == [
        ("B", "Firm B", "new", "R"), ("N1", "Firm N1", "ready", "R")]  # fmt: skip


def test_every_recommendation_has_its_view_and_words() -> None:
    assert list(VIEWS) == list(words()) == [f"{n:02d}" for n in range(1, 13)]
    assert number("7") == "07"
    with pytest.raises(DataError, match="There is no view '13'"):
        number("13")
    for name, said in words().items():
        assert f"report#{name}" in said.evidence and said.limits and said.meaning


def test_an_empty_register_has_no_numbers_and_no_errors(tmp_path: Path) -> None:
    with register(tmp_path / "empty.db") as made:
        for found in views(made, DAY):
            assert all(each.value in (None, 0) for each in found.figures), found.number


def test_who_looked_is_in_the_log(book: Register) -> None:
    before = len(book.looks())
    shown(book, "05")
    assert len(book.looks()) > before and all(row["who"] == "an" for row in book.looks())


def test_the_page_is_whole_and_safe(book: Register) -> None:
    book.change("firms", "N1", 1, name="<script>alert('x')</script> & Sons")
    text = page(Context(book, DAY, scored=False))
    assert "<script" not in text and "&lt;script&gt;" in text
    assert not re.search(r"(src|href)=\"(?!#|data:)", text) and "url(" not in text
    assert len(re.findall(r'<article class="view"', text)) == 12 and "Names firms" in text
    bare = page(Context(book, DAY, scored=False), named=False)
    assert "Firm N3" not in bare and "Sons" not in bare and "Lists of firms are left out" in bare
    assert page(Context(book, DAY, scored=False)) == text


# -- what a referee asked --


def test_what_came_after_the_day_is_not_counted(book: Register) -> None:
    found = view(book, "01", date(2023, 6, 1), scored=False)
    assert first(found)[1].startswith("3 of 6 ")  # N1 and N2 were assessed in 2022, B had applied
    early = view(book, "01", date(2022, 5, 15), scored=False)
    assert first(early)[1].startswith("2 of 6 ")  # N2 only in June 2022


def test_a_measure_that_is_none_of_the_rules_is_left_out_and_said(book: Register) -> None:
    book.add("measures", id="X", title="Own", type="promotion", state_aid="none", valid_from="2015-01-01")
    book.add("support", id="S3", firm_id="S", measure_id="X", started="2024-02-01")
    found = shown(book, "05")
    assert first(found) == (50.0, "1 of 2 cases") and found.figures[1].of.startswith("1 of 3 cases")
    assert found.warnings[0].startswith("1 cases are left out of the first number")


def test_a_barrier_named_again_is_one_barrier(book: Register) -> None:
    book.add("barriers", firm_id="N3", barrier="finance", on_date="2023-08-01", severity=3,
             resolved_on="2023-09-01")  # fmt: skip
    book.add("barriers", firm_id="N4", barrier="costs", on_date="2023-05-01", severity=2)
    book.add("barriers", firm_id="N4", barrier="costs", on_date="2023-10-01", severity=1)
    found = shown(book, "10")
    assert first(found) == (100.0, "3 of 3 serious barriers, each once for a firm")
    assert found.figures[1].value == (30 + 123) / 2  # N4 told no day; N3 named it first on 1 May
    assert found.figures[1].of == "2 with a day"
