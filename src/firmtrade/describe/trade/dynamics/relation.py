"""The relation of exporter dynamics: a row for each exporter and year in each unit of a level of detail.

A unit is the country, a product or a destination. Whatever is asked of the year before or after, of a year
that the data do not have, is unknown (NULL) and never zero. One text for DuckDB, PostgreSQL and Spark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from firmtrade._engine.steps import Query, Step
from firmtrade.describe.trade.dynamics.sales import WHATS, dropped, levels, part_rows, sales_steps
from firmtrade.describe.trade.dynamics.spec import DynamicsSpec

#: Columns of the relation, beside those that say which firm, year and unit a row is about.
FLAGS = ("exporter", "entrant", "exiter", "exit_risk", "surviving_entrant", "incumbent", "survived_2",
         "survived_3", "two_year_incumbent")  # fmt: skip
AMOUNTS = ("export_sales", "exit_sales")
NUMBERS = ("exported_products", "exported_destinations", "exporting_firms")
RATES = ("incumbent_growth", "entrant_growth", *(
    f"{what}_{rate}" for what in ("product", "destination")
    for rate in ("entry", "entry_survivors", "new_share", "new_share_survivors", "exit", "survival")
))  # fmt: skip
PARTIAL = ("first_year_raw", "first_year_full", "second_year_raw", "second_year_full")
KEYS = ("unit", "level", "part")
COLUMNS = (*KEYS, *FLAGS, *AMOUNTS, *NUMBERS, *RATES, *PARTIAL)
#: Who exports what is of each unit of a level: its exporters, products and destinations.
UNITS = ("exporter", *WHATS)
#: A firm is followed so many years.
AHEAD = 3


def dynamics_query(
    spec: DynamicsSpec, least: Mapping[int, float], countries: Iterable[str], unknown: str, months: bool
) -> Query:
    """The relation `dynamics`, from the relation `trade_cells` (and `transactions`, if `months` are known).

    `least` maps each observed year to the smallest value of exports, in the currency of the data, from which
    a firm is an exporter; `countries` are the partners that count as destinations, `unknown` is the code of
    products that are not known.
    """
    listed = levels(spec)
    steps = [step for level in listed for step in level_steps(spec, level, months=months)]
    together = "\nunion all\n".join(f"select * from dynamics_{level}" for level in listed)
    sales = sales_steps(spec, least, countries, unknown)
    return Query("exporter dynamics", (*sales, *steps, Step("dynamics", together)))


def level_steps(
    spec: DynamicsSpec,
    level: str,
    columns: Set[str] = frozenset(COLUMNS),
    units: Set[str] = frozenset(UNITS),
    months: bool = False,
    shipments: str = "transactions",
) -> tuple[Step, ...]:
    """Steps up to `dynamics_LEVEL`, from the sums of `sales_steps`.

    Of the relation only `columns` and the rows of `units` are worked out; the other columns are NULL.
    `shipments` is the relation with months.
    """
    asked = frozenset(columns) | {"exporter"}
    whats = [what for what in WHATS if _is_asked(what, asked)]
    told = [what for what in WHATS if what in whats or what in units]
    followed = months and level == "country" and not asked.isdisjoint(PARTIAL)
    return (
        *(step for what in told for step in _counted(spec, level, what)),
        *_firms(spec, level, whats, asked),
        *(_partial(spec, shipments) if followed else ()),
        _rows(spec, level, asked, units, followed),
    )


def _is_asked(what: str, asked: Set[str]) -> bool:
    """Whether numbers of products (or destinations) are asked for, or a rate of them."""
    return any(name.startswith(f"{what}_") or name == f"exported_{what}s" for name in asked)


def _counted(spec: DynamicsSpec, level: str, what: str) -> tuple[Step, ...]:
    """Of each firm, unit and year: numbers of its products (or destinations), those kept, new ones."""
    over = f"partition by firm, part, {what} order by year"
    new = "before is null or before <> year - 1"
    years = f"{what}_years_{level}"
    return (
        Step(years, part_rows(spec, level, what)),
        Step(
            f"{what}_followed_{level}",
            f"select *, lag(year) over ({over}) as before, lead(year) over ({over}) as after\nfrom {years}",
        ),
        Step(
            f"{what}_counts_{level}",
            "select firm, part, year, count(*) as number,\n"
            f"  sum(case when {new} then 1 else 0 end) as fresh,\n"
            f"  sum(case when {new} then value else 0 end) as fresh_value,\n"
            f"  sum(case when ({new}) and after = year + 1 then 1 else 0 end) as fresh_kept\n"
            f"from {what}_followed_{level} group by firm, part, year",
        ),
        Step(
            f"{what}_units_{level}",
            f"select part, year, {what} as unit, count(*) as firms\nfrom {years}\n"
            f"group by part, year, {what}",
        ),
    )


def _firms(spec: DynamicsSpec, level: str, whats: list[str], asked: Set[str]) -> tuple[Step, ...]:
    """Of each firm, unit and year: its exports with those of the years around."""
    over = "(partition by firm, part order by year)"
    counts = [f"{what}_{name}" for what in whats for name in ("number", "fresh", "fresh_value")]
    near = [
        f"{end}({name}) over {over} as {name}_{when}"
        for end, when in (("lag", "before"), ("lead", "after"))
        for name in (*counts, "value")
    ]
    ahead = [f"lead(year, {n}) over {over} as year_{n}" for n in range(1, AHEAD + 1)]
    names = [f"{what}.{name} as {what}_{name}" for what in whats
             for name in ("number", "fresh", "fresh_value", "fresh_kept")]  # fmt: skip
    joins = [
        f"\nleft join {what}_counts_{level} as {what} on "
        + " and ".join(f"s.{key} = {what}.{key}" for key in ("firm", "part", "year"))
        for what in whats
    ]
    return (
        Step(f"sums_{level}", part_rows(spec, level)),
        Step(
            f"described_{level}",
            f"select {', '.join(['s.*', *names])}\nfrom sums_{level} as s{''.join(joins)}",
        ),
        Step(
            f"around_{level}",
            f"select *, lag(year) over {over} as year_0, {', '.join(ahead)},\n  {', '.join(near)}\n"
            f"from described_{level}",
        ),
        Step(f"told_{level}", _told(level)),
        Step(f"flagged_{level}", _flagged(spec, level, asked)),
    )


def _told(level: str) -> str:
    """Whether a firm exported in the year before and the years after; unknown of years without data."""
    tests = {"was": ("has_0", "a.year_0 = a.year - 1")}
    tests |= {f"stays_{n}": (f"has_{n}", f"a.year_{n} = a.year + {n}") for n in (1, 2, 3)}
    sql = [f"case when y.{known} then coalesce({test}, false) end as {name}"
           for name, (known, test) in tests.items()]  # fmt: skip
    return (
        f"select a.*, y.has_0, y.has_1, y.has_2,\n  {', '.join(sql)}\n"
        f"from around_{level} as a join years as y on a.year = y.year"
    )


def growth(spec: DynamicsSpec, later: str, earlier: str) -> str:
    """SQL of a growth between two positive values."""
    late, early = f"cast({later} as double)", f"cast({earlier} as double)"
    if spec.growth == "log":
        value = f"ln({late} / {early})"
    elif spec.growth == "rate":
        value = f"{late} / {early} - 1"
    else:
        value = f"2 * ({late} - {early}) / ({late} + {early})"
    return _rate(value, 28 if spec.growth == "rate" else 18)


def _rate(value: str, digits: int = 18) -> str:
    """A rate with nine decimals: sums of these are exact, on every engine and in any order."""
    return f"cast({value} as decimal({digits}, 9))"


def _share(top: str, bottom: str, when: str) -> str:
    ratio = _rate(f"cast({top} as double) / cast({bottom} as double)")
    return f"case when {when} and {bottom} > 0 then {ratio} end"


def _flagged(spec: DynamicsSpec, level: str, asked: Set[str]) -> str:
    """What an exporter is and does in a year. A survivor is known only if the years after are."""
    again, two = "not was and stays_1", "was and stays_1"
    leaves = "not stays_1" if spec.exiter == "t-1" else "case when was is not null then false end"
    values = {
        "exporter": "true",
        "entrant": "not was",
        "exiter": leaves,
        "exit_risk": "stays_1 is not null" if spec.exiter == "t-1" else "was",
        "surviving_entrant": f"case when was is not null and stays_1 is not null then {again} end",
        "incumbent": "was",
        "survived_2": "case when stays_1 is not null and stays_2 is not null then stays_1 and stays_2 end",
        "survived_3": "case when stays_1 is not null and stays_2 is not null and stays_3 is not null "
        "then stays_1 and stays_2 and stays_3 end",
        "two_year_incumbent": f"case when was is not null and stays_1 is not null then {two} end",
        "export_sales": "value",
        "exit_sales": "case when not stays_1 then value end"
        if spec.exiter == "t-1"
        else _empty("exit_sales"),
        "exported_products": "product_number",
        "exported_destinations": "destination_number",
        "incumbent_growth": f"case when was then {growth(spec, 'value', 'value_before')} end",
        "entrant_growth": f"case when {again} then {growth(spec, 'value_after', 'value')} end",
    }
    for what in WHATS:
        values |= _rates(what, again, two)
    listed = ",\n  ".join(f"{sql} as {name}" for name, sql in values.items() if name in asked)
    return (
        f"select firm, part, year, year as known_year, value, value_after, has_1, has_2, stays_1,\n"
        f"  {listed}\nfrom told_{level}"
    )


def _rates(what: str, again: str, two: str) -> Mapping[str, str]:
    """Rates of new, dropped and surviving products (or destinations) of each firm."""
    number, fresh = f"{what}_number", f"{what}_fresh"
    gone = f"({number}_before - (coalesce({number}, 0) - coalesce({fresh}, 0)))"
    return {
        f"{what}_entry": _share(fresh, number, "was"),
        f"{what}_entry_survivors": _share(f"{fresh}_after", f"{number}_after", again),
        f"{what}_new_share": _share(f"{fresh}_value", "value", "was"),
        f"{what}_new_share_survivors": _share(f"{fresh}_value_after", "value_after", again),
        f"{what}_exit": _share(gone, f"{number}_before", "was"),
        f"{what}_survival": _share(f"{fresh}_kept", fresh, two),
    }


def _partial(spec: DynamicsSpec, shipments: str) -> tuple[Step, ...]:
    """Twelve months from an entrant's first shipment, and the twelve after (Bernard and others 2013)."""
    moment = "t.year * 12 + t.month"
    return (
        Step("starters", "select distinct firm from told_country where not was"),
        Step(
            "monthly",
            f"select t.firm, {moment} as moment, sum(t.value) as value\nfrom {shipments} as t\n"
            f"join starters as s on t.firm = s.firm\n"
            f"where t.flow = 'export' and t.value > 0 and t.month is not null{dropped(spec, 't.product')}\n"
            f"group by t.firm, {moment}",
        ),
        Step(
            "starts",
            "select f.firm, f.year, f.has_1, f.has_2, min(m.moment) as moment\nfrom told_country as f\n"
            "join monthly as m on f.firm = m.firm and m.moment > f.year * 12\n"
            "  and m.moment <= f.year * 12 + 12\n"
            "where not f.was group by f.firm, f.year, f.has_1, f.has_2",
        ),
        Step(
            "twelve",
            "select s.firm, s.year, s.moment - s.year * 12 as month, s.has_1, s.has_2,\n"
            "  sum(case when m.moment < s.moment + 12 then m.value end) as first_12,\n"
            "  sum(case when m.moment >= s.moment + 12 then m.value end) as second_12\nfrom starts as s\n"
            "join monthly as m on s.firm = m.firm and m.moment >= s.moment and m.moment < s.moment + 24\n"
            "group by s.firm, s.year, s.moment, s.has_1, s.has_2",
        ),
    )


