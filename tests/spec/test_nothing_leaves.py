"""A panel that is not synthetic leaves by no command unprotected: every command of the command line is tried.

A canary firm is in the panel. Whatever a command writes where it may be published has no trace of it; what
it says has none either, unless it is marked confidential. A command that is not in the list fails the test:
say here how it is called with a panel of real firms.
"""

from __future__ import annotations

import csv
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from firmtrade import cli
from firmtrade.combine import write_package
from firmtrade.protect.inside import read_inside
from firmtrade.study import Study
from firmtrade.study_file import read_raw
from firmtrade.study_pack import write_pack
from support_custodian import HEAD, STUDY, lines, panel, study
from support_traces import MARK, said, traces, traces_in

FILES = {
    **{name: f"{name}.toml" for name in ("study", "models", "trade")},
    **{name: f"{name}.csv" for name in ("panel", "broken", "unnamed", "traders", "years", "wrong")},
    "asked": "asked.pack", "one": "BE.pkg", "two": "FR.pkg",
}  # fmt: skip
PANEL = """[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]
"""
LINKED = """[transactions]
files = "declared.csv"
products = "CN"
home = "BE"
[register]
files = "register.csv"
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]
[accounts]
files = "accounts.csv"
"""
MODEL = """
[models.premia]
kind = "premia"
sample = "smes"
outcomes = ["turnover", "value_added"]
"""


@dataclass(frozen=True)
class Place:
    """The files that commands are called with. What goes to `public` may be published."""

    folder: Path

    def __getattr__(self, name: str) -> str:
        return str(self.folder / FILES.get(name, name))

    def to(self, name: str) -> str:
        """Where a command is told to write what may be published."""
        return str(self.folder / "public" / name)


