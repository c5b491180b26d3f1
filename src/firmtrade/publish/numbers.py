"""How a figure is printed: rounding, signs, separators, units and the two symbols for no figure."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmtrade.result import Cell, ReleasedCell, Word

MINUS = "\N{MINUS SIGN}"
UNDEFINED = "n/a"  # the figure does not exist: no firm, or a zero denominator
HIDDEN = "c"  # the figure exists and may not be shown; Eurostat's flag for confidential
FREE = "F"  # SDMX CL_CONF_STATUS: free for publication

_WIDE = Context(prec=400)  # quantize refuses more digits than the context holds
_PREFIXES = {"k": "1,000", "M": "million", "bn": "billion"}


def rounded(value: float, decimals: int) -> Decimal:
    """Round half up on the shortest decimal that is this float, as a reader with a pencil would.

    Rounding the binary value instead would print 2.675 as 2.67.
    """
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)


def printed(value: float, decimals: int, signed: bool = False) -> str:
    """Text of a value: 21814 -> '21,814', and with `signed` 1.1 -> '+1.1'; minus is U+2212.

    A negative value that rounds to 0.0 keeps its sign: the report prints it so, and it tells the direction.
    """
    number = rounded(value, decimals)
    text = f"{abs(number):,.{decimals}f}"
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed and value > 0 else text


def is_hidden(cell: Cell | ReleasedCell) -> bool:
    """Whether the cell has a figure that may not be shown. A Result's cells have no status."""
    return getattr(cell, "confidentiality", FREE) != FREE


def cell_text(cell: Cell | ReleasedCell, signed: bool = False) -> str:
    """What is printed in a cell's place."""
    if is_hidden(cell):
        return HIDDEN
    return UNDEFINED if cell.value is None else printed(cell.value, cell.decimals, signed)


def is_change(unit: str, word: Word | None = None) -> bool:
    """Whether a measure is a change and so is printed with its sign.

    Read off the definition, not tagged: a rate per year, or an expression that ends in '- 1' (a ratio
    to an earlier level, less one).
    """
    formula = word.formula if word else ""
    return unit.endswith("/year") or bool(re.search(r"-\s*1(\.0)?\s*\)*\s*$", formula))


def unit_text(unit: str) -> str:
    """A unit in the reader's words: 'kEUR/FTE' -> '1,000 EUR per FTE', 'count' -> ''."""
    if unit == "count":
        return ""
    head, _, base = unit.partition("/")
    base = {"": "", "year": " a year"}.get(base, f" per {base}")
    return _plain_unit(head) + base


def _plain_unit(unit: str) -> str:
    scaled = re.fullmatch(r"(k|M|bn)([A-Z]{3})", unit)
    if scaled:
        return f"{_PREFIXES[scaled[1]]} {scaled[2]}"
    return {"percent": "%", "count": "firms"}.get(unit, unit)


def excel_format(decimals: int, signed: bool = False) -> str:
    """The number format that prints in a spreadsheet what `printed` prints here."""
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    plus = "+" if signed else ""
    return f'{plus}{digits};"{MINUS}"{digits};{digits}'


def csv_value(value: float | None, unit: str) -> str:
    """A value for a machine: unrounded, shortest text that reads back as the same float."""
    if value is None:
        return ""
    number = float(value)
    return str(int(number)) if unit == "count" and number.is_integer() else repr(number)


def typeset(text: str) -> str:
    """Set ranges of numbers such as '1998-2003' with an en dash (but not a date or a code)."""
    return re.sub(r"(?<![\d.-])(\d+)-(\d+)(?![\d.-])", "\\1\N{EN DASH}\\2", text)
