"""The files of an audit and of a comparison."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from firmtrade.reconcile import compare, report
from firmtrade.reconcile.audit import Audit
from firmtrade.reconcile.compare import Comparison
from firmtrade.reconcile.page import page


def write_files(out: Path, name: str, made: Audit | None, compared: Comparison | None) -> str:
    """Write them into `out`, the page in the style of the report, and say which."""
    style = (files("firmtrade.publish") / "templates" / "report.css").read_text(encoding="utf-8")
    texts = {"reconcile.html": page(f"Reconciliation of {name}", style, made, compared)}
    if made:
        texts["audit.txt"] = report.text(made, name)
        texts["audit.csv"] = report.csv_text(report.COLUMNS, report.rows(made))
    if compared:
        texts["comparison.csv"] = report.csv_text(compare.COLUMNS, compare.rows(compared))
    out.mkdir(parents=True, exist_ok=True)
    for file, text in sorted(texts.items()):
        (out / file).write_text(text, encoding="utf-8", newline="")
    return f"Wrote {', '.join(sorted(texts))} in {out}"
