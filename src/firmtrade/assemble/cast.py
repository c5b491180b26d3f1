"""How the values of one source column become one of ours, as SQL over the source's relation.

Only cheap expressions per row, so that a Parquet panel stays lazy. A value that cannot become ours is
NULL and makes `bad` true: the check shows it with its row, and nothing is lost silently.
Numbers in text go through DOUBLE, so that the same panel as CSV, Stata and Parquet gives the same
DECIMALs to the last digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from firmtrade._engine.dialect import DUCKDB, Dialect
from firmtrade.acquire.classification import division_length
from firmtrade.acquire.contract import Column
from firmtrade.acquire.read import literal, quoted
from firmtrade.acquire.source import PanelSpec, Scalar
from firmtrade.errors import StudyError

_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
NUMBERS = ("integer", "float", "decimal")
_WHOLE = re.compile(r"'-?(0|[1-9][0-9]*)'\Z")
_YES = ("true", "t", "yes", "y", "1", "1.0", "j", "ja", "oui", "wahr", "waar", "vrai")
_NO = ("false", "f", "no", "n", "0", "0.0", "nee", "nein", "non", "falsch", "onwaar", "faux")


@dataclass(frozen=True)
class Given:
    """A source column as it comes: `sql` is its value with what means missing taken out.

    `family` is text, integer, float, decimal, boolean, date or other. `loose` text comes from a format
    without types, so it may be a number written out; `words`: its first value is true or false. `name` is the
    column's (quoted) and `kind` its SQL type; `how` is what its engine says differently.
    """

    sql: str
    family: str
    name: str = ""
    kind: str = ""
    loose: bool = False
    words: bool = False
    how: Dialect = DUCKDB

    @property
    def present(self) -> str:
        """The condition that the row has a value. NaN is how data frames write 'missing'."""
        known, nan = f"({self.sql}) is not null", self.how.is_nan(f"({self.sql})")
        return f"{known} and not ({nan})" if self.family == "float" else known


@dataclass(frozen=True)
class Cast:
    """`value` is ours (a number not yet DECIMAL), `bad` a condition that is never true where empty.

    `raw` is the source's value as text, for messages; `flag` says that a flow is traded / not traded.
    `number`: the value is to become a DECIMAL; `plain` is then the source column if the value is nothing
    but it times `factor`, so that the source's own statistics bound it. `text` is the source column of
    text that is only tidied; `loose_nan` says that NaN is still to become missing.
    """

    column: Column
    value: str
    bad: str
    raw: str
    flag: bool = False
    number: bool = False
    plain: str = ""
    factor: float = 1.0
    text: str = ""
    loose_nan: bool = False


def family(kind: str) -> str:
    """What a SQL type is to us."""
    base = kind.split("(")[0]
    if base in _INTEGERS:
        return "integer"
    known = {"VARCHAR": "text", "ENUM": "text", "FLOAT": "float", "DOUBLE": "float", "DECIMAL": "decimal",
             "BOOLEAN": "boolean", "DATE": "date"}  # fmt: skip
    return (
        "other"
        if kind.endswith("]")
        else known.get(base, "date" if base.startswith("TIMESTAMP") else "other")
    )


def given(
    name: str, kind: str, missing: Sequence[Scalar], loose: bool = False, how: Dialect = DUCKDB
) -> Given:
    """A source's column, trimmed where it is text, NULL where its value means missing."""
    plain = Given(quoted(name), family(kind), how=how)
    return replace(_without(plain, missing), name=quoted(name), kind=kind, loose=loose)


def constant(value: Scalar, how: Dialect = DUCKDB) -> Given:
    """A value that the study states for all rows."""
    kind = {bool: "boolean", int: "integer", float: "float"}.get(type(value), "text")
    return Given(literal(value) if kind != "text" else f"cast({literal(value)} as string)", kind, how=how)


def _without(column: Given, missing: Sequence[Scalar]) -> Given:
    sql = column.sql
    if column.family == "text":
        trimmed = column.how.trim(f"cast({sql} as string)")
        sql = f"nullif({trimmed}, '')"
    elif column.family == "float":
        sql = f"cast({sql} as double)"
    elif column.family == "decimal":
        sql = column.how.exact(sql)
    tests = [test for one in missing if (test := _equals(replace(column, sql=sql), one))]
    if tests:
        sql = f"(case when not ({' or '.join(tests)}) then {sql} end)"
    return replace(column, sql=sql)


def _equals(source: Given, value: Scalar) -> str:
    """The condition that a source's value is this one; '' if it cannot be. In text -9 may be '-9.0'."""
    sql, key = source.sql, _comparable(value, source.family)
    if source.family == "text" and _WHOLE.match(key):
        fits = source.how.matches(sql, f"'^{key[1:-1]}[.]0+$'")
        return f"{sql} = {key} or {fits}"
    return f"{sql} = {key}" if key else ""


