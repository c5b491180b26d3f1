"""Make a golden audit: python tests/golden/make_audit.py PUBLISHED.csv [PROSE.csv] > audit-....txt."""

from __future__ import annotations

import sys
from pathlib import Path

from firmtrade.reconcile import Audit, audit, read_all, report, setting
from firmtrade.study import read_study


def audited(*published: Path) -> Audit:
    """The audit of these files, read together."""
    spec = read_study("belgium-2002")
    words = setting(spec.catalog, spec.windows, spec.panel["classification"])
    return audit(read_all(published), spec.tables, words)


def golden(*published: Path) -> str:
    """The audit's text, which names every violated identity with its cells."""
    return report.text(audited(*published), " and ".join(path.name for path in published))


if __name__ == "__main__":
    sys.stdout.write(golden(*map(Path, sys.argv[1:])))
