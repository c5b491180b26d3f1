"""Mixed units: amounts of which a part seems to be in thousands.

Two signs, each far from what skewed data show by themselves: (1) the same firm jumps by a factor of
about 1000 from one year to the next, while jumps of 100 or 10,000 hardly occur; (2) the amounts per
employee fall into two separate heaps about 1000 apart, with next to nothing between them.
Both are looked for in a sample of firms, the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from firmtrade._engine.engine import Engine
from firmtrade.acquire.contract import FLOWS
from firmtrade.assemble.check_report import Example, Problem
from firmtrade.assemble.panel import Panel

_SAMPLE = 20_000  # firms looked at
_BIN = 0.1  # width of a bin of log10
_NEAR = (2.7, 3.3)  # log10 of 'about 1000'
_FEWEST = 5  # rows that make a sign
_SHARE = 0.002  # of the rows looked at


def check_units(engine: Engine, panel: Panel, firms: int) -> Iterator[Problem]:
    """A warning for each amount that seems to be in two units; `firms` is their number in the panel."""
    known = panel.columns.keys() - panel.flags
    amounts = [name for name in ("turnover", "value_added", *FLOWS) if name in known]
    if not amounts or not firms:
        return
    _sample(engine, panel, amounts, firms)
    for name in amounts:
        found = _steps(engine, name) or _jumps(engine, name)
        if not found and "employment" in known:
            found = _heaps(engine, name)
        if found:
            title = f"{name} seems to be in two units: {found}"
            remedy = f"Bring {name} to one unit. A whole panel in thousands is  units = {{ {name} = 1000 }}."
            yield Problem("mixed-units", "warn", title, 0, remedy, name, _largest_jumps(engine, panel, name))
    engine.drop("panel_sample")


def _sample(engine: Engine, panel: Panel, amounts: Sequence[str], firms: int) -> None:
    every = max(1, firms // _SAMPLE)
    persons = "cast(employment as double)" if "employment" in panel.columns else "cast(null as double)"
    columns = ", ".join(f"cast({name} as double) as {name}" for name in amounts)
    engine.table(
        "panel_sample",
        f"select firm, year, {persons} as persons, {columns}, __file, __row from {panel.rows} "
        f"where {engine.dialect.sampled('firm', every)} and year is not null",
    )


def _ratios(name: str) -> str:
    """log10 of each firm's amount over its amount in the year before."""
    before = f"lag({name}) over (partition by firm order by year, __file, __row)"
    return (
        f"select *, log10({name} / before) as jump "
        f"from (select *, {before} as before from panel_sample where {name} > 0) as earlier where before > 0"
    )


def _steps(engine: Engine, name: str) -> str:
    """The first sign for whole years: the middle firm's amount changes by a factor of about 1000."""
    found = engine.rows(
        f"select year from ({_ratios(name)}) as ratios group by year having count(*) >= {_FEWEST} "
        f"and abs(percentile_cont(0.5) within group (order by jump)) "
        f"between {_NEAR[0]} and {_NEAR[1]} order by year"
    )
    years = ", ".join(str(year) for (year,) in found)
    return f"the middle firm's amount changes by a factor of about 1000 in {years}" if years else ""


def _jumps(engine: Engine, name: str) -> str:
    """The first sign for single rows: jumps by about 1000 are much commoner than by 100 or 10,000."""
    ((rows, hits, others),) = engine.rows(
        f"select count(*), count(*) filter (where abs(jump) between {_NEAR[0]} and {_NEAR[1]}), "
        f"count(*) filter (where abs(jump) between 2.0 and 2.6 or abs(jump) between 3.4 and 4.0) "
        f"from ({_ratios(name)}) as ratios"
    )
    if hits >= max(_FEWEST, _SHARE * rows) and hits > 4 * others:
        return f"{hits:,} of {rows:,} changes from one year to the next are by a factor of about 1000"
    return ""


def _heaps(engine: Engine, name: str) -> str:
    """The second sign, from the histogram of log10(amount per employee)."""
    found = engine.rows(
        f"select cast(floor(log10({name} / persons) / {_BIN}) as integer) as bin, count(*) "
        f"from panel_sample where {name} > 0 and persons > 0 group by bin order by bin"
    )
    split = _split({int(place): int(count) for place, count in found})
    if split is None:
        return ""
    low, high = split
    return f"per employee it is about {10**low:,.0f} in some rows and about {10**high:,.0f} in others"


def _split(bins: Mapping[int, int]) -> tuple[float, float] | None:
    """Medians (log10) of two heaps about 3 apart with a valley between them, or None."""
    if not bins:
        return None
    enough = max(_FEWEST, _SHARE * sum(bins.values()))
    for cut in range(min(bins) + 10, max(bins) - 10):
        low = {place: count for place, count in bins.items() if place < cut}
        high = {place: count for place, count in bins.items() if place >= cut}
        smaller = min(sum(low.values()), sum(high.values()))
        valley = sum(count for place, count in bins.items() if cut - 4 <= place < cut + 4)
        if smaller < enough or valley > 0.05 * smaller:
            continue
        centres = (_median(low) + 0.5) * _BIN, (_median(high) + 0.5) * _BIN
        if _NEAR[0] <= centres[1] - centres[0] <= _NEAR[1]:
            return centres
    return None


def _median(bins: Mapping[int, int]) -> int:
    half, seen = sum(bins.values()) / 2, 0
    for place in sorted(bins):
        seen += bins[place]
        if seen >= half:
            return place
    raise ValueError("a histogram without rows has no median")


def _largest_jumps(engine: Engine, panel: Panel, name: str) -> tuple[Example, ...]:
    found = engine.rows(
        f"select __file, __row, firm, year, before, {name} from ({_ratios(name)}) as ratios "
        f"where abs(jump) > {_NEAR[0]} order by firm, year limit 5"
    )
    return tuple(
        Example(panel.place(file, row), firm, year, f"{before:,.0f} the year before, then {after:,.0f}")
        for file, row, firm, year, before, after in found
    )
