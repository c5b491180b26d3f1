"""Shapes of places for the map: schematic ones of our own, or those of a GeoJSON file that the user gives.

EuroGeographics does not let the NUTS shapes be passed on freely, so none are here. What ships is drawn by us:
Belgium's three regions as simple polygons, and the member states as tiles of one size. `firmtrade serve
--shapes FILE` takes the reader's own GeoJSON; a feature's property NUTS_ID is the code of its place.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError
from firmtrade.serve.site import Site

Ring = list[tuple[float, float]]
WIDTH = 640.0
TILE = 80.0
_MOST = 20_000  # places of a file; all of NUTS 2024 and of the candidates have 2,000


@dataclass(frozen=True)
class Shape:
    """A place as an SVG path, and where its value is printed."""

    path: str
    x: float
    y: float
    area: float = 0.0


@dataclass(frozen=True)
class Shapes:
    """Places by code. `note` says in which message how they were drawn; `small` ones print no names."""

    shapes: Mapping[str, Shape]
    viewbox: str
    note: str
    small: bool = False
    tiled: bool = False

    def of(self, code: str) -> Shape | None:
        """The shape of a place, if it has one."""
        return self.shapes.get(code)

    def covers(self, codes: Iterable[str]) -> int:
        """How many of the places have a shape."""
        return sum(code in self.shapes for code in codes)


@dataclass(frozen=True)
class Own:
    """The places of a user's file, in degrees: of all levels and countries that it has."""

    places: Mapping[str, Sequence[Ring]]

    def drawn(self, codes: Sequence[str]) -> Shapes | None:
        """The map of these places and their neighbours of the same level and country; None if it has none."""
        there = [code for code in codes if code in self.places]
        lengths, countries = {len(code) for code in there}, {code[:2] for code in there}
        around = {
            code: rings
            for code, rings in self.places.items()
            if len(code) in lengths and code[:2] in countries
        }
        return _projected(_on_the_continent(around), "pages.map_own") if there else None


#: Degrees west, south, east, north. Islands far away would make a map of Europe a map of the world.
_EUROPE = (-25.0, 33.5, 45.0, 72.0)


def _on_the_continent(places: Mapping[str, Sequence[Ring]]) -> dict[str, list[Ring]]:
    """Without the parts outside Europe, where most of the places lie in it."""
    near = {code: [ring for ring in rings if _is_near(ring)] for code, rings in places.items()}
    kept = {code: rings for code, rings in near.items() if rings}
    return kept if 2 * len(kept) > len(places) else {code: list(rings) for code, rings in places.items()}


def _is_near(ring: Ring) -> bool:
    west, south, east, north = _EUROPE
    return all(west <= x <= east and south <= y <= north for x, y in ring)


def fitting(codes: Sequence[str], own: Own | None = None) -> Shapes:
    """The shapes for these places: the user's where they have any, else ours, else plain tiles."""
    for shapes in (own.drawn(codes) if own else None, belgium(), union()):
        if shapes is not None and 2 * shapes.covers(codes) > len(codes):
            return shapes
    return tiles(codes)