def _comparable(value: Scalar, kind: str) -> str:
    """The value as SQL literal that may be compared with a column of that family; '' if none can be equal."""
    if kind == "text":
        whole = isinstance(value, float) and value.is_integer()
        return literal(
            str(int(value) if whole else value).lower() if not isinstance(value, str) else value.strip()
        )
    if kind == "boolean":
        word = str(value).lower()
        return "true" if word in _YES else "false" if word in _NO else ""
    if kind in NUMBERS:
        try:
            number = float(value)
        except ValueError:
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 1e18 else repr(number)
    return ""


def cast(column: Column, source: Given, spec: PanelSpec) -> Cast:
    """The expression for our column; a column with a value map goes through the map first."""
    codes = spec.codes.get(column.name) if column.kind != "lookup" else None
    mapped = _mapped(source, codes, column.name) if codes else _plain_number(column, source)
    make: dict[str, Callable[[Column, Given, PanelSpec], tuple[str, str]]] = {
        "text": _text, "code": _code, "region": _region, "whole": _whole, "amount": _amount, "flow": _flow,
        "yesno": _yesno, "further": _further, "lookup": _lookup,
    }  # fmt: skip
    value, bad = make[column.kind](column, mapped, spec)
    if codes:
        bad = " or ".join(part for part in (f"{source.present} and ({mapped.sql}) is null", bad) if part)
    flag = column.kind == "flow" and (mapped.family == "boolean" or mapped.words)
    number = column.kind in ("amount", "flow") or (column.kind == "further" and mapped.family in NUMBERS)
    plain = (
        source.name
        if number and not codes and mapped.family in NUMBERS and not spec.missing_values(column.name)
        else ""
    )
    factor = spec.units.get(column.name, 1.0)
    tidied = (
        column.kind in ("text", "code", "region", "lookup") and source.kind == "VARCHAR" and not source.loose
    )
    text = source.name if tidied and not codes and not spec.missing_values(column.name) else ""
    return Cast(column, value, bad, f"cast({source.sql} as string)", flag, number, plain, factor, text)


def _plain_number(column: Column, source: Given) -> Given:
    """A text column of numbers without 'NaN', which is how data frames write 'missing'."""
    if source.family != "text" or column.kind not in ("whole", "amount", "flow"):
        return source
    return replace(source, sql=f"(case when lower({source.sql}) <> 'nan' then {source.sql} end)")


def _mapped(source: Given, codes: dict[str, Scalar], name: str) -> Given:
    kinds = {type(value) for value in codes.values()}
    kind = (
        "boolean" if kinds == {bool} else "text" if str in kinds else "float" if float in kinds else "integer"
    )
    if bool in kinds and kind != "boolean":
        raise StudyError(f"[panel], codes.{name}: true and false are mixed with other values.")
    branches = []
    for theirs, ours in codes.items():
        test = _equals(source, theirs)
        if test:
            value = literal(str(ours)) if kind == "text" else literal(ours)
            branches.append(f"when {test} then {value}")
    if not branches:
        raise StudyError(f"[panel], codes.{name}: no value on the left can be in a column of numbers.")
    to = {"boolean": "boolean", "text": "string", "float": "double", "integer": "bigint"}[kind]
    return Given(f"cast(case {' '.join(branches)} end as {to})", kind, how=source.how)


def _unusable(source: Given) -> tuple[str, str]:
    return "null", source.present


