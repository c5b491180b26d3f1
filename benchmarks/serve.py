"""Many people clicking at once: `python -m benchmarks.serve [FOLDER] [--users 50] [--seconds 60]`.

The server runs as `firmtrade serve` runs it, in a process of its own; the users are in this one. Each opens
the explorer, changes one choice after the other as the page offers them, goes back to what it saw, reads
other pages and takes files away, with one to three seconds between two clicks. Printed are the time until the
server answers first, errors, and the 50th, 95th and 99th percentiles by kind. To reach: no error, 95 % below
300 ms, a start below 2 s.

`--bot` asks instead for every view of a protected release with up to three filters and attacks with all that
it was told (tests/support_explore.py); `--cells` times a table of 1,000 figures.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

FILES = ("table.csv", "table.csv", "table.xlsx", "table.sdmx.csv", "chart.svg", "chart.png")
PAUSE = (1.0, 3.0)  # seconds between two clicks


def main() -> None:
    """Run what was asked for and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("demo/belgium-2002"))
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bot", action="store_true")
    parser.add_argument("--cells", action="store_true")
    asked = parser.parse_args()
    if asked.bot:
        bot()
    elif asked.cells:
        cells()
    else:
        clicking(asked.folder, asked.users, asked.seconds)


# -- clicking -----------------------------------------------------------------------------------------


@dataclass
class Log:
    """Seconds by kind of click, and what went wrong."""

    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


