"""What stands behind a figure that is no sum: how many firms, and how much of it is the largest of them.

Disclosure control asks of a Herfindahl index, a standard deviation and the share of the largest what it asks
of a sum. Amounts are shares of the group's total of absolute values, so that they fit any unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Behind:
    """`firms` with a value; shares of the `first` and the `second` largest; the sum of `squares` of shares.

    Of the largest so many firms `top` is the share, `next_first` and `next_second` are those of the two that
    come after. None where the query did not ask.
    """

    firms: int
    first: float | None = None
    second: float | None = None
    squares: float | None = None
    top: float | None = None
    next_first: float | None = None
    next_second: float | None = None

    def __repr__(self) -> str:
        """Say what it is, not what is in it."""
        return "<Behind, confidential>"


def read(row: Sequence[object]) -> Behind:
    """From the last columns of a query: number of firms, then shares as `columns` names them."""
    firms, *shares = row
    return Behind(int(str(firms)), *(None if share is None else float(str(share)) for share in shares))


def columns(relation: str, by: Sequence[str], top: str = "") -> tuple[tuple[str, str], str]:
    """((name, text) of a step over `relation`, the columns of evidence that are read off it).

    `relation` has `x`, the value of each firm of a group `by`; `top` is the number of the largest, if any, in
    terms of `firms`. Sums are of exact decimals of parts of the largest value, so that their last digits are
    the same from run to run.
    """
    over = f"partition by {', '.join(by)}" if by else ""
    listed = "".join(f"{column}, " for column in by)
    part = f"abs(x) / nullif(max(abs(x)) over ({over}), 0)"
    step = (
        f"select {listed}cast(coalesce({part}, 0) as decimal(38, 15)) as part, "
        f"row_number() over ({over} order by abs(x) desc) as place,\n  count(*) over ({over}) as firms\n"
        f"from {relation}"
    )
    whole = "nullif(cast(sum(part) as double), 0)"

    def share(condition: str) -> str:
        return f"cast(sum(case when {condition} then part end) as double) / {whole}"

    square = "cast(cast(part as double) * cast(part as double) as decimal(38, 18))"
    found = [share("place = 1"), share("place = 2"), f"cast(sum({square}) as double) / ({whole} * {whole})"]
    if top:
        found += [share(f"place <= {top}"), share(f"place = {top} + 1"), share(f"place = {top} + 2")]
    return ("placed", step), ", ".join(f"{text} as e{number}" for number, text in enumerate(found))
