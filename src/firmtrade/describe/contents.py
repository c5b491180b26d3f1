"""What is in each year of a panel, as a number: whether a scan of the year would find what it found before.

The number is made of all rows of the year in any order: how many there are, and the sum and the exclusive or
of a 64-bit hash of each row over all columns. One value that changes changes it (the engine's hash of a
row is one-to-one in each number), and so does a row that is there twice. It finds what has changed, not what
was changed to deceive: the folder that it is kept in is the custodian's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmtrade._engine.engine import Engine
from firmtrade.assemble.panel import Panel

#: Rows, sum of their hashes and exclusive or of their hashes.
Content = tuple[int, int, int]
#: Of each file of a panel, as it is read: what is in its years.
Index = Mapping[str, Mapping[str, Content]]


@dataclass(frozen=True)
class Contents:
    """The contents of each year, the columns that they are about, and the index for later runs.

    `hashed` are the files that had to be read for it, of `files`.
    """

    years: Mapping[str, Content]
    types: Mapping[str, str]
    index: Index
    hashed: int
    files: int


def contents(engine: Engine, panel: Panel, known: Index) -> Contents:
    """The contents of an open panel's years; files that the index `known` has are not read again.

    A panel that is read into memory (a text file, a database) is hashed there each time.
    """
    types = dict(panel.columns)
    names = _names(engine, panel)
    unknown = [number for number, name in enumerate(names) if name not in known]
    found = {name: known[name] for name in names if name in known}
    for number, each in _hashed(engine, panel, types, unknown if names else None).items():
        found[names[number] if names else ""] = each
    index = {name: found.get(name, {}) for name in names}
    files = len(names) or 1
    return Contents(_joined(found), types, index, len(unknown) if names else files, files)


def _names(engine: Engine, panel: Panel) -> list[str]:
    """What each file is called in the index: by its bytes and by how it is read. None if not read lazily."""
    views = dict(engine.rows(
        "select view_name, sql from duckdb_views() where not internal order by view_name"
    ))  # fmt: skip
    lazily = f"{panel.relation}_all"
    if lazily not in views or not panel.files:
        return []
    how = [views[name] for name in (lazily, panel.rows, panel.relation) if name in views]
    if any(path.name in text for path in panel.files for text in how):
        return []  # a name that is read as a value: the file's bytes do not say it
    hashes = list(panel.hashes().values())
    if len(hashes) != len(panel.files):
        return []
    # A folder's name may be a value too (year=1998), and the same file may be given twice.
    folders = [[part for part in path.parts[:-1] if "=" in part] for path in panel.files]
    seen: dict[str, int] = {}
    names = []
    for one, folder in zip(hashes, folders, strict=True):
        seen[one] = seen.get(one, 0) + 1
        names.append(digest([one, folder, seen[one], *how, *panel.columns.items()]))
    return names


def _hashed(
    engine: Engine, panel: Panel, types: Mapping[str, str], files: list[int] | None
) -> dict[int, dict[str, Content]]:
    """What is in the years of these files (None: of all rows together, as file 0)."""
    if files == []:
        return {}
    row = f"hash({', '.join(sorted(types))})"
    where = f"\nwhere __file in ({', '.join(map(str, files))})" if files else ""
    file = "__file" if files else "0"
    sql = (
        f"select {file}, year, count(*), sum(cast(h as hugeint)), bit_xor(h)\n"
        f"from (select {file} as __file, year, {row} as h from {panel.rows}{where}) as hashed group by 1, 2"
    )
    found: dict[int, dict[str, Content]] = {}
    for number, year, rows, total, parity in engine.rows(sql):
        found.setdefault(int(number), {})[str(year)] = (int(rows), int(total), int(parity))
    return found


def _joined(files: Index) -> dict[str, Content]:
    """The years of several files: sums and exclusive ors of theirs."""
    found: dict[str, Content] = {}
    for years in files.values():
        for year, (rows, total, parity) in years.items():
            before = found.get(year, (0, 0, 0))
            found[year] = (before[0] + rows, before[1] + total, before[2] ^ parity)
    return found


def digest(parts: Any) -> str:
    """A name for what these texts, numbers and lists say."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()
