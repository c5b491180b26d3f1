"""Packages of the extra `econ`: imported where a method needs them, with an error that names the extra.

Methods call `econ("scipy.stats", "a Wald test")` inside the function that needs the package, so that
`import firmtrade` stays fast and a core installation says what is missing instead of failing on a name.
"""

from __future__ import annotations

import importlib
from typing import Any

from firmtrade.errors import MissingExtra

EXTRA = "econ"


def econ(package: str, what: str) -> Any:
    """Import `package` (a dotted name) for `what` ("a premia regression").

    Raises MissingExtra where the package is not installed; a package that is there but fails to import
    something of its own raises as it is, for that is not cured by installing the extra.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != package.split(".")[0]:
            raise
        raise MissingExtra(what[:1].upper() + what[1:], EXTRA) from None
