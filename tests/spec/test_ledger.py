"""The ledger: a run is protected together with what was published before, recorded, or stopped."""

from __future__ import annotations

import hashlib
import random
import shutil
from pathlib import Path

import pytest

from firmtrade import Study
from firmtrade.errors import CheckError, DataError, DisclosureError
from firmtrade.protect.ledger import Recorder, recording
from firmtrade.protect.ledger_store import PENDING, listed, read
from spec.test_cli import firmtrade
from support_ledger import BROAD, OTHER, drawn, exposed, inside, release, study, told, write

FIRMS = drawn()
GONE = sorted(str(firm["firm"]) for firm in random.Random(1).sample(FIRMS, 25))
LATER = [firm for firm in FIRMS if firm["firm"] not in GONE]
#: The tables of these leave out the code whose firms are few: it is what the others leave of the total.
PARTS = BROAD[: BROAD.index("[tables")] + OTHER[OTHER.index("[dimensions") :].replace(
    '"all"', '["small", "_T"]'
)
WHOLE = PARTS.replace('["small", "_T"]', '"all"')


def content(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def hidden(made):
    return {
        (table.name, cell.measure, tuple(sorted(cell.codes.items())))
        for table in made.tables
        for cell in table.cells
        if cell.value is None
    }


# -- together ------------------------------------------------------------------------------------------


def test_firms_that_left_are_not_the_difference_of_two_publications(tmp_path):
    alone = [release(tmp_path, firms) for firms in (FIRMS, LATER)]
    assert exposed(zip(alone, (FIRMS, LATER), strict=True), GONE), "the test could not fail"
    together = [release(tmp_path, firms, tmp_path / "ledger") for firms in (FIRMS, LATER)]
    assert exposed(zip(together, (FIRMS, LATER), strict=True), GONE) == set()
    assert told(together[1], "turnover"), "something is still told"


def test_three_vintages(tmp_path):
    stay = [firm for firm in LATER if firm not in random.Random(2).sample(LATER, 20)]
    runs = [FIRMS, LATER, stay]
    made = [release(tmp_path, firms, tmp_path / "ledger") for firms in runs]
    gone = [str(firm["firm"]) for firm in FIRMS if firm not in stay]
    assert exposed(zip(made, runs, strict=True), gone) == set()
    assert told(made[2], "turnover")


def test_another_breakdown_of_the_same_firms(tmp_path):
    # Sizes are below 10 and from 10, bands below 12 and from 12: firms between are the difference.
    one_a_region = {str(f["region"]): str(f["firm"]) for f in FIRMS if f["employment"] in (10, 11)}
    between = sorted(one_a_region.values())
    few = [firm for firm in FIRMS if firm["employment"] not in (10, 11) or firm["firm"] in between]
    for ledger in (None, tmp_path / "ledger"):
        first = release(tmp_path, few, ledger)
        second = release(tmp_path, few, ledger, OTHER)
        found = exposed([(first, few), (second, few)], between)
        assert bool(found) is (ledger is None)


def test_revised_values(tmp_path):
    draw = random.Random(5)
    much = {str(firm["firm"]) for firm in draw.sample(FIRMS, 12)}
    revised = [
        {**firm, "turnover": int(firm["turnover"]) * (3 if firm["firm"] in much else 1)} for firm in FIRMS
    ]
    ledger = tmp_path / "ledger"
    first, second = release(tmp_path, FIRMS, ledger), release(tmp_path, revised, ledger)
    everybody = [str(firm["firm"]) for firm in FIRMS]
    assert exposed([(first, FIRMS), (second, revised)], everybody) == set()


def test_what_was_hidden_is_not_told_after_a_small_revision(tmp_path):
    revised = [{**firm, "turnover": int(firm["turnover"]) + 7} for firm in FIRMS]
    ledger = tmp_path / "ledger"
    first, second = release(tmp_path, FIRMS, ledger), release(tmp_path, revised, ledger)
    assert hidden(first)
    assert hidden(first) <= hidden(second)


def test_what_was_told_stays_told_and_what_was_hidden_stays_hidden(tmp_path):
    first = release(tmp_path, FIRMS, tmp_path / "ledger")
    more = BROAD + BROAD[BROAD.index("[tables.broad]") :].replace("broad", "again").replace("narrow", "anew")
    second = release(tmp_path, FIRMS, tmp_path / "ledger", more)
    names = {"broad": "again", "narrow": "anew"}
    assert hidden(second) == hidden(first) | {(names[t], m, codes) for t, m, codes in hidden(first)}


def test_what_was_told_cannot_be_hidden_by_name(tmp_path):
    first = release(tmp_path, FIRMS, tmp_path / "ledger")
    assert {"activity": "15", "region": "BE1"} in [codes for codes, _ in told(first, "turnover")]
    hide = '[protect]\nhide = [{ table = "narrow", measure = "turnover", activity = "15", region = "BE1" }]\n'
    with pytest.raises(DisclosureError, match="told before"):
        release(tmp_path, FIRMS, tmp_path / "ledger", BROAD + hide)


def few_large():
    """All regions have many small and middle firms, and one has two large ones."""
    kept = [firm for firm in FIRMS if firm["employment"] < 50]
    large = [firm for firm in FIRMS if firm["employment"] >= 50 and inside(firm, {"region": "BE1"})]
    return kept + large[:2]


def test_impossible_stops_and_leaves_everything_as_it_was(tmp_path):
    parts = PARTS.replace('["small", "_T"]', '["small", "middle", "_T"]')
    panel, ledger, out = write(tmp_path / "p.csv", few_large()), tmp_path / "ledger", tmp_path / "out"
    done = firmtrade("run", study(tmp_path, parts), "--panel", panel, "--out", out, "--ledger", ledger)
    assert done.returncode == 0, done.stderr
    before = content(ledger), content(out)
    done = firmtrade("run", study(tmp_path, WHOLE), "--panel", panel, "--out", out, "--ledger", ledger)
    assert done.returncode == 12
    for words in (
        "firms of all-firms 2002, band large, region BE1",
        "published before",
        "leave out the tables",
    ):
        assert words in done.stderr
    assert (content(ledger), content(out)) == before
    # Without what was told before it could be protected.
    assert told(release(tmp_path, few_large(), text=WHOLE), "turnover")


# -- recorded ------------------------------------------------------------------------------------------


def test_the_same_run_adds_nothing_and_gives_the_same_bytes(tmp_path):
    panel, ledger = write(tmp_path / "p.csv", FIRMS), tmp_path / "ledger"
    later = write(tmp_path / "later.csv", LATER)
    made = study(tmp_path)

    def run(source, out):
        Study(made, source, ledger=ledger).run(tmp_path / out)
        return content(tmp_path / out), content(tmp_path / f"{out}-custody"), content(ledger)

    first = run(panel, "a")
    assert run(panel, "b") == first
    assert len(read(ledger)) == 1
    second = run(later, "c")
    assert len(read(ledger)) == 2
    # An earlier publication that is made again is what it was, whatever came after it.
    assert run(panel, "d")[:2] == first[:2]
    assert run(later, "e") == second


def test_the_ledger_does_not_depend_on_the_order_of_rows_or_on_threads(tmp_path):
    found = []
    for threads, firms in ((1, FIRMS), (2, list(reversed(FIRMS)))):
        ledger = tmp_path / f"ledger-{threads}"
        release(tmp_path, firms, ledger, threads=threads)
        release(tmp_path, [firm for firm in firms if firm["firm"] not in GONE], ledger, threads=threads)
        found.append(content(ledger))
    assert found[0] == found[1]


def test_the_list_names_no_firm_and_no_figure(tmp_path):
    firms = [*FIRMS, {**FIRMS[0], "firm": "CANARY-7731", "turnover": 98_765_431_234}]
    panel, ledger, out = write(tmp_path / "p.csv", firms), tmp_path / "ledger", tmp_path / "out"
    done = firmtrade(
        "run",
        study(tmp_path, BROAD, "issue.toml"),
        "-p",
        panel,
        "-o",
        out,
        "--ledger",
        ledger,
        "--label",
        "May issue",
    )
    assert done.returncode == 0, done.stderr
    shown = firmtrade("ledger", ledger)
    assert shown.returncode == 0
    assert "entry 1 (May issue): issue, Firms and turnover" in shown.stdout
    assert "broad" in shown.stdout and "confidential" in shown.stdout
    total = str(sum(int(str(firm["turnover"])) for firm in firms))
    said = shown.stdout + (ledger / "0001" / "entry.json").read_text(encoding="utf-8")
    for text in ("CANARY-7731", "98765431234", total):
        assert text not in said
    made = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".toml"]
    # Cells that are kept for the next run are microdata, as the panel is, in a folder of their owner's.
    made = [path for path in made if path.parent.name != "cells"]
    everything = b"".join(path.read_bytes() for path in made if path != Path(panel))
    assert b"CANARY-7731" not in everything


