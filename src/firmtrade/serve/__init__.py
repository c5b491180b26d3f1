"""The local web application: what a run released and, with a register, the agency's pages, in a browser.

The server never opens microdata. It reads release.json, which holds what the report holds, and the agency's
own register; no module here imports anything that opens a panel (pyproject.toml, import contracts).
"""

from __future__ import annotations

from firmtrade.serve.extras import app_extra

__all__ = ["app_extra"]
