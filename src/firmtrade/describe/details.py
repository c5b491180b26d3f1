"""Tables by partner or product: rows that are not firms, in which a firm still counts once.

A trade register has, beside the panel, a row for each firm, year, flow and partner (or product), with what
the panel says of the firm. A sample or dimension with a `relation` is about such rows. Values add up over
them. A number of firms does not: a firm with two partners counts once in their union. So each group of
partners that some table asks for has a column that is true for the first of a firm's rows in it, and a number
of firms is that of these rows. Finest cells are told apart by these columns, so disclosure control
sees how the numbers of nested groups hang together (firms that export to the world, and to the union).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from firmtrade._engine import expression
from firmtrade.catalog import RELATIONS, TOTAL, Catalog, Definition
from firmtrade.classify.expand import Meaning
from firmtrade.describe.asks import COUNT, Ask, Pairs, plain
from firmtrade.describe.cells import years_of
from firmtrade.describe.spec import ALL, Table
from firmtrade.errors import StudyError

#: True for the first of a firm's rows of a flow; and for the first of those with the same partner (product).
ONCE, ONCE_OF_KEY = "once", "once_of_key"
#: The longest name of a column that every engine takes as it is (PostgreSQL has 63 bytes).
LONGEST = 60


def table_of(relation: str) -> str:
    """What a relation is called in the engine."""
    return f"firm_{relation}"


def once_column(catalog: Catalog, codes: Pairs, aggregate: str, relation: str) -> str:
    """The column that says which rows a number of firms counts; '' for the panel, and for sums.

    Raises StudyError for a dimension of other rows than those of the sample.
    """
    own = []
    for name, code in codes:
        dimension = catalog.get(plain(name), "dimension")
        if dimension.relation and dimension.relation != relation:
            raise _other_rows(catalog, dimension, relation)
        own += [(dimension, code)] if dimension.relation else []
    if len(own) > 1:
        raise StudyError(
            f"{own[0][0].name} and {own[1][0].name} are both groups of a firm's {relation}: ask for one in a "
            f"table."
        )
    if not relation or not _counts(catalog, aggregate):
        return ""
    return _named(*own[0]) if own else ONCE


def _other_rows(catalog: Catalog, dimension: Definition, relation: str) -> StudyError:
    known = [word.name for word in catalog if word.kind == "sample" and word.relation == dimension.relation]
    return StudyError(
        f"The dimension {dimension.name} is about each of a firm's {dimension.relation}, the table's sample "
        f"about {f'its {relation}' if relation else 'single firms'}. Use a sample of {dimension.relation}: "
        f"{', '.join(known)}."
    )


def _named(dimension: Definition, code: str) -> str:
    if dimension.groups.get(code) == f"{dimension.key} = {expression.quoted(code)}":
        return ONCE_OF_KEY
    texts = [dimension.name, *sorted(part.strip() for part in code.split("|"))]
    name = "__".join([ONCE, *(text.replace("-", "_") for text in texts)])
    if all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", text) for text in texts) and len(name) <= LONGEST:
        return name
    # 'a b', 'A-B' and 'a-b' are three groups, and must not share a column.
    return f"{ONCE}__{hashlib.sha256('|'.join(texts).encode()).hexdigest()[:24]}"


def _counts(catalog: Catalog, aggregate: str) -> bool:
    if aggregate == COUNT:
        return True
    word = catalog.find(aggregate, "measure")
    found = expression.aggregates(word.tree) if word else []
    return bool(found) and expression.split_aggregate(found[0])[0] == "count"


def refuse_rows(asks: Iterable[Ask], catalog: Catalog) -> None:
    """Refuse what looks at single rows, which are not firms here: a median, a largest value."""
    for ask in asks:
        if ask.window:
            raise StudyError(f"sample {ask.sample}: partners and products are of a year, not of a window.")
        if ask.aggregate == COUNT:
            continue
        word = catalog.get(ask.aggregate, "measure")
        function = expression.split_aggregate(word.tree)[0]
        if function not in ("count", "sum"):
            raise StudyError(
                f"{word.where}: '{function}' would be over a firm's partners or products one by one. Over "
                f"the rows of {ask.sample} firms are counted and values added up. For {function} use a "
                f"sample of the panel."
            )


def refuse_listed(both: bool) -> None:
    """Refuse a ledger, which follows firm by firm, together with tables of a firm's partners or products."""
    if both:
        raise StudyError(
            "A ledger compares runs firm by firm; tables by partner or product have several rows for a firm. "
            "Leave out [protect] ledger, or these tables."
        )


def once_conditions(tables: Iterable[Table], catalog: Catalog, meaning: Meaning) -> dict[str, dict[str, str]]:
    """For each relation that tables ask for: its columns `once_...`, and the rows that each is about.

    Conditions are SQL over the relation's columns.
    """
    found: dict[str, dict[str, str]] = {}
    for block in (block for table in tables for block in table.blocks):
        relation = catalog.get(block.sample, "sample").relation
        if not relation:
            continue
        conditions = found.setdefault(relation, {})
        for name, asked in block.by:
            dimension = catalog.get(plain(name), "dimension")
            if dimension.relation == relation:
                conditions.update(_conditions(dimension, asked, meaning))
    return {relation: found[relation] for relation in RELATIONS if relation in found}


def years_of_rows(tables: Iterable[Table], relation: str, catalog: Catalog) -> frozenset[str]:
    """The years that tables ask about a relation."""
    return frozenset(
        year
        for table in tables
        for block in table.blocks
        if catalog.get(block.sample, "sample").relation == relation
        for period in block.periods
        for year in years_of(period, f"table {table.name}")
    )


def _conditions(dimension: Definition, asked: tuple[str, ...], meaning: Meaning) -> Mapping[str, str]:
    codes = list(dimension.groups) if asked == (ALL,) else [code for code in asked if code != TOTAL]
    known = [code for code in codes if all(part.strip() in dimension.groups for part in code.split("|"))]
    trees = {_named(dimension, code): dimension.group(code) for code in known}
    trees.pop(ONCE_OF_KEY, None)
    return {name: expression.render(meaning.row(tree, dimension.where)) for name, tree in trees.items()}
