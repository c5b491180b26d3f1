"""Activity codes of older or newer vintages, led to the classification that a study wants.

A firm's code is settled by the first of these that holds (decision 024):

- `reported`: the row is in the wanted classification already;
- `own`: the firm's own code in the nearest year of the wanted classification is one that the code may be;
- `single`: the code can be one only;
- `modal` or `weighted`: one of those that it may be. Shares are those of a study's own table, else those of
  the firms that are seen in both classifications, else those of the published links. Modal takes the largest;
  weighted draws by the shares, the same for the same firm, code and table in every run;
- `ambiguous`: not settled, because the study says recode = "own";
- `unlisted`: the table does not have the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from firmtrade._engine.duckdb import DuckDB
from firmtrade._engine.engine import Engine
from firmtrade.acquire.classification import division_length
from firmtrade.acquire.correspondence import Table, table
from firmtrade.acquire.read import literal
from firmtrade.acquire.source import PanelSpec
from firmtrade.acquire.vintage import Vintage
from firmtrade.errors import EngineError, StudyError, nearest

#: Columns that recoding adds: the code as it was reported, how it was settled, how many it might have been.
ADDED = ("activity_reported", "activity_basis", "activity_choices")


def recode(engine: Engine, spec: PanelSpec, names: list[str], base: Path, renamed: bool = False) -> list[str]:
    """Put the wanted activity into the rows of a source; returns the names of the columns that are added.

    `names` are the columns that are there; `renamed`: identifiers change, as `trade_identifiers` says, so
    that a firm's own code may stand under another. Makes the table `RELATION_recoded` (one line for each firm
    and old code) and the view `RELATION_rows` anew, over `RELATION_read`.
    """
    if not spec.vintages:
        return []
    if not isinstance(engine, DuckDB):
        raise EngineError(
            f"{spec.part} has vintages: activities are led to {spec.classification} by tables that engine "
            f"{engine.name} does not have. Engines that can: duckdb."
        )
    _refuse(spec, names)
    rows, read = f"{spec.relation}_rows", f"{spec.relation}_read"
    engine.execute(f"drop view if exists {read}")
    engine.execute(f"alter view {rows} rename to {read}")
    _links(engine, spec, read, base)
    engine.execute(f"create or replace temporary table {spec.relation}_recoded as\n{settled(spec, renamed)}")
    columns = [name for name in engine.describe(read) if name != "activity"]
    listed = ", ".join(f"r.{name}" for name in columns)
    old, vintage, wanted = _old("r", spec), _vintage("r", spec), _wanted("r", spec)
    engine.execute(
        f"create or replace view {rows} as select {listed}, "
        f"case when {wanted} is not null then {wanted} else s.target end as activity, "
        f"coalesce({wanted}, {old}) as activity_reported, "
        f"case when {wanted} is not null then 'reported' when {old} is not null then s.basis end "
        f"as activity_basis, case when {wanted} is not null then 1 else s.choices end as activity_choices "
        f"from {read} as r {_join(renamed)}left join {spec.relation}_recoded as s "
        f"on {_firm(renamed)} = s.firm and {old} = s.old and {vintage} = s.vintage"
    )
    return list(ADDED)


def _firm(renamed: bool) -> str:
    """A row's firm by its latest identifier."""
    return "coalesce(i.new, r.firm)" if renamed else "r.firm"


def _join(renamed: bool) -> str:
    return "left join trade_identifiers as i on r.firm = i.old " if renamed else ""


def _refuse(spec: PanelSpec, names: list[str]) -> None:
    for one in spec.vintages:
        if one.column and one.column not in names:
            raise StudyError(
                f"{spec.part}, vintages: there is no column '{one.column}'.{nearest(one.column, names)} "
                f'Map it: columns = {{ {one.column} = "..." }} in {spec.part}.'
            )
        if one.dated and "year" not in names:
            raise StudyError(
                f"{spec.part}, vintages: its records have no year, so from and until say nothing. Leave them "
                "out."
            )
    if "activity" not in names:
        raise StudyError(f"{spec.part}, vintages: there is no column activity, which they are about.")
    clash = [name for name in ADDED if name in names]
    if clash:
        raise StudyError(f"{spec.part}: '{clash[0]}' is a name of ours; give the column another one.")


def _holds(row: str, one: Vintage) -> str:
    return one.holds(f"{row}.year") if one.dated else "true"


def _code(row: str, one: Vintage) -> str:
    """The code of a vintage in a row, cleaned where it is a further column."""
    if not one.column:
        return f"{row}.activity"
    text = f"replace(replace(trim(cast({row}.{one.column} as varchar)), '.', ''), ' ', '')"
    if division_length(one.classification) == 2:
        text = f"case when length({text}) = 1 then lpad({text}, 2, '0') else {text} end"
    return f"nullif({text}, '')"


def _cases(row: str, spec: PanelSpec, value: str) -> str:
    """The first vintage that a row is of: its code (`old`) or its number (`vintage`)."""
    found = []
    for number, one in enumerate(spec.vintages):
        code = _code(row, one)
        told = code if value == "old" else number
        found.append(f"when {_holds(row, one)} and {code} is not null then {told}")
    return f"case {' '.join(found)} end"


