"""What engines say differently: one class for each engine, and nowhere else.

A query is one text for all engines. Its types are called `string`, `double`, `bigint`, `decimal(p, s)` and
`boolean`; text is compared by its bytes. What is left over, where engines have no common word or mean other
things by it, has a method here that gives the SQL of this engine.
"""

from __future__ import annotations


class Dialect:
    """DuckDB's way, which the others replace where they must."""

    name = "duckdb"

    def largest(self, value: str, holder: str, when: str, places: int) -> str:
        """The `places` largest values of a group with their holders, the largest first, ties by name."""
        return f"max(case when {when} then {{'value': {value}, 'holder': {holder}}} end, {places})"

    def count_if(self, condition: str) -> str:
        """The number of rows of a group for which the condition holds."""
        return f"count_if({condition})"

    def matches(self, text: str, pattern: str) -> str:
        """Whether a part of a text fits a regular expression (a literal without backslashes)."""
        return f"regexp_matches({text}, {pattern})"

    def first_group(self, text: str, pattern: str) -> str:
        """A text that fits a pattern from start to end, as the pattern's first group; others as is."""
        return f"regexp_replace({text}, {pattern}, '\\1')"

    def contains(self, text: str, part: str) -> str:
        """Whether a text has a part."""
        return f"contains({text}, {part})"

    def trim(self, text: str) -> str:
        """A text without the spaces of any kind around it."""
        return f"trim({text})"

    def number(self, text: str) -> str:
        """DOUBLE of a text, NULL where it is none."""
        return f"try_cast({text} as double)"

    def whole(self, number: str) -> str:
        """INTEGER of a whole number, NULL where it is too large."""
        return f"try_cast({number} as integer)"

    def decimal(self, value: str, width: int, scale: int, loose: bool = False) -> str:
        """A number as DECIMAL; `loose`: NULL for NaN."""
        return f"{'try_cast' if loose else 'cast'}({value} as DECIMAL({width},{scale}))"

    def exact(self, number: str) -> str:
        """A DECIMAL as it comes, without what is no number."""
        return number

    def is_nan(self, number: str) -> str:
        """Whether a DOUBLE is 'not a number', which is how data frames write missing."""
        return f"isnan({number})"

    def is_finite(self, number: str) -> str:
        """Whether a DOUBLE is a number, and not infinite."""
        return f"isfinite({number})"

    def is_infinite(self, number: str) -> str:
        """Whether a DOUBLE is infinite."""
        return f"isinf({number})"

    def parts(self, text: str, separator: str) -> str:
        """A row for each part of a text."""
        return f"unnest(string_split({text}, {separator}))"

    def sampled(self, key: str, every: int) -> str:
        """The condition of one in `every` keys, the same ones in every run (of one engine)."""
        return f"hash({key}) % {every} = 0"

    def bits(self, number: str) -> str:
        """How many bits of a BIGINT are set."""
        return f"bit_count({number})"


#: Spaces of every kind, which DuckDB trims: other engines trim the plain one only.
_SPACES = " \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
#: A number as text. Exponents of three digits are left out: they overflow in some engines.
_NUMBER = r"'^ *[+-]?([0-9]{1,40}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})? *$'"
_INFINITY, _NAN = "cast('Infinity' as double)", "cast('NaN' as double)"


class _Others(Dialect):
    """What Spark and PostgreSQL have in common: NaN equals itself and is above all numbers."""

    def is_nan(self, number: str) -> str:
        return f"{number} = {_NAN}"

    def is_finite(self, number: str) -> str:
        return f"abs({number}) < {_INFINITY}"

    def is_infinite(self, number: str) -> str:
        return f"abs({number}) = {_INFINITY}"

    def whole(self, number: str) -> str:
        return f"case when {number} between -2147483648 and 2147483647 then cast({number} as integer) end"

    def sampled(self, key: str, every: int) -> str:
        # The same firms on both engines: the first three signs of a digest have 4096 values.
        if every < 2:
            return f"{key} is not null"
        last = max(4096 // every, 1) - 1
        return f"substring(md5({key}), 1, 3) <= '{last:03x}'"


class SparkDialect(_Others):
    """Spark SQL 4 with ANSI rules."""

    name = "spark"

    def largest(self, value: str, holder: str, when: str, places: int) -> str:
        pair = f"named_struct('value', {value}, 'holder', {holder})"
        return f"slice(sort_array(collect_list({pair}) filter (where {when}), false), 1, {places})"

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_like({text}, {pattern})"

    def first_group(self, text: str, pattern: str) -> str:
        return f"regexp_replace({text}, {pattern}, '$1')"

    def trim(self, text: str) -> str:
        return f"trim(both '{_SPACES}' from {text})"

    def number(self, text: str) -> str:
        # Without its pattern '1d' would be a number. The text is named once: it is a long expression.
        return f"cast(nullif(regexp_extract({text}, {_NUMBER}, 0), '') as double)"

    def decimal(self, value: str, width: int, scale: int, loose: bool = False) -> str:
        return f"cast({value} as decimal({width},{scale}))"

    def parts(self, text: str, separator: str) -> str:
        return f"explode(split({text}, {separator}))"


class PostgresDialect(_Others):
    """PostgreSQL 12 or later. `string` and `double` are domains that the engine makes."""

    name = "postgres"

    def largest(self, value: str, holder: str, when: str, places: int) -> str:
        # An array of records would come back as text without types: each pair is written out, and read again.
        order = f'{value} desc, {holder} collate "C" desc'
        pair = f"cast({value} as text) || chr(31) || {holder}"
        return f"(array_agg({pair} order by {order}) filter (where {when}))[1:{places}]"

    def exact(self, number: str) -> str:
        return f"nullif({number}, cast('NaN' as decimal))"

    def count_if(self, condition: str) -> str:
        return f"count(*) filter (where {condition})"

    def matches(self, text: str, pattern: str) -> str:
        return f"{text} ~ {pattern}"

    def contains(self, text: str, part: str) -> str:
        return f"strpos({text}, {part}) > 0"

    def trim(self, text: str) -> str:
        return f"btrim({text}, '{_SPACES}')"

    def number(self, text: str) -> str:
        # A cast would stop at a text that is no number. A pattern without (?:) would give its first group.
        return f"cast(substring({text} from {_NUMBER.replace('(', '(?:')}) as double)"

    def decimal(self, value: str, width: int, scale: int, loose: bool = False) -> str:
        # By way of text: a direct cast keeps 15 digits of a DOUBLE.
        return f"cast(cast({value} as text) as decimal({width},{scale}))"

    def parts(self, text: str, separator: str) -> str:
        return f"unnest(string_to_array({text}, {separator}))"

    def bits(self, number: str) -> str:
        return f"length(replace(cast(cast({number} as bit(64)) as text), '0', ''))"


DUCKDB = Dialect()
