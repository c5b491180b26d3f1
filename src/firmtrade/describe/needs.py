"""What a panel cannot answer is said, not guessed: 'scope needs import_intra, which this panel lacks'."""

from __future__ import annotations

from collections.abc import Iterable

from firmtrade.classify.expand import HISTORY, histories, panel_columns
from firmtrade.describe.asks import COUNT, Ask
from firmtrade.describe.groups import Groups
from firmtrade._engine.expression import Tree


def missing_words(asks: Iterable[Ask], groups: Groups, available: frozenset[str]) -> str:
    """Which words need which columns that the panel does not have; empty if none."""
    lacking: dict[str, set[str]] = {}
    for ask in asks:
        for word, trees in _words(ask, groups):
            needed = set().union(*(_needed(tree, groups) for tree in trees)) - available
            if needed:
                lacking.setdefault(word, set()).update(needed)
    parts = [f"{word} needs {', '.join(sorted(columns))}" for word, columns in sorted(lacking.items())]
    return "; ".join(parts) + (", which this panel does not have" if parts else "")


def _words(ask: Ask, groups: Groups) -> list[tuple[str, list[Tree]]]:
    exclusive, conditions = groups.split(ask)
    found = [(f"sample {ask.sample}", [tree for _, tree in groups.conditions(ask.sample, ask.window)])]
    found += [(name, [groups.dimension(name, ask)]) for name in exclusive]
    if conditions:
        overlapping = [name for name, _ in ask.codes if name not in exclusive]
        found.append((" with ".join(overlapping), conditions))
    if ask.aggregate != COUNT:
        _, values, condition = groups.aggregate(ask)
        found.append((ask.aggregate, [*values[:1], *([condition] if condition is not None else [])]))
    return found


def _needed(tree: Tree, groups: Groups) -> set[str]:
    needed = panel_columns(tree)
    for name in histories(tree):
        word = groups.meaning.catalog.get(name.removeprefix(HISTORY), "variable")
        needed |= _needed(groups.meaning.row(word.tree, word.where), groups)
    return needed
