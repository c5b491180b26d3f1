"""The rows that a model is estimated on: a data frame of firm-years, read from the panel in one query.

Firms are whole numbers in the order of their identifiers: no identifier leaves the engine, and the same
panel in another order gives the same frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firmtrade._engine import expression
from firmtrade._engine.engine import Engine
from firmtrade._engine.kinds import CONDITION, TEXT, kind_of
from firmtrade._engine.steps import Query, Step
from firmtrade.classify.expand import CONTRACT, ROW_KINDS, Meaning, histories, panel_columns
from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.extras import econ
from firmtrade.estimate.kinds import Needs
from firmtrade.estimate.model import Model

if TYPE_CHECKING:
    import pandas

#: The panel's column that says which holding a firm belongs to.
HOLDING = "holding"
IN = "in_"


@dataclass(frozen=True)
class Data:
    """What a model reads.

    `frame` has a row for each firm-year, sorted by firm and year: `firm` (whole number), `year`, `owner` (the
    firm's holding, or the firm), `in_SAMPLE` (boolean) for each sample, and the asked columns: numbers as
    float (NaN: unknown), conditions as float 1 / 0 / NaN, words with codes as ordered categories (NaN:
    unknown). `lacking` are the optional columns that the panel cannot give, with what they need.
    """

    frame: pandas.DataFrame = field(repr=False)
    lacking: Mapping[str, str]
    catalog: Any

    def of(self, sample: str) -> pandas.DataFrame:
        """The firm-years that are in a sample."""
        return self.frame.loc[self.frame[column(sample)]]

    def title(self, name: str) -> str:
        """What a word or a panel column is called."""
        from firmtrade.words import COLUMNS

        found = self.catalog.find(name, "variable", "dimension", "measure", "sample")
        return found.title if found else COLUMNS.get(name, name.replace("_", " "))


def column(sample: str) -> str:
    """The column that says who is in a sample."""
    return IN + sample.replace("-", "_")


def read(
    engine: Engine, columns: Iterable[str], meaning: Meaning, model: Model, needs: Needs, rows: str
) -> Data:
    """The rows of a model.

    Raises Unanswerable where the panel lacks a column that a required expression needs, naming it.
    """
    econ("pandas", "a model")
    have = set(columns)
    asked, lacking = _asked(have, meaning, model, needs)
    samples = {column(name): _sample(name, meaning, model.where, have) for name in model.samples}
    coded = {name: sql for name, (sql, kind) in asked.items() if kind == TEXT}
    codes = _codes(engine, coded)
    firms = (
        "select firm, row_number() over (order by firm) - 1 as number from (select distinct firm from panel)"
    )
    owner = f"coalesce({HOLDING}, firm)" if HOLDING in have else ""
    owners = (
        f"select owner, row_number() over (order by owner) - 1 as owned from "
        f"(select distinct {owner} as owner from panel)"
    )
    listed = [f"{_typed(sql, kind, codes.get(name, ()))} as {name}" for name, (sql, kind) in asked.items()]
    flags = [f"coalesce({sql}, false) as {name}" for name, sql in samples.items()]
    when = f" where year between {model.years[0]} and {model.years[1]}" if model.years else ""
    seen = ", ".join([f"firm, {owner or 'firm'} as owner, cast(year as integer) as year", *flags, *listed])
    steps = [
        Step("firms", firms),
        *([Step("owners", owners)] if owner else []),
        Step("seen", f"select {seen} from panel{when}"),
        Step("kept", _kept(list(samples), rows)),
        Step("rows", _numbered([*samples, *asked], bool(owner))),
    ]
    found = engine.columns(Query(f"rows of model {model.name}", tuple(steps)))
    return Data(_frame(found, list(samples), asked), lacking, meaning.catalog)


def _asked(
    have: set[str], meaning: Meaning, model: Model, needs: Needs
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """(SQL and kind of each column, what the optional ones that are left out need)."""
    asked, lacking = {}, {}
    absent = [name for name in needs.further if name not in have and _unknown(name, meaning)]
    if absent:
        raise Unanswerable(
            f"It needs {', '.join(absent)}, which the panel does not have. Where the file has such a column "
            "under another name, say so in [panel.columns], or in the model's options."
        )
    for name, text in {**needs.required, **needs.optional}.items():
        sql, kind, missing = _expanded(text, meaning, model.where, have)
        if not missing:
            asked[name] = (sql, kind)
        elif name in needs.required:
            raise Unanswerable(f"It needs {missing}, which the panel does not have.")
        else:
            lacking[name] = missing
    return asked, lacking


def _unknown(name: str, meaning: Meaning) -> bool:
    """Whether a name is a plain one that neither the contract nor the catalog knows."""
    plain = name.replace("-", "_").isidentifier()
    return plain and name not in CONTRACT and meaning.catalog.find(name, *ROW_KINDS) is None


def _expanded(text: str, meaning: Meaning, where: str, have: set[str]) -> tuple[str, str, str]:
    tree = expression.parse(text, where)
    found = meaning.row(tree, where)
    if histories(found):
        raise StudyError(
            f"{where}: '{text}' looks at a firm's whole history, which a model does itself. "
            f"Name what it was in each year."
        )
    missing = sorted(panel_columns(found) - have)
    return expression.render(found), kind_of(tree, meaning._kind, where), ", ".join(missing)


def _sample(name: str, meaning: Meaning, where: str, have: set[str]) -> str:
    word = meaning.catalog.get(name, "sample", where=where)
    sql, _, missing = _expanded(word.expr, meaning, word.where, have)
    if missing:
        raise Unanswerable(f"The sample {name} needs {missing}, which the panel does not have.")
    return sql


def _codes(engine: Engine, coded: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The codes that occur, sorted: what is one of few texts is read as a number with a list of labels."""
    found = {}
    for name, sql in coded.items():
        query = f"select distinct {sql} as code from panel order by code"
        found[name] = tuple(code for (code,) in engine.rows(query) if code is not None)
    return found


def _typed(sql: str, kind: str, codes: tuple[str, ...]) -> str:
    if kind == TEXT:
        listed = ", ".join("'" + code.replace("'", "''") + "'" for code in codes) or "''"
        return f"cast({sql} as enum({listed}))"
    return f"cast(cast({sql} as tinyint) as float)" if kind == CONDITION else f"cast({sql} as double)"


def _kept(samples: list[str], rows: str) -> str:
    anywhere = " or ".join(samples)
    if rows == "firms":
        return f"select * from seen where firm in (select firm from seen where {anywhere})"
    return f"select * from seen where {anywhere}"


def _numbered(names: list[str], owned: bool) -> str:
    owner = "owned" if owned else "number"
    join = " join owners using (owner)" if owned else ""
    listed = ", ".join(["number as firm", f"{owner} as owner", "year", *names])
    return f"select {listed} from kept join firms using (firm){join} order by number, year"


def _frame(
    found: Mapping[str, Any], samples: list[str], asked: Mapping[str, tuple[str, str]]
) -> pandas.DataFrame:
    import numpy
    import pandas

    parts = {}
    for name, values in found.items():
        if isinstance(values, numpy.ma.MaskedArray):
            values = values.filled(numpy.nan) if values.dtype.kind == "f" else values.data
        parts[name] = values
    for name in ("firm", "owner", "year"):
        parts[name] = parts[name].astype(numpy.int32)
    return pandas.DataFrame(parts, copy=False)
