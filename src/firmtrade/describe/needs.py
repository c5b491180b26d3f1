"""What a panel cannot answer is said, not guessed: 'scope needs import_intra, which this panel lacks'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firmtrade.classify.expand import HISTORY, panel_columns
from firmtrade.classify.window import Window
from firmtrade.describe.asks import COUNT, Ask
from firmtrade.describe.groups import Groups, Term


def missing_words(asks: Iterable[Ask], groups: Groups, available: frozenset[str]) -> str:
    """Which words need which columns that the panel does not have; empty if none."""
    lacking: dict[str, set[str]] = {}
    for ask in _apart(asks, groups):
        for word, needed in needs(ask, groups):
            if not needed <= available:
                lacking.setdefault(word, set()).update(needed - available)
    parts = [f"{word} needs {', '.join(sorted(columns))}" for word, columns in sorted(lacking.items())]
    return "; ".join(parts) + (", which this panel does not have" if parts else "")


def other_codes(asks: Iterable[Ask], groups: Groups, classification: str) -> str:
    """Which dimensions speak of the codes of another classification than the panel's; empty if none.

    A panel that states no classification is taken at its word.
    """
    if not classification:
        return ""
    names = sorted({name.partition(".")[2] or name for ask in asks for name, _ in ask.codes})
    found = []
    for name in names:
        known = groups.meaning.catalog.get(name, "dimension").classifications
        if known and classification not in known:
            found.append(f"{name} is about codes of {' or '.join(known)}")
    advice = f"Lead them there (vintages), or ask for the dimension of {classification}"
    return f"{'; '.join(found)}, and this panel's are of {classification}. {advice}" if found else ""


def refuse_undated(asks: Iterable[Ask], groups: Groups, windows: Mapping[str, Window]) -> None:
    """Refuse a year for which a parameter has no value: it must not be guessed, nor lose firms silently."""
    for ask in _apart(asks, groups):
        for name, point in sorted(set().union(*(term.parameters for term in terms(ask, groups)))):
            year = getattr(windows[ask.window], point or "t0") if ask.window else int(ask.year)
            groups.meaning.catalog.get(name, "parameter").value(year)


def _apart(asks: Iterable[Ask], groups: Groups) -> list[Ask]:
    """One ask of those that need the same terms in the same year."""
    apart: dict[tuple[object, ...], Ask] = {}
    for ask in asks:
        apart.setdefault((ask.year, *_kind(ask, groups)), ask)
    return list(apart.values())


def _kind(ask: Ask, groups: Groups) -> tuple[object, ...]:
    """Asks of one kind need the same terms."""
    return groups.remember(("kind", ask), lambda: _kind_of(ask, groups))


def _kind_of(ask: Ask, groups: Groups) -> tuple[object, ...]:
    names = tuple(name for name, _ in ask.codes)
    return (ask.sample, ask.window, names, *groups.split(ask)[1], ask.aggregate, ask.point)


def needs(ask: Ask, groups: Groups) -> list[tuple[str, frozenset[str]]]:
    """The panel columns that each word of an ask needs."""
    return groups.remember(
        ("needs", *_kind(ask, groups)),
        lambda: [
            (word, frozenset().union(*(_needed(term, groups) for term in found)))
            for word, found in _words(ask, groups)
        ],
    )


def needed_columns(asks: Iterable[Ask], groups: Groups) -> set[str]:
    """Every panel column that the asks read."""
    return set().union(*(columns for ask in asks for _, columns in needs(ask, groups)))


def terms(ask: Ask, groups: Groups) -> list[Term]:
    """Everything over panel columns that an ask needs."""
    return groups.remember(
        ("terms", *_kind(ask, groups)), lambda: [term for _, found in _words(ask, groups) for term in found]
    )


def _words(ask: Ask, groups: Groups) -> list[tuple[str, list[Term]]]:
    exclusive, conditions = groups.split(ask)
    found = [(f"sample {ask.sample}", [term for _, term in groups.conditions(ask.sample, ask.window)])]
    found += [(name, [groups.dimension(name, ask.window)]) for name in exclusive]
    if conditions:
        overlapping = [name for name, _ in ask.codes if name not in exclusive]
        found.append((" with ".join(overlapping), conditions))
    if ask.aggregate != COUNT:
        _, values, condition = groups.aggregate(ask)
        found.append((ask.aggregate, [*values[:1], *([condition] if condition is not None else [])]))
    return found


def _needed(term: Term, groups: Groups) -> set[str]:
    return groups.remember(("needed", term), lambda: _columns(term, groups))


def _columns(term: Term, groups: Groups) -> set[str]:
    needed = panel_columns(term.tree)
    for name in term.histories:
        word = groups.meaning.catalog.get(name.removeprefix(HISTORY), "variable")
        needed |= _needed(Term(groups.meaning.row(word.tree, word.where)), groups)
    return needed
