"""How surely a column's name means one of ours; the names are data (names.toml)."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("names.toml")
#: A name that is spelled this much alike is a slip; below it, 'omzet' would be like 'domestic'.
_ALIKE = 0.75
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UNION = re.compile(r"(?<![a-z])(eu|ue)[0-9]{2}", re.IGNORECASE)  # EU15 is one word
_NOT_UNION = re.compile(r"(?<![a-z])no[ _-]?(eu|ue)(?![a-z])", re.IGNORECASE)  # Spanish: no UE
_GERMAN = {
    ord(letter): plain
    for letter, plain in zip("äöüßÄÖÜ", ("ae", "oe", "ue", "ss", "Ae", "Oe", "Ue"), strict=True)
}


@lru_cache(maxsize=1)
def _known() -> dict[str, frozenset[str]]:
    parts = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: frozenset(words.split()) for part in parts.values() for name, words in part.items()}


def tokens(name: str) -> list[str]:
    """'ChiffreAffaires_2002' -> ['chiffre', 'affaires', '2002'], without accents."""
    plain = unicodedata.normalize("NFKD", name.translate(_GERMAN)).encode("ascii", "ignore").decode()
    return [token.lower() for token in _TOKEN.findall(plain)]


def flow(name: str) -> tuple[str, str]:
    """('export', 'intra'): the direction and the partner that a name speaks of, '' for what it does not."""
    known = _known()
    words = set(tokens(_NOT_UNION.sub("extra", _UNION.sub("eu", name))))
    joined = "".join(tokens(name))
    direction = next((way for way in ("import", "export") if words & known[way] or way in joined), "")
    partner = next((with_ for with_ in ("extra", "intra") if words & known[with_]), "")
    if direction and not partner:
        partner = next((with_ for with_ in ("extra", "noneu", "intra") if with_ in joined), "")
    return direction, "extra" if partner == "noneu" else partner


def means_foreign(name: str) -> bool:
    """Whether a name speaks of foreign ownership, the opposite of domestic."""
    words = tokens(name)
    return bool({"".join(words), *words} & _known()["foreign"])


def score(ours: str, theirs: str) -> float:
    """1 for our own name, less for a known name or a part of one, 0 for neither."""
    if theirs.lower() == ours:
        return 1.0
    if ours.startswith(("import_", "export_")):
        return 0.9 if "_".join(flow(theirs)) == ours else 0.0
    known, words = _known().get(ours, frozenset()), tokens(theirs)
    if "".join(words) in known:
        return 0.95
    if ours == "domestic" and means_foreign(theirs):
        return 0.8
    # A number at the end (turnover2002, nace_rev_2) or one word of several (emp_total) says less.
    while words and words[-1].isdigit():
        words = words[:-1]
    if words and "".join(words) in known:
        return 0.85
    return 0.6 if any(len(word) > 2 and word in known for word in words) else 0.0


def suggestion(ours: str, names: Iterable[str]) -> str:
    """The source's name that most likely means our column: by meaning, else by spelling; '' for none."""
    found = sorted(((score(ours, name), name) for name in names), key=lambda pair: (-pair[0], pair[1]))
    if found and found[0][0] > 0:
        return found[0][1]
    spelled = {name.replace("_", "").lower(): name for _, name in found}
    near = difflib.get_close_matches(ours.replace("_", ""), spelled, n=1, cutoff=_ALIKE)
    return spelled[near[0]] if near else ""
