"""Roles: in force as soon as there is an admin; who writes what, and who sees contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from firmtrade.errors import DataError, DisclosureError
from firmtrade.support.impact.specification import Specification, store
from firmtrade.support.register import Register
from firmtrade.support.register.rights import FIRM, OFFER, WRITES
from firmtrade.support.register.schema import entities
from firmtrade.support.service.propose import propose, record
from support_register import csv, exports, firms, register, ticking

MEASURE = {"id": "M", "title": "Grant", "type": "financial", "state_aid": "none", "valid_from": "2015-01-01"}
ASKED = Specification("Does it help?", ("M",))


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], Register]:
    """A register with an admin, and one user of each other role."""
    with register(tmp_path / "a.db") as made:
        firms(made, "A")
        exports(made, "A", "0000", 2023)
        made.add("measures", **MEASURE)
        made.add("users", who="boss", role="admin")
        for role in ("reader", "adviser", "analyst"):
            made.add("users", who=f"the {role}", role=role, until="2024-03-01")

    def open_for(user: str) -> Register:
        return Register.open(tmp_path / "a.db", user, "test", clock=ticking())

    return open_for


def test_without_an_admin_everybody_may_do_everything(tmp_path: Path) -> None:
    with register(tmp_path / "a.db") as made:
        made.add("users", who="x", role="reader")
    with Register.open(tmp_path / "a.db", "somebody", "test") as book:
        assert book.rights.role == "" and firms(book, "A") is None and book.count("firms") == 1


def test_who_has_no_role_does_not_get_in(opened: Callable[[str], Register], tmp_path: Path) -> None:
    with pytest.raises(DisclosureError, match="'somebody' has no role in this register"):
        opened("somebody")
    with opened("boss") as book:
        book.change("users", "the adviser", 1, until="2024-02-29")
    with pytest.raises(DisclosureError, match="'the adviser' had a role until 2024-02-29"):
        opened("the adviser")
    with pytest.raises(DisclosureError, match="no role"):
        Register.create(tmp_path / "a.db", "somebody")


def test_an_adviser_writes_about_firms_and_fixes_no_evaluation(opened: Callable[[str], Register]) -> None:
    with opened("the adviser") as book:
        book.change("firms", "A", 1, growth_ambition="yes")
        record(book, propose(book, "A", date(2024, 3, 1)))
        assert book.count("proposals") > 0
        with pytest.raises(
            DisclosureError, match=r"is adviser .* may not write specifications: analyst, admin"
        ):
            store(book, ASKED)
        with pytest.raises(DisclosureError, match="may not write users: admin may"):
            book.change("users", "the adviser", 1, role="admin")


def test_an_analyst_fixes_evaluations_and_sees_no_contacts(opened: Callable[[str], Register]) -> None:
    with opened("the analyst") as book:
        assert store(book, ASKED).fresh
        for look in (
            lambda: book.read("contacts"),
            lambda: book.history("contacts", "C"),
            lambda: book.columns("contacts", ("email",), "look"),
        ):
            with pytest.raises(DisclosureError, match="may not see contacts"):
                look()
        with pytest.raises(DisclosureError, match="may not write contacts"):
            book.purge_contacts(date(2024, 3, 1))
        with pytest.raises(DisclosureError, match="may not write firms"):
            firms(book, "B")


def test_a_reader_writes_nothing_and_is_logged(opened: Callable[[str], Register], tmp_path: Path) -> None:
    file = csv(tmp_path / "f.csv", "id,name", "B,Beta")
    with opened("the reader") as book:
        assert propose(book, "A", date(2024, 3, 1)).segmented.code == "not-asked"
        for dry in (True, False):
            with pytest.raises(DisclosureError, match="may not write firms: adviser, admin may"):
                book.import_file(file, "firms", "firm", dry_run=dry)
        assert book.looks("A")[-1]["who"] == "the reader" and book.count("firms") == 1


def test_an_admin_does_everything_and_stays(opened: Callable[[str], Register]) -> None:
    with opened("boss") as book:
        book.add("users", who="second", role="admin")
        firms(book, "B")
        with pytest.raises(DataError, match="an admin with a last day"):
            book.change("users", "boss", 1, until="2025-01-01")


def test_every_table_has_somebody_who_writes_it() -> None:
    assert set(entities()) == FIRM | OFFER | {"users"} and WRITES["admin"] is None
