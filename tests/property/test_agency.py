"""Labels, lotteries, specifications and ways to the regular exporter, for whatever firms there are."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firmtrade.support.impact.follow import to_regular
from firmtrade.support.impact.lottery import draw
from firmtrade.support.impact.specification import Specification, from_entries, read
from firmtrade.support.score.cutoffs import Window, at_risk, label
from firmtrade.support.service.flags import Life

FLAGS = st.lists(st.sampled_from(["yes", "no", "unknown"]), min_size=10, max_size=10)
YEAR = 2015  # flags are of 2010 to 2019
MAYBE = st.none() | st.integers(2008, 2020)


def life(flags: list[str], founded: int | None, ended: int | None) -> Life:
    return Life({2010 + at: flag for at, flag in enumerate(flags)}, founded, ended)


def filled(flags: list[str]) -> list[list[str]]:
    """Every way to fill in the unknown years."""
    return [
        list(way) for way in product(*(("yes", "no") if flag == "unknown" else (flag,) for flag in flags))
    ]


@given(FLAGS, MAYBE, MAYBE, st.sampled_from(["start", "stop"]), st.integers(1, 4), st.integers(0, 4))
def test_what_is_told_holds_however_the_unknown_years_turn_out(
    flags: list[str], founded: int | None, ended: int | None, event: Any, ahead: int, back: int
) -> None:
    window = Window(event, ahead, back)
    told = life(flags, founded, ended)
    reason = at_risk(told, YEAR, window)
    if reason or label(told, YEAR, window) == "unknown":
        return
    before = flags[: YEAR - 2010 - window.past]  # years that are not asked for may hold an export unseen
    for way in filled(flags[len(before) :]):
        full = life(before + way, founded, ended)
        assert at_risk(full, YEAR, window) == "" and label(full, YEAR, window) == label(told, YEAR, window)


@given(FLAGS, st.integers(2010, 2019), st.integers(2, 5))
def test_the_way_to_the_regular_exporter_against_the_obvious_search(
    flags: list[str], start: int, years: int
) -> None:
    known = ["no" if flag == "unknown" else flag for flag in flags]
    told = life(known, 2010, None)

    def regular(year: int) -> bool:
        return all(told.at(each) == "yes" for each in range(year - years + 1, year + 1))

    found = to_regular(told, start, 2019, years)
    first = next((year for year in range(start - 1, 2020) if regular(year)), None)
    expected = (
        None if first == start - 1 else (2020 - start, False) if first is None else (first - start + 1, True)
    )
    assert found == expected
    unsure = to_regular(life(flags, 2010, None), start, 2019, years)
    ways = {to_regular(life(way, 2010, None), start, 2019, years) for way in filled(flags)}
    if unsure is None:
        assert None in ways  # it may have been regular before
    elif unsure[1]:
        assert ways == {unsure}
    elif unsure[0] < 2020 - start:  # the count ends where it is not known
        assert None not in ways and any(
            way is not None and way[1] and way[0] <= unsure[0] + 1 for way in ways
        )


@given(st.sets(st.text("abcdef", min_size=1, max_size=6), min_size=2, max_size=12), st.data())
def test_a_draw_depends_on_the_seed_and_the_entrants_only(names: set[str], data: Any) -> None:
    places = data.draw(st.integers(1, len(names) - 1))
    order = data.draw(st.permutations(sorted(names)))
    found = draw("a long seed", order, places)
    assert found == draw("a long seed", sorted(names), places)
    assert sorted(each.firm_id for each in found) == sorted(names)
    assert sum(each.arm == "offered" for each in found) == places
    fewer = (
        draw("a long seed", [each.firm_id for each in found[:-1]], places)
        if places < len(names) - 1
        else found
    )
    assert [each.firm_id for each in fewer][:places] == [each.firm_id for each in found][:places]


SPECS = st.fixed_dictionaries(
    {
        "question": st.text(min_size=1, max_size=30).filter(str.strip),
        "measures": st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3),
    },
    optional={
        "outcome": st.sampled_from(["exporting", "regular", "log:turnover"]),
        "horizon": st.integers(0, 5),
        "comparison": st.sampled_from(["refused", "later", "firms"]),
        "covariates": st.lists(st.sampled_from(["age", "region"])),
        "expected": st.none() | st.floats(0, 1),
        "matters": st.none() | st.floats(0, 1),
        "p": st.floats(0.05, 0.5),
    },
)


@given(SPECS)
def test_a_specification_comes_back_from_its_text_with_the_same_hash(entries: dict[str, Any]) -> None:
    made = from_entries(entries, "drawn")
    assert isinstance(made, Specification)
    assert read(made.text) == made and read(made.text).hash == made.hash
    assert from_entries(dict(reversed(list(entries.items()))), "drawn").id == made.id
