"""The part [dynamics] of a study file: the levels of detail, and the conventions that sources differ in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from firmtrade.errors import StudyError, nearest

#: Levels of detail, and the SQL of a unit's code in one (over the columns `product` and `destination`).
LEVELS: Mapping[str, str] = {
    "country": "'all'",
    "hs2": "substring(product, 1, 2)",
    "hs4": "case when substring(product, 1, 4) <> substring(product, 1, 3) then substring(product, 1, 4) end",
    "hs6": "case when substring(product, 1, 6) <> substring(product, 1, 5) then substring(product, 1, 6) end",
    "destination": "destination",
}
#: Levels of a study's own unions: of chapters or other beginnings of product codes, and of destinations.
UNIONS = ("products", "destinations")
EXITERS = ("t", "t-1")
GROWTHS = ("log", "rate", "midpoint")
QUARTILES = ("interpolated", "inverse")
_KNOWN = {"levels", "without", "exiter", "growth", "quartiles", "partial_year", "unions"}


@dataclass(frozen=True)
class DynamicsSpec:
    """How exporter dynamics are computed.

    `without`: beginnings of product codes that are left out (27: mineral fuels). `exiter`: "t" is a firm that
    exported in t-1 and not in t; "t-1" one that exports in the year itself and not in the next. `growth`: of
    logarithms, as a rate, or over the mean of both years. `quartiles`: interpolated between two firms, or the
    inverse of the empirical distribution. `partial_year`: first years are corrected where months are known.
    `unions` name unions of products or destinations, each a level of its own: {name: {"products": (...)}}.
    """

    levels: tuple[str, ...] = ("country",)
    without: tuple[str, ...] = ("27",)
    exiter: str = "t"
    growth: str = "log"
    quartiles: str = "interpolated"
    partial_year: bool = True
    unions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def read(cls, entry: Mapping[str, Any], file: str) -> DynamicsSpec:
        """The part of a study file, checked; raises StudyError."""
        where = f"{file}, [dynamics]"
        for key in entry:
            if key not in _KNOWN:
                raise StudyError(f"{where}: '{key}' is not known.{nearest(key, _KNOWN)}")
        made = dict(entry)
        for key in ("levels", "without"):
            if key in made:
                made[key] = tuple(str(one) for one in made[key])
        made["unions"] = {name: _union(name, one, where) for name, one in made.get("unions", {}).items()}
        found = cls(**made)
        for given, known in (
            (found.exiter, EXITERS), (found.growth, GROWTHS), (found.quartiles, QUARTILES),
            *((level, LEVELS) for level in found.levels),
        ):  # fmt: skip
            if given not in known:
                raise StudyError(
                    f"{where}: '{given}' is not known.{nearest(given, known)} Known: {', '.join(known)}."
                )
        return found


def _union(name: str, entry: Any, where: str) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(entry, Mapping) or len(entry) != 1 or not set(entry) <= set(UNIONS):
        raise StudyError(
            f'{where}: a union is written  unions.{name} = {{ products = ["01", "02"] }}  or  '
            f'{{ destinations = ["DE", "FR"] }}.'
        )
    return {key: tuple(str(code) for code in codes) for key, codes in entry.items()}