@cache
def _ours() -> dict[str, Any]:
    text = files("firmtrade.serve.pages").joinpath("places.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def belgium() -> Shapes:
    """The three regions of Belgium, as simple polygons that we drew."""
    places = {code: [[(x, y) for x, y in ring]] for code, ring in _ours()["belgium"].items()}
    drawn = _projected(places, "pages.map_schematic")
    middles = _ours()["belgium-values"]
    to = _Plane(places)
    moved = {
        code: replace(shape, x=to.at(*middles[code])[0], y=to.at(*middles[code])[1])
        for code, shape in drawn.shapes.items()
    }
    return Shapes(moved, drawn.viewbox, drawn.note)


@cache
def union() -> Shapes:
    """The member states as tiles, about where they lie."""
    placed = {code: (column, row) for code, (column, row) in _ours()["union"].items()}
    return _tiled(placed, "pages.map_tiles")


def tiles(codes: Sequence[str]) -> Shapes:
    """Places of which we know nothing: tiles in the order of the table, as square a block as may be."""
    across = max(1, math.ceil(math.sqrt(len(codes) * 1.6)))
    return _tiled({code: (at % across, at // across) for at, code in enumerate(codes)}, "pages.map_order")


def _tiled(placed: Mapping[str, tuple[int, int]], note: str) -> Shapes:
    gap, size = 4.0, TILE - 4.0
    made = {}
    for code, (column, row) in placed.items():
        x, y = column * TILE + gap / 2, row * TILE + gap / 2
        path = f"M{x:g} {y:g}h{size:g}v{size:g}h-{size:g}z"
        made[code] = Shape(path, x + size / 2, y + size / 2)
    across = max(column for column, _ in placed.values()) + 1
    down = max(row for _, row in placed.values()) + 1
    return Shapes(made, f"0 0 {across * TILE:g} {down * TILE:g}", note, tiled=True)


# -- the user's own ---------------------------------------------------------------------------------------


def keep_shapes(site: Site, path: Path) -> None:
    """Draw the maps of a server with the places of a GeoJSON file.

    Raises:
        DataError: it is no such file.
    """
    site.kept["shapes"] = read_shapes(path)


def read_shapes(path: Path) -> Own:
    """The places of a GeoJSON file in degrees.

    Raises:
        DataError: it is no such file, or none of its features has a NUTS_ID and an area.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        places = {code: rings for code, rings in filter(None, map(_feature, features)) if rings}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path} is not GeoJSON with shapes of places: {error!r}. {_REMEDY}") from None
    if not places or len(places) > _MOST:
        raise DataError(
            f"{path} has {len(places)} places with a NUTS_ID and an area; 1 to {_MOST} can be drawn. "
            f"{_REMEDY}"
        )
    return Own(places)


_REMEDY = (
    "It must be a FeatureCollection in degrees (EPSG:4326), each feature a Polygon or MultiPolygon with the "
    "property NUTS_ID, as GISCO of Eurostat offers them."
)


def _feature(feature: Any) -> tuple[str, list[Ring]] | None:
    code = str((feature.get("properties") or {}).get("NUTS_ID") or feature.get("id") or "")
    geometry = feature.get("geometry") or {}
    parts = {"Polygon": lambda c: [c], "MultiPolygon": lambda c: c}.get(geometry.get("type", ""))
    if not code or parts is None:
        return None
    rings = [
        [_point(point) for point in ring] for polygon in parts(geometry["coordinates"]) for ring in polygon
    ]
    return code, [ring for ring in rings if len(ring) >= 3]


def _point(point: Any) -> tuple[float, float]:
    x, y = float(point[0]), float(point[1])
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise ValueError(f"({x:g}, {y:g}) is not in degrees")
    return x, y


class _Plane:
    """Degrees to the page: equal in both directions at the middle of the map."""

    def __init__(self, places: Mapping[str, Sequence[Ring]]) -> None:
        points = [point for rings in places.values() for ring in rings for point in ring]
        self.west, self.north = min(x for x, _ in points), max(y for _, y in points)
        south, east = min(y for _, y in points), max(x for x, _ in points)
        self.flat = math.cos(math.radians((south + self.north) / 2))
        self.scale = (WIDTH - 8) / max((east - self.west) * self.flat, (self.north - south) / 1.2, 1e-9)
        self.height = (self.north - south) * self.scale + 8
        self.width = (east - self.west) * self.flat * self.scale + 8

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place of a point on the page."""
        return 4 + (x - self.west) * self.flat * self.scale, 4 + (self.north - y) * self.scale


def _projected(places: Mapping[str, Sequence[Ring]], note: str) -> Shapes:
    plane, made = _Plane(places), {}
    for code, rings in places.items():
        flat = [simplified([plane.at(*point) for point in ring]) for ring in rings]
        kept = [ring for ring in flat if len(ring) >= 3]
        if kept:
            x, y = _middle(max(kept, key=_size))
            made[code] = Shape("".join(map(_path, kept)), x, y, abs(_area(max(kept, key=_size))))
    return Shapes(made, f"0 0 {plane.width:.0f} {plane.height:.0f}", note, small=len(made) > 40)


def _path(ring: Ring) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "z"


def simplified(ring: Ring, within: float = 0.6) -> Ring:
    """The ring without points that lie close to the line of its neighbours (Douglas, Peucker 1973)."""
    if len(ring) < 5:
        return ring
    kept, pending = {0, len(ring) - 1}, [(0, len(ring) - 1)]
    while pending:
        first, last = pending.pop()
        far, at = 0.0, -1
        for middle in range(first + 1, last):
            away = _away(ring[middle], ring[first], ring[last])
            if away > far:
                far, at = away, middle
        if far > within:
            kept.add(at)
            pending += [(first, at), (at, last)]
    return [ring[at] for at in sorted(kept)]


def _away(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    (x, y), (x1, y1), (x2, y2) = point, start, end
    length = math.hypot(x2 - x1, y2 - y1)
    if length == 0:
        return math.hypot(x - x1, y - y1)
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length


def _area(ring: Ring) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _size(ring: Ring) -> float:
    return abs(_area(ring))


def _middle(ring: Ring) -> tuple[float, float]:
    """The centre of gravity of a ring."""
    area = _area(ring)
    if abs(area) < 1e-9:
        return ring[0]
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    cross = [(x1 + x2, y1 + y2, x1 * y2 - x2 * y1) for (x1, y1), (x2, y2) in pairs]
    return sum(x * c for x, _, c in cross) / (6 * area), sum(y * c for _, y, c in cross) / (6 * area)