def _old(row: str, spec: PanelSpec) -> str:
    return _cases(row, spec, "old")


def _vintage(row: str, spec: PanelSpec) -> str:
    return _cases(row, spec, "vintage")


def _wanted(row: str, spec: PanelSpec) -> str:
    """The activity of a row that is in the wanted classification already."""
    others = [_holds(row, one) for one in spec.vintages if not one.column]
    return f"case when not ({' or '.join(others)}) then {row}.activity end" if others else f"{row}.activity"


def _links(engine: DuckDB, spec: PanelSpec, read: str, base: Path) -> None:
    """The table `RELATION_links`: vintage, old code, target, share, whether the share is the study's own."""
    links = f"{spec.relation}_links"
    engine.execute(
        f"create or replace temporary table {links} "
        "(vintage integer, old varchar, target varchar, share double, given boolean)"
    )
    for number, one in enumerate(spec.vintages):
        found = table(one, spec.classification, base)
        codes = engine.rows(
            f"select distinct {_code('r', one)} as code from {read} as r where {_holds('r', one)} order by 1"
        )
        rows = list(_lines([code for (code,) in codes if code], found))
        if rows:
            olds, targets, shares = (list(part) for part in zip(*rows, strict=True))
            engine.execute(
                f"insert into {links} select {number}, unnest(cast($1 as varchar[])), "
                f"unnest(cast($2 as varchar[])), unnest(cast($3 as double[])), {str(found.given).lower()}",
                [olds, targets, shares],
            )


def _lines(codes: list[str], found: Table) -> Iterator[tuple[str, str, float]]:
    for code in codes:
        for target, share in sorted(found.of(code).items()):
            yield code, target, share


def settled(spec: PanelSpec, renamed: bool = False) -> str:
    """SQL: firm, vintage, old, target, basis, choices."""
    read, links = f"{spec.relation}_read", f"{spec.relation}_links"
    year = "r.year" if any(one.dated for one in spec.vintages) else "0"
    like = "(starts_with(n.code, l.target) or starts_with(l.target, n.code))"
    mark = "md5(e.firm || '|' || e.old || '|' || e.vintage)"  # twelve hexadecimal digits: a number below 2^48
    draw = f"cast('0x' || substring({mark}, 1, 12) as bigint) / power(2, 48)"
    if spec.recode == "own":
        target, basis = "null", "'ambiguous'"
    else:
        target = "m.target" if spec.recode == "modal" else "d.target"
        basis = literal(spec.recode)
    return f"""with coded as (
  select {_firm(renamed)} as firm, {year} as year, {_wanted("r", spec)} as code, {_old("r", spec)} as old,
    {_vintage("r", spec)} as vintage from {read} as r {_join(renamed)}where r.firm is not null
), ever as (
  select firm, vintage, old, min(year) as first, max(year) as last from coded
  where old is not null group by all
), near as (
  select e.firm, e.vintage, e.old, c.code, row_number() over (partition by e.firm, e.vintage, e.old
    order by greatest(e.first - c.year, c.year - e.last, 0), c.year, c.code) as place
  from ever as e join coded as c on e.firm = c.firm and c.code is not null
), own as (
  select n.firm, n.vintage, n.old, n.code, l.target, row_number() over (partition by n.firm, n.vintage, n.old
    order by length(l.target) desc, l.target) as place
  from near as n join {links} as l on n.vintage = l.vintage and n.old = l.old and {like}
  where n.place = 1
), {_weighed(links)}
select e.firm, e.vintage, e.old, coalesce(c.choices, 0) as choices,
  case when c.choices is null then null when c.choices = 1 and o.code is null then c.only
    when o.code is not null then o.code else {target} end as target,
  case when c.choices is null then 'unlisted' when c.choices = 1 and o.code is null then 'single'
    when o.code is not null then 'own' else {basis} end as basis
from ever as e
left join counted as c using (vintage, old)
left join own as o on o.place = 1 and e.firm = o.firm and e.vintage = o.vintage and e.old = o.old
left join ranked as m on m.place = 1 and e.vintage = m.vintage and e.old = m.old
left join spread as d on e.vintage = d.vintage and e.old = d.old and {draw} >= d.low
  and ({draw} < d.high or d.behind = 1)"""


def _weighed(links: str) -> str:
    """SQL of the steps that give each code's targets a share, their order, and the interval of a draw."""
    return f"""seen as (
  select vintage, old, target, count(*) as votes from own where place = 1 group by all
), known as (
  select vintage, old, sum(votes) as votes from seen group by all
), weighed as (
  select l.vintage, l.old, l.target, case when l.given or k.votes is null then l.share
    else coalesce(s.votes, 0) / k.votes end as share
  from {links} as l
  left join seen as s using (vintage, old, target) left join known as k using (vintage, old)
), ranked as (
  select vintage, old, target,
    row_number() over (partition by vintage, old order by share desc, target) as place,
    row_number() over (partition by vintage, old order by target desc) as behind,
    sum(share) over (partition by vintage, old order by target) as high
  from weighed where share > 0
), spread as (
  select *, coalesce(lag(high) over (partition by vintage, old order by target), 0) as low from ranked
), counted as (
  select vintage, old, count(*) as choices, min(target) as only from {links} group by all
)"""
