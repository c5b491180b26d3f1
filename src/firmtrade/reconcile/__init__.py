"""Published figures against themselves and against a run: what can explain where they differ."""

from firmtrade.reconcile import report
from firmtrade.reconcile.audit import Audit, audit, setting
from firmtrade.reconcile.beside import Shipped, read_shipped
from firmtrade.reconcile.compare import Comparison, against_published, between_runs
from firmtrade.reconcile.figures import Figure, read_all, read_figures
from firmtrade.reconcile.finding import Finding

__all__ = [
    "Audit",
    "Comparison",
    "Figure",
    "Finding",
    "Shipped",
    "against_published",
    "audit",
    "between_runs",
    "read_all",
    "read_figures",
    "read_shipped",
    "report",
    "setting",
]  # fmt: skip
