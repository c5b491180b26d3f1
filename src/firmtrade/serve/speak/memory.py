"""What built-in titles and labels are called in another language, found by their English text.

An entry is `"English text" = "translation"`. A text that is the same but for its part in {braces} is one entry,
such as "constant {flow}": the part is looked up in turn. A study's own title that no entry has stays as it is,
and one that says the same as a built-in one is rightly called the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Memory:
    """Translations into one language, by English text."""

    entries: Mapping[str, str]

    def knows(self, text: str) -> bool:
        """Whether there is a translation of the text."""
        return self._found(text) is not None

    def said(self, text: str) -> str:
        """The translation; the text itself where there is none."""
        found = self._found(text)
        return text if found is None else found

    def _found(self, text: str) -> str | None:
        plain = text.replace("\N{EN DASH}", "-")
        if plain in self.entries:
            return self.entries[plain]
        small = plain[:1].lower() + plain[1:]
        if small in self.entries:
            said = self.entries[small]
            return said[:1].upper() + said[1:]
        for pattern, said in self._patterns:
            found = pattern.fullmatch(plain)
            if found:
                return said.format(**{name: self.said(part) for name, part in found.groupdict().items()})
        return None

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """Entries with a part, the longest first: the one that says most of the text itself."""
        made = sorted((text for text in self.entries if _PART.search(text)), key=len, reverse=True)
        return tuple((_pattern(text), self.entries[text]) for text in made)


def _pattern(text: str) -> re.Pattern[str]:
    pieces = _PART.split(text)
    parts = [f"(?P<{piece}>.+)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)]
    return re.compile("".join(parts))