Calls = Callable[[Place], Mapping[str, list[str]]]
#: How each command is called: what for, and its arguments.
COMMANDS: dict[str, Calls] = {
    "run": lambda p: {
        "protected": [p.study, "-p", p.panel, "-o", p.to("out"), "--custody", p.kept],
        "an empty reason": [
            *(p.study, "-p", p.panel, "-o", p.to("blank"), "--custody", p.kept, "--unprotected", " ")
        ],
        "recorded": [
            *(p.study, "-p", p.panel, "-o", p.to("recorded"), "--custody", p.kept),
            *("--ledger", p.books, "--label", "x"),
        ],
        "inside the release": [p.study, "-p", p.panel, "-o", p.to("o"), "--custody", p.to("o/kept")],
        "the release in it": [p.study, "-p", p.panel, "-o", p.to("c/o"), "--custody", p.to("c")],
        "in place of the release": [p.study, "-p", p.panel, "-o", p.to("s"), "--custody", p.to("s")],
        "kept cells in the release": [
            *(p.study, "-p", p.panel, "-o", p.to("k"), "--custody", p.kept, "--cache", p.to("k/cells"))
        ],
        "kept cells": [
            *(p.study, "-p", p.panel, "-o", p.to("cells"), "--custody", p.kept, "--cache", p.cells)
        ],
        "broken": [p.study, "-p", p.broken, "-o", p.to("broken"), "--custody", p.kept],
        "with a model": [p.models, "-p", p.traders, "-o", p.to("model"), "--custody", p.kept],
        "declarations of trade": [p.trade, "-o", p.to("trade"), "--custody", p.kept],
        "broken declarations": [p.trade, "-o", p.to("t"), "--custody", p.kept, "--transactions", p.wrong],
        "step by step": [p.study, "-p", p.panel, "-o", p.to("debug"), "--custody", p.kept, "--debug"],
    },
    "check": lambda p: {
        "a panel": [p.panel, "-s", p.study],
        "broken": [p.broken, "-s", p.study],
        "broken declarations": [p.wrong, "-s", p.trade],
    },
    "list": lambda p: {"all": ["-s", p.study]},
    "explain": lambda p: {
        "a table": ["table-01", "-s", p.study, "--sql"],
        "a word": ["turnover", "-s", p.study],
    },
    "init": lambda p: {
        "a panel": [p.panel, "-o", p.to("study.toml")],
        "of unknown columns": [p.unnamed, "-o", p.to("unnamed.toml")],
    },
    "synthesize": lambda p: {
        "of a release": [p.study, "--published", p.release, "-o", p.to("twin.parquet"), "--firms", "70"],
        "of the custodian's": [p.study, "--published", p.custody, "-o", p.to("none.parquet")],
    },
    "reconcile": lambda p: {
        "a release": [f"{p.release}/tables.csv", "-s", p.study, "--run", p.release, "-o", p.to("audit")],
        "the custodian's": [f"{p.custody}/tables.csv", "-s", p.study, "-o", p.to("audit2")],
        "with the custodian's": [
            *(f"{p.release}/tables.csv", "-s", p.study, "--run", p.custody, "-o", p.to("audit3"))
        ],
    },
    "peer": lambda p: {
        "a release": [f"{p.release}/tables.csv", "--run", p.release, "-o", p.to("peer.csv")],
        "the custodian's": [f"{p.custody}/tables.csv", "--run", p.release, "-o", p.to("peer2.csv")],
        "with the custodian's": [f"{p.release}/tables.csv", "--run", p.custody, "-o", p.to("peer3.csv")],
    },
    "pack": lambda p: {"a study": [p.study, "-o", p.to("study.pack")]},
    "package": lambda p: {
        "a release": [p.packed, "-c", "BE", "-o", p.to("BE.pkg")],
        "the custodian's": [p.custody, "-c", "BE", "-o", p.to("kept.pkg")],
    },
    "combine": lambda p: {"two countries": [p.one, p.two, "-o", p.to("countries")]},
    "diff": lambda p: {
        "two releases": [p.release, p.other, "-o", p.to("diff")],
        "the custodian's": [p.custody, p.release, "-o", p.to("diff2")],
    },
    "attack": lambda p: {
        "with what is kept": [p.release, "--custody", p.custody],
        "altered": [p.altered, "--custody", p.custody],
        "alone": [f"{p.release}/tables.csv"],
    },
    "why": lambda p: {"a table": ["table-01", "--custody", p.custody]},
    "whatif": lambda p: {
        "terminal": [p.study, "-p", p.panel, "-r", "frequency-3=3"],
        "into a release": [p.study, "-p", p.panel, "-r", "frequency-3=3", "--custody", p.release],
    },
    "multiverse": lambda p: {"a model": ["premia", "-s", p.models, "-p", p.traders, "-o", p.to("many")]},
    "stress": lambda p: {
        "thresholds": [
            *(p.study, "-p", p.years, "-o", p.to("stress"), "--sample", "smes"),
            *("--threshold-import", "300000", "--threshold-export", "300000"),
        ]
    },
    "support import": lambda p: {
        "a panel": [
            *("firms", p.panel, "-r", p.to("agency.db"), "--user", "me", "--origin", "agency"),
            *("--purpose", "a test"),
        ],
    },
    "support assess": lambda p: {
        "a panel": ["f000", "-r", p.to("agency.db"), "--user", "me", "--purpose", "x", "--answers", p.panel],
    },
    "serve": lambda p: {
        "a panel": [p.panel, "--port", "0"],
        "the custodian's": [p.custody, "--port", "0"],
        "to everybody": [p.release, "--port", "0", "--host", "0.0.0.0"],
    },
    "accounts add": lambda p: {"no role": ["me", "--role", p.panel, "--file", p.to("accounts.json")]},
    "accounts list": lambda p: {"all": ["--file", p.to("accounts.json")]},
    "accounts remove": lambda p: {"nobody": ["me", "--file", p.to("accounts.json")]},
    "merge": lambda p: {"a table": [p.study, "table-02", "-p", p.panel]},
    "ledger": lambda p: {"the list": [p.ledger]},
}  # fmt: skip
#: What is refused because it would let figures leave: the others do something.
REFUSED = {
    ("run", "inside the release"), ("run", "the release in it"), ("run", "in place of the release"),
    ("run", "kept cells in the release"),
    ("synthesize", "of the custodian's"), ("reconcile", "the custodian's"),
    ("reconcile", "with the custodian's"), ("diff", "the custodian's"), ("peer", "the custodian's"),
    ("peer", "with the custodian's"), ("whatif", "into a release"),
    ("support import", "a panel"), ("support assess", "a panel"),
}  # fmt: skip
#: The service zone's: they take a register, into which no panel comes (`support import` refuses it).
SERVICE = [
    *("init", "tables", "segment", "propose", "decide", "stage", "entry-mode", "room", "history", "log"),
    *("purge", "instrument", "rules", "stage-words", "score", "specify", "impact", "follow-up", "lottery"),
    *("view", "views", "demo"),
]
BROKEN = {(name, what) for name in ("run", "check") for what in ("broken", "broken declarations")}


