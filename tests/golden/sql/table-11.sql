-- cube window_growth
with t0 as (
  select firm, year as t0_year, activity as t0_activity, domestic as t0_domestic, employment as t0_employment, export_extra as t0_export_extra, export_intra as t0_export_intra, founded as t0_founded, turnover as t0_turnover, value_added as t0_value_added from panel where year = 1998
),
t1 as (
  select firm, year as t1_year, export_extra as t1_export_extra, export_intra as t1_export_intra, founded as t1_founded from panel where year = 2002
),
outcome as (
  select firm, year as outcome_year, employment as outcome_employment, value_added as outcome_value_added from panel where year = 2003
),
rows as (
  select * from t0 left join t1 using (firm) left join outcome using (firm)
),
flagged as (
  select *, coalesce((t0_domestic) and (t0_employment >= 1 OR t0_employment IS NULL) and (t0_employment < 250 OR t0_employment IS NULL) and (t0_turnover < 50000000 OR t0_turnover IS NULL) and (((SUBSTRING(t0_activity, 1, 2)) BETWEEN '10' AND '45')) and (t0_employment > 0) and (outcome_employment > 0) and (NOT t1_year IS NULL) and (t0_founded = 1998), false) as in_a_sample from rows
),
coded as (
  select coalesce(cast((t0_domestic) as bigint) + 1, 0)
      + coalesce(cast((t0_employment >= 1 OR t0_employment IS NULL) as bigint) + 1, 0) * 4
      + coalesce(cast((t0_employment < 250 OR t0_employment IS NULL) as bigint) + 1, 0) * 16
      + coalesce(cast((t0_turnover < 50000000 OR t0_turnover IS NULL) as bigint) + 1, 0) * 64
      + coalesce(cast((((SUBSTRING(t0_activity, 1, 2)) BETWEEN '10' AND '45')) as bigint) + 1, 0) * 256
      + coalesce(cast((t0_employment > 0) as bigint) + 1, 0) * 1024
      + coalesce(cast((outcome_employment > 0) as bigint) + 1, 0) * 4096
      + coalesce(cast((NOT t1_year IS NULL) as bigint) + 1, 0) * 16384
      + coalesce(cast((t0_founded = 1998) as bigint) + 1, 0) * 65536
      + case when in_a_sample then coalesce(cast((t1_founded >= 1998) as bigint) + 1, 0) * 262144
        + coalesce(cast((t1_export_intra > 0) as bigint) + 1, 0) * 1048576
        + coalesce(cast((t1_export_extra > 0) as bigint) + 1, 0) * 4194304
        + coalesce(cast((t0_founded >= 1998) as bigint) + 1, 0) * 16777216
        + coalesce(cast((t0_export_intra > 0) as bigint) + 1, 0) * 67108864
        + coalesce(cast((t0_export_extra > 0) as bigint) + 1, 0) * 268435456 else 0 end as k0,
    case when NOT outcome_employment IS NULL then t0_employment end as a1,
    case when NOT outcome_value_added IS NULL then t0_value_added end as a2,
    case when NOT t0_employment IS NULL then outcome_employment end as a3,
    case when NOT t0_value_added IS NULL then outcome_value_added end as a4,
    case when NOT outcome_value_added IS NULL then outcome_employment end as a5,
    case when NOT t0_value_added IS NULL then t0_employment end as a6,
    case when NOT outcome_employment IS NULL then outcome_value_added end as a7,
    case when NOT t0_employment IS NULL then t0_value_added end as a8
  from flagged
),
finest as (
  select k0, count(*) as n0, sum(a1) as a1, sum(a2) as a2, sum(a3) as a3, sum(a4) as a4, sum(a5) as a5, sum(a6) as a6, sum(a7) as a7, sum(a8) as a8
  from coded
  group by k0
),
unpacked as (
  select case ((k0 >> 0) & 3) when 2 then true when 1 then false end as c0,
    case ((k0 >> 2) & 3) when 2 then true when 1 then false end as c1,
    case ((k0 >> 4) & 3) when 2 then true when 1 then false end as c2,
    case ((k0 >> 6) & 3) when 2 then true when 1 then false end as c3,
    case ((k0 >> 8) & 3) when 2 then true when 1 then false end as c4,
    case ((k0 >> 10) & 3) when 2 then true when 1 then false end as c5,
    case ((k0 >> 12) & 3) when 2 then true when 1 then false end as c6,
    case ((k0 >> 14) & 3) when 2 then true when 1 then false end as c7,
    case ((k0 >> 16) & 3) when 2 then true when 1 then false end as c8,
    case ((k0 >> 18) & 3) when 2 then true when 1 then false end as c9,
    case ((k0 >> 20) & 3) when 2 then true when 1 then false end as c10,
    case ((k0 >> 22) & 3) when 2 then true when 1 then false end as c11,
    case ((k0 >> 24) & 3) when 2 then true when 1 then false end as c12,
    case ((k0 >> 26) & 3) when 2 then true when 1 then false end as c13,
    case ((k0 >> 28) & 3) when 2 then true when 1 then false end as c14,
    n0,
    a1,
    a2,
    a3,
    a4,
    a5,
    a6,
    a7,
    a8
  from finest
)
select *
from unpacked;
