"""Facts, segments and proposals of drawn firms: the expected one, with its trace; unknown is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from firmtrade.errors import DataError, StudyError
from firmtrade.support.readiness.instrument import instruments, read_instrument
from firmtrade.support.readiness.profile import Answer
from firmtrade.support.register import Register
from firmtrade.support.rules.condition import Condition, Fact, work_out
from firmtrade.support.rules.rule import read_rules
from firmtrade.support.rules.vocabulary import FOLDER, words
from firmtrade.support.service import propose as proposing
from firmtrade.support.service.assess import assessed
from firmtrade.support.service.assess import record as record_assessment
from firmtrade.support.service.entry import record as record_case
from firmtrade.support.service.propose import decide, propose, propose_all
from firmtrade.support.service.segment import counts, population, segment
from support_register import assess, exports, firms, register

DAY = date(2024, 3, 1)
INSTRUMENT = instruments()["first-export"]
GATES = {question.id: question.best for question in INSTRUMENT.questions if question.gate}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Register]:
    with register(tmp_path / "agency.db") as made:
        yield made


def seen(made: Register, firm: str, **more: Any) -> tuple[str, str]:
    found = segment(made, firm, DAY, **more)
    return found.code, found.known.stage.text


# -- segments ------------------------------------------------------------------------------------------------

SEGMENTS = [
    # pattern up to 2023, answers, segment
    ("0000", None, "not-asked"),
    ("0000", {**GATES, "W1": "no"}, "not-interested"),
    ("0000", {**GATES, "A1": "no"}, "not-ready"),
    ("0000", {**GATES, "A1": "unknown"}, "open"),
    ("0000", {}, "open"),
    ("0000", GATES, "ready"),
    ("0001", None, "new"),
    ("10001", GATES, "new"),
    ("0111", None, "occasional"),
    ("1111", {**GATES, "W1": "no"}, "regular"),
    ("10", None, "stopped"),
    ("1000000", None, "stopped"),
    ("00", None, "undetermined"),
    ("000?", GATES, "undetermined"),
]


@pytest.mark.parametrize(("pattern", "answers", "expected"), SEGMENTS)
def test_segments(book: Register, pattern: str, answers: dict[str, str] | None, expected: str) -> None:
    firms(book, "F", "OTHER")
    exports(book, "F", pattern, 2023)
    if answers is not None:
        assess(book, "F", answers)
    assert segment(book, "F", DAY).code == expected
    assert counts(population(book, DAY))[expected] >= 1


def test_what_cannot_be_told_says_what_is_possible_and_what_to_ask(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "00", 2023)
    found = segment(book, "F", DAY)
    assert (found.code, found.possible) == ("undetermined", ("not-asked", "stopped"))
    assert (
        found.known.stage.reason == "an earlier export can be neither told nor excluded: 2020, 2021 not known"
    )
    assert found.ask == (words(INSTRUMENT)["stage"].ask,)
    firms(book, "LATE")
    exports(book, "LATE", "000000", 2020)
    assert segment(book, "LATE", DAY).known.stage.reason.endswith(
        "the last year on record for this firm is 2020"
    )


def test_every_firm_is_in_one_segment_and_they_add_up(book: Register) -> None:
    for number, (pattern, answers, _) in enumerate(SEGMENTS):
        firms(book, f"F{number}")
        exports(book, f"F{number}", pattern, 2023)
        if answers is not None:
            assess(book, f"F{number}", answers)
    firms(book, "NOTHING")
    firms(book, "GONE", ended_on="2022-12-31")
    found = counts(population(book, DAY))
    assert sum(found.values()) == len(SEGMENTS) + 1 == book.count("firms") - 1
    expected = [each for _, _, each in SEGMENTS] + ["undetermined"]
    assert {name: number for name, number in found.items() if number} == {
        name: expected.count(name) for name in expected}  # fmt: skip
    for name in ("F0", "F5", "NOTHING"):
        (one,) = [each for each in population(book, DAY) if each.firm_id == name]
        assert one.code == segment(book, name, DAY).code


def test_the_year_and_the_years_in_a_row_can_be_chosen(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "01111", 2023)
    assert seen(book, "F") == ("regular", "regular")
    assert seen(book, "F", regular=5) == ("occasional", "occasional")
    assert segment(book, "F", DAY, year=2022).known.stage.year == 2022


def test_parts_of_a_flow_are_joined(book: Register) -> None:
    """Exports to the union and elsewhere: yes if either is, no if both are not."""
    firms(book, "F")
    for flow, pattern in (("export-intra", "0000"), ("export-extra", "0001")):
        exports(book, "F", pattern, 2023, flow)
    assert seen(book, "F") == ("new", "new (first-time)")
    firms(book, "G")
    exports(book, "G", "0000", 2023, "export-intra")
    assert segment(book, "G", DAY).code == "undetermined"  # nothing is known of the rest of the world


def test_an_export_before_the_foundation_is_told_and_stops_nobody(book: Register) -> None:
    firms(book, "F", founded_on="2022-05-01")
    exports(book, "F", "1111", 2023)
    found = segment(book, "F", DAY)
    assert found.code == "undetermined" and "founded in 2022: correct one" in found.known.stage.reason
    assert counts(population(book, DAY))["undetermined"] == 1


# -- facts ---------------------------------------------------------------------------------------------------


def test_facts_of_a_firm(book: Register) -> None:
    firms(book, "F", founded_on="2019-03-02", growth_ambition="yes")
    exports(book, "F", "11111", 2023)
    exports(book, "F", "0", 2023, "import")
    book.change("exports", "F|2023|export", 1, value=300_000, destinations=3)
    book.add("accounts", firm_id="F", year=2023, item="turnover", value=1_000_000)
    book.add("barriers", firm_id="F", barrier="finance", on_date="2023-01-01", severity=2)
    book.add(
        "barriers", firm_id="F", barrier="time", on_date="2023-01-01", severity=2, resolved_on="2024-02-01"
    )
    book.add("barriers", firm_id="F", barrier="skills", on_date="2023-01-01", severity=0)
    facts = {name: fact.value for name, fact in segment(book, "F", DAY).known.facts.items()}
    assert {name: facts[name] for name in ("stage", "segment", "venture", "years-in-a-row", "age", "new-firm",
            "old-firm", "growth-ambition", "innovative", "mode", "destinations", "committed", "room",
            "barrier.finance", "barrier.time", "barrier.skills", "barrier.costs", "linked", "had-support",
            "readiness", "gate.risk")} == {
        "stage": "regular", "segment": "regular", "venture": "yes", "years-in-a-row": 5.0, "age": 4.0,
        "new-firm": "yes", "old-firm": "no", "growth-ambition": "yes", "innovative": None,
        "mode": "export-only", "destinations": 3.0, "committed": "yes", "room": 300_000.0,
        "barrier.finance": "yes", "barrier.time": "no", "barrier.skills": "no", "barrier.costs": None,
        "linked": None, "had-support": "no", "readiness": "not-assessed", "gate.risk": None}  # fmt: skip
    assert set(facts) == set(words(INSTRUMENT))


def test_the_last_assessment_by_the_day_counts(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "0000", 2023)
    assess(book, "F", {**GATES, "P1": "no"}, "2023-05-01")
    assess(book, "F", GATES, "2024-02-01")
    assess(book, "F", {**GATES, "W1": "no"}, "2024-04-01")
    assert segment(book, "F", DAY).code == "ready"
    assert segment(book, "F", date(2023, 6, 1), year=2023).code == "not-ready"


def test_an_assessment_of_another_version_is_not_read_with_this_one(book: Register) -> None:
    firms(book, "F")
    head = book.add("assessments", firm_id="F", instrument="first-export", instrument_version="0",
                    on_date="2024-02-01", mode="self")  # fmt: skip
    book.add("answers", assessment_id=head, question="W1", answer="yes", evidence="stated")
    found = assessed(book.dossier("F", "test"), INSTRUMENT, DAY)
    assert found.state == "not-assessed" and "made with version 0 of first-export" in found.note


def test_answers_are_recorded_together_and_corrected_with_history(book: Register) -> None:
    firms(book, "F")
    with pytest.raises(DataError, match="no question 'W99'"):
        record_assessment(book, "F", INSTRUMENT, {"W1": Answer("yes"), "W99": Answer("yes")}, DAY)
    assert book.count("answers") == book.count("assessments") == 0
    record_assessment(book, "F", INSTRUMENT, {"W1": Answer("yes"), "W2": Answer("no")}, DAY)
    found = record_assessment(book, "F", INSTRUMENT, {"W2": Answer("yes", "documented")}, DAY)
    assert {name: answer.value for name, answer in found.answers.items()} == {"W1": "yes", "W2": "yes"}
    versions = book.history("answers", f"F|first-export|{DAY}|W2")
    assert [version.row["answer"] for version in versions] == ["no", "yes"]


# -- proposals -----------------------------------------------------------------------------------------------


def outcomes(made: Register, firm: str, **more: Any) -> dict[str, dict[str, str]]:
    """Rule by outcome and measure."""
    found: dict[str, dict[str, str]] = {}
    for each in propose(made, firm, DAY, **more).proposals:
        found.setdefault(each.outcome, {})[each.measure] = each.rule
    return found


def test_a_ready_firm_gets_a_plan_and_a_grant(book: Register) -> None:
    firms(book, "F", founded_on="1990-01-01", growth_ambition="no", innovative="no")
    exports(book, "F", "0000", 2023)
    assess(book, "F", GATES)
    found = outcomes(book, "F")
    assert found["propose"] == {"plan-coaching": "first-plan", "starter-grant": "first-plan"}
    assert "not-now" not in found
    book.add("aid", id="A", firm_id="F", granted_on="2024-01-01", amount=300_000, grantor="Region")
    assert "propose" not in outcomes(book, "F")  # no room is left


def test_not_now_is_an_outcome_with_a_reason(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "0000", 2023)
    assess(book, "F", {**GATES, "A1": "no"})
    made = propose(book, "F", DAY)
    (fair,) = [each for each in made.of("not-now") if each.measure == "trade-fair"]
    assert fair.rule == "no-promotion-yet" and "First the gates" in fair.why
    assert fair.trace.holds == "yes" and fair.trace.read == "not-ready"
    assert fair.evidence[1:] == ("spence-crick-2004", "kim-2018") and fair.contrary == ("makioka-2020",)
    assert [each.measure for each in made.of("propose")] == ["skills-training"]


def test_awareness_shows_the_trials_against_it(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "0000", 2023)
    (invite,) = [each for each in propose(book, "F", DAY).of("propose") if each.rule == "invite"]
    told = proposing.as_json(invite)
    assert [each["id"] for each in told["contrary"]] == ["breinlich-2017", "kim-2018"]
    assert all(each["read"] in ("full", "abstract") and each["finding"] for each in told["contrary"])


def test_what_is_not_known_is_asked_for_and_no_more(book: Register) -> None:
    firms(book, "F", founded_on="2021-01-01", innovative="no")
    exports(book, "F", "000", 2023)
    assess(book, "F", GATES)
    asked = {each.rule: each.ask for each in propose(book, "F", DAY).of("ask")}
    assert asked["ambitious-new-firm"] == ("Ask the firm: growth_ambition in the table firms",)
    assert "venture" not in asked and "new-markets" not in asked  # excluded by what is known
    book.change("firms", "F", 1, growth_ambition="yes")
    assert outcomes(book, "F")["propose"]["partner-search"] == "ambitious-new-firm"


def test_a_venture_is_never_told_to_go_step_by_step(book: Register) -> None:
    for firm, founded in (("V", "2021-01-01"), ("D", "2000-01-01")):
        firms(book, firm, founded_on=founded)
        exports(book, firm, "0001" if firm == "D" else "001", 2023)
        if firm == "D":
            exports(book, firm, "0" * 6, 2005)
        book.change("exports", f"{firm}|2023|export", 1, destinations=1)
    assert outcomes(book, "D")["not-now"]["market-grant"] == "one-market-first"
    found = outcomes(book, "V")
    assert "one-market-first" not in found.get("not-now", {}).values()
    assert found["propose"]["venture-programme"] == "venture"


def test_barriers_lead_to_measures(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "1111", 2023)
    wanted = {
        "information": "market-information",
        "partners": "partner-search",
        "payment-risk": "export-credit",
        "red-tape": "paperwork-help",
        "skills": "skills-training",
        "regulations": "rules-information",
        "product": "product-advice",
    }
    for barrier, measure in wanted.items():
        assert measure not in outcomes(book, "F").get("propose", {})
        book.add("barriers", firm_id="F", barrier=barrier, on_date="2024-01-01", severity=2)
        assert measure in outcomes(book, "F")["propose"], barrier


def test_the_agencys_own_measures_are_named(book: Register) -> None:
    common = {"type": "financial", "state_aid": "de-minimis", "answers_to": "starter-grant"}
    book.add("measures", id="M1", title="Package", valid_from="2020-01-01", **common)
    over = {"valid_from": "2020-01-01", "valid_to": "2024-02-29"}
    book.add("measures", id="M2", title="Old package", **over, **common)
    firms(book, "F")
    exports(book, "F", "0000", 2023)
    assess(book, "F", GATES)
    offered = {each.measure: each.offered for each in propose(book, "F", DAY).of("propose")}
    assert offered == {"plan-coaching": (), "starter-grant": (("M1", "Package"),)}


def test_all_firms_at_once_get_what_each_gets(book: Register) -> None:
    for number, (pattern, answers, _) in enumerate(SEGMENTS):
        firms(book, f"F{number}", founded_on="2001-01-01")
        exports(book, f"F{number}", pattern, 2023)
        if answers is not None:
            assess(book, f"F{number}", answers)
    book.add("aid", id="A", firm_id="F5", granted_on="2024-01-01", amount=300_000, grantor="Region")
    every = propose_all(book, DAY)
    assert [each.segmented.firm_id for each in every] == sorted(f"F{n}" for n in range(len(SEGMENTS)))
    for each in every:
        assert each.proposals == propose(book, each.segmented.firm_id, DAY).proposals


def test_an_adviser_decides_and_says_why(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "0000", 2023)
    made = propose(book, "F", DAY)
    assert proposing.record(book, made) == len(made.proposals)
    assert proposing.record(book, made) == 0  # the same day again
    assert {row["decision"] for row in book.read("proposals")} == {"open"}
    with pytest.raises(DataError, match="overridden without a reason"):
        decide(book, "F", DAY, "trade-fair", "overridden")
    with pytest.raises(DataError, match=r"no measure 'legal-advise'\. Did you mean 'legal-advice'"):
        decide(book, "F", DAY, "trade-fair", "overridden", "a buyer waits", "legal-advise")
    with pytest.raises(DataError, match=r"no proposal of 'trade-fare' for F on 2024-03-01\. Did you mean"):
        decide(book, "F", DAY, "trade-fare", "accepted")
    (name,) = decide(book, "F", DAY, "trade-fair", "overridden", "a buyer waits", "legal-advice")
    row = book.get("proposals", name)
    assert (row["decision"], row["decided_by"], row["reason"], row["instead"], row["outcome"]) == (
        "overridden", "an", "a buyer waits", "legal-advice", "not-now")  # fmt: skip
    trace = json.loads(row["trace"])["trace"]
    assert trace["holds"] == "yes" and trace["read"] == "not-asked"
    assert [version.row["decision"] for version in book.history("proposals", name)] == ["open", "overridden"]


def test_the_hash_changes_with_what_the_rule_read_and_with_nothing_else(book: Register) -> None:
    firms(book, "F")
    exports(book, "F", "1111", 2023)

    def hashes() -> dict[str, str]:
        return {each.rule: each.inputs_hash for each in propose(book, "F", DAY).proposals}

    before = hashes()
    book.add("barriers", firm_id="F", barrier="costs", on_date="2024-01-01", severity=0)
    assert hashes() == before
    book.add("aid", id="A", firm_id="F", granted_on="2024-01-01", amount=5, grantor="Region")
    after = hashes()
    assert {rule for rule in before if before[rule] != after.get(rule)} == {"new-markets"}


# -- the rules themselves ------------------------------------------------------------------------------------


def test_every_example_of_our_rules_comes_out() -> None:
    ours = read_rules()
    assert ours.check() == []
    assert {number for rule in ours.rules.values() for number in rule.recommendations} == {
        f"{number:02d}" for number in range(1, 13)}  # fmt: skip


def test_an_example_that_does_not_come_out_is_named(tmp_path: Path) -> None:
    for name in ("segments.toml", "proposals.toml"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        old = '{ facts = { segment = "new" }, gives = "yes" }'
        (tmp_path / name).write_text(text.replace(old, old.replace("yes", "no"), 1), encoding="utf-8")
    assert read_rules(tmp_path).check() == ["rule stay, example 1: no is expected and yes comes out"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('fact = "segment"', 'fact = "segmnt"', "Did you mean 'segment'"),
        ('is = "not-asked"', 'is = "not-aksed"', "Did you mean 'not-asked'"),
        ('is = "not-asked"', "at_least = 3", "is no number"),
        ('{ fact = "segment", is = "not-asked" }', '{ fact = "room", is = "5" }', "is a number"),
        ('{ fact = "segment", is = "not-asked" }', '{ fact = "segment" }', "exactly one of is"),
        ('{ fact = "segment", is = "not-asked" }', "{ all = [] }", "empty list"),
        ('{ fact = "segment", is = "not-asked" }', "\"__import__('os')\"", "when"),
        ('"breinlich-2017"', '"breinlich-2018"', "Did you mean 'breinlich-2017'"),
        ('recommendations = ["01"]', 'recommendations = ["13"]', "no recommendation '13'"),
        ('"awareness-session"', '"awareness"', "no measure 'awareness'"),
        ("margin =", "marginn =", "'marginn' is not known. Did you mean 'margin'"),
        ('outcome = "propose"', 'outcome = "refuse"', "outcome"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    for name in ("segments.toml", "proposals.toml"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            text.replace(old, new, 1) if name == "proposals.toml" else text, encoding="utf-8"
        )
    with pytest.raises(StudyError, match=reason):
        read_rules(tmp_path)


def test_rules_hold_from_day_to_day(book: Register, tmp_path: Path) -> None:
    for name in ("segments.toml", "proposals.toml"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        text = text.replace("valid_from = 2024-01-01", "valid_from = 2024-01-01\nvalid_to = 2024-03-01", 1)
        (tmp_path / name).write_text(text, encoding="utf-8")
    own = read_rules(tmp_path)
    firms(book, "F")
    exports(book, "F", "0000", 2023)
    for day, there in (
        ("2023-12-31", False),
        ("2024-01-01", True),
        ("2024-03-01", True),
        ("2024-03-02", False),
    ):
        found = propose(book, "F", date.fromisoformat(day), year=2023, book=own).proposals
        assert ("invite" in {each.rule for each in found}) == there, day


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"all": [{"fact": "a", "is": "yes"}, {"fact": "b", "is": "yes"}]}, "unknown"),
        ({"all": [{"fact": "a", "is": "no"}, {"fact": "b", "is": "yes"}]}, "no"),
        ({"any": [{"fact": "a", "is": "yes"}, {"fact": "b", "is": "yes"}]}, "yes"),
        ({"not": {"fact": "b", "is": "yes"}}, "unknown"),
        ({"not": {"fact": "a", "is": "yes"}}, "no"),
        ({"fact": "n", "at_least": 5}, "yes"),
        ({"fact": "n", "above": 5}, "no"),
        ({"fact": "n", "below": 5.5}, "yes"),
        ({"fact": "nowhere", "at_most": 5}, "unknown"),
        ({"fact": "c", "is": "x"}, "no"),
        ({"fact": "c", "in": ["y", "z", "w"]}, "yes"),
        ({"fact": "c", "in": ["y", "x"]}, "unknown"),
    ],
)
def test_three_valued_conditions(condition: dict[str, Any], holds: str) -> None:
    facts = {"a": Fact("yes"), "b": Fact(None), "n": Fact(5.0), "c": Fact(None, "", ("y", "z"))}
    assert work_out(Condition.model_validate(condition), facts).holds == holds


# -- entry mode ----------------------------------------------------------------------------------------------


def test_an_entry_case_is_kept_with_the_firm(book: Register) -> None:
    firms(book, "F")
    given = {"competition": "oligopolistic"}
    for answers in (given, given, {"competition": "atomistic"}):
        record_case(book, "F", "DE", "pumps", DAY, answers, {"money": "no"})
    versions = book.history("entry_cases", f"F|DE|pumps|{DAY}")
    assert [json.loads(version.row["result"])["high"] for version in versions] == [1, 0]
    assert book.looks("F")[0]["action"] == "entry-mode"


def test_an_instrument_of_ones_own_needs_rules_of_ones_own(tmp_path: Path) -> None:
    text = (FOLDER.parent / "instruments" / "first-export.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace('"capability"', '"people"').replace(
        "gates.capability", "gates.people"), encoding="utf-8")  # fmt: skip
    with pytest.raises(StudyError, match=r"no fact 'gate.capability'"):
        read_rules(FOLDER, read_instrument(tmp_path / "own.toml"))
