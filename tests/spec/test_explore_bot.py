"""A bot asks the explorer for every view of a protected release and attacks with all that it was told.

That it can fail is shown by explorers that are sabotaged: they know the hidden values and use them.
benchmarks/serve.py --bot asks a larger release for more views.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from firmtrade.protect.protected import Custody
from firmtrade.result import Release
from firmtrade.serve.app import application
from firmtrade.serve.explore import derive, figure, view
from firmtrade.serve.explore.figure import Figure, Kind
from firmtrade.serve.explore.index import Index, Key, indexed, plain
from firmtrade.serve.site import Site
from support_explore import Bot, addresses, ask_everything, protected


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Custody]:
    return protected(tmp_path_factory.mktemp("bot"))


@pytest.fixture
def asked(made: tuple[Release, Custody]) -> Iterator[tuple[Bot, TestClient]]:
    release, custody = made
    site = Site(release, Path("out"))
    with TestClient(application(site), base_url="http://127.0.0.1") as client:
        yield Bot(indexed(release), custody), client


def answers(client: TestClient):
    def get(address: str):
        answer = client.get(f"/api/table?{address}")
        assert answer.status_code == 200, (address, answer.text)
        return answer.json()

    return get


def leaks(bot: Bot) -> int:
    """How many hidden figures an outsider bounds more closely than the rules allow."""
    return sum(len(report.unprotected) for _, report in bot.attacks())


def test_no_hidden_figure_follows_from_all_views_together(asked: tuple[Bot, TestClient]) -> None:
    bot, client = asked
    ask_everything(bot, answers(client))
    assert bot.asked > 900 and len(bot.figures) > 100 and bot.ratios and bot.differences
    made = [key for key in bot.figures if key not in bot.index.cells]
    assert made, "some totals are made, or the bot tries nothing"
    assert leaks(bot) == 0


def test_no_hidden_figure_is_told(asked: tuple[Bot, TestClient]) -> None:
    bot, client = asked
    ask_everything(bot, answers(client), every=3)
    hidden = {key for key, entry in bot.index.cells.items() if entry.cell.confidentiality != "F"}
    assert hidden and not hidden & set(bot.figures)
    assert not [pair for pair in (*bot.ratios, *bot.differences) if set(pair) & hidden]


def truth(custody: Custody) -> dict[Key, float]:
    cells = ((judged.cell, judged.value) for judged in custody.figures)
    return {Key(c.sample, c.period, c.measure, plain(c.codes)): v for c, v in cells if v is not None}


def test_the_bot_catches_totals_that_are_made_of_hidden_figures(
    made: tuple[Release, Custody], asked: tuple[Bot, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = truth(made[1])
    honest = figure._total

    def careless(index: Index, key: Key, further: tuple[str, ...]) -> Figure:
        told = honest(index, key, further)
        if told.reason != "parts_hidden":
            return told
        own = {**dict(key.codes)}
        parts = [
            value
            for part, value in known.items()
            if part[:3] == key[:3]
            and part.dimensions == key.dimensions | set(further)
            and own.items() <= dict(part.codes).items()
        ]
        return Figure(Kind.MADE, float(sum(parts)), "count", 0, "made", further)

    monkeypatch.setattr(figure, "_total", careless)
    bot, client = asked
    ask_everything(bot, answers(client))
    assert leaks(bot) > 0


@pytest.mark.parametrize("what", ["share", "change"])
def test_the_bot_catches_shares_and_changes_of_hidden_figures(
    what: str, made: tuple[Release, Custody], asked: tuple[Bot, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The explorer would show 12.5 % of 80 firms in the place of a hidden 10."""
    known = truth(made[1])
    honest = figure.figure

    def careless(index: Index, key: Key) -> Figure:
        told = honest(index, key)
        if told.kind is Kind.HIDDEN and key in known:
            return replace(told, kind=Kind.RELEASED, value=known[key], reason="")
        return told

    monkeypatch.setattr(derive, "figure", careless)
    bot, client = asked
    shows = ("share",) if what == "share" else ("change", "growth")
    for address in addresses(bot.index):
        if any(f"show={show}" in address for show in shows):
            from urllib.parse import parse_qsl

            from firmtrade.serve.explore.state import read

            bot.listen(read(bot.index, parse_qsl(address)), answers(client)(address))
    assert leaks(bot) > 0


def test_the_page_and_the_files_tell_what_the_api_tells(asked: tuple[Bot, TestClient]) -> None:
    """What a cell of the page shows is the figure of the API as it is printed, in every view tried."""
    bot, client = asked
    for number, address in enumerate(addresses(bot.index)):
        if number % 40:
            continue
        told = [cell for line in client.get(f"/api/table?{address}").json()["cells"] for cell in line]
        page = client.get(f"/explore?{address}").text
        for kind in ("hidden", "released"):
            assert page.count(f'<td class="is-{kind}') == sum(cell["kind"] == kind for cell in told), address
        lines = client.get(f"/explore/table.csv?{address}").text.splitlines()[1:]
        assert sum(line.endswith(",C") for line in lines) == sum(cell["kind"] == "hidden" for cell in told)
        assert len(lines) == sum(cell["kind"] != "absent" for cell in told)


def test_the_view_module_uses_the_figures_that_are_tested() -> None:
    """The sabotage above goes through these names; if they move, it must move with them."""
    assert view.figure is figure.figure and derive.figure is figure.figure