def test_an_empty_ledger_says_so(tmp_path):
    done = firmtrade("ledger", tmp_path / "none")
    assert (done.returncode, "no publication" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda at: (at / "0001" / "firms.zip").write_bytes(
            (at / "0001" / "firms.zip").read_bytes()[:-9] + b"123456789"
        ),
        lambda at: (at / "0001" / "figures.csv").write_text("view\n"),
        lambda at: (at / "0002" / "figures.csv").unlink(),
        lambda at: (at / "0001" / "entry.json").write_text("{}"),
        lambda at: shutil.rmtree(at / "0001"),
        lambda at: shutil.rmtree(at / "0002"),
        lambda at: (at / "head.json").write_text('{"entries": 1, "last": ""}'),
    ],
    ids=["firms", "figures", "missing file", "entry", "first gone", "last gone", "head"],
)
def test_a_ledger_that_was_changed_is_refused(tmp_path, twice, change):
    ledger = tmp_path / "ledger"
    shutil.copytree(twice, ledger)
    change(ledger)
    with pytest.raises(CheckError, match="ledger was changed"):
        release(tmp_path, FIRMS, ledger)
    assert firmtrade("ledger", ledger).returncode == 13


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A ledger of two publications."""
    folder = tmp_path_factory.mktemp("twice")
    for firms in (FIRMS, LATER):
        release(folder, firms, folder / "ledger")
    return folder / "ledger"


# -- stopped at any moment -----------------------------------------------------------------------------


def test_a_ledger_that_cannot_be_written_stops_the_run(tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    panel, out = write(tmp_path / "p.csv", FIRMS), tmp_path / "out"
    for ledger in (tmp_path / "file", tmp_path / "file" / "ledger"):
        with pytest.raises(DataError, match="ledger"):
            Study(study(tmp_path), panel, ledger=ledger).run(out)
        assert not out.exists()


def test_a_release_that_cannot_be_put_in_place_is_not_recorded(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "diary.txt").write_text("not ours", encoding="utf-8")
    with pytest.raises(DataError, match="not written by firmtrade"):
        Study(study(tmp_path), write(tmp_path / "p.csv", FIRMS), ledger=tmp_path / "ledger").run(out)
    assert read(tmp_path / "ledger") == []


def test_a_run_that_was_killed_counts_as_published(tmp_path, monkeypatch):
    ledger = tmp_path / "ledger"
    with monkeypatch.context() as patched:
        patched.setattr(Recorder, "complete", lambda self: None)
        release(tmp_path, FIRMS, ledger)
    assert (ledger / PENDING).is_dir()
    assert "counts" in listed(read(ledger))
    release(tmp_path, LATER, ledger)
    assert [entry.folder.name for entry in read(ledger)] == ["0001", "0002"]


def test_a_head_that_is_one_entry_behind_is_mended(tmp_path, twice):
    ledger = tmp_path / "ledger"
    shutil.copytree(twice, ledger)
    whole = content(ledger)
    shutil.copy(tmp_path / "ledger" / "head.json", tmp_path / "later.json")
    first = read(ledger)[0]
    (ledger / "head.json").write_text(f'{{"entries": 1, "last": "{first.hash}"}}\n', encoding="utf-8")
    release(tmp_path, LATER, ledger)
    assert content(ledger) == whole


def test_an_error_after_the_release_is_in_place_leaves_the_entry(tmp_path):
    class Told:
        discarded = completed = False

        def discard(self):
            self.discarded = True

        def complete(self):
            self.completed = True

        def let_go(self):
            """Another run may record."""

    for placed in (False, True):
        ledger, out = Told(), tmp_path / str(placed)
        with pytest.raises(KeyboardInterrupt), recording(ledger, out):
            if placed:
                out.mkdir()
                (out / "manifest.json").write_text("{}")
            raise KeyboardInterrupt
        assert (ledger.discarded, ledger.completed) == (not placed, False)


def test_two_runs_at_once_are_not_both_recorded(tmp_path, monkeypatch):
    ledger, seen = tmp_path / "ledger", []
    plain = Recorder.prepare

    def meanwhile(self, *arguments):
        if not seen:
            seen.append(True)
            release(tmp_path, LATER, ledger)
        return plain(self, *arguments)

    monkeypatch.setattr(Recorder, "prepare", meanwhile)
    with pytest.raises(DataError, match="another run has published"):
        release(tmp_path, FIRMS, ledger)
    assert len(read(ledger)) == 1


# -- named ---------------------------------------------------------------------------------------------


def test_a_study_names_its_ledger(tmp_path):
    text = BROAD + '[protect]\nledger = "books"\n'
    release(tmp_path, FIRMS, text=text)
    assert len(read(tmp_path / "books")) == 1
    with pytest.raises(DisclosureError, match="Leave one of them away"):
        Study(study(tmp_path, text), write(tmp_path / "p.csv", FIRMS)).release("a draft")


def test_firms_are_hashed_with_the_key_beside_the_ledger(tmp_path):
    ledger, key = tmp_path / "ledger", tmp_path / "ledger.key"
    key.write_text("secret\n", encoding="utf-8")
    release(tmp_path, FIRMS, ledger)
    key.write_text("other\n", encoding="utf-8")
    with pytest.raises(DataError, match="another key"):
        release(tmp_path, LATER, ledger)
    key.write_text("secret\n", encoding="utf-8")
    release(tmp_path, LATER, ledger)
    assert len(read(ledger)) == 2
