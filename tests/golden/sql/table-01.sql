-- cube years
with rows as (
  select * from panel where year in (2002)
),
tested as (
  select *,
    (domestic) as c0,
    (employment >= 1 OR employment IS NULL) as c1,
    (employment < 250 OR employment IS NULL) as c2,
    (turnover < 50000000 OR turnover IS NULL) as c3,
    (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) as c4
  from rows
),
flagged as (
  select *, coalesce(c0 and c1 and c2 and c3 and c4, false) as in_a_sample
  from tested
),
coded as (
  select year,
    c0,
    c1,
    c2,
    c3,
    c4,
    case when in_a_sample then cast(case when ((import_intra > 0) OR (import_extra > 0)) AND ((export_intra > 0) OR (export_extra > 0)) then 1 when ((import_intra > 0) OR (import_extra > 0)) AND NOT ((export_intra > 0) OR (export_extra > 0)) then 2 when ((export_intra > 0) OR (export_extra > 0)) AND NOT ((import_intra > 0) OR (import_extra > 0)) then 3 when NOT ((import_intra > 0) OR (import_extra > 0)) AND NOT ((export_intra > 0) OR (export_extra > 0)) then 4 end as smallint) end as d_mode,
    case when in_a_sample then cast(case when ((import_intra > 0) OR (export_intra > 0)) AND ((import_extra > 0) OR (export_extra > 0)) then 1 when ((import_intra > 0) OR (export_intra > 0)) AND NOT ((import_extra > 0) OR (export_extra > 0)) then 2 when ((import_extra > 0) OR (export_extra > 0)) AND NOT ((import_intra > 0) OR (export_intra > 0)) then 3 when NOT ((import_intra > 0) OR (export_intra > 0)) AND NOT ((import_extra > 0) OR (export_extra > 0)) then 4 end as smallint) end as d_scope
  from flagged
),
finest as (
  select year, c0, c1, c2, c3, c4, d_mode, d_scope, count(*) as n0
  from coded
  group by year, c0, c1, c2, c3, c4, d_mode, d_scope
)
select year,
  c0,
  c1,
  c2,
  c3,
  c4,
  case d_mode when 1 then 'both' when 2 then 'import-only' when 3 then 'export-only' when 4 then 'none' end as d_mode,
  case d_scope when 1 then 'both' when 2 then 'intra' when 3 then 'extra' when 4 then 'none' end as d_scope,
  n0
from finest;
