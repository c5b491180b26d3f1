"""The demo: planted effects come out, the trap is seen, the page is whole, and it is the same again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import DataError
from firmtrade.support.demo.population import LOTTERY_SEED, Plan, firm_id, populate
from firmtrade.support.demo.run import CARD, DAY, PAGE, REGISTER, RESULTS, Shown, run
from firmtrade.support.impact.lottery import draw
from firmtrade.support.register import Register
from support_agency import demo

FIRMS = 1500


@pytest.fixture(scope="module")
def shown() -> Shown:
    return demo(FIRMS)


@pytest.mark.slow
def test_the_planted_effects_come_out_and_the_trap_is_seen(shown: Shown) -> None:
    for made, planted in shown.impacts:
        assert made.found is not None and made.judged is not None
        effect = made.found.average
        asked = made.stored.specification
        if asked.measures == ("M-FAIR",):
            assert made.judged.word == "association" and effect.low > planted == 0
        else:
            assert effect.low <= planted <= effect.high
            assert made.judged.level == (5 if asked.comparison == "draw" else 3)
    assert sum(made.judged is not None and made.judged.word == "impact" for made, _ in shown.impacts) >= 2


@pytest.mark.slow
def test_the_score_foretells_what_was_drawn(shown: Shown) -> None:
    assert shown.score is not None
    found = shown.score.quality["logistic"]
    assert found.auc - 2 * found.auc_error > 0.6 and found.at[1].lift > 1.3
    assert 0.04 < found.base < 0.1  # the report: 7.3 per cent in four years


@pytest.mark.slow
def test_what_the_demo_writes(shown: Shown) -> None:
    results = json.loads((shown.folder / RESULTS).read_text(encoding="utf-8"))
    assert [each["planted"] for each in results] == [round(planted, 6) for _, planted in shown.impacts]
    assert json.loads((shown.folder / CARD).read_text(encoding="utf-8"))["dates"]["scored_at"] == 2023
    page = (shown.folder / PAGE).read_text(encoding="utf-8")
    assert page.count('<article class="view"') == 12 and "http://" not in page.replace("http-equiv", "")
    with pytest.raises(DataError, match=r"a register .* already"):
        run(shown.folder, FIRMS)


def test_the_same_again(tmp_path: Path) -> None:
    one, other = demo(300), run(tmp_path / "again", 300)
    for name in (PAGE, RESULTS):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name
    assert one.score is None and "events to learn from" in one.no_score
    assert demo(300).segments == other.segments
    assert not np.array_equal(populate(Plan(firms=300, seed=1)).exports, other.population.exports)


def test_both_worlds_differ_by_the_programmes_only() -> None:
    found = populate(Plan(firms=1500, starter=0.0, coaching=0.0))
    assert np.array_equal(found.exports, found.without)
    helped = populate(Plan(firms=1500))
    touched = np.unique(np.concatenate([call.firm[call.granted] for call in helped.applied]))
    differ = np.flatnonzero((helped.exports != helped.without).any(axis=1))
    assert set(differ) <= set(touched.tolist()) and len(differ) > 10
    assert helped.true_effect("starter", "exporting", 3) > 0.03
    first = helped.applied[0]
    assert first.hour[first.granted].max() < first.hour[~first.granted].min()  # first come, first served


def test_the_lottery_of_the_demo_can_be_drawn_again() -> None:
    found = populate(Plan(firms=1500))
    (call,) = [each for each in found.applied if each.programme == "coaching"]
    tickets = draw(LOTTERY_SEED, [firm_id(firm) for firm in call.firm], int(call.granted.sum()))
    won = {each.firm_id for each in tickets if each.arm == "offered"}
    assert won == {firm_id(firm) for firm in call.firm[call.granted]}


def test_the_registers_books_balance() -> None:
    shown = demo(300)
    with Register.open(shown.folder / REGISTER, "test", "test") as book:
        decided = [row["decision"] for row in book.read("applications")]
        assert len(decided) == decided.count("granted") + decided.count("refused")
        assert book.count("specifications") == 4 and book.count("openings") == 4
        born = {row["id"]: row["founded_on"] for row in book.read("firms")}
        early = [
            row
            for row in book.read("support")
            if born[row["firm_id"]] and row["started"] < born[row["firm_id"]]
        ]
    assert early == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """The command line on a copy of the demo's register."""
    shutil.copy(demo(300).folder / REGISTER, tmp_path / REGISTER)
    monkeypatch.setenv("FIRMTRADE_USER", "an")
    monkeypatch.setenv("FIRMTRADE_PURPOSE", "test")
    monkeypatch.setenv("FIRMTRADE_REGISTER", str(tmp_path / REGISTER))
    return CliRunner()


def answer(runner: CliRunner, *words: str, code: int = 0) -> str:
    done = runner.invoke(app, ["support", *words], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return str(done.output)


def test_the_commands(asked: CliRunner, tmp_path: Path) -> None:
    day = f"--date={DAY}"
    view = json.loads(answer(asked, "view", "2", day, "--json", "--no-score", "--list", "3"))
    assert (
        view["view"] == "02" and view["figures"][0]["unit"] == "firms" and len(view["lists"][0]["rows"]) <= 3
    )
    assert "It does not say" in answer(asked, "view", "08", day, "--no-score")
    assert answer(asked, "views", day, "--no-score").count("\n") > 14
    out = tmp_path / "page.html"
    answer(asked, "views", day, "--out", str(out), "--without-names")
    assert "Synthetic firm" not in out.read_text(encoding="utf-8")
    followed = json.loads(answer(asked, "follow-up", day, "--json", "--measure", "M-STARTER"))
    assert followed["trade_until"] == 2023 and set(followed["follow_ups"]) == {"done", "overdue", "coming"}
    ticket = json.loads(answer(asked, "lottery", "--invite", "5", "--seed", "a long seed", day, "--json"))
    assert (len(ticket["tickets"]), ticket["recorded"]) == (10, False)
    assert "There is no view '13'" in refusal(asked, "view", "13", day)
    assert "events to learn from" in refusal(asked, "score", day)
    assert "no model 'logit'" in refusal(asked, "score", day, "--model", "logit")
    assert "no score of 'begin'" in refusal(asked, "score", day, "--event", "begin")


def refusal(runner: CliRunner, *words: str) -> str:
    from firmtrade.errors import FirmtradeError

    try:
        runner.invoke(app, ["support", *words], catch_exceptions=False)
    except FirmtradeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def test_specify_and_impact_from_the_command_line(asked: CliRunner, tmp_path: Path) -> None:
    day = f"--date={DAY}"
    file = tmp_path / "spec.toml"
    file.write_text('question = "Another way?"\nmeasures = ["M-FAIR"]\ncomparison = "firms"\n'
                    'outcome = "log:employment"\nmatters = 0.01\nleast = 10\n', encoding="utf-8")  # fmt: skip
    tried = json.loads(answer(asked, "specify", str(file), "--dry-run", "--json"))
    assert tried["stored"] is False and tried["planned"]["supported"] > 10
    kept = answer(asked, "specify", str(file))
    assert tried["id"] in kept and tried["hash"] in kept and "Power:" in kept
    made = json.loads(answer(asked, "impact", tried["id"], day, "--json"))
    assert made["specification"]["hash"] == tried["hash"] and made["judged"]["word"] == "association"
    assert made["opened_before_it_was_stored"] == 1  # the demo opened another one of this measure
    assert "withheld" in answer(asked, "impact", tried["id"], day)
    assert tried["id"] in answer(asked, "impact")
    assert "stored specification only" in refusal(asked, "impact", "spec-none", day)