def _rows(spec: DynamicsSpec, level: str, asked: Set[str], units: Set[str], months: bool) -> Step:
    """All rows under the relation's columns: exporters, firms that have left, products and destinations.

    The `firm` of a product or a destination is its code; `known_year` is the year in which a firm exported.
    """
    names = ("firm", "year", "known_year", *COLUMNS)
    same = {"level": f"'{level}'"}
    own = {"firm", "year", "known_year", "part", *(asked & {*FLAGS, *AMOUNTS, *NUMBERS[:2], *RATES})}
    exporter = {name: f"f.{name}" for name in sorted(own)} | same | _years(spec, months)
    exporter["unit"] = "'exporter'"
    made = [_select(names, exporter) + f" from flagged_{level} as f"]
    if months:
        made[0] += " left join twelve as w on f.firm = w.firm and f.year = w.year"
    if spec.exiter == "t":
        gone = {name: f"f.{name}" for name in ("firm", "known_year", "part")} | same
        gone |= {"unit": "'exporter'", "year": "f.year + 1", "exit_sales": "f.value"}
        gone |= dict.fromkeys(("exporter", "entrant", "incumbent"), "false")
        gone |= dict.fromkeys(("surviving_entrant", "two_year_incumbent"), "case when f.has_2 then false end")
        gone |= dict.fromkeys(("exiter", "exit_risk"), "true")
        made.append(_select(names, gone) + f" from flagged_{level} as f where not f.stays_1")
    for what in (what for what in WHATS if what in units):
        unit = {name: f"u.{name}" for name in ("year", "part")} | same
        unit |= {"firm": "u.unit", "known_year": "u.year", "unit": f"'{what}'", "exporting_firms": "u.firms"}
        made.append(_select(names, unit) + f" from {what}_units_{level} as u")
    return Step(f"dynamics_{level}", "\nunion all\n".join(made))


