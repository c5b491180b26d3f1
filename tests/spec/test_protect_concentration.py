"""Herfindahl indices, deviations and top shares that give the largest firm of a large group away."""

from __future__ import annotations

import csv
import itertools
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.describe.behind import Behind
from firmtrade.protect.concentration import largest_share, unsafe
from firmtrade.protect.rules import of_rules, rule

P10 = of_rules("p", [rule("percent", percent=10)])
HALF = of_rules("d", [rule("dominance", largest=1, percent=50)])


def behind(values: list[float], top: int = 0) -> Behind:
    ordered = sorted(values, reverse=True)
    shares = [value / sum(ordered) for value in ordered] + [0.0] * (top + 2)
    squares = sum(share**2 for share in shares)
    after = (sum(shares[:top]), shares[top], shares[top + 1]) if top else (None, None, None)
    return Behind(len(values), shares[0], shares[1], squares, *after)


@pytest.mark.parametrize(
    ("values", "profile", "safe"),
    [
        (
            [900, *[10] * 10],
            P10,
            True,
        ),  # 90 is left besides the two largest and asked: safe by the sum
        ([900, *[9] * 10], P10, False),
        (
            [60, 30, 10],
            P10,
            False,
        ),  # 10 is left and 6 asked; the second largest knows it
        ([30, 20, *[5] * 10], P10, True),  # half is with others, who may be few or many
        ([10] * 12, P10, False),  # as low as it can be: everybody has the same, and everybody knows it
        ([51, *[1] * 49], HALF, False),
        ([49, *[1] * 51], HALF, True),
    ],
)
def test_a_herfindahl_index_is_judged_by_the_largest(
    values: list[float], profile: object, safe: bool
) -> None:
    found = list(unsafe("herfindahl", behind(values), profile))
    if values[0] == 900 and safe:
        # Safe as a sum, and yet the index tells: 0.826 can only be a firm with about 0.9.
        assert found == ["the second largest firm can work out the largest to within 10 per cent"]
        return
    assert (not found) is safe, found
    assert bool(list(unsafe("stddev_samp", behind(values), profile))) is not safe


@pytest.mark.parametrize(
    ("values", "top", "why"),
    [
        ([90, 60, 50, 40, 30, 3, 3, 2, 1], 5, []),
        ([960, 2, 2, 1, 1, 1, 1, 1, 1], 5, ["the sum of the largest is unsafe by percent"]),
        ([30, 30, 30, 30, 30, 10, 0.1, 0.1, 0.1], 5, ["the sum of the others is unsafe by percent"]),
        ([30] * 10, 5, []),
        ([30, 20, 10], 5, []),  # all of them: nobody is left
    ],
)
def test_a_top_share_is_judged_by_both_of_its_sums(values: list[float], top: int, why: list[str]) -> None:
    assert list(unsafe("top_count_share", behind(values, top), P10)) == why


def test_a_passive_profile_takes_all_to_have_asked() -> None:
    passive = of_rules("r", [rule("request", percent=70, least=3, margin=20)])
    (found,) = unsafe("herfindahl", behind([80, *[2] * 10]), passive)
    assert "if its largest firm asked for it" in found
    assert not list(unsafe("herfindahl", behind([60, *[4] * 10]), passive))


def test_the_bounds_hold_and_are_reached() -> None:
    """Against all groups of five firms whose whole numbers add up to 40, by squares and second largest."""
    made: dict[tuple[int, int], set[int]] = {}
    for rest in itertools.combinations_with_replacement(range(41), 4):
        first = 40 - sum(rest)
        if first >= rest[-1]:
            squares = first**2 + sum(value**2 for value in rest)
            made.setdefault((squares, rest[-1]), set()).add(first)
    for (squares, second), firsts in made.items():
        low, high = largest_share(squares / 1600, 5, second / 40)
        assert low * 40 - 1e-6 <= min(firsts) and max(firsts) <= high * 40 + 1e-6
    drawn = random.Random(3)
    for _ in range(200):
        # The two worst cases themselves: the rest spread evenly, or piled up in one firm.
        first, second = sorted((drawn.uniform(0.2, 0.5), drawn.uniform(0.2, 0.3)), reverse=True)
        rest, others = 1 - first - second, 6
        even = first**2 + second**2 + rest**2 / others
        assert largest_share(even, others + 2, second)[1] == pytest.approx(first, abs=1e-9)
        if rest <= second:
            assert largest_share(first**2 + second**2 + rest**2, others + 2, second)[0] == pytest.approx(
                first, abs=1e-9
            )
    assert largest_share(0.68, 2, 0.2) == (0.8, 0.8)


STUDY = """
[panel]
files = "firms.csv"
columns = { kind = "kind" }

[dimensions.kind]
title = "Kind"
expr = "kind"
codes = { even = "even", ruled = "ruled by one" }
source = "own"

[measures.concentration]
title = "Herfindahl index of turnover"
expr = "herfindahl(turnover)"
unit = "share"
source = "own"

[measures.spread]
title = "Standard deviation of turnover"
expr = "stddev_samp(turnover)"
unit = "EUR"
source = "own"

[measures.largest-five]
title = "Share of the largest five"
expr = "top_count_share(turnover, 5)"
unit = "%"
source = "own"

[tables.t]
title = "Concentration"
sample = "all-firms"
period = 2002
measures = ["firms", "concentration", "spread", "largest-five"]
by = { kind = ["even", "ruled"] }
"""


def test_a_run_hides_what_a_group_with_firms_enough_gives_away(tmp_path: Path) -> None:
    rows = [f"e{n},2002,even,{100 + 37 * n}" for n in range(20)]
    rows += [f"r{n},2002,ruled,{90_000 if n == 0 else 100 + n}" for n in range(20)]
    (tmp_path / "firms.csv").write_text("\n".join(["firm,year,kind,turnover", *rows, ""]), encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    out = tmp_path / "out"
    ran = CliRunner().invoke(app, ["run", str(tmp_path / "study.toml"), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    with (out / "tables.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["kind"], row["measure"]): row for row in csv.DictReader(file)}
    assert {key for key, row in found.items() if row["confidentiality"] != "F"} == {
        ("ruled", "concentration"), ("ruled", "spread"), ("ruled", "largest-five"),
    }  # fmt: skip
    told = CliRunner().invoke(
        app, ["why", "t", "measure=concentration", "--custody", str(tmp_path / "out-custody")]
    )
    assert "the sum of the group is unsafe by percent-10" in told.output
