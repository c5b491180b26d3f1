-- cube window_growth
with t0 as (
  select firm, year as t0_year, activity as t0_activity, domestic as t0_domestic, employment as t0_employment, export_extra as t0_export_extra, export_intra as t0_export_intra, founded as t0_founded, turnover as t0_turnover, value_added as t0_value_added from panel where year = 1998
),
t0_known as (
  select firm, t0_year, t0_employment, t0_value_added,
    (t0_domestic) as c0,
    (t0_employment >= 1 OR t0_employment IS NULL) as c1,
    (t0_employment < 250 OR t0_employment IS NULL) as c2,
    (t0_turnover < 50000000 OR t0_turnover IS NULL) as c3,
    (((SUBSTRING(t0_activity, 1, 2)) BETWEEN '10' AND '45')) as c4,
    (t0_employment > 0) as c5,
    (t0_founded = 1998) as c8,
    (t0_employment IS NULL) as c14,
    (t0_value_added IS NULL) as c15,
    (t0_founded >= 1998) as c16,
    (t0_export_intra > 0) as c17,
    (t0_export_extra > 0) as c18
  from t0
),
t1 as (
  select firm, year as t1_year, export_extra as t1_export_extra, export_intra as t1_export_intra, founded as t1_founded from panel where year = 2002
),
t1_known as (
  select firm, t1_year,
    (t1_founded >= 1998) as c9,
    (t1_export_intra > 0) as c10,
    (t1_export_extra > 0) as c11
  from t1
),
outcome as (
  select firm, year as outcome_year, employment as outcome_employment, value_added as outcome_value_added from panel where year = 2003
),
outcome_known as (
  select firm, outcome_year, outcome_employment, outcome_value_added,
    (outcome_employment > 0) as c6
  from outcome
),
rows as (
  select * from t0_known left join t1_known using (firm) left join outcome_known using (firm)
),
tested as (
  select *,
    (NOT t1_year IS NULL) as c7
  from rows
),
flagged as (
  select *, coalesce(c0 and c1 and c2 and c3 and c4 and c5 and c6 and c7 and c8, false) as in_a_sample
  from tested
),
coded as (
  select c0,
    c1,
    c2,
    c3,
    c4,
    c5,
    c6,
    c7,
    c8,
    in_a_sample and c9 as c9,
    in_a_sample and c10 as c10,
    in_a_sample and c11 as c11,
    in_a_sample and (outcome_employment IS NULL) as c12,
    in_a_sample and (outcome_value_added IS NULL) as c13,
    in_a_sample and c14 as c14,
    in_a_sample and c15 as c15,
    in_a_sample and c16 as c16,
    in_a_sample and c17 as c17,
    in_a_sample and c18 as c18,
    t0_employment as a1,
    t0_value_added as a2,
    outcome_employment as a3,
    outcome_value_added as a4
  from flagged
),
finest as (
  select c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, count(*) as n0, sum(a1) as a1, sum(a2) as a2, sum(a3) as a3, sum(a4) as a4
  from coded
  group by c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18
)
select c0,
  c1,
  c2,
  c3,
  c4,
  c5,
  c6,
  c7,
  c8,
  c9,
  c10,
  c11,
  c12,
  c13,
  c14,
  c15,
  c16,
  c17,
  c18,
  n0,
  a1,
  a2,
  a3,
  a4
from finest;