def _years(spec: DynamicsSpec, months: bool) -> dict[str, str]:
    """First and second years of entrants, of those of which both ways of counting are known."""
    if not months:
        return {}
    first = "(w.month = 1 or w.has_1)"
    second = "w.has_1 and (w.month = 1 or w.has_2) and f.stays_1 and w.second_12 > 0"
    whens = {
        "first_year_raw": (first, "f.value"),
        "first_year_full": (first, "w.first_12"),
        "second_year_raw": (second, growth(spec, "f.value_after", "f.value")),
        "second_year_full": (second, growth(spec, "w.second_12", "w.first_12")),
    }
    return {name: f"case when {when} then {value} end" for name, (when, value) in whens.items()}


def _select(names: Iterable[str], values: Mapping[str, str]) -> str:
    listed = ",\n  ".join(f"{values.get(name) or _empty(name)} as {name}" for name in names)
    return f"select {listed}\n"


def _empty(name: str) -> str:
    """Nothing, of the type of a column."""
    if name in FLAGS:
        return "cast(null as boolean)"
    if name in NUMBERS:
        return "cast(null as bigint)"
    if name in (*AMOUNTS, "first_year_raw", "first_year_full"):
        return "cast(null as decimal(38, 6))"
    return "cast(null as decimal(18, 9))"
