"""What makes a series of a trade register break: another reporting threshold, another union."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from firmtrade.acquire.transactions.partners import named
from firmtrade.assemble.trade.blocs import Bloc
from firmtrade.assemble.trade.thresholds import Thresholds

_FLOWS = {
    "import_intra": "imports from the union",
    "import_extra": "imports from outside the union",
    "export_intra": "exports to the union",
    "export_extra": "exports to outside the union",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def series_breaks(
    thresholds: Thresholds, union: Bloc | None, years: Iterable[int]
) -> Iterator[tuple[int, str]]:
    """(year, what has changed) of each break within the years."""
    listed = sorted(years)
    for year, flow, old, new in thresholds.changes(listed):
        yield (
            year,
            f"from then on {_FLOWS[flow]} are declared from {new:,.0f} a year, before from {old:,.0f}.",
        )
    for month, joined, left in union.changes() if union and listed else ():
        if listed[0] < month // 100 <= listed[-1]:
            yield month // 100, _moved(month, joined, left)


def _moved(month: int, joined: tuple[str, ...], left: tuple[str, ...]) -> str:
    parts = [
        f"{_named(codes)} {verb if len(codes) > 1 else f'{verb}s'} the union"
        for codes, verb in ((joined, "join"), (left, "leave"))
        if codes
    ]
    return f"in {_MONTHS[month % 100 - 1]} {' and '.join(parts)}."


def _named(codes: tuple[str, ...]) -> str:
    names = [named(code) for code in codes]
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
