"""firmtrade: who trades, what it changes, whom to support.

From a confidential panel of firms to statistics that may be published:
acquire -> assemble -> classify -> describe | estimate -> protect -> publish.

    from firmtrade import Study
    study = Study("belgium-2002", panel="firms.parquet")
    study.table("firms", by=["mode"], sample="manufacturing", period=2002)
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["Catalog", "FirmtradeError", "Study", "__version__"]

_HOMES = {"Study": "firmtrade.study", "Catalog": "firmtrade.catalog", "FirmtradeError": "firmtrade.errors"}


def __getattr__(name: str) -> Any:
    """Public names, imported when they are first asked for: `import firmtrade` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'firmtrade' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