def clicking(folder: Path, users: int, seconds: float) -> None:
    """Start a server, let the users click, print percentiles."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "firmtrade", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            told = re.search(r"http://\S+?/", server.stdout.readline())  # type: ignore[union-attr]
            if told is None:
                raise SystemExit(server.wait())  # it has said why
            address = told[0]
            httpx.get(address, timeout=30).raise_for_status()
            took, worked = time.perf_counter() - begun, _processor(server.pid)
            print(f"start until the first page: {took:.2f} s, of which the server worked {worked:.2f} s")
            log = Log()
            asyncio.run(_all(address, users, seconds, log))
            print(f"processor time of the server: {_processor(server.pid):.0f} s in {seconds:.0f} s")
        finally:
            server.terminate()
    _print(log, users)


def _processor(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    import os

    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _all(address: str, users: int, seconds: float, log: Log) -> None:
    until = time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=2 * users, max_keepalive_connections=users)
    async with httpx.AsyncClient(
        base_url=address, timeout=30, limits=limits, follow_redirects=True
    ) as client:
        await asyncio.gather(*(_User(client, number, log).click(until) for number in range(users)))


class _User:
    """One reader: `seen` are the views it was at, the page is what it looks at now."""

    def __init__(self, client: httpx.AsyncClient, number: int, log: Log) -> None:
        self.client, self.log, self.draw = client, log, random.Random(number)
        self.seen: list[str] = []
        self.page, self.address = "", ""

    async def click(self, until: float) -> None:
        """Until the time is over."""
        await asyncio.sleep(self.draw.uniform(0, PAUSE[1]))
        for path in ("/static/app.css", "/static/explore.css", "/static/explore.js"):
            await self._get("static", path)
        await self._explore("/explore")
        while time.perf_counter() < until:
            await asyncio.sleep(self.draw.uniform(*PAUSE))
            kind = self.draw.choices(("choose", "back", "file", "page"), (6, 1, 1, 2))[0]
            await getattr(self, f"_{kind}")()

    async def _choose(self) -> None:
        """Change one choice of the page to another that it offers."""
        offered = _offered(self.page)
        if not offered:
            await self._explore("/explore")
            return
        name, values = self.draw.choice(sorted(offered.items()))
        asked = dict(parse_qsl(self.address.partition("?")[2]))
        asked[name] = self.draw.choice(values)
        await self._explore(f"/explore?{urlencode({key: value for key, value in asked.items() if value})}")

    async def _back(self) -> None:
        await self._explore(self.draw.choice(self.seen or ["/explore"]))

    async def _file(self) -> None:
        query = self.address.partition("?")[2]
        await self._get("file", f"/explore/{self.draw.choice(FILES)}?{query}", fine=(200, 404))

    async def _page(self) -> None:
        links = sorted(set(re.findall(r'<li><a href="(/[a-z]*)"', self.page)) - {"/explore"})
        await self._get("page", self.draw.choice(links or ["/"]))

    async def _explore(self, address: str) -> None:
        answer = await self._get("explorer", address)
        if answer is not None:
            self.page, self.address = answer.text, str(answer.url)
            self.seen.append(f"{answer.url.path}?{answer.url.query.decode()}")

    async def _get(self, kind: str, path: str, fine: tuple[int, ...] = (200,)) -> httpx.Response | None:
        begun = time.perf_counter()
        try:
            answer = await self.client.get(path)
        except httpx.HTTPError as error:
            self.log.errors.append(f"{path}: {error!r}")
            return None
        self.log.taken[kind].append(time.perf_counter() - begun)
        if answer.status_code not in fine:
            self.log.errors.append(f"{path}: {answer.status_code}")
        return answer


def _offered(page: str) -> dict[str, list[str]]:
    """The values of each choice on a page."""
    found: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found[unescape(name)] = [unescape(one) for one in re.findall(r'<option value="([^"]*)"', options)]
    for name, value in re.findall(r'type="checkbox" name="(measure|period)" value="([^"]+)"', page):
        found.setdefault(name, []).append(unescape(value))
    return found


def _print(log: Log, users: int) -> None:
    everything = [seconds for taken in log.taken.values() for seconds in taken]
    print(f"{users} users, {len(everything):,} requests, {len(log.errors)} errors")
    for text in log.errors[:10]:
        print(f"  {text}")
    print(f"{'milliseconds':12} {'number':>7} {'median':>7} {'95 %':>7} {'99 %':>7}")
    for name, taken in [*sorted(log.taken.items()), ("all", everything)]:
        ordered = sorted(taken)
        at = [1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)]
        print(f"{name:12} {len(taken):7,} {at[0]:7.0f} {at[1]:7.0f} {at[2]:7.0f}")


# -- a large table, and the bot ------------------------------------------------------------------------


def cells() -> None:
    """The processor time of the page for a table of 1,000 figures, the asking client's with it."""
    from starlette.testclient import TestClient

    from firmtrade.serve.app import application
    from firmtrade.serve.site import Site
    from support_explore import large

    site = Site(large(50, 20), Path("out"))
    with TestClient(application(site), base_url="http://127.0.0.1") as client:
        for _ in range(5):
            begun = time.process_time()
            text = client.get("/explore?rows=row&columns=column&totals=no").text
            print(f"{1000 * (time.process_time() - begun):.0f} ms for {text.count('<td'):,} figures")


def bot() -> None:
    """Every view with up to three filters, and the attack: of a crossed release, and of the Belgian study."""
    from firmtrade.serve.explore.api import as_json
    from firmtrade.serve.explore.index import indexed
    from firmtrade.serve.explore.page import looked
    from firmtrade.serve.speak import tongue
    from support_explore import Bot, ask_everything, protected

    for study, firms in (("", 220), ("", 900), ("belgium-2002", 900)):
        with tempfile.TemporaryDirectory() as folder:
            release, custody = protected(Path(folder), firms, study)
        index = indexed(release)
        asking = Bot(index, custody)
        english = tongue("en")
        ask_everything(asking, lambda text: as_json(looked(index, parse_qsl(text), english)), most=3)  # noqa: B023
        told = len(asking.figures), len(asking.ratios), len(asking.differences)
        print(f"{study or 'crossed'}, {firms} firms, {len(custody.hidden)} figures hidden:")
        print(f"  {asking.asked:,} views: {told[0]:,} figures, {told[1]:,} ratios, {told[2]:,} changes")
        found = [report.summary() for _, report in asking.attacks()]
        hidden, open_ = (sum(one[name] for one in found) for name in ("hidden", "under-protected"))
        print(f"  sums hidden: {hidden:,}; bounded more closely than the rules allow: {open_}")


if __name__ == "__main__":
    main()
