"""The catalog: every word of the release, to search, with what it uses and who uses it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from firmtrade.publish.layout import capital
from firmtrade.publish.numbers import typeset
from firmtrade.result import Release, Word
from firmtrade.serve.pages.reading import entry
from firmtrade.serve.pages.said import title_said, unit_said
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]
KINDS = ("sample", "measure", "dimension", "parameter", "variable", "statistic", "coordinate")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AGGREGATE = re.compile(r"\b(sum|count|avg|mean|median|min|max|quantile\w*|stddev\w*|top\w*|corr)\s*\(", re.I)
_LONGEST = 200  # letters of a search


def view(site: Site, tongue: Tongue, query: str, kind: str) -> View | None:
    """The words that a search finds, by kind; None for a kind that there is not."""
    release = site.release
    kinds = [name for name in KINDS if any(word.kind == name for word in release.words.values())]
    kinds += sorted({word.kind for word in release.words.values()} - set(kinds))
    if kind and kind not in kinds:
        return None
    query = query[:_LONGEST]
    found = [w for w in release.words.values() if kind in ("", w.kind) and _matches(w, query, tongue)]
    return {
        "query": query,
        "kind": kind,
        "kinds": [(name, kind_said(tongue, name)) for name in kinds],
        "found": len(found),
        "groups": [
            {
                "kind": name,
                "title": kind_said(tongue, name),
                "words": _listed([w for w in found if w.kind == name], release, tongue),
            }
            for name in kinds
            if any(w.kind == name for w in found)
        ],
    }


def kind_said(tongue: Tongue, kind: str, one: bool = False) -> str:
    """The title of a kind, or what one word of it is; its own name where we have no word for it."""
    return tongue.say(f"pages.{'one' if one else 'kind'}_{kind}") if kind in KINDS else capital(kind)


def _listed(words: Iterable[Word], release: Release, tongue: Tongue) -> list[View]:
    made = [
        {"name": w.name, "title": title_said(tongue, release.words, w.name), "text": typeset(w.text),
         "unit": unit_said(tongue, w.unit)}
        for w in words
    ]  # fmt: skip
    return sorted(made, key=lambda view: (_plain(view["title"]), view["name"]))


def _plain(text: str) -> str:
    """Small letters without accents, so that 'ventes a l'etranger' finds what has them."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).replace("-", " ")


def _matches(word: Word, query: str, tongue: Tongue) -> bool:
    """Whether every part of the query is somewhere in the word, in English or the reader's language."""
    labels = [label for text in word.codes.values() for label in (text, tongue.word(text))]
    whole = " ".join(
        [word.name, word.title, tongue.word(word.title), word.text, word.formula, word.source, word.unit,
         *word.codes, *labels]
    )  # fmt: skip
    plain = _plain(whole)
    return all(part in plain for part in _plain(query).split())


def word_view(site: Site, tongue: Tongue, name: str) -> View | None:
    """One word whole; None where the release has no such."""
    release = site.release
    word = release.words.get(name)
    if word is None:
        return None
    return {
        "name": name,
        "kind": word.kind,
        "kind_title": kind_said(tongue, word.kind),
        "title": title_said(tongue, release.words, name),
        "english": capital(word.title) if tongue.word(word.title) != word.title else "",
        "text": capital(typeset(word.text)),
        "formula": word.formula,
        "unit": unit_said(tongue, word.unit),
        "source": word.source,
        "codes": [
            {"code": code, "label": capital(typeset(tongue.word(label))),
             "meaning": typeset(word.meanings.get(code, ""))}
            for code, label in word.codes.items()
        ],
        "uses": [_link(release, other, tongue) for other in uses(release, word)],
        "used_by": [
            _link(release, other.name, tongue)
            for other in release.words.values()
            if name in uses(release, other)
        ],
        "tables": [
            entry(table, tongue)
            for table in release.all_tables
            if name in {table.sample, *table.rows, *table.columns}
            or any(name in (c.measure, c.sample) or name in c.codes for c in table.cells)
        ],
    }  # fmt: skip


def _link(release: Release, name: str, tongue: Tongue) -> View:
    kind = kind_said(tongue, release.words[name].kind, one=True)
    return {"name": name, "title": title_said(tongue, release.words, name), "kind": kind}


def uses(release: Release, word: Word) -> tuple[str, ...]:
    """The words that a word's expression names.

    A measure is either one aggregate, whose names are columns and variables, or arithmetic over named
    measures: so `employment` means the column in the one and the measure in the other.
    """
    names = dict.fromkeys(found.replace("_", "-") for found in _NAME.findall(word.formula))
    arithmetic = word.kind == "measure" and not _AGGREGATE.search(word.formula)
    known = [name for name in names if name in release.words and name != word.name]
    return tuple(name for name in known if arithmetic or release.words[name].kind != "measure")
