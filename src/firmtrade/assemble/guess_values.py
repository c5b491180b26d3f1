"""What the values of a column look like: years, codes of regions or activities, numbers, words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from statistics import median

from firmtrade.acquire.classification import CLASSIFICATIONS, division_length, divisions
from firmtrade.acquire.contract import column

_NUMBER = re.compile(r"[+-]?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]+)?\Z")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+\Z")
#: 1.234.567,5: two groups at least, for 1,234 may be a fraction.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([., '\u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})+(?:[.,][0-9]+)?\Z")
_NUTS = re.compile(r"[A-Za-z]{2}[0-9A-Za-z]{1,3}\Z")
_CODE = re.compile(r"[0-9]{2}[.]?[0-9]{0,3}\Z|[0-9]{2}[.][0-9]{2}[.]?[0-9]{0,3}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Years of observation; years of foundation go further back.
_OBSERVED, _FOUNDED = (1950, 2050), (1500, 2050)


@dataclass(frozen=True)
class Looks:
    """What was seen in the first rows. `numbers` are the values that are numbers, sorted."""

    count: int
    distinct: frozenset[str]
    numbers: tuple[float, ...]
    decimal_comma: bool
    codes: int
    nuts: int
    dates: int
    thousands: str = ""

    @property
    def is_number(self) -> bool:
        """Whether all values are numbers."""
        return self.count > 0 and len(self.numbers) == self.count

    @property
    def median(self) -> float:
        """Median of the positive numbers, 0 without any."""
        positive = [number for number in self.numbers if number > 0]
        return median(positive) if positive else 0.0

    @property
    def span(self) -> tuple[int, int] | None:
        """Smallest and largest number, or year of a date."""
        if self.count and self.dates == self.count:
            years = sorted(int(value[:4]) for value in self.distinct)
            return years[0], years[-1]
        return (int(self.numbers[0]), int(self.numbers[-1])) if self.numbers else None

    def _whole_within(self, low: int, high: int) -> bool:
        return self.is_number and all(
            low <= number <= high and number == int(number) for number in self.numbers
        )

    @property
    def two_digit_years(self) -> bool:
        """Whether all values could be 90 for 1990."""
        return self._whole_within(10, 99)

    def may_be(self, ours: str) -> bool:
        """Whether the values do not rule the column out."""
        if not self.count:
            return True
        if ours == "year":
            return self._whole_within(*_OBSERVED) or self.two_digit_years or self.dates == self.count
        if ours == "founded":
            mostly = [number for number in self.numbers if _FOUNDED[0] <= number <= _FOUNDED[1]]
            return self.dates == self.count or len(mostly) > self.count / 2
        if ours == "domestic":
            return len(self.distinct) <= 6
        if column(ours).kind == "flow":
            return self.is_number or len(self.distinct) <= 3
        return column(ours).kind != "amount" or len(self.numbers) > 0.9 * self.count

    def is_like(self, ours: str) -> bool:
        """Whether the values alone make the column likely."""
        if self.count < 2:
            return False
        if ours == "year":
            return self._whole_within(*_OBSERVED) and len(self.distinct) < min(60, self.count / 2 + 1)
        if ours == "founded":
            return self._whole_within(*_FOUNDED) and len(self.distinct) > 1
        if ours == "region":
            return self.nuts == self.count and len({value[:2].upper() for value in self.distinct}) < 40
        if ours == "activity":
            return self.codes == self.count and not self._whole_within(*_FOUNDED) and len(self.distinct) > 1
        return False


def looks(values: Iterable[str | None]) -> Looks:
    """Look at values as text; None is missing."""
    known = [
        value for value in values if value is not None and value.lower() not in ("nan", "na", ".", "null")
    ]
    thousands = _thousands(known)
    if thousands:
        known = [
            value.replace("\u00a0", " ").replace("\u202f", " ").replace(thousands, "") for value in known
        ]
    commas = sum(bool(_COMMA.match(value)) for value in known)
    plain = [value.replace(",", ".") if commas else value for value in known]
    numbers = sorted(float(value) for value in plain if _NUMBER.match(value))
    decimal_comma = bool(commas) and len(numbers) == len(known)
    return Looks(
        count=len(known), distinct=frozenset(known), numbers=tuple(numbers), decimal_comma=decimal_comma,
        codes=sum(bool(_CODE.match(value)) for value in known),
        nuts=sum(bool(_NUTS.match(value)) for value in known),
        dates=sum(bool(_DATE.match(value)) for value in known),
        thousands=thousands,
    )  # fmt: skip


def _thousands(values: Iterable[str]) -> str:
    """The sign between thousands, where a value has it twice; else ''."""
    signs = (found[1] for value in values if (found := _GROUPED.match(value)))
    return next(signs, "").replace("\u00a0", " ").replace("\u202f", " ")


def classification(codes: Collection[str], years: tuple[int, int] | None) -> tuple[str, str]:
    """The classification that knows most of the codes, and a remark; ('', '') if none knows them.

    Classifications share most codes, so the years decide between equals: NACE Rev. 2 came in 2008, Rev. 2.1
    in 2025.
    """
    plain = {code.replace(".", "").replace(" ", "") for code in codes}
    known = {name: _share(plain, name) for name in CLASSIFICATIONS}
    best = max(known.values(), default=0.0)
    if best < 0.9:
        return "", ""
    last = years[1] if years else 2010
    order = ["NACE 1.1", "NACE 2", "NACE 2.1"] if last < 2008 else ["NACE 2", "NACE 2.1", "NACE 1.1"]
    # Three known digits say more than two.
    equal = [name for name in ("ISIC 2", *order, "ISIC 3.1", "ISIC 4") if known[name] >= best]
    others = f"; the codes would also fit {', '.join(equal[1:])}" if equal[1:] else ""
    return equal[0], f"by codes and years{others}"


def _share(codes: Collection[str], name: str) -> float:
    length = division_length(name)
    known = divisions(name)
    return sum(code[:length] in known for code in codes) / len(codes) if codes else 0.0
