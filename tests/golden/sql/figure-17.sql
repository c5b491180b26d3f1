-- cube years
with rows as (
  select * from panel where year in (1996, 1997, 1998, 1999, 2000, 2001, 2002)
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
      + case when in_a_sample then coalesce(cast((export_extra > 0) as bigint) + 1, 0) * 1024
        + coalesce(cast((export_intra > 0) as bigint) + 1, 0) * 4096
        + coalesce(cast((import_extra > 0) as bigint) + 1, 0) * 16384
        + coalesce(cast((import_intra > 0) as bigint) + 1, 0) * 65536 else 0 end as k0
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
    case ((k0 >> 10) & 3) when 2 then true when 1 then false end as c5,
    case ((k0 >> 12) & 3) when 2 then true when 1 then false end as c6,
    case ((k0 >> 14) & 3) when 2 then true when 1 then false end as c7,
    case ((k0 >> 16) & 3) when 2 then true when 1 then false end as c8,
    n0
  from finest
)
select *
from unpacked;
