"""Write the SQL of the Belgian study's main scans to a folder: python tools/golden_sql.py tests/golden/sql

The files show at a review what a change does to the queries; tests/golden/test_sql.py compares them.
"""

from __future__ import annotations

import sys
from pathlib import Path

#: One table of each kind: modes, sectors, growth over a window, a firm's history, a median.
TABLES = ("table-01", "table-03", "figure-17", "table-06", "table-11", "ventures-second-type")


def scans() -> dict[str, str]:
    """File name -> SQL of the scans that each table needs."""
    from firmtrade import Study

    study = Study("belgium-2002")
    tables = {table.name: table for table in study.spec.tables}
    return {f"{name}.sql": _text(study.queries([tables[name]])) for name in TABLES}


def _text(queries: list) -> str:
    return "\n\n".join(f"-- {query.name}\n{query.sql};" for query in queries) + "\n"


def main(folder: Path) -> None:
    """Write one file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sql in scans().items():
        (folder / name).write_text(sql, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
