"""Shapes of the map: ours are said to be schematic, the reader's own come from GeoJSON and are simplified."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from firmtrade.errors import DataError
from firmtrade.serve.app import application
from firmtrade.serve.pages.shapes import (
    belgium,
    fitting,
    keep_shapes,
    read_shapes,
    simplified,
    tiles,
    union,
)
from firmtrade.serve.site import Site
from support_release import release
from support_site import region_table

MEMBERS = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]


def feature(code: str, ring: list[list[float]], kind: str = "Polygon") -> dict[str, Any]:
    inside = [ring] if kind == "Polygon" else [[ring]]
    geometry = {"type": kind, "coordinates": inside}
    return {"type": "Feature", "properties": {"NUTS_ID": code}, "geometry": geometry}


def geojson(path: Path, *features: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


SQUARE = [[4.0, 50.0], [5.0, 50.0], [5.0, 51.0], [4.0, 51.0], [4.0, 50.0]]


def test_ours_have_belgium_s_regions_and_all_member_states() -> None:
    assert set(belgium().shapes) == {"BE1", "BE2", "BE3"}
    assert sorted(union().shapes) == MEMBERS
    assert len({(shape.x, shape.y) for shape in union().shapes.values()}) == len(MEMBERS), (
        "no two on one place"
    )


@pytest.mark.parametrize(
    ("codes", "note"),
    [
        (["BE1", "BE2", "BE3"], "pages.map_schematic"),
        (["BE2", "unknown-1", "BE3"], "pages.map_schematic"),
        (MEMBERS, "pages.map_tiles"),
        (["FR", "DE", "US"], "pages.map_tiles"),
        (["CL01", "CL02"], "pages.map_order"),
    ],
)
def test_the_map_says_how_it_was_drawn(codes: list[str], note: str) -> None:
    assert fitting(codes).note == note


def test_tiles_of_unknown_places_do_not_cover_each_other() -> None:
    made = tiles([f"X{at}" for at in range(17)]).shapes.values()
    assert len({(shape.x, shape.y) for shape in made}) == 17


def test_the_reader_s_own_shapes_come_first(tmp_path: Path) -> None:
    site = Site(release(region_table()), tmp_path)
    path = geojson(tmp_path / "s.json", *(feature(code, SQUARE) for code in ("BE1", "BE2", "BE3")))
    keep_shapes(site, path)
    page = TestClient(application(site), base_url="http://127.0.0.1").get("/regions").text
    assert "Shapes of the file that this server was started with" in page


def test_a_shape_keeps_its_form_with_fewer_points() -> None:
    ring = [(100 * math.cos(at / 500 * math.tau), 100 * math.sin(at / 500 * math.tau)) for at in range(501)]
    short = simplified(ring, within=0.6)
    assert 12 < len(short) < 80
    assert all(abs(math.hypot(x, y) - 100) < 1e-9 for x, y in short), "points are left out, none is moved"


def test_many_parts_of_a_place_are_one_path(tmp_path: Path) -> None:
    made = read_shapes(geojson(tmp_path / "s.json", feature("BE", SQUARE, "MultiPolygon"))).drawn(["BE"])
    assert made is not None
    (shape,) = made.shapes.values()
    assert (
        shape.path.startswith("M") and shape.path.endswith("z") and set(shape.path) <= set("MLz-. 0123456789")
    )


def moved(ring: list[list[float]], east: float, north: float = 0.0) -> list[list[float]]:
    return [[x + east, y + north] for x, y in ring]


def test_of_a_large_file_only_the_level_and_the_countries_of_the_release_are_drawn(tmp_path: Path) -> None:
    codes = ["BE", "BE1", "BE2", "BE3", "BE21", "FR1", "FR2"]
    features = [feature(code, moved(SQUARE, 2.0 * at)) for at, code in enumerate(codes)]
    own = read_shapes(geojson(tmp_path / "s.json", *features))
    made = own.drawn(["BE1", "BE2"])
    assert made is not None and set(made.shapes) == {"BE1", "BE2", "BE3"}
    assert own.drawn(["CL1"]) is None and fitting(["CL1"], own).note == "pages.map_order"


def test_islands_far_away_do_not_make_the_map_small(tmp_path: Path) -> None:
    near, far = [SQUARE], [moved(SQUARE, -60.0, -40.0)]
    both = {"type": "MultiPolygon", "coordinates": [near, far]}
    france = {"type": "Feature", "properties": {"NUTS_ID": "FR1"}, "geometry": both}
    island = feature("FR9", moved(SQUARE, 50.0, -70.0))
    path = geojson(tmp_path / "s.json", france, feature("FR2", moved(SQUARE, 1.0)), island)
    made = read_shapes(path).drawn(["FR1", "FR2", "FR9"])
    assert made is not None and set(made.shapes) == {"FR1", "FR2"}
    assert made.shapes["FR1"].path.count("M") == 1


WRONG = {
    "no JSON": "nothing",
    "no collection": "[]",
    "not in degrees": json.dumps({"features": [feature("BE", [[9e5, 1], [2, 2], [3, 1]])]}),
    "no places": json.dumps({"features": [{"properties": {}, "geometry": None}]}),
    "no numbers": json.dumps({"features": [feature("BE", [["x", 1], [2, 2], [3, 1]])]}),  # type: ignore[list-item]
    "infinite": '{"features": [{"id": "BE", "geometry": {"type": "Polygon", "coordinates": [[[NaN, 1]]]}}]}',
}


@pytest.mark.parametrize("how", WRONG)
def test_a_file_that_has_no_shapes_says_what_is_wanted(tmp_path: Path, how: str) -> None:
    path = tmp_path / "shapes.json"
    path.write_text(WRONG[how], encoding="utf-8")
    with pytest.raises(DataError, match=r"shapes\.json.*NUTS_ID"):
        read_shapes(path)
