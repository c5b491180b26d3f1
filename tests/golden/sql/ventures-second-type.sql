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
    (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) as c4,
    (founded BETWEEN 1993 AND 1997) as c5
  from rows
),
flagged as (
  select *, coalesce(c0 and c1 and c2 and c3 and c4 and c5, false) as in_a_sample
  from tested
),
coded as (
  select year,
    c0,
    c1,
    c2,
    c3,
    c4,
    c5
  from flagged
),
finest as (
  select year, c0, c1, c2, c3, c4, c5, count(*) as n0
  from coded
  group by year, c0, c1, c2, c3, c4, c5
)
select year,
  c0,
  c1,
  c2,
  c3,
  c4,
  c5,
  n0
from finest;

-- cube years_followed
with asked as (
  select * from (select * from panel where year in (2002)) as seen where (domestic) and (employment >= 1 OR employment IS NULL) and (employment < 250 OR employment IS NULL) and (turnover < 50000000 OR turnover IS NULL) and (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) and (founded BETWEEN 1993 AND 1997)
),
followed as (
  select firm from asked
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
tested as (
  select *,
    (founded BETWEEN 1993 AND 1997) as c5,
    (CASE WHEN history_early_export_seen > 0 THEN TRUE WHEN history_early_years_known > 5 THEN FALSE END) as c6
  from rows
),
flagged as (
  select *, coalesce((domestic) and (employment >= 1 OR employment IS NULL) and (employment < 250 OR employment IS NULL) and (turnover < 50000000 OR turnover IS NULL) and (((SUBSTRING(activity, 1, 2)) BETWEEN '10' AND '45')) and c5, false) as in_a_sample
  from tested
),
coded as (
  select year,
    c5,
    c6
  from flagged
),
finest as (
  select year, c5, c6, count(*) as n0
  from coded
  group by year, c5, c6
)
select year,
  c5,
  c6,
  n0
from finest;
