"""What a declaration calls its partner: ISO 3166, UN M49, a name or a special code.

The lists are data: definitions/partners.toml, and partner_names.toml for other languages than English.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from firmtrade.catalog import DEFINITIONS

#: The code of a partner that is not stated.
UNKNOWN = "unknown"
_STOP = {"the", "of", "and"}
_APOSTROPHES = dict.fromkeys((0x27, 0x60, 0x2018, 0x2019), "")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_WORDS = {"st": "saint", "rep": "republic", "dem": "democratic", "fed": "federated", "isds": "islands"}


@dataclass(frozen=True)
class Partner:
    """A partner: `kind` is countries, historic, territories, special (no country) or sums (of several)."""

    code: str
    kind: str
    name: str

    @property
    def is_country(self) -> bool:
        """Whether it counts as one partner country."""
        return self.kind in ("countries", "historic", "territories")


@dataclass(frozen=True)
class _Lists:
    codes: Mapping[str, Partner]
    names: Mapping[str, Partner]
    spelled: Mapping[str, Partner]


def plain(name: str) -> str:
    """A name without case, accents, punctuation and small words: "Korea, Republic of" is 'korea republic'."""
    text = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    text = "".join(sign for sign in text if not unicodedata.combining(sign)).translate(_APOSTROPHES)
    words = (_WORDS.get(word, word) for word in re.findall(r"[a-z0-9]+", text))
    return " ".join(word for word in words if word not in _STOP)


def find(text: str) -> Partner | None:
    """The partner that a code or a name means; None if it is not known."""
    lists = _lists()
    code = text.strip().upper()
    found = lists.codes.get(code.lstrip("0") or "0") if code.isdigit() else lists.codes.get(code)
    return found or lists.names.get(plain(text)) or lists.names.get(" ".join(sorted(plain(text).split())))


def near(text: str) -> str:
    """The known code or name nearest to one that is not known; '' if none is near."""
    lists = _lists()
    found = difflib.get_close_matches(plain(text), lists.spelled, n=1, cutoff=0.75)
    if not found:
        return ""
    partner = lists.spelled[found[0]]
    return f"{partner.code} ({partner.name})"


def named(code: str) -> str:
    """The English name of a partner's code; the code itself if it has none."""
    found = _lists().codes.get(code)
    return found.name if found else code


def partners() -> Iterator[Partner]:
    """Every partner once, in the order of the file."""
    return iter(dict.fromkeys(partner for partner in _lists().codes.values() if partner.kind != "sums"))


@lru_cache(maxsize=1)
def _lists() -> _Lists:
    parts = tomllib.loads((DEFINITIONS / "partners.toml").read_text(encoding="utf-8"))
    codes: dict[str, Partner] = {}
    names: dict[str, Partner] = {}
    for kind in ("countries", "historic", "territories", "special"):
        for code, entry in parts[kind].items():
            partner = Partner(code, kind, entry["name"])
            for other in _codes(code, entry):
                codes.setdefault(other, partner)
            for name in (entry["name"], *entry.get("names", ())):
                names.setdefault(plain(name), partner)
    others = tomllib.loads((DEFINITIONS / "partner_names.toml").read_text(encoding="utf-8"))
    for listed in (entry for entry in others.values() if isinstance(entry, dict)):
        for code, spelled in listed.items():
            for name in spelled:
                names.setdefault(plain(name), codes[code])
                names.setdefault(plain(name.translate(_UMLAUTS)), codes[code])
    total = Partner("sum", "sums", "several partners at once")
    codes.update(dict.fromkeys((code.lstrip("0") or "0" for code in parts["sums"]["codes"]), total))
    names.update(dict.fromkeys(map(plain, parts["sums"]["names"]), total))
    # 'Republic of Moldova' and 'Moldova, Republic of' have the same words.
    turned = {" ".join(sorted(name.split())): partner for name, partner in names.items()}
    return _Lists(codes, {**turned, **names}, names)


def _codes(code: str, entry: Mapping[str, Any]) -> Iterator[str]:
    yield code
    if "iso3" in entry:
        yield entry["iso3"]
    if "m49" in entry:
        yield str(entry["m49"])
    yield from entry.get("codes", ())
