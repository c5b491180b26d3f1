"""One contestant of the benchmark in a process of its own: prints its seconds and peak memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

#: Ten tables over dimensions and samples that the study knows, as a user would add them.
MORE = """
[tables.more-1]
like = "figure-18"
by = { region = "all", flow = ["import", "export"] }
[tables.more-2]
like = "figure-18"
by = { technology = "all", flow = ["any"] }
[tables.more-3]
like = "figure-18"
by = { size = "all", flow = ["any", "import", "export"] }
[tables.more-4]
like = "figure-25"
by = { region = "all", flow = ["any", "import", "export"] }
[tables.more-5]
like = "figure-16"
by = { mode = "all", region = "all" }
[tables.more-6]
like = "figure-16"
by = { mode = "all", size = "all" }
[tables.more-7]
like = "figure-16"
by = { mode = "all", age = "all" }
[tables.more-8]
like = "figure-16"
by = { mode = "all", technology = "all" }
[tables.more-9]
like = "table-06"
by = { status = ["never"] }
[tables.more-10]
like = "table-12"
by = { status = ["never"] }
"""


def scan(panel: Path) -> Callable[[], object]:
    """Every column read and touched once, by the cheapest aggregate that needs its values."""
    import duckdb

    texts = ("firm", "activity", "region")
    numbers = ("year", "founded", "employment", "turnover", "value_added")
    flows = ("import_intra", "import_extra", "export_intra", "export_extra")
    asked = [f"max({name})" for name in texts] + [f"sum({name})" for name in (*numbers, *flows)]
    query = f"select {', '.join(asked)}, count(domestic) from read_parquet('{panel}')"
    connection = duckdb.connect()
    return lambda: connection.execute(query).fetchall()


def study(panel: Path, more: str = "") -> Callable[[], object]:
    """All tables and figures of the study: panel opened, planned, scanned, rolled up."""
    import tomllib

    from firmtrade.study import Study, make_study, studies

    file = studies()["belgium-2002"]
    raw = tomllib.loads(file.read_text(encoding="utf-8") + more)
    made = Study(make_study(raw, "belgium-2002", file.parent, file.name), str(panel), memory="4GB")
    return lambda: made.tables(check=False)


def check(panel: Path) -> Callable[[], object]:
    """The check of the panel that a run makes before it computes."""
    from firmtrade.study import Study

    made = Study("belgium-2002", str(panel), memory="4GB")
    return lambda: made.check().text()


def pandas(panel: Path) -> Callable[[], object]:
    """The script that an analyst wrote who knew neither this package nor that it would be timed."""
    from benchmarks.analyst_script import tables

    return lambda: tables(panel)


def tuned(panel: Path) -> Callable[[], object]:
    """A pandas script written to be fast; without the tables of ventures that need histories."""
    from benchmarks.pandas_script import tables

    return lambda: tables(panel)


def main(name: str, panel: Path) -> None:
    """Run once; imports are made before the clock starts for every contestant alike."""
    made = {"scan": scan, "study": study, "check": check, "pandas": pandas, "tuned": tuned}
    work = study(panel, MORE) if name == "more" else made[name](panel)
    _import(name)
    start, before = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak}))


def _import(name: str) -> None:
    import duckdb  # noqa: F401

    if name in ("study", "more", "check"):
        import firmtrade.assemble.check
        import firmtrade.describe.compute  # noqa: F401
    if name in ("pandas", "tuned"):
        import pandas  # noqa: F401


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
