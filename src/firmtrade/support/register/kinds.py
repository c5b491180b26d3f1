"""The kinds of values in the register: how a cell is read, and how the value is kept.

A cell comes from a CSV file (text), a workbook (text, number, date) or a program. What cannot be meant is
`Refused` with the reason and the remedy; nothing is corrected silently. An empty cell is None: unknown.
Amounts are euro, to the cent, and kept as whole cents, so that both databases add them up exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from firmtrade.errors import nearest
from firmtrade.support.truth import TRUTHS

#: Decimal places of the kinds that are numbers.
PLACES = {"amount": 2, "hours": 2, "number": 6, "signed": 6}
_WORDS = {"true": "yes", "false": "no", "1": "yes", "0": "no"}
_LARGEST = 10**15


class Refused(Exception):
    """A value that cannot be used: the reason, what to do about it, and the column where that is known."""

    def __init__(self, reason: str, remedy: str, column: str = "") -> None:
        super().__init__(f"{reason}. {remedy}" + ("" if remedy.endswith((".", "?")) else "."))
        self.reason, self.remedy, self.column = reason, remedy, column


def read(kind: str, cell: object, codes: Sequence[str] = ()) -> Any:
    """The value of a cell of this kind; None for an empty one; raises Refused."""
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and not math.isfinite(cell):
        raise Refused(f"{cell} is no value", "Leave the cell empty if it is not known")
    return _READERS.get(kind, _text)(cell, codes)


def _text(cell: object, codes: Sequence[str]) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # a workbook's number that stands for an identifier
    text = str(cell)
    if "\0" in text:
        raise Refused("the text has a zero byte", "Save the file as text in UTF-8")
    return text


def _id(cell: object, codes: Sequence[str]) -> str:
    text = _text(cell, codes)
    if "|" in text or len(text) > 200:
        raise Refused(f"'{text[:40]}' is no identifier", "Use at most 200 characters, none of them '|'")
    return text


def _code(cell: object, codes: Sequence[str]) -> str:
    text = _text(cell, codes)
    plain = text.lower().replace("_", "-").replace(" ", "-")
    if plain not in codes:
        raise Refused(
            f"'{text}' is not one of the codes", f"Write {', '.join(codes)}.{nearest(plain, codes)}"
        )
    return plain


def _truth(cell: object, codes: Sequence[str]) -> str:
    text = _text(cell, codes).lower()
    text = _WORDS.get(text, text)
    if text not in TRUTHS:
        raise Refused(
            f"'{cell}' is neither yes, no nor unknown", "Write yes, no or unknown, or leave it empty"
        )
    return text


def _date(cell: object, codes: Sequence[str]) -> date:
    if isinstance(cell, datetime):
        if (cell.hour, cell.minute, cell.second) != (0, 0, 0):
            raise Refused(f"'{cell}' has a time of the day", "Write a day, such as 2024-03-15")
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})([ T]00:00(:00)?)?", str(cell))
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise Refused(f"'{cell}' is no day", "Write year, month and day: 2024-03-15") from None


def _moment(cell: object, codes: Sequence[str]) -> datetime:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime(cell.year, cell.month, cell.day)
    if not isinstance(cell, datetime):
        try:
            cell = datetime.fromisoformat(str(cell))
        except ValueError:
            raise Refused(
                f"'{cell}' is no time", "Write 2024-03-15T09:30:00+01:00; without an offset it is UTC"
            ) from None
    return cell.replace(tzinfo=UTC) if cell.tzinfo is None else cell.astimezone(UTC)


def _number(places: int, signed: bool = False) -> Callable[[object, Sequence[str]], Decimal]:
    def convert(cell: object, codes: Sequence[str]) -> Decimal:
        text = repr(cell) if isinstance(cell, float) else str(cell)
        try:
            if isinstance(cell, bool) or not re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", text, re.IGNORECASE):
                raise InvalidOperation
            value = Decimal(text)
        except InvalidOperation:
            raise Refused(f"'{cell}' is no number", "Write digits and a decimal point: 12500.50") from None
        return _exact(value, places, cell, signed)

    return convert


def _exact(value: Decimal, places: int, cell: object, signed: bool) -> Decimal:
    if value < 0 and not signed:
        raise Refused(f"{cell} is negative", "Amounts, hours and numbers here are zero or more")
    if abs(value) >= _LARGEST:
        raise Refused(f"{cell} is too large to be meant", "Write it in euro, or leave the cell empty")
    rounded = round(value, places)
    if not isinstance(cell, float) and rounded != value:
        raise Refused(f"{cell} has more than {places} decimals", f"Round it to {places} decimals")
    return rounded


def _whole(cell: object, codes: Sequence[str]) -> int:
    value = _number(6)(cell, codes)
    if value != int(value):
        raise Refused(f"{cell} is not a whole number", "Write a whole number")
    return int(value)


def _year(cell: object, codes: Sequence[str]) -> int:
    year = _whole(cell, codes)
    if not 1800 <= year <= 2200:
        raise Refused(f"{cell} is no calendar year", "Write four digits, such as 2024")
    return year


def _markets(cell: object, codes: Sequence[str]) -> str:
    found = [part for part in re.split(r"[\s,;]+", str(cell).upper()) if part]
    for part in found:
        if not re.fullmatch(r"[A-Z]{2}", part):
            raise Refused(f"'{part}' is no country", "Write codes of two letters (ISO 3166): DE FR US")
    return " ".join(sorted(set(found)))


_READERS: dict[str, Callable[[object, Sequence[str]], Any]] = {
    "id": _id,
    "ref": _text,
    "code": _code,
    "truth": _truth,
    "date": _date,
    "moment": _moment,
    "whole": _whole,
    "year": _year,
    "markets": _markets,
    **{kind: _number(places, kind == "signed") for kind, places in PLACES.items()},
}


def kept(kind: str, value: Any) -> Any:
    """A value as the database keeps it: whole cents, ISO text for times."""
    if value is None:
        return None
    if kind in PLACES:
        return int(Decimal(value).scaleb(PLACES[kind]))
    return written(value) if kind == "moment" else value


def found(kind: str, raw: Any) -> Any:
    """The value of what the database keeps; also of the JSON text in the history."""
    if raw is None:
        return None
    if kind in PLACES:
        return Decimal(int(raw)).scaleb(-PLACES[kind])
    if kind == "moment":
        return datetime.fromisoformat(raw)
    return date.fromisoformat(raw) if kind == "date" and isinstance(raw, str) else raw


def written(moment: datetime) -> str:
    """A time as text that sorts: UTC, microseconds, always the same length."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def plain(value: Any) -> Any:
    """A value for JSON and for a table on the terminal: numbers and text only."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value
