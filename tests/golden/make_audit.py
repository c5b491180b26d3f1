"""Make the golden audit: python tests/golden/make_audit.py PUBLISHED.csv > audit-belgium-2002.txt."""

from __future__ import annotations

import sys
from pathlib import Path

from firmtrade.reconcile import audit, read_figures, report, setting
from firmtrade.study import read_study


def golden(published: Path) -> str:
    """The audit's text, which names every violated identity with its cells."""
    spec = read_study("belgium-2002")
    words = setting(spec.catalog, spec.windows, spec.panel["classification"])
    return report.text(audit(read_figures(published), spec.tables, words), "published.csv")


if __name__ == "__main__":
    sys.stdout.write(golden(Path(sys.argv[1])))
