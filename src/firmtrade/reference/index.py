"""The first page: the parts in order, and every word from A to Z."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from firmtrade.reference.markdown import rows, word_link

if TYPE_CHECKING:
    from firmtrade.study import StudySpec


def index_page(spec: StudySpec, pages: Mapping[str, str]) -> str:
    """Links to the pages, and the words in alphabetical order."""
    listed = "".join(f"{n}. [{title}]({name}.md)\n" for n, (name, title) in enumerate(pages.items(), 1))
    words = sorted(spec.catalog, key=lambda word: (word.name, word.kind))
    lines = [[word_link(word), word.kind, word.title] for word in words]
    return f"""# Reference

What every word means, as the program reads it: written by `make docs` from the definitions, the study
`{spec.name}` and the commands themselves, and compared with them by `make check`. How the words work together
is shown in [the manual](../manual/index.md).

{listed}
## All words

{rows(["word", "kind", "title"], lines)}"""
