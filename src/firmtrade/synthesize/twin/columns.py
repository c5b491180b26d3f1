"""Which columns a twin has and which values are worth drawing: read off the study's own expressions.

Nothing is known of a column but its kind and what it is compared with: `employment < 10` says that values
on both sides of ten matter, `class_group = '351'` that the code 351 does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade._engine import expression
from firmtrade.acquire.contract import column as contract_column
from firmtrade.acquire.source import PanelSpec
from firmtrade.classify.expand import HISTORY, panel_columns
from firmtrade.describe.asks import plain
from firmtrade.describe.compute import Setting
from firmtrade.describe.groups import Term

if TYPE_CHECKING:
    from firmtrade.synthesize.twin.reader import Reader

NUMBER, TEXT, YESNO, WHOLE = "number", "text", "yesno", "whole"
_KINDS = {"text": TEXT, "code": TEXT, "region": TEXT, "whole": WHOLE, "amount": NUMBER, "flow": NUMBER,
          "yesno": YESNO}  # fmt: skip
_COMPARISONS = ("EQ", "NEQ", "GT", "GTE", "LT", "LTE", "Between", "In")


@dataclass(frozen=True)
class Column:
    """`cuts` are the numbers it is compared with, ascending; `values` the codes of a text.

    `constant`: the study states one value for all rows. `below`: it may be negative.
    """

    name: str
    kind: str
    cuts: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    constant: Any = None
    below: bool = False

    @property
    def coded(self) -> bool:
        """Whether its values are places in a list (-1: missing), and not numbers (NaN: missing)."""
        return self.kind in (TEXT, YESNO)

    @property
    def switch(self) -> bool:
        """Whether all that is asked of it is whether it is positive: a flow."""
        return self.kind == NUMBER and self.cuts == (0.0,)


@dataclass
class _Found:
    cuts: set[float] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    used: bool = False


def columns_of(names: Iterable[str], reader: Reader, setting: Setting, spec: PanelSpec) -> list[Column]:
    """The columns by name, with what the asks compare them with; firm and year are not among them."""
    found = {name: _Found() for name in sorted({*names} - {"firm", "year"})}
    for term in words_of(reader.terms(), setting):
        _look(term.tree, found)
        for name in sorted(panel_columns(term.tree) & found.keys()):
            found[name].used = True
    for term in reader.amounts():
        for name in sorted(panel_columns(term.tree) & found.keys()):
            found[name].kinds.add(NUMBER)
    for name in reader.dimensions():
        _closed(name, found, setting)
    if "activity" in found:
        found["activity"].texts = _activities(found["activity"].texts, setting.codes.classification)
    return [_column(name, what, spec) for name, what in found.items()]


def words_of(terms: Iterable[Term], setting: Setting) -> list[Term]:
    """The terms, and those of the histories that they use."""
    found = {term.sql: term for term in terms}
    waiting = list(found.values())
    while waiting:
        term = waiting.pop()
        for name in sorted(term.histories):
            word = setting.catalog.get(name.removeprefix(HISTORY), "variable")
            inner = Term(setting.meaning.row(word.tree, word.where))
            if inner.sql not in found:
                found[inner.sql] = inner
                waiting.append(inner)
    return list(found.values())


def compared_with(tree: Any) -> dict[str, set[float]]:
    """The numbers that columns (with their point: `t0_employment`) are compared with, each by itself."""
    from sqlglot import exp

    found: dict[str, set[float]] = {}
    for node in tree.walk():
        if type(node).__name__ in _COMPARISONS:
            names = {column.name for column in expression.columns(node)}
            literals = list(node.find_all(exp.Literal))
            if len(names) == 1 and literals and not any(one.is_string for one in literals):
                numbers = {float(one.name) * (-1 if _negated(one) else 1) for one in literals}
                found.setdefault(names.pop(), set()).update(numbers)
    return found


def _look(tree: Any, found: Mapping[str, _Found]) -> None:
    from sqlglot import exp

    for node in tree.walk():
        kind = type(node).__name__
        if kind in _COMPARISONS:
            _compare(node, found)
        elif kind in ("Add", "Sub", "Mul", "Div", "Sum", "Median"):
            for name in panel_columns(node) & found.keys():
                found[name].kinds.add(NUMBER)
        elif isinstance(node, exp.Substring):
            for name in panel_columns(node) & found.keys():
                found[name].kinds.add(TEXT)


def _compare(node: Any, found: Mapping[str, _Found]) -> None:
    from sqlglot import exp

    names = sorted(panel_columns(node))
    literals = list(node.find_all(exp.Literal))
    texts = [one.name for one in literals if one.is_string]
    numbers = [] if texts else [float(one.name) * (-1 if _negated(one) else 1) for one in literals]
    for name in names:
        if name not in found:
            continue
        found[name].texts.update(texts)
        found[name].kinds.update([TEXT] if texts else [NUMBER] if numbers else [])
        if len(names) == 1 or contract_column(name).kind == "whole":
            found[name].cuts.update(numbers)


def _negated(literal: Any) -> bool:
    return type(literal.parent).__name__ == "Neg"


def _closed(name: str, found: Mapping[str, _Found], setting: Setting) -> None:
    """Codes of a dimension that is read from a text as it stands, such as a region."""
    word = setting.catalog.get(plain(name), "dimension")
    if word.overlaps or word.classification or expression.cases(word.tree) is not None:
        return
    tree = setting.meaning.row(word.tree, word.where)
    for column in panel_columns(tree) & found.keys():
        if contract_column(column).kind not in ("whole", "amount", "flow", "yesno"):
            found[column].texts.update(word.codes)
            found[column].kinds.add(TEXT)


def _activities(texts: set[str], classification: Mapping[str, str]) -> set[str]:
    """Divisions of the classification, and the finer codes that expressions name."""
    if not classification:
        return texts
    digits = len(next(iter(classification)))
    finer = {t for t in texts if len(t) > digits and t[:digits] in classification and t.isdigit()}
    return set(classification) | finer


def _column(name: str, what: _Found, spec: PanelSpec) -> Column:
    kind = _KINDS.get(contract_column(name).kind, "")
    if not kind:
        kind = TEXT if TEXT in what.kinds else NUMBER if NUMBER in what.kinds or not what.used else YESNO
    given = spec.constant.get(name)
    texts = set(what.texts)
    if contract_column(name).kind == "region":
        texts |= {code for code in spec.regions if not any(t.startswith(code) for t in texts)}
    values = tuple(sorted(texts)) or ("A", "B", "C") if kind == TEXT else ("false", "true")
    if given is not None and kind == TEXT:
        values = (str(given),)
    elif given is not None and kind == YESNO:
        given = str(given).lower()
    cuts = tuple(sorted(what.cuts))
    plain_amount = contract_column(name).kind in ("amount", "further") and not cuts
    return Column(name, kind, cuts, values, given, any(cut < 0 for cut in cuts) or plain_amount)
