"""Which codes of one classification of activities may be which of another: published tables, a study's own.

Published tables are kept in definitions/correspondences with their source. The divisions of NACE Rev. 1.1 are
those of ISIC Rev. 3.1 and the divisions of NACE Rev. 2 those of ISIC Rev. 4 (Regulations 29/2002 and
1893/2006), so that a chain of tables leads from any of the five to any other: by divisions where one link is.
"""

from __future__ import annotations

import csv
import tomllib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from firmtrade.acquire.classification import divisions
from firmtrade.acquire.lines import is_utf8
from firmtrade.acquire.vintage import Vintage
from firmtrade.errors import DataError, StudyError, nearest

FOLDER = Path(__file__).parents[1] / "definitions" / "correspondences"
#: Classifications that have the same divisions.
SAME = (("NACE 1.1", "ISIC 3.1"), ("NACE 2", "ISIC 4"))
Links = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Table:
    """Code -> the codes that it may be -> share. `digits` is the length of its codes (0: of any length).

    `given` says that the shares are a study's own, which nothing overrules; else a share is the part of a
    code's links that lead there. `path` are the classifications on the way.
    """

    links: Links
    digits: int
    given: bool
    path: tuple[str, ...]

    def of(self, code: str) -> dict[str, float]:
        """What a code may be, with shares that add up to 1; empty if the table does not have it.

        A code that is finer than the table is looked up by its first digits; one that is coarser may be
        all that its parts may be, as codes of its own length.
        """
        for length in range(len(code), 1, -1):
            if code[:length] in self.links:
                return dict(self.links[code[:length]])
        return _shares(
            (target[: len(code)], share)
            for source, found in self.links.items()
            if len(code) > 1 and source.startswith(code)
            for target, share in found.items()
        )


def table(vintage: Vintage, wanted: str, base: Path) -> Table:
    """The table from a vintage's codes to the wanted classification.

    Raises StudyError where no published table leads there and the study has none, DataError for a file
    that cannot be used.
    """
    if vintage.file:
        return _own(vintage, wanted, base)
    path = _path(vintage.classification, wanted)
    if path is None:
        raise StudyError(
            f"No correspondence from {vintage.classification} to {wanted} is shipped. Give one of your own: "
            f'file = "..." (CSV with the columns from, to and, if it has shares, weight) in vintages.'
        )
    links, digits = _step(path[0], path[1])
    for first, second in pairwise(path[1:]):
        further, fine = _step(first, second)
        digits = min(digits, fine)
        links = _chained(_cut(links, digits), _cut(further, digits))
    return Table(links, digits, False, path)


def _path(start: str, end: str) -> tuple[str, ...] | None:
    """The shortest chain of tables between two classifications."""
    ways: dict[str, list[str]] = {}
    for one, other in (*SAME, *published()):
        ways.setdefault(one, []).append(other)
        ways.setdefault(other, []).append(one)
    queue: deque[tuple[str, ...]] = deque([(start,)])
    seen = {start}
    while queue:
        path = queue.popleft()
        if path[-1] == end:
            return path
        for following in sorted(set(ways.get(path[-1], ())) - seen):
            seen.add(following)
            queue.append((*path, following))
    return None


@lru_cache(maxsize=1)
def published() -> Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]:
    """(classification, classification) -> code -> codes of the tables that are shipped."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        entry = tomllib.loads(path.read_text(encoding="utf-8"))
        first, second = entry["between"]
        found[first, second] = {code: tuple(codes.split()) for code, codes in entry["links"].items()}
    return found


def _step(first: str, second: str) -> tuple[Links, int]:
    """One table, in the asked direction, and the length of its codes."""
    if (first, second) in SAME or (second, first) in SAME:
        return {code: {code: 1.0} for code in divisions(first)}, 2
    known = published()
    if (first, second) in known:
        pairs = [(a, b) for a, found in known[first, second].items() for b in found]
    else:
        pairs = [(a, b) for b, found in known[second, first].items() for a in found]
    return _grouped(((a, b, 1.0) for a, b in pairs)), 4


def _grouped(lines: Iterable[tuple[str, str, float]]) -> dict[str, dict[str, float]]:
    gathered: dict[str, list[tuple[str, float]]] = {}
    for source, target, weight in lines:
        gathered.setdefault(source, []).append((target, weight))
    return {source: _shares(found) for source, found in sorted(gathered.items())}


def _shares(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Weights of the same code added up, and divided by their sum."""
    summed: dict[str, float] = {}
    for target, weight in sorted(found):
        summed[target] = summed.get(target, 0.0) + weight
    total = sum(summed.values())
    return {target: weight / total for target, weight in summed.items()} if total > 0 else {}


def _cut(links: Links, digits: int) -> Links:
    """The table with codes of that length: a division has the links of its classes."""
    return _grouped(
        (source[:digits], target[:digits], share)
        for source, found in links.items()
        for target, share in found.items()
    )


def _chained(first: Links, second: Links) -> Links:
    return _grouped(
        (source, target, share * further)
        for source, found in first.items()
        for middle, share in found.items()
        for target, further in second.get(middle, {}).items()
    )


def _own(vintage: Vintage, wanted: str, base: Path) -> Table:
    """A study's own table; without weights each line counts alike."""
    path = base / vintage.file
    if not path.is_file():
        raise DataError(f"There is no correspondence table '{vintage.file}' (looked for {path.resolve()}).")
    encoding = "utf-8-sig" if is_utf8(vintage.encoding) else vintage.encoding
    try:
        text = path.read_text(encoding=encoding)
    except UnicodeDecodeError:
        raise DataError(
            f"{path.name} is not {vintage.encoding}. Say which encoding it has: encoding = ... in vintages."
        ) from None
    header = text.split("\n", 1)[0]
    rows = csv.DictReader(
        text.splitlines(), delimiter=vintage.delimiter or max((",", ";", "\t", "|"), key=header.count)
    )
    there = rows.fieldnames or ()
    for name in (vintage.source, vintage.target, vintage.weight):
        if name and name not in there:
            raise DataError(
                f"{path.name} has no column '{name}'.{nearest(name, there)} Columns: {', '.join(there)}. Say "
                f'source = "..." and target = "..." in vintages.'
            )
    lines = [_line(vintage, row, f"{path.name}, line {n}") for n, row in enumerate(rows, 2)]
    return Table(_grouped(lines), 0, bool(vintage.weight), (vintage.classification, wanted))


def _line(vintage: Vintage, row: Mapping[str, str | None], where: str) -> tuple[str, str, float]:
    source, target = (tidy(row[name] or "") for name in (vintage.source, vintage.target))
    if not source or not target:
        raise DataError(f"{where}: a code is missing.")
    if not vintage.weight:
        return source, target, 1.0
    try:
        weight = float((row[vintage.weight] or "").replace(",", "."))
    except ValueError:
        raise DataError(f"{where}: the weight '{row[vintage.weight]}' is no number.") from None
    if not 0 <= weight < float("inf"):
        raise DataError(f"{where}: the weight {weight:g} is not above nought.")
    return source, target, weight


def tidy(code: str) -> str:
    """'15.12' -> '1512'; one digit is a division that lost its zero."""
    text = code.replace(".", "").replace(" ", "").strip()
    return text.zfill(2) if len(text) == 1 else text
