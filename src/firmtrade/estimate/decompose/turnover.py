"""Firms at two dates: survivors, entrants and exiters, with the group that each is counted in."""

from __future__ import annotations

from typing import Any

from firmtrade.errors import StudyError
from firmtrade.estimate.decompose.frame import pair, read
from firmtrade.estimate.decompose.weights import known

SWITCHED = "switched"
SWITCHERS = ("start", "end", "apart")


def turnover(
    frame: Any,
    columns: dict[str, str],
    start: int,
    end: int,
    group: str | None,
    switchers: str,
    owner: str | None,
) -> tuple[Any, int]:
    """One row per firm with productivity and weight at both dates, and how many firms are unknown.

    `columns` names the firm, year, productivity and weight; the rows have `p0, w0, p1, w1`. `role` is
    `survivor` (known at both dates), `entrant` (no row at the start) or `exiter` (no row at the end). A firm
    with a row whose productivity or weight is not known is none of these: it is left out of both dates
    and counted. `group` is the exiter's group at the start and the entrant's at the end; a survivor that
    changed it is counted where it was (`start`), where it is (`end`) or as the group `switched` (`apart`).
    """
    if switchers not in SWITCHERS:
        raise StudyError(f"switchers must be one of {', '.join(SWITCHERS)}, not '{switchers}'.")
    if not start < end:
        raise StudyError(f"A change needs a start before its end, not {start} and {end}.")
    numbers = {"p": columns["productivity"], "w": columns["weight"]}
    data = read(frame, columns["firm"], columns["year"], numbers, group, owner=owner)
    data = data[data["year"].isin((start, end))].copy()
    data["usable"] = known(data, "p", "w", columns["weight"])
    both = pair(data, start, end, ["p", "w", "usable"])
    unusable = (both["there0"] & (both["usable0"] != True)) | (both["there1"] & (both["usable1"] != True))  # noqa: E712
    firms = both[~unusable].reset_index(drop=True)
    firms["role"] = "survivor"
    firms.loc[~firms["there0"], "role"] = "entrant"
    firms.loc[~firms["there1"], "role"] = "exiter"
    firms["group"] = _group(firms, switchers)
    firms["period"] = f"{start}-{end}"
    return firms, int(unusable.sum())


def _group(firms: Any, switchers: str) -> Any:
    first = firms["group1"] if switchers == "end" else firms["group0"]
    group = first.where(firms["role"] != "entrant", firms["group1"]).where(
        firms["role"] != "exiter", firms["group0"]
    )
    moved = (firms["role"] == "survivor") & (firms["group0"] != firms["group1"])
    return group.where(~moved, SWITCHED) if switchers == "apart" else group
