"""One cross table with one tool in a process of its own: prints seconds, peak memory and a sum as JSON.

Firms, turnover and employment by year, size class and mode of trade, of all firms whose size is known. The
others than ours are what a user of the tool would write for this one table: no definitions, no unknown flows,
no decimals, no evidence for disclosure control.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

FLOWS = ("import_intra", "import_extra", "export_intra", "export_extra")
STUDY = {
    "title": "One cross table",
    "panel": {"classification": "NACE 1.1"},
    "tables": {
        "table-1": {
            "sample": "all-firms",
            "period": [str(year) for year in range(1996, 2004)],
            "measures": ["firms", "turnover", "employment"],
            "by": {"size": ["0-9", "10-49", "50-99", "100-249", "unknown"], "mode": ["all", "unknown"]},
        }
    },
}
SQL = """
select year,
  case when employment < 10 then 1 when employment < 50 then 2 when employment < 100 then 3 else 4 end,
  2 * cast(import_intra > 0 or import_extra > 0 as int) + cast(export_intra > 0 or export_extra > 0 as int),
  count(*), sum(turnover), sum(employment)
from read_parquet('{panel}') where employment < 250 group by 1, 2, 3
"""
R = """
library(data.table)
d <- fread(commandArgs(TRUE)[1])
d <- d[employment < 250]
d[, size := cut(employment, c(-1, 10, 50, 100, 250), right = FALSE)]
d[, mode := 2 * (import_intra > 0 | import_extra > 0) + (export_intra > 0 | export_extra > 0)]
t <- d[, .(firms = .N, turnover = sum(turnover, na.rm = TRUE), employment = sum(employment)),
  by = .(year, size, mode)]
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
cat(sum(t$firms), sum(proc.time()[1:2]), as.numeric(gsub("[^0-9]", "", peak)) / 2^20, "\n")
"""  # fmt: skip


def ours(panel: Path, **further: object) -> Callable[[], float]:
    """The table with its definitions, unknown groups and exact sums."""
    from firmtrade.study import Study, make_study

    asked = Study(make_study(STUDY, "cross", Path(), "cross.toml"), str(panel), memory="4GB", **further)

    def work() -> float:
        cells = asked.tables(check=False)[0].cells
        sizes = {"0-9", "10-49", "50-99", "100-249"}
        return sum(c.value or 0 for c in cells if c.measure == "firms" and c.codes.get("size") in sizes)

    return work


def spark_study() -> bool:
    """Whether a study can name its engine, and Spark is one."""
    from firmtrade.study import Study

    named = "engine" in {field.name for field in fields(Study)}
    return named and (Path(sys.modules["firmtrade"].__file__ or "").parent / "_engine" / "spark.py").exists()


def spark(panel: Path) -> Callable[[], float]:
    """The same study on Spark with two local cores."""
    return ours(panel, engine="spark:local[2]")


def sql(panel: Path) -> Callable[[], float]:
    """A query written by hand."""
    import duckdb

    return lambda: sum(row[3] for row in duckdb.sql(SQL.format(panel=panel)).fetchall())


def pandas(panel: Path) -> Callable[[], float]:
    """What a user of pandas would write."""
    import pandas as pd

    def work() -> float:
        d = pd.read_parquet(panel, columns=["year", "employment", "turnover", *FLOWS])
        d = d[d["employment"] < 250]
        size = pd.cut(d["employment"], [-1, 10, 50, 100, 250], right=False, labels=False)
        imports = (d["import_intra"] > 0) | (d["import_extra"] > 0)
        exports = (d["export_intra"] > 0) | (d["export_extra"] > 0)
        keys = [d["year"], size.rename("size"), (2 * imports + exports).rename("mode")]
        made = d.groupby(keys).agg(
            firms=("employment", "size"), turnover=("turnover", "sum"), employment=("employment", "sum")
        )
        return float(made["firms"].sum())

    return work


def polars(panel: Path) -> Callable[[], float]:
    """What a user of polars would write."""
    import polars as pl

    def work() -> float:
        imports = (pl.col("import_intra") > 0) | (pl.col("import_extra") > 0)
        exports = (pl.col("export_intra") > 0) | (pl.col("export_extra") > 0)
        size = pl.col("employment").cut([10, 50, 100], left_closed=True)
        made = (
            pl.scan_parquet(panel)
            .filter(pl.col("employment") < 250)
            .group_by("year", size.alias("size"), (2 * imports.cast(pl.Int8) + exports).alias("mode"))
            .agg(firms=pl.len(), turnover=pl.sum("turnover"), total=pl.sum("employment"))
            .collect()
        )
        return float(made["firms"].sum())

    return work


def datatable(panel: Path) -> dict[str, float]:
    """data.table in R, from a CSV of the seven columns (writing it is not counted)."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="firmtrade-scale-") as folder:
        data, script = Path(folder) / "panel.csv", Path(folder) / "table.R"
        columns = ", ".join(["year", "employment", "turnover", *FLOWS])
        duckdb.sql(f"copy (select {columns} from read_parquet('{panel}')) to '{data}' (header)")
        script.write_text(R, encoding="utf-8")
        start = time.monotonic()
        done = subprocess.run(["Rscript", str(script), str(data)], capture_output=True, text=True, check=True)
        wall = time.monotonic() - start
        total, cpu, peak = map(float, done.stdout.split())
    return {"cpu": cpu, "wall": wall, "peak": peak, "sum": total}


def main(name: str, panel: Path) -> None:
    """Run once; imports are made before the clock starts."""
    if name == "datatable":
        print(json.dumps(datatable(panel)))
        return
    work = {"ours": ours, "sql": sql, "pandas": pandas, "polars": polars, "spark": spark}[name](panel)
    start, wall = time.process_time(), time.monotonic()
    total = work()
    cpu, wall = time.process_time() - start, time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if name == "spark":  # works in a program of its own, whose time and memory are not seen from here
        cpu, peak = float("nan"), float("nan")
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak, "sum": total}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
