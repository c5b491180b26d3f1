"""The columns that a panel may have, and what each holds (DESIGN.md, section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A further column's name must be usable in an expression.
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Column:
    """One column: `kind` says how a source's values become ours, `scale` the digits after the point.

    Kinds: text, code (of the classification), region, whole (a year), amount, flow (an amount, or
    traded / not traded) and yesno; lookup: a code that is looked up in a list (columns of declarations).
    """

    name: str
    kind: str
    title: str
    scale: int = 6


CONTRACT: tuple[Column, ...] = (
    Column("firm", "text", "identifier of the firm"),
    Column("year", "whole", "accounting year"),
    Column("activity", "code", "industry code in the classification that the study names"),
    Column("region", "region", "NUTS code"),
    Column("founded", "whole", "year of foundation"),
    Column("employment", "amount", "full-time equivalents", scale=9),
    Column("turnover", "amount", "turnover in currency units"),
    Column("value_added", "amount", "value added in currency units"),
    Column("domestic", "yesno", "domestically owned"),
    Column("import_intra", "flow", "imports from inside the union, in currency units"),
    Column("import_extra", "flow", "imports from outside the union, in currency units"),
    Column("export_intra", "flow", "exports to the union, in currency units"),
    Column("export_extra", "flow", "exports to outside the union, in currency units"),
    Column("holding", "text", "identifier of the group that owns the firm, for disclosure control"),
    Column("confidential", "yesno", "has asked that its figures are kept confidential"),
    Column("import_partners", "amount", "number of countries that the firm imports from"),
    Column("export_partners", "amount", "number of countries that the firm exports to"),
    Column("import_products", "amount", "number of products that the firm imports"),
    Column("export_products", "amount", "number of products that the firm exports"),
    Column(
        "coverage", "text", "population of a trade register: above, below, unknown-activity, not-declaring"
    ),
    Column("in_register", "yesno", "has a record in the business register"),
    Column("declared_import", "amount", "imports that the firm declares, on whichever side of the union"),
    Column("declared_export", "amount", "exports that the firm declares, on whichever side of the union"),
)

NAMES: tuple[str, ...] = tuple(column.name for column in CONTRACT)
FLOWS: tuple[str, ...] = tuple(column.name for column in CONTRACT if column.kind == "flow")

#: What linking a trade register adds to a panel.
LINKED: tuple[str, ...] = (
    "import_partners", "export_partners", "import_products", "export_products", "coverage", "in_register",
    "declared_import", "declared_export",
)  # fmt: skip
#: Without these there is no panel.
REQUIRED: tuple[str, ...] = ("firm", "year")
#: That a panel lacks these is nothing to tell.
OPTIONAL: tuple[str, ...] = ("holding", "confidential", *LINKED)


def column(name: str) -> Column:
    """The contract's column of that name, or a further column (kind 'further')."""
    return next((known for known in CONTRACT if known.name == name), Column(name, "further", name))
