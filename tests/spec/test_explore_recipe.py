"""The study file and the Python that the explorer gives make the figures that it shows.

Both run against the panel of the release: a drawn panel that stands for the synthetic one.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from firmtrade.publish.released import read_release
from firmtrade.serve.explore.figure import Kind
from firmtrade.serve.explore.index import Index, Key, indexed, plain
from firmtrade.serve.explore.page import Seen, looked
from firmtrade.serve.explore.recipe import study_python, study_toml
from firmtrade.serve.explore.shown import title
from firmtrade.serve.speak import tongue
from firmtrade.study import Study
from reference.panels import random_panel

STAYERS = "sample=manufacturing-stayers&rows=status&flow=export"
VIEWS = {
    "one measure": "sample=manufacturing&measure=firms&rows=size",
    "two measures": "sample=manufacturing&measure=participation,firms&rows=flow&columns=size",
    "places that are not there": "sample=manufacturing&measure=firms&rows=mode&columns=scope",
    "a total that is made": "sample=services-any-owner&measure=firms&rows=mode",
    "years": "sample=manufacturing&measure=participation&period=1996,1999,2002&rows=flow",
    "a window": f"{STAYERS}&measure=employment-growth,firms",
    "years of a window": f"{STAYERS}&measure=productivity&period=1998,2003",
    "a point of a window": "sample=manufacturing-started-1998&measure=firms&rows=venture",
    "a share": "sample=manufacturing&measure=firms&rows=mode&columns=scope&show=share-row",
    "a share of the column": "sample=manufacturing&measure=firms&rows=size&show=share-column",
    "a change": "sample=manufacturing&measure=participation&period=1996,2000,2002&rows=flow&show=change",
    "a change in per cent": f"{STAYERS}&measure=productivity&period=1998,2003&show=growth",
}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "panel.parquet"
    random_panel(5, 1500).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def index(panel: Path) -> Index:
    out = Study("belgium-2002", str(panel)).run(panel.parent / "out", unprotected="a drawn panel")
    return indexed(read_release(out))


def seen(index: Index, query: str) -> Seen:
    pairs = [tuple(pair.split("=", 1)) for pair in query.split("&")]
    look = looked(index, pairs, tongue("en"))  # type: ignore[arg-type]
    assert look.exact, [*look.asked.problems, *look.gone]
    return look


def told(look: Seen) -> dict[Key, float | None]:
    found = {key: one.value for key, one in look.view.figures() if one.kind is not Kind.ABSENT}
    assert any(found.values())
    return found


def same(one: float | None, other: float | None) -> bool:
    """A share is worked out in decimals on one side, in floating point on the other."""
    return one == other or (
        None not in (one, other) and math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
    )


@pytest.mark.parametrize("name", VIEWS)
def test_the_python_makes_the_figures(name: str, index: Index, panel: Path) -> None:
    look = seen(index, VIEWS[name])
    code = study_python(index, look.view)
    assert 'Study("belgium-2002")' in code
    code = code.replace('Study("belgium-2002")', f'Study("belgium-2002", panel={str(panel)!r})', 1)
    space: dict[str, dict] = {}
    exec(compile(code, "study.py", "exec"), space)
    made = space["figures"]
    for key, value in told(look).items():
        assert same(made.get((key.period, key.measure, key.codes)), value), key


@pytest.mark.parametrize("name", [name for name in VIEWS if "change" not in name])
def test_the_study_file_makes_the_figures(name: str, index: Index, panel: Path, tmp_path: Path) -> None:
    look = seen(index, VIEWS[name])
    file = tmp_path / "explored.toml"
    file.write_text(study_toml(index, look.view, title(look.state, look.names)), encoding="utf-8")
    (result,) = Study(file, str(panel)).tables()
    shown = look.state.show
    ends = f"-{shown}" if shown.is_share else ""
    made = {(c.period, c.measure.removesuffix(ends), plain(c.codes)): c.value for c in result.cells}
    for key, value in told(look).items():
        assert same(made[key.period, key.measure, key.codes], value), key
    assert len(made) == len(told(look)), "and no others"


def test_a_change_has_the_figures_of_both_years_in_the_study_file(index: Index) -> None:
    look = seen(index, VIEWS["a change"])
    text = study_toml(index, look.view, "x")
    assert all(year in text for year in ("1996", "2000", "2002")) and "# A change is" in text
