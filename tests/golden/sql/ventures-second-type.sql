-- cube years
with rows as (
  select * from panel where year in (2002)
),
flagged as (
  select *, coalesce((domestic) and (employment >= 1 OR employment IS NULL) and (employment < 250 OR employment IS NULL) and (turnover < 50000000 OR turnover IS NULL) and (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) and (founded BETWEEN 1993 AND 1997), false) as in_a_sample from rows
),
coded as (
  select year,
    coalesce(cast((domestic) as bigint) + 1, 0)
      + coalesce(cast((employment >= 1 OR employment IS NULL) as bigint) + 1, 0) * 4
      + coalesce(cast((employment < 250 OR employment IS NULL) as bigint) + 1, 0) * 16
      + coalesce(cast((turnover < 50000000 OR turnover IS NULL) as bigint) + 1, 0) * 64
      + coalesce(cast((((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) as bigint) + 1, 0) * 256
      + coalesce(cast((founded BETWEEN 1993 AND 1997) as bigint) + 1, 0) * 1024 as k0
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
    n0
  from finest
)
select *
from unpacked;

-- cube years_followed
with asked as (
  select * from panel where year in (2002)
),
followed as (
  select distinct firm from asked where (domestic) and (employment >= 1 OR employment IS NULL) and (employment < 250 OR employment IS NULL) and (turnover < 50000000 OR turnover IS NULL) and (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) and (founded BETWEEN 1993 AND 1997)
),
history as (
  select firm, COUNT(*) FILTER(WHERE ((export_intra > 0) OR (export_extra > 0)) AND year BETWEEN founded AND founded + 5) as history_early_export_seen, COUNT(*) FILTER(WHERE NOT ((export_intra > 0) OR (export_extra > 0)) IS NULL AND year BETWEEN founded AND founded + 5) as history_early_years_known
  from panel where firm in (select firm from followed) and (year BETWEEN founded AND founded + 5)
  group by firm
),
rows as (
  select asked.*, coalesce(history.history_early_export_seen, 0) as history_early_export_seen, coalesce(history.history_early_years_known, 0) as history_early_years_known
  from asked left join history using (firm)
),
flagged as (
  select *, coalesce((domestic) and (employment >= 1 OR employment IS NULL) and (employment < 250 OR employment IS NULL) and (turnover < 50000000 OR turnover IS NULL) and (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) and (founded BETWEEN 1993 AND 1997), false) as in_a_sample from rows
),
coded as (
  select year,
    coalesce(cast((domestic) as bigint) + 1, 0)
      + coalesce(cast((employment >= 1 OR employment IS NULL) as bigint) + 1, 0) * 4
      + coalesce(cast((employment < 250 OR employment IS NULL) as bigint) + 1, 0) * 16
      + coalesce(cast((turnover < 50000000 OR turnover IS NULL) as bigint) + 1, 0) * 64
      + coalesce(cast((((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) as bigint) + 1, 0) * 256
      + coalesce(cast((founded BETWEEN 1993 AND 1997) as bigint) + 1, 0) * 1024
      + case when in_a_sample then coalesce(cast((CASE WHEN history_early_export_seen > 0 THEN TRUE WHEN history_early_years_known > 5 THEN FALSE END) as bigint) + 1, 0) * 4096 else 0 end as k0
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
    n0
  from finest
)
select *
from unpacked;