def commands(group: Any, before: str = "") -> Iterator[str]:
    """The names of all commands, those of groups of commands too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


ALL = sorted(commands(typer.main.get_command(cli.app)))


def test_every_command_is_tried() -> None:
    tried = [*COMMANDS, *(f"support {name}" for name in SERVICE)]
    assert sorted(tried) == ALL, "say in COMMANDS how the new command is called with a panel of real firms"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A panel with a canary, its release with the custodian's folder, a second one, a ledger."""
    made = Place(tmp_path_factory.mktemp("leaves"))
    made.folder.joinpath("public").mkdir()
    study(made.folder)
    panel(made.folder)
    head, *rows = lines()
    made.folder.joinpath("broken.csv").write_text("\n".join([head, *rows, rows[0]]) + "\n", "utf-8")
    # Every second firm trades with nobody, so that traders can be compared with others.
    traders = [
        row if n % 2 == 0 else ",".join([*row.split(",")[:-4], "0,0,0,0"]) for n, row in enumerate(rows)
    ]
    made.folder.joinpath("traders.csv").write_text("\n".join([head, *traders]) + "\n", "utf-8")
    # The same firms in three years; every third one is not there in the last.
    years = [
        row.replace(",2002,", f",{year},", 1)
        for year in (2001, 2002, 2003)
        for n, row in enumerate(rows)
        if year < 2003 or n % 3 == 0
    ]
    made.folder.joinpath("years.csv").write_text("\n".join([head, *years]) + "\n", "utf-8")
    declared(made.folder, rows)
    made.folder.joinpath("models.toml").write_text(STUDY + MODEL, "utf-8")
    unnamed = [",".join(f"column{n}" for n, _ in enumerate(HEAD.split(","))), *rows]
    made.folder.joinpath("unnamed.csv").write_text("\n".join(unnamed) + "\n", "utf-8")
    Study(made.study, made.panel, ledger=made.ledger).run(made.release, custody=made.custody)
    fewer = made.folder / "fewer.csv"
    fewer.write_text("\n".join([head, *random.Random(3).sample(rows[1:], 50), rows[0]]) + "\n", "utf-8")
    Study(made.study, str(fewer)).run(made.other)
    packages(made)
    register = ["support", "init", made.to("agency.db"), "--user", "me"]
    subprocess.run([sys.executable, "-m", "firmtrade", *register], capture_output=True, check=True)
    altered = made.folder / "altered"
    altered.mkdir()
    # All that is hidden for the sake of the canary's turnover is shown.
    true = rows_of(made.folder / "custody" / "tables.csv")
    shown = [[*row[:-1], "F"] if "turnover" in row and "BE1" not in row else None for row in true]
    told = zip(rows_of(made.folder / "release" / "tables.csv"), shown, strict=True)
    text = "\n".join(",".join(other or row) for row, other in told)
    altered.joinpath("tables.csv").write_text(text + "\n", "utf-8")
    return made


def packages(place: Place) -> None:
    """The study as a pack, its release, and that as a package of two countries."""
    raw, name, _, _ = read_raw(place.study)
    write_pack(Path(place.asked), raw, name, Study(place.study).spec.catalog.hash())
    Study(place.asked, place.panel).run(place.packed)
    write_package(Path(place.packed), Path(place.one), "BE")
    write_package(Path(place.packed), Path(place.two), "FR")


