"""Studies and definitions: the contents of a study file, its text, and expressions are changed."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from random import Random
from typing import Any

from firmtrade import Study
from firmtrade.study import make_study, read_study
from fuzz.draw import cut, mutated, odd
from support_ledger import drawn, write

HERE = Path(__file__).parent
STUDY = (HERE / "study.toml").read_text(encoding="utf-8")
_WORDS = (HERE / "words.txt").read_text(encoding="utf-8").split()
_SOUND = """
sum(employment)
count(*) filter (where turnover > 0)
sum(turnover) / sum(employment)
tall and not tall
case when employment < 12 then 'small' else 'large' end
median(turnover)
employment + turnover * 2
quantile(turnover, 0.5)
turnover is null
100 * staff / total(staff, region)
firms / staff
substring(activity, 1, 2)
power(turnover, 0.5)
top_share(turnover, 0.1)
region in ('BE1', 'BE2')
""".strip().splitlines()
_NUMBERS = ("0", "1", "-1", "0.5", "2", "1e10", "99999999999999999999", "0.0000000001")
_NAMES = (
    "employment",
    "turnover",
    "year",
    "tall",
    "floor",
    "region",
    "activity",
    "firms",
    "staff",
    "founded",
    "share",
)
_WORD = (
    ("measures", "staff"),
    ("measures", "share"),
    ("samples", "some"),
    ("variables", "tall"),
    ("dimensions", "band"),
)


def expression(draw: Random) -> str:
    """Words of the language, and of others, in a row or in place of parts of a sound expression."""
    if draw.random() < 0.3:
        return " ".join(draw.choice(_WORDS) for _ in range(draw.choice((1, 2, 3, 5, 8, 20))))
    sound = draw.choice(_SOUND)
    if draw.random() < 0.4:
        return re.sub(r"\b(?:[a-z_]+(?![a-z_( ]*\()|[0-9.]+)\b", lambda m: _alike(draw, m[0]), sound)
    parts = sound.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    for _ in range(draw.choice((1, 1, 2, 3))):
        at, what = draw.randrange(len(parts)), draw.randrange(4)
        if what == 0:
            parts[at] = draw.choice(_WORDS)
        elif what == 1:
            parts.insert(at, draw.choice(_WORDS))
        elif what == 2 and len(parts) > 1:
            del parts[at]
        else:
            parts[at] = cut(draw, parts[at])
    return " ".join(parts)


def _alike(draw: Random, word: str) -> str:
    """Now and then a number in place of a number, a name in place of a name."""
    if draw.random() < 0.6 or word in (
        "where",
        "filter",
        "and",
        "not",
        "is",
        "null",
        "case",
        "when",
        "then",
        "else",
        "end",
    ):
        return word
    return draw.choice(_NUMBERS if word[0].isdigit() else _NAMES)


def _firms(folder: Path) -> Path:
    path = folder / "firms.csv"
    if not path.exists():
        write(path, drawn(40))
    return path


def tried(draw: Random, folder: Path) -> str:
    """What became of a study whose contents, or whose text, were changed."""
    panel = _firms(folder)
    if draw.random() < 0.4:
        text = STUDY
        for _ in range(draw.choice((1, 1, 2, 4))):
            text = cut(draw, text)
        path = folder / "changed.toml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        return _asked(read_study(path), panel, draw)
    raw: dict[str, Any] = copy.deepcopy(tomllib.loads(STUDY))
    for _ in range(draw.choice((1, 1, 2, 4))):
        mutated(draw, raw)
    return _asked(make_study(raw, "changed", folder, "changed.toml"), panel, draw)


def tried_definition(draw: Random, folder: Path) -> str:
    """What became of a study with a word of its own whose expression or whose fields were changed."""
    panel = _firms(folder)
    raw: dict[str, Any] = copy.deepcopy(tomllib.loads(STUDY))
    kind, name = draw.choice(_WORD)
    entry = raw[kind][name]
    entry["expr"] = expression(draw)
    if draw.random() < 0.2:
        entry[draw.choice((*entry, "text", "codes", "groups", "like", "relation", "key"))] = odd(draw)
    return _asked(make_study(raw, "changed", folder, "changed.toml"), panel, draw)


def _asked(spec: Any, panel: Path, draw: Random) -> str:
    """Everything that can be asked of a study: its queries, its words, and now and then its tables."""
    study = Study(spec, threads=1)
    study.queries()
    for word in draw.sample([*spec.catalog], 3):
        str(study.explain(word.name))
    if draw.random() < 0.25:
        for result in study.tables():
            repr(result)
        return "accepted, and its tables made"
    return "accepted"
