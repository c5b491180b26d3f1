"""Mutations of text and of the contents of a TOML file, drawn from a generator."""

from __future__ import annotations

import copy
import datetime
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

#: What is put where something else belongs.
_PLAIN = (Path(__file__).parent / "odd.txt").read_text(encoding="utf-8")
#: Among them: text that runs from right to left, letters of other alphabets that look like ours, NUL.
ODD_TEXT = (
    *_PLAIN.split(), "", " ", "\0", "a\0b", "\n", "x" * 5000, "; drop table panel; --", "' or 1=1 --",
    "\u202eabc", "\uff41\uff42\uff43", "\u0435xports", "\u00e9", "\U0001d535",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    0, -1, 1, 2**31, 2**63, 10**30, -(10**30), 0.5, 1e308, -1e308, math.inf, -math.inf, math.nan, True, False,
    [], {}, [[]], [{}], [""], ["a", 1], {"a": 1}, {"": ""}, {"a": {"b": {"c": []}}}, [["a"], ["b"]],
    list(range(50)),
    datetime.date(2002, 1, 1), datetime.datetime(2002, 1, 1, 12), datetime.time(12),
)  # fmt: skip


def odd(draw: Random) -> Any:
    """A value that hardly belongs anywhere."""
    return draw.choice(ODD_TEXT) if draw.random() < 0.5 else draw.choice(ODD_VALUES)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value in nested dicts and lists."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


def mutated(draw: Random, tree: dict[str, Any]) -> None:
    """Change one thing in nested dicts and lists, in place."""
    found = list(places(tree))
    inside, key = draw.choice(found)
    what = draw.randrange(6)
    if what == 0:
        del inside[key]
    elif what == 1 and isinstance(inside, dict):
        inside[draw.choice((*ODD_TEXT[1:], *map(str, inside), f"{key}x"))] = inside.pop(key)
    elif what == 2:
        other, at = draw.choice(found)
        if key in inside if isinstance(inside, dict) else key < len(inside):
            inside[key] = copy.deepcopy(other[at])
    elif what == 3 and isinstance(inside[key], str):
        inside[key] = cut(draw, inside[key])
    elif what == 4 and isinstance(inside, dict):
        inside[draw.choice(ODD_TEXT)] = odd(draw)
    else:
        inside[key] = odd(draw)


def cut(draw: Random, text: str) -> str:
    """A text with a piece taken out, put twice, or something put in."""
    if not text:
        return draw.choice(ODD_TEXT)
    start, end = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    piece = draw.choice(
        ("", text[start:end] * 2, draw.choice(ODD_TEXT), draw.choice("()'\"[]{},;=|.#\\\n-*/"))
    )
    return text[:start] + piece + text[end if draw.random() < 0.5 else start :]


def damaged(draw: Random, content: bytes) -> bytes:
    """Bytes with some of them changed, taken out, put twice or put in."""
    made = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        at = draw.randrange(len(made) or 1)
        what = draw.randrange(5)
        if what == 0 and made:
            made[at] ^= 1 << draw.randrange(8)
        elif what == 1:
            made[at:at] = draw.choice(
                (b"\0", b"\xff", b'"', b",", b"\n", b"\r\n", b";", b"\xe2\x80\xae", b"1", b"-")
            )
        elif what == 2:
            del made[at : at + draw.choice((1, 2, 10, 100))]
        elif what == 3:
            made[at:at] = made[at : at + draw.choice((1, 10, 100))]
        elif made:
            made[at] = draw.randrange(256)
    return bytes(made)
