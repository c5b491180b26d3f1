"""Small count rounding beside SmallCountRounding (Langsrud), which made the golden files R1.

Which rows go up and which go down is a choice; how far the published figures are from the true ones is not.
"""

from __future__ import annotations

import numpy as np
import pytest

from firmtrade.protect.controlled import round_controlled
from firmtrade.protect.rounding import round_small
from firmtrade.protect.tables import Table, flat
from support_disclosure import codes, problem, read

BY = ("region", "hovedint")


@pytest.fixture(scope="module")
def golden(shared):
    folder = shared / "data" / "disclosure-golden" / "golden"
    if not folder.exists():
        pytest.skip("the disclosure sets are not beside the checkout (data/disclosure-golden)")
    return folder


@pytest.fixture(scope="module")
def z2(golden):
    """The system of all margins of the example, its rows, and the peer's (original, rounded) by key."""
    records = read(golden / "in_z2.csv")
    groups = {
        "region": {r["region"]: (r["region"], r["fylke"], r["kostragr"]) for r in records},
        "hovedint": flat(r["hovedint"] for r in records),
    }
    system, rows, _ = problem(records, groups, [Table(BY)], "ant", None)
    peer = {
        ("value", *codes(r, BY)): (int(r["original"]), int(r["rounded"]))
        for r in read(golden / "R1_z2_PLSrounding_base5_publish.csv")
    }
    return system, rows, peer


def utility(original, rounded):
    """One minus the Hellinger distance, relative to its largest value."""
    apart = ((np.sqrt(rounded) - np.sqrt(original)) ** 2).sum()
    return 1 - np.sqrt(apart / (2 * original.sum()))


def test_as_close_as_the_peer(z2):
    system, rows, peer = z2
    assert set(system.keys) == set(peer)
    found = round_small(system, rows, 5).columns(system)
    values = system.columns.times(rows)
    places = [system.places[key] for key in peer]
    original, theirs = (np.array(side) for side in zip(*peer.values(), strict=True))
    assert values[places].tolist() == original.tolist()
    # The peer's own figures, which its file gives: largest difference 3, utility 0.9655.
    assert np.abs(theirs - original).max() == 3
    assert utility(original, theirs) == pytest.approx(0.9655, abs=5e-5)
    ours = found[places]
    assert np.abs(ours - original).max() <= 3
    assert utility(original, ours) >= 0.9655
    assert not ((ours > 0) & (ours < 5)).any()


def test_only_rows_behind_small_figures_are_rounded(z2):
    system, rows, peer = z2
    rounded = round_small(system, rows, 5)
    inner = {key: value for key, value in peer.items() if len(key) == 3 and dict(key[1:])["region"].isalpha()}
    assert len(inner) == 44
    for key, (original, theirs) in inner.items():
        column = system.places[key]
        ours = int(rounded.columns(system)[column])
        # Five or more stays, nothing stays, and the rest is 0 or 5 for both.
        assert ours == theirs == original if original in (0,) or original >= 5 else ours in (0, 5)


@pytest.mark.parametrize("base", [3, 5, 10])
def test_controlled_rounding_of_the_same_table(z2, base):
    system, rows, _ = z2
    values = system.columns.times(rows)
    found = round_controlled(system, rows, base).columns
    assert found is not None
    assert (found % base == 0).all() and (np.abs(found - values) < base).all()
