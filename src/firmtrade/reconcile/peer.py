"""A country's published figures beside a run: equal, different, without a value, missing.

Their figures are what a file of SDMX or CSV holds; a correspondence (`peer_file`) says which of ours each is.
Several of theirs may be one of ours: then they are summed, where they may be. An enterprise that trades with
two partners is one enterprise and stands in two partner rows, so numbers of enterprises are never summed
over partners, products or flows; and a total is never summed with its parts (UNSD, International Merchandise
Trade Statistics: Compilers Manual, chapter 11; OECD, Trade by Enterprise Characteristics).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from firmtrade.errors import DataError, nearest
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.peer_file import AMOUNT, COUNT, Correspondence, Measured
from firmtrade.result import TOTAL

EQUAL, DIFFERENT, WITHOUT, MISSING = "equal", "different", "no value", "missing"
#: Hidden, or not defined, in both.
NEITHER = "no value in either"
COLUMNS = (
    "table", "sample", "period", "codes", "measure", "theirs", "ours", "difference", "outcome", "flag",
)  # fmt: skip
_VALUES = ("OBS_VALUE", "obs_value", "value", "VALUE", "Value")
_FLAGS = ("CONF_STATUS", "OBS_STATUS", "OBS_FLAG", "obs_status", "confidentiality", "flag")
_BESIDE = ("DECIMALS", "decimals", "COMMENT_OBS", "note", "low", "high", *_FLAGS)
_NONE = ("", ":", "NaN", "NA", "n/a", "..")
_Key = tuple[str, str, str, tuple[tuple[str, str], ...], str]  # table, sample, period, codes, measure
Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Beside:
    """One of their figures beside ours. `theirs` is in our unit; None where a side has no value."""

    key: _Key
    theirs: Fraction | None
    ours: Fraction | None
    outcome: str
    table: str = ""
    flag: str = ""

    @property
    def words(self) -> str:
        """What the figure is about."""
        table, sample, period, codes, measure = self.key
        parts = [f"{sample} {period}".strip(), *(f"{name} {code}" for name, code in codes)]
        return " | ".join(part for part in (table, measure, ", ".join(parts)) if part)


@dataclass(frozen=True)
class _Theirs:
    """Their figures that are one of ours."""

    rows: list[Mapping[str, str]]
    decimals: int
    value: Fraction | None
    flag: str


@dataclass(frozen=True)
class Peers:
    """All figures that correspond, and how many of theirs do not (`apart`: 'column = code' -> how many)."""

    pairs: tuple[Beside, ...]
    apart: Mapping[str, int]

    @property
    def counted(self) -> Counter[str]:
        """How many have which outcome."""
        return Counter(pair.outcome for pair in self.pairs)


def compare(theirs: Rows, run: Iterable[Figure], how: Correspondence) -> Peers:
    """Their figures beside those of a run.

    Raises:
        DataError: a column is missing, a value is not a number, or figures would be summed that must not be.
    """
    theirs = how.long(theirs)
    value, flags = _about(theirs, how)
    grouped: dict[_Key, list[Mapping[str, str]]] = {}
    apart: Counter[str] = Counter()
    for row in theirs:
        if any(row.get(name, "") not in codes for name, codes in how.only.items()):
            continue
        key, why = _ours(row, how)
        if key is None:
            apart[why] += 1
        else:
            grouped.setdefault(key, []).append(row)
    ours = _by_key(run, how)
    pairs = [_beside(key, _summed(key, rows, how, value, flags), ours, how) for key, rows in grouped.items()]
    return Peers(tuple(pairs), dict(sorted(apart.items())))


def _about(theirs: Rows, how: Correspondence) -> tuple[str, tuple[str, ...]]:
    """(their column of values, those of flags), after a look at the columns that the mapping names."""
    there = list(dict.fromkeys(name for row in theirs for name in row))
    for name in [*(column.column for column in how.columns.values()), *how.only]:
        if name not in there:
            raise DataError(
                f"The file has no column '{name}'.{nearest(name, there)} It has: {', '.join(there)}."
            )
    value = how.value or next((name for name in _VALUES if name in there), "")
    if value not in there:
        raise DataError(
            f"Which column has the values? Say value = ... in the mapping, of: {', '.join(there)}."
        )
    flags = tuple(name for name in ((how.status,) if how.status else _FLAGS) if name in there)
    said = {
        value,
        *flags,
        *_BESIDE,
        *how.ignore,
        *how.only,
        *(column.column for column in how.columns.values()),
    }
    for name in there:
        # A column that the mapping is silent about and that differs would mix figures of different things.
        if name not in said and len({row.get(name, "") for row in theirs}) > 1:
            raise DataError(
                f"The mapping does not say what the column '{name}' is. Say [columns.X] column = "
                f'"{name}" if it is an attribute of ours, [only] {name} = "CODE" to take one code of it, '
                f'or ignore = ["{name}"].'
            )
    return value, flags


def _ours(row: Mapping[str, str], how: Correspondence) -> tuple[_Key | None, str]:
    """Our key of their figure, or None and the code that has none of ours."""
    said = {"table": "", "sample": how.sample}
    for name, column in how.columns.items():
        code = column.ours(row.get(column.column, ""))
        if code is None:
            return None, f"{column.column} = {row.get(column.column, '')}"
        said[name] = code
    table, sample, period, measure = (said.pop(name) for name in ("table", "sample", "period", "measure"))
    codes = tuple(sorted((name, code) for name, code in said.items() if code not in ("", TOTAL)))
    return (table, sample, period, codes, measure), ""


def _by_key(run: Iterable[Figure], how: Correspondence) -> dict[_Key, Figure]:
    found: dict[_Key, Figure] = {}
    for figure in run:
        if how.table and figure.table != how.table:
            continue
        table = figure.table if "table" in how.columns else ""
        key = (table, figure.sample, figure.period, figure.codes, figure.measure)
        other = found.setdefault(key, figure)
        if (other.value, other.confidentiality) != (figure.value, figure.confidentiality):
            raise DataError(
                f"The run has {figure.measure} ({figure.row}) in {other.table} and in {figure.table}, and "
                'they differ. Say which is meant: table = "..." in the mapping.'
            )
    return found


def _summed(
    key: _Key, rows: list[Mapping[str, str]], how: Correspondence, value: str, flags: tuple[str, ...]
) -> _Theirs:
    measured = how.measures.get(key[4], Measured())
    if len(rows) > 1:
        may_sum(key[4], rows, how)
    texts = [row[value].strip() for row in rows]
    flag = " ".join(dict.fromkeys(row[name] for row in rows for name in flags if row.get(name)))
    if any(text in _NONE for text in texts):
        return _Theirs(rows, 0, None, flag)
    try:
        numbers = [Decimal(text) for text in texts]
        decimals = max(-int(number.as_tuple().exponent) for number in numbers)
    except (InvalidOperation, ValueError):
        raise DataError(f"Their value '{texts[0]}' of {key[4]}, {key[2]}, is not a number.") from None
    told = [row["decimals"] for row in rows if row.get("decimals", "").isdigit()]
    decimals = max(map(int, told)) if told else max(decimals, 0)
    decimals = decimals if measured.decimals is None else measured.decimals
    return _Theirs(rows, decimals, sum((Fraction(n) for n in numbers), Fraction(0)), flag)


def may_sum(measure: str, rows: Rows, how: Correspondence) -> None:
    """Refuse a sum that is no figure of anything: of a total and its parts, of rates, of firms counted twice.

    Raises:
        DataError: see the message.
    """
    kind = how.measures.get(measure, Measured()).kind
    for name, column in how.columns.items():
        codes = sorted({row.get(column.column, "") for row in rows})
        if len(codes) < 2:
            continue
        whole = [code for code in codes if column.is_whole(code)]
        told = f"{measure}: the mapping makes one figure of {column.column} = {', '.join(codes)}"
        if whole:
            raise DataError(f"{told}; {', '.join(whole)} contains others. Map either the total or its parts.")
        if kind == COUNT and not column.each:
            raise DataError(
                f"{told}. An enterprise may stand in several of them and would count twice: take their "
                f"total. (Where each enterprise has one code of it: each = true in [columns.{name}].)"
            )
        if kind not in (COUNT, AMOUNT):
            raise DataError(f'{told}. Only counts and values may be summed: kind in [measures."{measure}"].')
    if len({tuple(row.get(c.column, "") for c in how.columns.values()) for row in rows}) < len(rows):
        raise DataError(
            f"{measure}: the file has two figures with the same codes; [only] says which is meant."
        )


def _beside(key: _Key, theirs: _Theirs, ours: Mapping[_Key, Figure], how: Correspondence) -> Beside:
    measured = how.measures.get(key[4], Measured())
    scaled = None if theirs.value is None else theirs.value * measured.scale
    figure = ours.get(key)
    if figure is None:
        return Beside(key, scaled, None, MISSING, key[0] or how.table, theirs.flag)
    outcome = NEITHER if theirs.value is None and figure.value is None else WITHOUT
    if theirs.value is not None and figure.value is not None:
        printed = _printed(figure.value / measured.scale, theirs.decimals)
        outcome = EQUAL if printed == _printed(theirs.value, theirs.decimals) else DIFFERENT
    return Beside(key, scaled, figure.value, outcome, figure.table, theirs.flag)


def _printed(value: Fraction, decimals: int) -> Fraction:
    """As it is printed: rounded half away from zero."""
    scaled = math.floor(abs(value) * Fraction(10) ** decimals + Fraction(1, 2))
    return Fraction(scaled if value >= 0 else -scaled) / Fraction(10) ** decimals


def lines(peers: Peers, most: int = 200) -> Iterator[str]:
    """The comparison for the terminal: counts, what does not correspond, then a table of what differs."""
    counted = peers.counted
    told = ", ".join(
        f"{counted[each]:,} {each}" for each in (EQUAL, DIFFERENT, WITHOUT, NEITHER, MISSING) if counted[each]
    )
    yield f"{len(peers.pairs):,} figures correspond: {told or 'none'}"
    if peers.apart:
        yield "Theirs without a figure of ours in the mapping:"
        yield from (f"  {number:>8,}  {code}" for code, number in peers.apart.items())
    shown = [pair for pair in peers.pairs if pair.outcome not in (EQUAL, NEITHER)]
    if shown:
        width = max(len(pair.words) for pair in shown[:most])
        yield f"{'':<{width}}  {'theirs':>16} {'this run':>16}"
        for pair in shown[:most]:
            yield f"{pair.words:<{width}}  {_text(pair.theirs):>16} {_text(pair.ours):>16}  {pair.outcome}"
    if len(shown) > most:
        yield f"and {len(shown) - most:,} more; --out FILE.csv has all"


def _text(value: Fraction | None) -> str:
    return "-" if value is None else f"{float(value):,.10g}"


def table(peers: Peers) -> list[dict[str, object]]:
    """One row for each figure, in COLUMNS; `difference` is ours minus theirs."""
    found: list[dict[str, object]] = []
    for pair in peers.pairs:
        moved = None if pair.ours is None or pair.theirs is None else pair.ours - pair.theirs
        ends = ["" if end is None else repr(float(end)) for end in (pair.theirs, pair.ours, moved)]
        _, sample, period, codes, measure = pair.key
        told = "; ".join(f"{name}={code}" for name, code in codes)
        row = (pair.table, sample, period, told, measure, *ends, pair.outcome, pair.flag)
        found.append(dict(zip(COLUMNS, row, strict=True)))
    return found
