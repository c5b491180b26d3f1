"""What built-in titles and labels are called in another language, found by their English text.

An entry is `"English text" = "translation"`. A text that is the same but for a part of it is one entry with
the part in {braces}: {n} and {m} stand for numbers or ranges, {id} for an indicator's number such as A6i,
{currency} for its three letters, {reason} for anything, and any other part must itself be known. So a study's
own title that no entry has stays as it is, and one that says the same as a built-in one is rightly called so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

#: Parts that are written alike in all languages, and what they look like.
_PLAIN = {
    "n": r"[\d.,+-]+[a-z]?",
    "m": r"[\d.,+-]+",
    "id": r"[A-Z]\d+[ivx]*",
    "currency": "[A-Z]{3}",
    "reason": ".+",
}
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Memory:
    """Translations into one language, by English text."""

    entries: Mapping[str, str]
    looked_up: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    def knows(self, text: str) -> bool:
        """Whether there is a translation of the text."""
        return self._looked_up(text) is not None

    def said(self, text: str) -> str:
        """The translation; the text itself where there is none."""
        found = self._looked_up(text)
        return text if found is None else found

    def _looked_up(self, text: str) -> str | None:
        """Texts come from a release, so there are only so many of them."""
        if text not in self.looked_up:
            self.looked_up[text] = self._found(text)
        return self.looked_up[text]

    def _found(self, text: str) -> str | None:
        plain = text.replace("\N{EN DASH}", "-")
        found = self._same(plain)
        if found is not None:
            return found
        small = self._same(plain[:1].lower() + plain[1:])
        return None if small is None else small[:1].upper() + small[1:]

    def _same(self, text: str) -> str | None:
        if text in self.entries:
            return self.entries[text]
        for pattern, said in self._patterns:
            found = pattern.fullmatch(text)
            parts = {n: self._part(n, part) for n, part in found.groupdict().items()} if found else {}
            if found and None not in parts.values():
                return said.format(**parts)
        return None

    def _part(self, name: str, part: str) -> str | None:
        return part if name in _PLAIN else self._found(part)

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """Entries with a part, the longest first: the one that says most of the text itself."""
        made = sorted((text for text in self.entries if _PART.search(text)), key=len, reverse=True)
        return tuple((_pattern(text), self.entries[text]) for text in made)


def _pattern(text: str) -> re.Pattern[str]:
    pieces = _PART.split(text)
    parts = [
        f"(?P<{piece}>{_PLAIN.get(piece, '.+')})" if at % 2 else re.escape(piece)
        for at, piece in enumerate(pieces)
    ]
    return re.compile("".join(parts))