def _text(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """Whole numbers as text without '.0': 1001.0 of a data frame is firm 1001."""
    if source.family == "text":
        return (_without_point(source, "[0-9]+", "0+") if source.loose else source.sql), ""
    if source.family in ("integer", "date"):
        return f"cast({source.sql} as string)", ""
    if source.family in ("float", "decimal"):
        number = f"cast({source.sql} as double)"
        whole = f"abs({number}) < 9e18 and {number} = floor({number})"
        text = f"case when {whole} then cast(cast({number} as bigint) as string)"
        return f"{text} when not {source.how.is_nan(number)} then cast({number} as string) end", ""
    return _unusable(source)


def _without_point(source: Given, digits: str, zeros: str) -> str:
    """A number that became text, such as '1001.0', without its point; looked at only where there is one."""
    text, how = source.sql, source.how
    shortened = how.first_group(text, f"'^({digits})[.]{zeros}$'")
    point = how.contains(text, "'.'")
    return f"case when {text} like '%0' and {point} then {shortened} else {text} end"


def _code(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """'15.12' -> '1512'. One digit can only be a division that lost its zero: '1' -> '01'.

    '1512.0' and '1.0' are numbers that became text; '41.0' is a group of NACE and stays one.
    """
    pads = spec.classification != "" and division_length(spec.classification) == 2
    bad = ""
    if source.family == "text":
        text = _without_point(source, "[0-9]|[0-9]{3,}", "0")
        value = f"replace(replace({text}, '.', ''), ' ', '')"
    elif source.family == "integer":
        value = f"cast({source.sql} as string)"
    elif source.family in ("float", "decimal"):
        # 15.1 may be group 15.1 or class 15.10: a decimal number cannot say which.
        number = f"cast({source.sql} as double)"
        value = f"case when {_is_whole(number)} then cast(cast({number} as bigint) as string) end"
        bad = f"{source.present} and ({value}) is null"
    else:
        return _unusable(source)
    return (
        f"case when length({value}) = 1 then lpad({value}, 2, '0') else {value} end" if pads else value
    ), bad


def _region(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    if source.family in ("boolean", "date", "other"):
        return _unusable(source)
    return f"upper(cast({source.sql} as string))", ""


def _whole(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """A year. A fraction is no year, and nothing is rounded."""
    add = f" + {spec.year_offset}" if column.name == "year" and spec.year_offset else ""
    if source.family == "date":
        return f"cast(extract(year from {source.sql}) as integer){add}", ""
    if source.kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"):
        return f"cast({source.sql} as integer){add}", ""
    if source.family == "integer":
        value = f"{source.how.whole(source.sql)}{add}"
    elif source.family in ("text", "float", "decimal"):
        number = number_of(source, spec)
        value = f"case when {_is_whole(number)} then cast({number} as integer){add} end"
        if source.family == "text":  # the year of a date such as 1998-05-01
            date = source.how.matches(source.sql, "'^[0-9]{4}-[0-9]{2}-[0-9]{2}($|[ T])'")
            date = f"length({source.sql}) > 9 and {date}"
            value = (
                f"case when {date} then cast(substring({source.sql}, 1, 4) as integer){add} else {value} end"
            )
    else:
        return _unusable(source)
    return value, f"{source.present} and ({value}) is null"


def _is_whole(number: str) -> str:
    return f"{number} = floor({number}) and abs({number}) < 1e9"


def number_of(source: Given, spec: PanelSpec) -> str:
    """DOUBLE of a number or of a text; NULL for a text that is none in the study's notation."""
    if source.family != "text":
        return source.sql if source.family == "float" else f"cast({source.sql} as double)"
    text = source.sql
    if spec.thousands == " ":  # in print the space does not break: two signs of Unicode
        text = f"replace(replace({text}, '\u00a0', ' '), '\u202f', ' ')"
    if spec.thousands:
        groups = f"^[+-]?[0-9]{{1,3}}([{spec.thousands}][0-9]{{3}})*([{spec.decimal}][0-9]*)?$"
        plain = f"^[+-]?[0-9]*([{spec.decimal}][0-9]*)?([eE][+-]?[0-9]+)?$"
        fits = " or ".join(source.how.matches(text, literal(each)) for each in (groups, plain))
        text = f"case when {fits} then replace({text}, {literal(spec.thousands)}, '') end"
    if spec.decimal == ",":
        point = source.how.contains(text, "'.'")
        text = f"case when not ({point}) then replace({text}, ',', '.') end"
    line = source.how.contains(text, "'_'")
    return source.how.number(f"case when not ({line}) then {text} end")


def _amount(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """A number, times its unit. Infinity is no number; NaN is missing."""
    factor = spec.units.get(column.name, 1.0)
    if source.family in ("integer", "decimal"):
        return (source.sql if factor == 1.0 else f"cast({source.sql} as double) * {factor!r}"), ""
    if source.family not in ("text", "float"):
        return _unusable(source)
    number = number_of(source, spec)
    finite = source.how.is_finite(number)
    value = f"case when {finite} then {number}{f' * {factor!r}' if factor != 1.0 else ''} end"
    if source.family == "float":
        return value, source.how.is_infinite(source.sql)
    return value, f"{source.present} and ({value}) is null"


def _flow(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """An amount, or traded / not traded as 1 / 0."""
    if source.family == "boolean" or source.words:
        value, bad = _yesno(column, source, spec)
        return f"cast({value} as integer)", bad
    return _amount(column, source, spec)


def _yesno(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    if source.family == "boolean":
        return source.sql, ""
    if source.family == "text":
        text = f"lower({source.sql})"
        yes, no = (", ".join(map(literal, words)) for words in (_YES, _NO))
        value = f"case when {text} in ({yes}) then true when {text} in ({no}) then false end"
    elif source.family in NUMBERS:
        value = f"case when {source.sql} = 1 then true when {source.sql} = 0 then false end"
    else:
        return _unusable(source)
    return value, f"{source.present} and ({value}) is null"


def _further(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """Numbers as amounts, everything else as it comes (dates as text)."""
    if source.family in NUMBERS:
        return _amount(column, source, spec)
    return (f"cast({source.sql} as string)" if source.family in ("date", "other") else source.sql), ""


def _month(date: str) -> str:
    """A date as 200205, its year and month."""
    return f"cast(extract(year from {date}) * 100 + extract(month from {date}) as integer)"


def _lookup(column: Column, source: Given, spec: PanelSpec) -> tuple[str, str]:
    """A code as it comes, for a list of what each means; whole numbers without '.0', dates as their month."""
    if source.family == "date":
        return _month(source.sql), ""
    if source.family == "integer":
        return source.sql, ""
    return _text(column, source, spec)
