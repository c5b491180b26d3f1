"""Words, codes, units and numbers of a view as the reader's language says them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from firmtrade.publish.layout import capital
from firmtrade.publish.numbers import HIDDEN, is_change, printed, typeset, unit_text
from firmtrade.result import TOTAL, UNKNOWN
from firmtrade.serve.explore.derive import POINTS
from firmtrade.serve.explore.figure import Figure, Kind
from firmtrade.serve.explore.index import MODEL, Index, Key
from firmtrade.serve.speak import Tongue, tongue

#: What stands in the place of a figure that does not exist, or that the release does not have.
EMPTY, ABSENT = "\N{EN DASH}", ":"
_OWN = ("sample", "period", "measure", MODEL)


class Names:
    """What things are called. `keys` are the figures of a view: codes are named as in their tables."""

    def __init__(self, index: Index, tongue: Tongue, keys: Iterable[Key] = ()) -> None:
        self.index, self.tongue = index, tongue
        self.labels: Mapping[str, Mapping[str, str]] = index.labels(keys)

    def attribute(self, name: str) -> str:
        """'size' -> 'Size class'."""
        return self.tongue.say(f"explore.{name}") if name in _OWN else self.word(name)

    def word(self, name: str) -> str:
        """The title of a definition; any other name as it is."""
        known = self.index.words.get(name)
        return self._said(known.title) if known else name

    def code(self, name: str, code: str) -> str:
        """'0-9' -> '0-9 FTE'; of a sample or measure its title."""
        if code == TOTAL:
            return self.tongue.say("explore.total")
        if code == UNKNOWN:
            return self.tongue.say("explore.unknown")
        if name in ("sample", "measure") and code in self.index.words:
            return self._said(self.index.words[code].title)
        found = self.labels.get(name, {}).get(code) or self.index.labelled.get(name, {}).get(code, code)
        return self._said(found)

    def _said(self, text: str) -> str:
        return typeset(capital(self.tongue.word(text)))

    def unit(self, unit: str) -> str:
        """'kEUR/FTE' -> '1,000 EUR per FTE' in the language; '' for numbers of firms."""
        if unit == POINTS:
            return self.tongue.say("explore.points")
        return self.tongue.word(unit_text(unit)) if unit_text(unit) else ""

    def value(self, key: Key, one: Figure, signed: bool = False) -> str:
        """A figure as it is printed, or the sign that stands for it."""
        if one.kind is Kind.HIDDEN:
            return HIDDEN
        if one.value is None:
            return EMPTY if one.kind is Kind.EMPTY else ABSENT
        signed = signed or (
            one.kind is Kind.RELEASED and is_change(one.unit, self.index.words.get(key.measure))
        )
        return self.number(one.value, one.decimals, signed)

    def number(self, value: float, decimals: int, signed: bool = False) -> str:
        """A number, rounded half up as in the report, with the signs of the language."""
        return printed(value, decimals, signed).translate(_signs(self.tongue.code))


@lru_cache(maxsize=8)
def _signs(code: str) -> dict[int, str]:
    """The language's signs for thousands and decimals: working them out for each number would be slow."""
    head, _, tail = tongue(code).number(1234.5, 1).partition("234")
    return str.maketrans({",": head[1:], ".": tail[:-1]})