def declared(folder: Path, rows: list[str]) -> None:
    """The same firms as declarations of trade with a register and accounts, and with a line that is wrong."""
    parts = [row.split(",") for row in rows]
    trade = [
        f"{part[0]},{part[1]},{flow},{partner},84713000,{value},1"
        for part in parts
        for flow, partner, value in zip(
            ("import", "import", "export", "export"), ("FR", "US", "DE", "CN"), part[9:], strict=True
        )
    ]
    files = {
        "declared": ("firm,period,flow,partner,product,value,quantity", trade),
        "wrong": ("firm,period,flow,partner,product,value,quantity", [*trade, trade[0].replace(",7", ",-7")]),
        "register": (
            "firm,year,activity,region,founded,domestic",
            [",".join([*part[:5], part[8]]) for part in parts],
        ),
        "accounts": (
            "firm,year,employment,turnover,value_added",
            [",".join([*part[:2], *part[5:8]]) for part in parts],
        ),
    }
    for name, (head, content) in files.items():
        (folder / f"{name}.csv").write_text("\n".join([head, *content]) + "\n", "utf-8")
    (folder / "trade.toml").write_text(STUDY.replace(PANEL, LINKED), "utf-8")


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as found:
        return list(csv.reader(found))


def call(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """(exit code, output, errors) of the command line."""
    monkeypatch.setattr(sys, "argv", ["firmtrade", *arguments])
    capfd.readouterr()
    try:
        cli.main()
    except SystemExit as done:
        code = int(done.code or 0)
    else:
        code = 0
    return code, *capfd.readouterr()


def hidden_values(place: Place) -> list[bytes]:
    """The true values of all hidden figures, as they would be written out; small numbers are everywhere."""
    found = [one.value for one in read_inside(Path(place.custody)).figures if one.status != "F"]
    return [
        re.escape(f"{value:.2f}".rstrip("0").rstrip(".")).encode()
        for value in found
        if value and value > 9999
    ]


CASES = [(name, what) for name in ALL for what in COMMANDS.get(name, lambda p: {})(Place(Path()))]


@pytest.mark.parametrize(("name", "what"), CASES, ids=[f"{name}: {what}" for name, what in CASES])
def test_no_command_lets_the_canary_out(name, what, place, monkeypatch, capfd) -> None:
    code, out, err = call([*name.split(), *COMMANDS[name](place)[what]], monkeypatch, capfd)
    wanted = hidden_values(place)
    assert wanted, "figures are hidden"
    if (name, what) in REFUSED:
        assert code == 12, out + err
    elif (name, what) in BROKEN:
        # Rows are named to who runs it, so that they can be mended; nowhere else.
        assert code == 11 and traces(said(both=out + err)), out + err
    else:
        wrong = (10, 11, 13) if name not in ("run", "multiverse", "stress") else ()
        assert code in (0, *wrong), out + err
    spoken = {"out": out, "err": err}
    for where, text in spoken.items():
        found = traces(said(**{where: text})) + traces(said(**{where: text}), wanted)
        assert not found or MARK in text.partition(found[0][1])[0], (where, found, text)
    public = place.folder / "public"
    assert traces_in(public) == []
    assert traces_in(public, wanted) == []


def test_the_search_finds_what_leaves(place, monkeypatch, capfd) -> None:
    """With a reason the canary is everywhere: the test above could fail."""
    folder = place.folder / "open"
    code, _, err = call(
        ["run", place.study, "-p", place.panel, "-o", str(folder), "--unprotected", "a test"],
        monkeypatch,
        capfd,
    )
    assert code == 0, err
    where = {name.partition(":")[0] for name, _ in traces_in(folder)}
    assert {"tables.csv", "tables.xlsx", "report.html", "report.pdf"} <= where
    assert traces_in(folder, hidden_values(place))


def test_init_names_no_value_of_the_panel(place, monkeypatch, capfd) -> None:
    """Of columns whose names say nothing either; the years that the tables are about are no firm's."""
    for source in (place.panel, place.unnamed):
        out = place.folder / f"{Path(source).stem}.toml"
        code, *spoken = call(["init", source, "-o", str(out)], monkeypatch, capfd)
        assert code == 0, spoken
        values = {value for line in lines()[1:] for value in line.split(",") if len(value) >= 4}
        words = set(re.findall(r"[\w.-]+", out.read_text("utf-8") + spoken[0]))
        assert values & words <= {"2002", "true"}
