"""The interface in English, Dutch, French and German, and numbers and dates as each language writes them.

A message is `part.name` in speak/LANGUAGE/PART.toml, with {names} for values. A test holds the four against
each other: the same names, the same values. The titles of the built-in definitions are in words.toml of each
language but English, by their English text (speak.memory); a study's own word stays as the study wrote it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from firmtrade.serve.speak.memory import Memory

if TYPE_CHECKING:
    from starlette.requests import Request

LANGUAGES = {"en": "English", "nl": "Nederlands", "fr": "Français", "de": "Deutsch"}
LOCALES = {"en": "en_GB", "nl": "nl_BE", "fr": "fr_BE", "de": "de_BE"}
COOKIE = "language"
WORDS = "words.toml"  # no messages: titles of definitions


@dataclass(frozen=True)
class Tongue:
    """One language: what it says and how it writes numbers."""

    code: str
    messages: Mapping[str, str]
    memory: Memory = field(default_factory=lambda: Memory({}))

    def say(self, key: str, /, **values: object) -> str:
        """The message `part.name`, with its values; KeyError where there is none: a test finds it first."""
        return self.messages[key].format(**values)

    def word(self, text: str) -> str:
        """The title or label of a built-in definition in this language; any other text as it is."""
        return self.memory.said(text)

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """A number with its thousands and decimals as the language writes them."""
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(format_decimal(value, format=pattern, locale=LOCALES[self.code]))

    def date(self, day: date | str) -> str:
        """A day, such as 3 May 2026; also of a moment, or of either as ISO 8601 writes it."""
        from babel.dates import format_date

        said = datetime.fromisoformat(day) if isinstance(day, str) else day
        return str(format_date(said, format="long", locale=LOCALES[self.code]))


@cache
def tongue(code: str) -> Tongue:
    """The language with this code; English for one that we do not speak."""
    code = code if code in LANGUAGES else "en"
    found: dict[str, str] = {}
    words: dict[str, str] = {}
    for part in sorted(files(__package__).joinpath(code).iterdir(), key=lambda path: path.name):
        if part.name.endswith(".toml"):
            said = tomllib.loads(part.read_text(encoding="utf-8"))
            if part.name == WORDS:
                words = said
            else:
                found |= {f"{part.name.removesuffix('.toml')}.{name}": text for name, text in said.items()}
    return Tongue(code, found, Memory(words))


def spoken(request: Request) -> Tongue:
    """The language that the reader chose, else the first that the browser asks for and we speak."""
    chosen = request.cookies.get(COOKIE, "")
    asked = [
        part.split(";")[0].strip()[:2].lower()
        for part in request.headers.get("accept-language", "").split(",")
    ]
    return tongue(next((code for code in (chosen, *asked) if code in LANGUAGES), "en"))
