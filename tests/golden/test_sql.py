"""The SQL of the main scans is kept as files, so that a review sees what a change does to it.

Write them anew with: python tools/golden_sql.py tests/golden/sql
"""

from __future__ import annotations

import runpy

import pytest


@pytest.fixture(scope="module")
def made(root):
    return runpy.run_path(str(root / "tools" / "golden_sql.py"))["scans"]()


def test_the_queries_are_those_that_were_reviewed(made, root):
    folder = root / "tests" / "golden" / "sql"
    kept = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
    assert made.keys() == kept.keys()
    for name, sql in made.items():
        assert sql == kept[name], f"{name} differs: read the change, then write the files anew"
