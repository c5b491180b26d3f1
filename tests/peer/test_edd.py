"""The shipped mapping of the Exporter Dynamics Database, on the aggregates of Brazil, Mexico and Peru."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from firmtrade.publish.sdmx.read import read_observations
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.peer import compare
from firmtrade.reconcile.peer_file import read_correspondence

FILES = {"wbedd": ("MEX", "PER"), "bra": ("BRA",)}


@pytest.mark.parametrize("name", FILES)
def test_every_figure_has_its_place(shared: Path, name: str) -> None:
    """All destinations are known, and the file beside itself, in our words, is equal."""
    path = shared / "data" / "edd-aggregates" / f"{name}_microdata_agg_by_d.csv"
    if not path.is_file():
        pytest.skip(f"no {path.name} among the shared data")
    rows = read_observations(path).rows
    for country in FILES[name]:
        how = replace(read_correspondence("edd"), only={"c": (country,)})
        made = compare(rows, [], how)
        assert not made.apart
        mine = [row for row in rows if row["c"] == country]
        assert len(made.pairs) == len(mine) * len(how.values)
        assert made.counted == {"missing": len(made.pairs)}
        assert len({dict(pair.key[3])["export-destination"] for pair in made.pairs}) == len(
            {r["d"] for r in mine}
        )
        told = [Figure(0, "t", *pair.key[1:], value=pair.theirs, unit="", decimals=0) for pair in made.pairs]
        again = compare(rows, told, how)
        assert set(again.counted) <= {"equal", "no value in either"}
    with path.open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    # What the names say: exporters are entrants and incumbents, and exits are of the exporters of the year.
    assert float(first["nf"]) == float(first["nf_entrant"]) + float(first["nf_incumbent"])
    assert float(first["exit_rate"]) == pytest.approx(
        float(first["num_exits"]) / float(first["nf"]), abs=1e-9
    )
