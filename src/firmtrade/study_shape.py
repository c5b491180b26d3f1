"""What a study file may look like, before it is asked what it means: text where text belongs, nothing hidden.

Unknown keys are left to the parts that know them, which name the nearest known one.
"""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from firmtrade.errors import StudyError

#: Larger files, longer texts and deeper nesting are no study that a person wrote.
LARGEST, LONGEST, DEEPEST = 5_000_000, 20_000, 12
_NUMBERS = 10.0**15
#: Persian and Indian scripts need these two; the third says where a word may be broken.
_JOINERS = "\u200c\u200d\u00ad"

TEXT, WHOLE, NUMBER, CODE, ANY = "text", "a whole number", "a number", "text or a number", ""
_SOME: Any = (TEXT, [TEXT])
_CODES: Any = (CODE, [CODE])
_BY: Any = (TEXT, [TEXT], {"*": _CODES})
_TABLES: Any = {"*": {"*": ANY}}
_BLOCK = {"sample": TEXT, "window": TEXT, "period": _CODES, "measures": _SOME, "by": _BY}
_TABLE = {
    **_BLOCK, "title": TEXT, "section": TEXT, "cells": [_BLOCK], "rows": _SOME, "columns": _SOME,
    "notes": _SOME, "chart": {"*": TEXT}, "like": TEXT, "where": _BY, "decimals": {"*": WHOLE},
}  # fmt: skip
_DATED = {"from": WHOLE, "value": NUMBER, "source": TEXT, "*": CODE}
_TEXTS = ("title", "text", "expr", "unit", "source", "like", "relation", "key", "of", "rule", "url", "doi")
_WORD = {
    **dict.fromkeys(_TEXTS, TEXT),
    "decimals": WHOLE, "groups": {"*": TEXT}, "codes": (TEXT, {"*": TEXT}), "values": [_DATED],
}  # fmt: skip
_PROFILE = {"title": TEXT, "source": TEXT, "rules": [TEXT], "models": [TEXT]}
_WORDS = (
    "sources",
    "parameters",
    "variables",
    "dimensions",
    "measures",
    "samples",
    "statistics",
    "coordinates",
    "alternatives",
)
_PARTS = (
    "panel",
    "transactions",
    "register",
    "accounts",
    "identifiers",
    "blocs",
    "thresholds",
    "dynamics",
    "sdmx",
)
#: A name of a type, [shape] for a list, {key: shape} for a table ("*": any other key), (a, b) for either.
SHAPE: Any = {
    **dict.fromkeys(("title", "subtitle", "source", "extends"), TEXT),
    "memory": TEXT, "without": [TEXT], "published": (TEXT, {"*": TEXT}),
    "windows": {"*": dict.fromkeys(("t0", "t1", "outcome"), WHOLE)},
    "tables": {"*": _TABLE},
    "models": _TABLES,
    "protect": {
        **dict.fromkeys(("synthetic", "profile", "ledger", "secret", "method"), TEXT), "base": WHOLE,
        "rules": {"*": _WORD}, "profiles": {"*": _PROFILE}, "hide": [{"*": TEXT}],
    },
    **{kind: {"*": _WORD} for kind in _WORDS},
    **{part: {"*": ANY} for part in _PARTS},
}  # fmt: skip


def check_shape(raw: Mapping[str, Any], file: str) -> None:
    """Refuse what no study can be, with its place.

    Raises:
        StudyError: a value is of another type than its key takes; text with characters that are not seen,
            or change the order of others; a number that no quantity has; nesting beyond any use.
    """
    _clean(raw, file, "", 0)
    _fits(raw, SHAPE, file, "")


def _fits(value: Any, shape: Any, file: str, at: str) -> None:
    if isinstance(shape, tuple):
        shape = next((each for each in shape if _kind(each) == _kind_of(value, each)), shape)
    if isinstance(shape, tuple) or _kind(shape) != _kind_of(value, shape):
        raise StudyError(f"{file}, {at or 'the file'} is {_wanted(shape)}, not {_found(value)}.")
    if isinstance(shape, list):
        for number, each in enumerate(value, 1):
            _fits(each, shape[0], file, f"{at}, {number}")
    elif isinstance(shape, dict):
        for key, each in value.items():
            _fits(each, shape.get(key, shape.get("*", ANY)), file, f"{at}.{key}" if at else key)


def _kind(shape: Any) -> Any:
    return list if isinstance(shape, list) else dict if isinstance(shape, dict) else shape


def _kind_of(value: Any, shape: Any) -> Any:
    """The kind of a value, as the shape would call it."""
    if shape == ANY:
        return ANY
    if isinstance(value, list | tuple):
        return list
    if isinstance(value, Mapping):
        return dict
    whole = isinstance(value, int) and not isinstance(value, bool)
    real = whole or isinstance(value, float)
    fits = {TEXT: isinstance(value, str), WHOLE: whole, NUMBER: real, CODE: real or isinstance(value, str)}
    return shape if fits.get(_kind(shape), False) else None


def _wanted(shape: Any) -> str:
    if isinstance(shape, tuple):
        return " or ".join(_wanted(each) for each in shape)
    if isinstance(shape, list):
        return f"a list of {_wanted(shape[0]).removeprefix('a ')}" if shape[0] == TEXT else "a list"
    return "a table of keys and values" if isinstance(shape, dict) else str(shape)


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {value:g}"
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, datetime.date | datetime.time):
        return f"the date {value}"
    return "a list" if isinstance(value, list | tuple) else "a table"


def _clean(value: Any, file: str, at: str, deep: int) -> None:
    if deep > DEEPEST:
        raise StudyError(f"{file}, {at}: nested more than {DEEPEST} deep. No part of a study is.")
    if isinstance(value, str):
        _seen(value, file, at)
    elif isinstance(value, int | float) and not abs(value) < _NUMBERS:
        said = "not a number" if math.isnan(value) else "too large for any quantity"
        raise StudyError(f"{file}, {at}: {said}.")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _seen(str(key), file, at)
            _clean(each, file, f"{at}.{key}" if at else str(key), deep + 1)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value, 1):
            _clean(each, file, f"{at}, {number}", deep + 1)


def _seen(text: str, file: str, at: str) -> None:
    """Refuse what a reader does not see: control characters, marks that turn the order of what follows."""
    if len(text) > LONGEST:
        raise StudyError(f"{file}, {at}: a text of {len(text):,} characters; {LONGEST:,} are allowed.")
    if text.isascii() and text.isprintable():
        return
    for sign in text:
        kind = unicodedata.category(sign)
        if (kind == "Cc" and sign not in "\n\t\r") or (kind in ("Cf", "Cs", "Co") and sign not in _JOINERS):
            raise StudyError(
                f"{file}, {at}: a character that is not seen stands in the text (U+{ord(sign):04X}"
                f"{', ' + unicodedata.name(sign, '').lower() if unicodedata.name(sign, '') else ''}). "
                "Take it out: write the text again by hand."
            )
