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
    (((SUBSTRING(activity, 1, 2)) BETWEEN '15' AND '37')) as c4,
    (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) as c9
  from rows
),
flagged as (
  select *, coalesce(c0 and c1 and c2 and c3 and ((c4) or (c9)), false) as in_a_sample
  from tested
),
coded as (
  select year,
    c0,
    c1,
    c2,
    c3,
    c4,
    c9,
    in_a_sample and (export_intra > 0) as c5,
    in_a_sample and (export_extra > 0) as c6,
    in_a_sample and (import_intra > 0) as c7,
    in_a_sample and (import_extra > 0) as c8,
    case when in_a_sample then (SUBSTRING(activity, 1, 2)) end as d_activity
  from flagged
),
finest as (
  select year, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d_activity, count(*) as n0
  from coded
  group by year, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d_activity
)
select year,
  c0,
  c1,
  c2,
  c3,
  c4,
  c5,
  c6,
  c7,
  c8,
  c9,
  d_activity,
  n0
from finest;
