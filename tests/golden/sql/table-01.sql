-- cube years
with rows as (
  select * from panel where year in (2002)
),
flagged as (
  select *, coalesce((domestic) and (employment >= 1 OR employment IS NULL) and (employment < 250 OR employment IS NULL) and (turnover < 50000000 OR turnover IS NULL) and (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')), false) as in_a_sample from rows
),
coded as (
  select year,
    coalesce(cast((domestic) as bigint) + 1, 0)
      + coalesce(cast((employment >= 1 OR employment IS NULL) as bigint) + 1, 0) * 4
      + coalesce(cast((employment < 250 OR employment IS NULL) as bigint) + 1, 0) * 16
      + coalesce(cast((turnover < 50000000 OR turnover IS NULL) as bigint) + 1, 0) * 64
      + coalesce(cast((((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) as bigint) + 1, 0) * 256
      + case when in_a_sample then cast(case when ((import_intra > 0) OR (import_extra > 0)) AND ((export_intra > 0) OR (export_extra > 0)) then 1 when ((import_intra > 0) OR (import_extra > 0)) AND NOT ((export_intra > 0) OR (export_extra > 0)) then 2 when ((export_intra > 0) OR (export_extra > 0)) AND NOT ((import_intra > 0) OR (import_extra > 0)) then 3 when NOT ((import_intra > 0) OR (import_extra > 0)) AND NOT ((export_intra > 0) OR (export_extra > 0)) then 4 else 0 end as bigint) * 1024
        + cast(case when ((import_intra > 0) OR (export_intra > 0)) AND ((import_extra > 0) OR (export_extra > 0)) then 1 when ((import_intra > 0) OR (export_intra > 0)) AND NOT ((import_extra > 0) OR (export_extra > 0)) then 2 when ((import_extra > 0) OR (export_extra > 0)) AND NOT ((import_intra > 0) OR (export_intra > 0)) then 3 when NOT ((import_intra > 0) OR (export_intra > 0)) AND NOT ((import_extra > 0) OR (export_extra > 0)) then 4 else 0 end as bigint) * 8192 else 0 end as k0
  from flagged
),
finest as (
  select year, k0, count(*) as n0
  from coded
  group by year, k0
),
unpacked as (
  select year,
    case ((k0 >> 0) & 3) when 2 then true when 1 then false end as c0,
    case ((k0 >> 2) & 3) when 2 then true when 1 then false end as c1,
    case ((k0 >> 4) & 3) when 2 then true when 1 then false end as c2,
    case ((k0 >> 6) & 3) when 2 then true when 1 then false end as c3,
    case ((k0 >> 8) & 3) when 2 then true when 1 then false end as c4,
    case ((k0 >> 10) & 7) when 1 then 'both' when 2 then 'import-only' when 3 then 'export-only' when 4 then 'none' end as d_mode,
    case ((k0 >> 13) & 7) when 1 then 'both' when 2 then 'intra' when 3 then 'extra' when 4 then 'none' end as d_scope,
    n0
  from finest
)
select *
from unpacked;
