"""The register on both databases: history, locking, what is refused, contacts that go, who looked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError, EngineError
from firmtrade.support.register import Register, database, tables
from firmtrade.support.register.rows import Conflict
from firmtrade.support.register.schema import entities
from support_postgres import NoServer, Server, running
from support_register import WHO, firms, register


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with running() as found:
            yield found
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


def new_database(server: Server, name: str) -> str:
    server.execute(f"drop database if exists {name} with (force)", f"create database {name}")
    return server.url.removesuffix("postgres") + name


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "agency.db")
    return new_database(request.getfixturevalue("server"), "agency")


@pytest.fixture
def book(address: str) -> Iterator[Register]:
    with register(address) as made:
        yield made


def test_the_migrations_make_what_the_code_expects(address: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with register(address) as made, made.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata()) == []
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == tables.REVISION


def test_init_again_changes_nothing_and_another_database_is_refused(address: str, tmp_path: Path) -> None:
    with register(address) as made:
        firms(made, "F1")
    with register(address) as made:
        assert made.count("firms") == 1
    import sqlite3

    with sqlite3.connect(tmp_path / "panel.db") as other:
        other.execute("create table panel (firm text, year integer, export_intra real)")
    other.close()
    with pytest.raises(DataError, match="no register: it has a table 'panel'"):
        Register.create(tmp_path / "panel.db", **WHO)
    with pytest.raises(DataError, match="no register"):
        Register.open(tmp_path / "panel.db", **WHO)
    with pytest.raises(DataError, match="There is no register"):
        Register.open(tmp_path / "nowhere.db", **WHO)
    with pytest.raises(DataError, match="Say who looks"):
        Register.open(address, user=" ", purpose="x")


def test_a_register_of_another_version_is_refused(tmp_path: Path) -> None:
    with register(tmp_path / "a.db") as made, made.transaction() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '0000'")
    with pytest.raises(DataError, match="of version 0000, and this program reads 0003"):
        Register.open(tmp_path / "a.db", **WHO)


def test_every_version_of_a_row_is_kept(book: Register) -> None:
    firms(book, "F1", founded_on="2001-05-17")
    assert book.get("firms", "F1")["version"] == 1
    assert book.change("firms", "F1", 1, name="New name") == 2
    assert book.change("firms", "F1", 2, growth_ambition="yes", ended_on=date(2020, 1, 1)) == 3
    first, second, present = book.history("firms", "F1")
    assert (first.row["name"], first.row["founded_on"], first.row["version"]) == (
        "Firm F1", date(2001, 5, 17), 1)  # fmt: skip
    assert first.replaced_at == second.row["recorded_at"] and first.replaced_by == "an"
    assert second.row["growth_ambition"] == "unknown" and present.row["growth_ambition"] == "yes"
    assert present.replaced_at is None


def test_amounts_and_days_come_back_as_they_went_in(book: Register) -> None:
    firms(book, "F1")
    book.add("measures", id="M1", title="Fair", type="promotion", state_aid="de-minimis",
             valid_from="2020-01-01", max_amount="7500.25", cofund_rate="62.5")  # fmt: skip
    book.add("support", id="S1", firm_id="F1", measure_id="M1", started=date(2024, 2, 29), hours="1.25",
             granted_on="2024-02-28", amount_granted=Decimal("1234567.89"), markets="fr; de")  # fmt: skip
    found = book.get("support", "S1")
    assert (found["amount_granted"], found["hours"], found["markets"], found["started"]) == (
        Decimal("1234567.89"), Decimal("1.25"), "DE FR", date(2024, 2, 29))  # fmt: skip
    book.change("support", "S1", 1, hours="2")
    assert book.history("support", "S1")[0].row["amount_granted"] == Decimal("1234567.89")


AID = {"id": "X", "firm_id": "F1", "granted_on": "2020-01-01", "grantor": "y"}
REFUSED = [
    ("exports", {"firm_id": "F1", "year": 2020, "flow": "export", "traded": "no", "value": 5}, "a value"),
    ("exports", {"firm_id": "F1", "year": 2020, "flow": "exports", "traded": "no"}, "Did you mean 'export'"),
    ("exports", {"firm_id": "F1", "year": 20, "flow": "export", "traded": "no"}, "no calendar year"),
    ("exports", {"firm_id": "F9", "year": 2020, "flow": "export", "traded": "no"}, "refuses it"),
    ("exports", {"firm_id": "F1", "year": 2020, "flow": "export", "trade": "no"}, "Did you mean 'traded'"),
    ("exports", {"firm_id": "F1", "flow": "export", "traded": "no"}, "needs year"),
    ("firms", {"id": "F1", "name": "twice"}, "refuses it"),
    ("firms", {"id": "F|2", "name": "bar"}, "no identifier"),
    ("firms", {"id": "F2", "name": "x", "founded_on": "17/5/2001"}, "Write year, month and day"),
    ("firms", {"id": "F2", "name": "x", "founded_on": "2001-05-17", "ended_on": "2000-01-01"}, "is before"),
    ("barriers", {"firm_id": "F1", "barrier": "time", "on_date": "2020-01-01", "severity": 4}, "above 3"),
    ("barriers", {"firm_id": "F1", "barrier": "tyme", "on_date": "2020-01-01", "severity": 1}, "'time'"),
    ("applications", {"id": "A", "firm_id": "F1", "measure_id": "M", "decision": "refused",
                      "received_at": "2024-01-01"}, "without the time of the decision"),
    ("aid", {**AID, "amount": -1}, "negative"),
    ("aid", {**AID, "amount": "1.000,50"}, "decimal point"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "values", "reason"), REFUSED)
def test_what_cannot_be_is_refused(tmp_path: Path, table: str, values: dict[str, Any], reason: str) -> None:
    with register(tmp_path / "a.db") as made:
        firms(made, "F1")
        before = made.count(table)
        with pytest.raises(DataError, match=reason):
            made.add(table, **values)
        assert made.count(table) == before
        with pytest.raises(DataError, match="cannot be the origin"):
            made.add("firms", origin="statistics", id="F3", name="x")


def test_the_database_itself_refuses_what_may_not_be(book: Register) -> None:
    """Whoever writes, through firmtrade or past it: no removal, no unversioned change, no false code."""
    firms(book, "F1")
    for statement in (
        "delete from firms",
        "update firms set name = 'x'",
        "update firms set name = 'x', version = version + 2",
        "update firms set id = 'F2', version = version + 1",
        "update firms set natural_person = 'perhaps', version = version + 1",
        "update firms set origin = 'statistics', version = version + 1",
        "update looks set who = 'nobody'",
        "delete from looks",
        "update history set body = ''",
        "delete from history",
        "insert into exports (id, version, origin, recorded_at, recorded_by, firm_id, year, flow, traded) "
        "values ('x', 1, 'firm', '', '', 'F9', 2020, 'export', 'yes')",
    ):
        book.read("firms")
        book.update("firms", "F1", lambda row: {"name": row["name"] + "."})
        with pytest.raises((DataError, EngineError)), book.transaction() as connection:
            connection.exec_driver_sql(statement)
    with book.transaction() as connection:
        connection.exec_driver_sql("update firms set name = 'past us', version = version + 1")
    assert book.history("firms", "F1")[-2].row["name"].startswith("Firm F1.")


def test_what_somebody_changed_is_not_overwritten_unseen(book: Register) -> None:
    firms(book, "F1")
    seen = book.get("firms", "F1")["version"]
    book.change("firms", "F1", seen, region="BE2")
    with pytest.raises(Conflict, match="somebody has changed it since version 1"):
        book.change("firms", "F1", seen, region="BE3")
    assert book.get("firms", "F1")["region"] == "BE2"


def _write_all(address: str, writers: int, retry: bool) -> Decimal:
    """So many writers at once each add an hour to the same support; returns the hours at the end."""
    failed: list[BaseException] = []
    with register(address) as made:
        firms(made, "F1")
        made.add("measures", id="M1", title="Advice", type="counselling", state_aid="none",
                 valid_from="2020-01-01")  # fmt: skip
        made.add("support", id="S1", firm_id="F1", measure_id="M1", started="2024-01-01", hours=0)

        def careful() -> None:
            made.update("support", "S1", lambda row: {"hours": row["hours"] + 1})

        def hopeful() -> None:
            while True:
                row = made.get("support", "S1")
                try:
                    made.change("support", "S1", row["version"], hours=row["hours"] + 1)
                    return
                except Conflict:
                    continue

        def write() -> None:
            try:
                hopeful() if retry else careful()
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=write) for _ in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed[0]
        versions = made.history("support", "S1")
        assert [version.row["hours"] for version in versions] == list(range(writers + 1))
        return versions[-1].row["hours"]


@pytest.mark.slow
def test_two_hundred_writers_lose_nothing_on_postgresql(server: Server) -> None:
    assert _write_all(new_database(server, "locked"), 200, retry=False) == 200


@pytest.mark.slow
def test_writers_who_do_not_lock_find_out_on_postgresql(server: Server) -> None:
    assert _write_all(new_database(server, "optimistic"), 40, retry=True) == 40


@pytest.mark.parametrize("retry", [False, True])
def test_writers_on_sqlite_lose_nothing(tmp_path: Path, retry: bool) -> None:
    assert _write_all(str(tmp_path / "a.db"), 20, retry) == 20


def test_contacts_go_without_a_trace(book: Register, address: str) -> None:
    firms(book, "F1")
    book.add("contacts", id="C1", firm_id="F1", name="Xaviera Quux", purpose="advice", legal_basis="consent",
             keep_until="2024-01-31")  # fmt: skip
    book.change("contacts", "C1", 1, email="xaviera@quux.example")
    book.add("contacts", id="C2", firm_id="F1", name="Stays", purpose="advice", legal_basis="consent",
             keep_until="2024-02-01")  # fmt: skip
    assert all("Xaviera" not in str(book.dossier("F1", "test").parts) for _ in (1,))
    assert book.purge_contacts(date(2024, 2, 1)) == 1
    assert [row["id"] for row in book.read("contacts")] == ["C2"]
    with book.transaction() as connection:
        left = connection.exec_driver_sql("select body from history where entity = 'contacts'").fetchall()
    assert left == []
    if "://" not in address:
        book.close()
        written = b"".join(path.read_bytes() for path in Path(address).parent.glob("agency.db*"))
        assert b"Stays" in written and b"Xaviera" not in written and b"quux.example" not in written


def test_every_look_at_a_firm_is_in_the_log(book: Register) -> None:
    firms(book, "F1", "F2")
    assert book.looks() == []
    book.count("firms")
    assert book.looks() == []  # a number names nobody
    book.get("firms", "F1")
    book.dossier("F1", "assess")
    book.history("firms", "F2")
    book.read("firms")
    book.room("F1", date(2024, 3, 1))
    book.dossiers("segment")
    assert [(look["action"], look["firm_id"]) for look in book.looks()] == [
        ("read", "F1"), ("assess", "F1"), ("history", "F2"), ("read", None), ("room", "F1"),
        ("segment", None)]  # fmt: skip
    assert [look["action"] for look in book.looks("F1")] == ["read", "assess", "room"]
    assert {(look["who"], look["purpose"]) for look in book.looks()} == {("an", "test")}
    with pytest.raises(DataError, match="no firm 'F3'"):
        book.dossier("F3", "x")


def test_a_plan_goes_from_phase_to_phase(book: Register) -> None:
    firms(book, "F1")
    book.add("plans", id="P1", firm_id="F1", phase="assess", started="2024-01-01")
    with pytest.raises(DataError, match="does not go from assess to implement"):
        book.change("plans", "P1", 1, phase="implement")
    for phase in ("plan", "implement", "monitor"):
        book.change("plans", "P1", book.get("plans", "P1")["version"], phase=phase)
    with pytest.raises(DataError, match="does not go from monitor to plan"):
        book.change("plans", "P1", 4, phase="plan")
    assert [version.row["phase"] for version in book.history("plans", "P1")] == [
        "assess", "plan", "implement", "monitor"]  # fmt: skip


def test_the_tables_of_the_issue_are_there() -> None:
    assert set(entities()) >= {
        "firms", "undertakings", "members", "contacts", "exports", "accounts", "assessments", "answers",
        "barriers", "measures", "calls", "applications", "support", "plans", "milestones", "follow_ups",
        "proposals"}  # fmt: skip
    columns = {field.name for entity in entities().values() for field in entity.fields}
    assert not columns & {"stat_id", "firm"}  # no key that leads into the statistics zone
    assert entities()["measures"].field("type").codes == (
        "information", "promotion", "financial", "inward-investment", "counselling")  # fmt: skip


def test_a_register_in_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with register(tmp_path / "agency.db") as made:
        firms(made, "F1")
        assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("agency.db*")} == {0}
