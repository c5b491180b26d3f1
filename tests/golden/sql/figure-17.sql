-- cube years
with rows as (
  select * from panel where year in (1996, 1997, 1998, 1999, 2000, 2001, 2002)
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
    in_a_sample and (export_extra > 0) as c5,
    in_a_sample and (export_intra > 0) as c6,
    in_a_sample and (import_extra > 0) as c7,
    in_a_sample and (import_intra > 0) as c8
  from flagged
),
finest as (
  select year, c0, c1, c2, c3, c4, c5, c6, c7, c8, count(*) as n0
  from coded
  group by year, c0, c1, c2, c3, c4, c5, c6, c7, c8
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
  n0
from finest;
