"""The relation of exporter dynamics: a row for each exporter and year in each unit of a level of detail.

A unit is the country, a product or a destination. Whatever is asked of the year before or after, of a year
that the data do not have, is unknown (NULL) and never zero. One text for DuckDB, PostgreSQL and Spark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firmtrade._engine.steps import Query, Step
from firmtrade.describe.trade.dynamics.spec import LEVELS, DynamicsSpec

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
#: A firm is followed so many years.
AHEAD = 3


def steps(
    spec: DynamicsSpec,
    least: Mapping[int, float],
    countries: Iterable[str],
    unknown: str,
    months: bool,
) -> tuple[Step, ...]:
    """Steps up to `dynamics`, from the relation `trade_cells` (and `transactions`, if `months` are known).

    `least` maps each observed year to the smallest value of exports, in the currency of the data, from which
    a firm is an exporter; `countries` are the partners that count as destinations, `unknown` is the code of
    products that are not known.
    """
    return (
        *_kept(spec, least, countries, unknown),
        *_counted("product"),
        *_counted("destination"),
        *_firms(spec),
        *_partial(spec, months),
        _rows(spec, months),
    )


def dynamics_query(
    spec: DynamicsSpec, least: Mapping[int, float], countries: Iterable[str], unknown: str, months: bool
) -> Query:
    """The relation `dynamics`; see `steps`."""
    return Query("exporter dynamics", steps(spec, least, countries, unknown, months))


def _quoted(codes: Iterable[str]) -> str:
    return ", ".join("'" + code.replace("'", "''") + "'" for code in codes)


def _dropped(spec: DynamicsSpec, column: str) -> str:
    """SQL: the products that are left out are not among these."""
    return "".join(f" and substring({column}, 1, {len(code)}) <> {_quoted([code])}" for code in spec.without)


def _kept(
    spec: DynamicsSpec, least: Mapping[int, float], countries: Iterable[str], unknown: str
) -> tuple[Step, ...]:
    """The exports of firms that are exporters in a year, in each level of detail."""
    years = sorted(least)
    known = ", ".join(
        f"({year}, {least[year]!r}, {', '.join(_true(year + n in least) for n in (-1, 1, 2, 3))})"
        for year in years
    )
    product = f"case when c.product <> {_quoted([unknown])} then substring(c.product, 1, 6) end"
    destination = f"case when c.partner in ({_quoted(countries)}) then c.partner end"
    where = f"c.flow = 'export' and c.value > 0{_dropped(spec, 'c.product')}"
    return (
        Step("years", f"select * from (values {known}) as y(year, least, has_0, has_1, has_2, has_3)"),
        Step(
            "sales",
            f"select c.firm, c.year, {product} as product,\n  {destination} as destination, "
            f"c.value\nfrom trade_cells as c where {where}",
        ),
        Step(
            "large",
            "select s.firm, s.year from sales as s join years as y on s.year = y.year\n"
            "group by s.firm, s.year, y.least having sum(s.value) >= y.least",
        ),
        Step(
            "kept",
            "select s.firm, s.year, s.product, s.destination, s.value\n"
            "from sales as s join large as l on s.firm = l.firm and s.year = l.year",
        ),
        Step("parted", "\nunion all\n".join(_levels(spec))),
        Step("cells", "select * from parted where part is not null"),
    )


def _true(value: bool) -> str:
    return "true" if value else "false"


def _levels(spec: DynamicsSpec) -> list[str]:
    """A select for each level: every sale with the code of its unit."""
    parts = {level: LEVELS[level] for level in spec.levels}
    made = [f"select firm, '{level}' as level, {sql} as part, year, product, destination, value from kept"
            for level, sql in parts.items()]  # fmt: skip
    for name, union in spec.unions.items():
        for what, codes in union.items():
            starts = (f"substring(product, 1, {len(code)}) = {_quoted([code])}" for code in codes)
            inside = f"destination in ({_quoted(codes)})" if what == "destinations" else " or ".join(starts)
            made.append(
                f"select firm, 'union' as level, {_quoted([name])} as part, year, product, destination, "
                f"value from kept where {inside}"
            )
    return made


def _counted(what: str) -> tuple[Step, ...]:
    """Of each firm, unit and year: numbers of its products (or destinations), those kept, new ones."""
    over = f"partition by firm, level, part, {what} order by year"
    keys = "firm, level, part, year"
    new = "before is null or before <> year - 1"
    return (
        Step(
            f"{what}_years",
            f"select {keys}, {what}, sum(value) as value\nfrom cells where {what} is not null\n"
            f"group by {keys}, {what}",
        ),
        Step(
            f"{what}_followed",
            f"select *, lag(year) over ({over}) as before, lead(year) over ({over}) as after\n"
            f"from {what}_years",
        ),
        Step(
            f"{what}_counts",
            f"select {keys}, count(*) as number,\n  sum(case when {new} then 1 else 0 end) as fresh,\n"
            f"  sum(case when {new} then value else 0 end) as fresh_value,\n"
            f"  sum(case when ({new}) and after = year + 1 then 1 else 0 end) as fresh_kept\n"
            f"from {what}_followed group by {keys}",
        ),
        Step(
            f"{what}_units",
            f"select level, part, year, {what} as unit, count(*) as firms\nfrom {what}_years\n"
            f"group by level, part, year, {what}",
        ),
    )


def _firms(spec: DynamicsSpec) -> tuple[Step, ...]:
    """Of each firm, unit and year: its exports with those of the years around."""
    keys = "firm, level, part, year"
    same = " and ".join(f"s.{key} = {{0}}.{key}" for key in ("firm", "level", "part", "year"))
    counts = [f"{row}.{name} as {what}_{name}" for row, what in (("p", "product"), ("d", "destination"))
              for name in ("number", "fresh", "fresh_value", "fresh_kept")]  # fmt: skip
    over = "(partition by firm, level, part order by year)"
    names = [*(f"{what}_{name}" for what in ("product", "destination")
               for name in ("number", "fresh", "fresh_value")), "value"]  # fmt: skip
    near = [f"lag({name}) over {over} as {name}_before" for name in names]
    near += [f"lead({name}) over {over} as {name}_after" for name in names]
    ahead = [f"lead(year, {n}) over {over} as year_{n}" for n in range(1, AHEAD + 1)]
    return (
        Step("sums", f"select {keys}, sum(value) as value\nfrom cells group by {keys}"),
        Step(
            "described",
            f"select s.*, {', '.join(counts)}\nfrom sums as s\n"
            f"left join product_counts as p on {same.format('p')}\n"
            f"left join destination_counts as d on {same.format('d')}",
        ),
        Step(
            "around",
            f"select *, lag(year) over {over} as year_0, {', '.join(ahead)},\n  {', '.join(near)}\n"
            f"from described",
        ),
        Step("told", _told()),
        Step("flagged", _flagged(spec)),
    )


def _told() -> str:
    """Whether a firm exported in the year before and the years after; unknown of years without data."""
    tests = {"was": ("has_0", "a.year_0 = a.year - 1")}
    tests |= {f"stays_{n}": (f"has_{n}", f"a.year_{n} = a.year + {n}") for n in (1, 2, 3)}
    sql = [f"case when y.{known} then coalesce({test}, false) end as {name}"
           for name, (known, test) in tests.items()]  # fmt: skip
    return (
        f"select a.*, y.has_0, y.has_1, y.has_2,\n  {', '.join(sql)}\n"
        "from around as a join years as y on a.year = y.year"
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
    return _rate(value)


def _rate(value: str) -> str:
    """A rate with nine decimals: sums of these are exact, on every engine and in any order."""
    return f"cast({value} as decimal(28, 9))"


def _share(top: str, bottom: str, when: str) -> str:
    ratio = _rate(f"cast({top} as double) / cast({bottom} as double)")
    return f"case when {when} and {bottom} > 0 then {ratio} end"


def _flagged(spec: DynamicsSpec) -> str:
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
        "exit_sales": "case when not stays_1 then value end" if spec.exiter == "t-1" else _nothing(),
        "exported_products": "product_number",
        "exported_destinations": "destination_number",
        "incumbent_growth": f"case when was then {growth(spec, 'value', 'value_before')} end",
        "entrant_growth": f"case when {again} then {growth(spec, 'value_after', 'value')} end",
    }
    for what in ("product", "destination"):
        values |= _rates(what, again, two)
    listed = ",\n  ".join(f"{sql} as {name}" for name, sql in values.items())
    return (
        f"select firm, level, part, year, year as known_year, value, value_after, has_1, has_2, "
        f"stays_1,\n  {listed}\nfrom told"
    )


def _nothing() -> str:
    return "cast(null as decimal(38, 6))"


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


def _partial(spec: DynamicsSpec, months: bool) -> tuple[Step, ...]:
    """Twelve months from an entrant's first shipment, and the twelve after (Bernard and others 2013)."""
    if not months:
        return ()
    whole = "({0}.year * 12 + {0}.month)"
    moment = whole.format("t")
    return (
        Step(
            "monthly",
            f"select t.firm, {moment} as moment, sum(t.value) as value\nfrom transactions as t\n"
            f"where t.flow = 'export' and t.value > 0 and t.month is not null{_dropped(spec, 't.product')}\n"
            f"group by t.firm, {moment}",
        ),
        Step(
            "starts",
            "select f.firm, f.year, f.has_1, f.has_2, min(m.moment) as moment\nfrom flagged as f\n"
            "join monthly as m on f.firm = m.firm and m.moment > f.year * 12\n"
            "  and m.moment <= f.year * 12 + 12\n"
            "where f.level = 'country' and f.entrant group by f.firm, f.year, f.has_1, f.has_2",
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


def _rows(spec: DynamicsSpec, months: bool) -> Step:
    """All rows under the relation's columns: exporters, firms that have left, products and destinations.

    The `firm` of a product or a destination is its code; `known_year` is the year in which a firm exported.
    """
    names = ("firm", "year", "known_year", *COLUMNS)
    exporter = {name: f"f.{name}" for name in names} | {"unit": "'exporter'"} | _years(spec, months)
    parts = [_select(names, exporter) + " from flagged as f"]
    if months:
        parts[0] += " left join twelve as w on f.firm = w.firm and f.year = w.year and f.level = 'country'"
    if spec.exiter == "t":
        gone = {name: f"f.{name}" for name in ("firm", "known_year", "level", "part")}
        gone |= {"unit": "'exporter'", "year": "f.year + 1", "exit_sales": "f.value"}
        gone |= dict.fromkeys(("exporter", "entrant", "incumbent"), "false")
        gone |= dict.fromkeys(("surviving_entrant", "two_year_incumbent"), "case when f.has_2 then false end")
        gone |= dict.fromkeys(("exiter", "exit_risk"), "true")
        parts.append(_select(names, gone) + " from flagged as f where not f.stays_1")
    for what in ("product", "destination"):
        unit = {name: f"u.{name}" for name in ("year", "level", "part")}
        unit |= {"firm": "u.unit", "known_year": "u.year", "unit": f"'{what}'", "exporting_firms": "u.firms"}
        parts.append(_select(names, unit) + f" from {what}_units as u")
    return Step("dynamics", "\nunion all\n".join(parts))


def _years(spec: DynamicsSpec, months: bool) -> dict[str, str]:
    """First and second years of entrants, of those of which both ways of counting are known."""
    values = {"exporting_firms": "cast(null as bigint)"} | {name: _empty(name) for name in PARTIAL}
    if not months:
        return values
    first = "(w.month = 1 or w.has_1)"
    second = "w.has_1 and (w.month = 1 or w.has_2) and f.stays_1 and w.second_12 > 0"
    whens = {
        "first_year_raw": (first, "f.value"),
        "first_year_full": (first, "w.first_12"),
        "second_year_raw": (second, growth(spec, "f.value_after", "f.value")),
        "second_year_full": (second, growth(spec, "w.second_12", "w.first_12")),
    }
    return values | {name: f"case when {when} then {value} end" for name, (when, value) in whens.items()}


def _select(names: Iterable[str], values: Mapping[str, str]) -> str:
    listed = ",\n  ".join(f"{values.get(name) or _empty(name)} as {name}" for name in names)
    return f"select {listed}\n"


def _empty(name: str) -> str:
    """Nothing, of the type of a column."""
    if name in FLAGS:
        return "cast(null as boolean)"
    if name in NUMBERS:
        return "cast(null as bigint)"
    amounts = (*AMOUNTS, "first_year_raw", "first_year_full")
    return _nothing() if name in amounts else "cast(null as decimal(28, 9))"
