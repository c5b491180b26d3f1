"""The page about the panel: its columns, and which words read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade._engine import expression
from firmtrade.acquire.classification import CLASSIFICATIONS
from firmtrade.acquire.contract import CONTRACT, REQUIRED
from firmtrade.catalog import Definition
from firmtrade.reference.markdown import code, rows, word_link
from firmtrade.words import in_aggregate

if TYPE_CHECKING:
    from firmtrade.study import StudySpec

_KINDS = {
    "text": "text",
    "code": "text, a code of the classification",
    "region": "text, a NUTS code",
    "whole": "a whole number, a year",
    "amount": "a number",
    "flow": "a number, or yes and no",
    "yesno": "yes or no",
}


def panel_page(spec: StudySpec) -> str:
    """What a panel may hold, column by column."""
    lines = [
        [code(c.name), c.title, _KINDS[c.kind], ", ".join(word_link(w) for w in _readers(c.name, spec))]
        for c in CONTRACT
    ]
    needed = " and ".join(map(code, REQUIRED))
    return f"""# The panel

One row for each firm and year. Only {needed} are always needed; a table that needs a column which is not
there is left out, and the report says which. A study maps its own names, units and codes onto these
([the study file](study-file.md)). Missing is not zero: an unknown flow keeps the firm in the count and out of
the numerator of a share.

{rows(["column", "what it is", "what it holds", "read by"], lines)}
Further columns may stand in expressions under the name that the study gives them.

Classifications of `activity`: {", ".join(CLASSIFICATIONS)}.
"""


def _readers(column: str, spec: StudySpec) -> list[Definition]:
    """The words whose expressions name the column itself."""
    found = []
    for word in spec.catalog:
        trees = [word.tree] if word.expr else [word.group(each) for each in word.groups]
        nodes = (node for tree in trees for node in expression.columns(tree))
        if any(node.name == column and _row_level(node, word) for node in nodes):
            found.append(word)
    return found


def _row_level(node: expression.Tree, word: Definition) -> bool:
    """In a measure, only what an aggregate holds is a column; outside it is another measure."""
    return word.kind != "measure" or in_aggregate(node)
