"""How a country's published figures correspond to ours: a mapping file, read and checked.

title = "Eurostat ext_tec01"
table = "tec-01"            # our table; left out: any that has the figure
sample = "traders"          # what theirs does not say and ours does
ignore = ["freq"]           # columns that tell nothing
values = ["nf", "exits"]    # theirs has a column for each measure: the name is then in the column `variable`

[only]                      # which of their figures
geo = "BE"

[columns.size]              # our attribute (sample, period, measure or a dimension)
column = "sizeclas"
codes = { TOTAL = "_T", "0-9" = "0-9" }   # left out: the same codes
others = "same"             # codes that are not listed are ours too; left out: they are none of ours
each = true                 # an enterprise has one code: numbers of enterprises may be summed over them
totals = ["TOTAL"]          # their codes that contain others
partners = true             # partner countries in any code or name: ours are ISO 3166 alpha-2

[measures.firms]            # by our measure
kind = "count"              # count, value (may be summed), or rate (never; the default)
scale = 1                   # theirs times this is ours
decimals = 0                # as printed; left out: as the value is written
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError, StudyError, nearest

COUNT, AMOUNT, RATE = "count", "value", "rate"
#: Codes that stand for a whole in the lists of Eurostat, OECD, IMF and SDMX, whatever a mapping says.
WHOLE = frozenset({"_T", "T", "TOT", "TOTAL", "ALL", "WORLD", "WLD", "W0", "W00", "W1"})
_TOP = ("title", "table", "sample", "ignore", "only", "columns", "measures", "value", "values", "status")
_COLUMN = ("column", "codes", "others", "each", "totals", "partners")
#: Where the names of `values` go, and their figures.
VARIABLE, VALUE = "variable", "value"
_MEASURE = ("kind", "scale", "decimals")


@dataclass(frozen=True)
class Column:
    """Which of their columns is an attribute of ours. `codes` maps theirs to ours; others stay if `same`."""

    column: str
    codes: Mapping[str, str] = field(default_factory=dict)
    same: bool = True
    each: bool = False
    totals: frozenset[str] = frozenset()
    partners: bool = False

    def ours(self, code: str) -> str | None:
        """Our code for theirs; None if there is none."""
        if self.partners and code not in self.codes:
            from firmtrade.acquire.transactions.partners import find

            found = find(code)
            return found.code if found and found.kind != "sums" else None
        return self.codes.get(code, code if self.same else None)

    def is_whole(self, code: str) -> bool:
        """Whether their code contains others of the column."""
        return code in self.totals or code.upper() in WHOLE


@dataclass(frozen=True)
class Measured:
    """What is known of one of our measures in their file."""

    kind: str = RATE
    scale: Fraction = Fraction(1)
    decimals: int | None = None


@dataclass(frozen=True)
class Correspondence:
    """A mapping: attributes of ours by name, and what their file leaves unsaid."""

    columns: Mapping[str, Column]
    measures: Mapping[str, Measured] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    table: str = ""
    sample: str = ""
    value: str = ""
    status: str = ""
    title: str = ""
    values: tuple[str, ...] = ()

    def long(self, rows: Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, str]]:
        """Their rows with one figure each: a row for each column of `values`.

        Raises:
            DataError: the file lacks such a column.
        """
        if not self.values:
            return rows
        there = list(dict.fromkeys(name for row in rows for name in row))
        for name in self.values:
            if name not in there:
                raise DataError(f"The file has no column '{name}'.{nearest(name, there)}")
        rest = [name for name in there if name not in self.values]
        return [
            {**{key: row.get(key, "") for key in rest}, VARIABLE: name, VALUE: row.get(name, "")}
            for row in rows
            for name in self.values
        ]


def built_in() -> dict[str, Path]:
    """The mappings that come with firmtrade, by name: in the wheel or in the checkout."""
    here = Path(__file__).parents[1]
    for folder in (here / "studies" / "peers", here.parents[1] / "studies" / "peers"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {}


def read_correspondence(name: str | Path) -> Correspondence:
    """A mapping by the name of a built-in one, or by path.

    Raises:
        StudyError: there is no such file, it is no TOML, or an entry is not known.
    """
    path = built_in().get(str(name), Path(name))
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        known = ", ".join(built_in()) or "none"
        raise StudyError(f"There is no mapping '{name}'. Built in: {known}; or give a TOML file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path.name} is not a TOML file that can be read: {error}") from None
    _known(raw, _TOP, path.name)
    columns = {key: _column(entry, f"{path.name}, [columns.{key}]") for key, entry in _table(raw, "columns")}
    if not {"measure", "period"} <= columns.keys():
        raise StudyError(
            f"{path.name}: [columns.measure] and [columns.period] say what a figure is. Add them."
        )
    return Correspondence(
        columns=columns,
        measures={k: _measure(entry, f"{path.name}, [measures.{k}]") for k, entry in _table(raw, "measures")},
        only={key: _texts(each) for key, each in raw.get("only", {}).items()},
        ignore=_texts(raw.get("ignore", [])),
        values=_texts(raw.get("values", [])),
        value=str(raw.get("value", VALUE if raw.get("values") else "")),
        **{key: str(raw.get(key, "")) for key in ("table", "sample", "status", "title")},
    )


def _table(raw: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    return list(dict(raw.get(key, {})).items())


def _known(entry: Any, keys: tuple[str, ...], place: str) -> None:
    for key in entry if isinstance(entry, dict) else [entry]:
        if key not in keys:
            raise StudyError(
                f"{place}: '{key}' is not known.{nearest(str(key), keys)} Keys: {', '.join(keys)}."
            )


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else (str(given),)


def _column(entry: Any, place: str) -> Column:
    _known(entry, _COLUMN, place)
    if "column" not in entry:
        raise StudyError(f"{place}: column = which of their columns it is.")
    codes = {str(theirs): str(ours) for theirs, ours in entry.get("codes", {}).items()}
    same = "codes" not in entry or entry.get("others") == "same"
    totals = frozenset(_texts(entry.get("totals", [])))
    each, partners = (bool(entry.get(key, False)) for key in ("each", "partners"))
    return Column(str(entry["column"]), codes, same, each, totals, partners)


def _measure(entry: Any, place: str) -> Measured:
    _known(entry, _MEASURE, place)
    kind = entry.get("kind", RATE)
    if kind not in (COUNT, AMOUNT, RATE):
        raise StudyError(f"{place}: kind is {COUNT}, {AMOUNT} or {RATE}, not '{kind}'.")
    try:
        scale = Fraction(str(entry.get("scale", 1)))
    except ValueError:
        raise StudyError(f"{place}: scale is a number, not '{entry['scale']}'.") from None
    if scale <= 0:
        raise StudyError(f"{place}: scale is above nought, not {entry['scale']}.")
    return Measured(kind, scale, entry.get("decimals"))
