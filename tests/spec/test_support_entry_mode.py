"""Table 33: the rows as printed, the counts over all 8,192 profiles, and what unknown answers leave open."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import pytest

from firmtrade.errors import DataError
from firmtrade.support.entry_mode.modes import candidates, modes
from firmtrade.support.entry_mode.table import band_of, control, table33

ASKED = table33().asked()
VARIABLES = list(table33().variables)
TURN = {"+": "-", "-": "+", "?": "?"}


def answers(votes: dict[str, int]) -> dict[str, str]:
    """The answers of drawn votes: +1 high, -1 low, 0 unknown; both parts of the distance alike."""
    found = {}
    for question, (variable, _) in ASKED.items():
        wanted = {1: "high", -1: "low"}.get(votes.get(variable, 0))
        rows = [row.answer for row in table33().of(variable) if row.control == wanted]
        found[question] = rows[0] if rows else "unknown"
    return found


def profile(signs: str) -> dict[str, str]:
    """Answers drawn as '+-?', one sign for each of the 13 variables."""
    return answers(
        {name: {"+": 1, "-": -1}.get(sign, 0) for name, sign in zip(VARIABLES, signs, strict=True)}
    )


def test_the_rows_as_they_are_printed() -> None:
    rows = table33().rows
    assert [row.row for row in rows] == list(range(1, 29))
    assert len({row.heading for row in rows}) == 13 and len(VARIABLES) == 13
    assert Counter(row.certain for row in rows) == {True: 12, False: 16}
    assert [row.row for row in rows if row.heading == "Global Concentration"] == [1, 2, 7, 8]
    assert [row.row for row in rows if row.repeated] == [7, 8]
    assert Counter(row.block for row in rows) == {"global": 8, "environment": 10, "transaction": 10}
    for name in VARIABLES:  # one mark on each side
        assert {row.control for row in table33().of(name)} == {"high", "low"}
    certain = {row.variable for row in rows if row.certain}
    assert certain == {"environment", "distance", "sales-potential", "production-cost", "competition",
                       "marketing-infrastructure"}  # fmt: skip


def test_the_rows_are_those_of_the_report(shared) -> None:
    """Headings and levels stand in the report in this order, and a certain mark in its column."""
    text = (shared / "seed" / "report.txt").read_text(encoding="utf-8")
    text = text[text.index("Global  strategic variables") :]
    place = 0
    for row in table33().rows:
        place = text.index(f"{row.level} ", place) + len(row.level)
        columns = text[place : text.index("\n", place)]
        empty, mark = columns.find("\u00a0"), columns.index("X")
        assert (empty >= 0) == row.certain
        if row.certain:
            assert ("high" if mark < empty else "low") == row.control


def test_all_profiles() -> None:
    """1,093 high, 6,006 mixed, 1,093 low; counting the repeated row twice moves 440."""
    bands, moved = Counter[str](), 0
    for signs in product("+-", repeat=13):
        found = control(profile("".join(signs)))
        bands[found.band] += 1
        moved += found.twice != found.band
        assert found.firm and found.answered == 13 and found.interval == (found.index, found.index)
    assert bands == {"high": 1093, "mixed": 6006, "low": 1093}
    assert moved == 440


def test_the_worked_case() -> None:
    found = control({"cultural-distance": "small", "geographical-distance": "small",
                     "environment": "favourable", "sales-potential": "high", "production-cost": "high",
                     "competition": "atomistic", "marketing-infrastructure": "poor"})  # fmt: skip
    assert (found.high, found.low, found.index, found.answered) == (4, 2, Fraction(1, 3), 6)
    assert (found.certain_high, found.certain_low) == (4, 2)
    assert (found.band, found.pivots, found.twice) == ("none", (), "none")
    assert found.why == "6 of 13 variables are answered and 7 are needed"
    assert found.interval == (Fraction(-5, 13), Fraction(9, 13))


def test_an_empty_block_gives_no_band() -> None:
    found = control(profile("???++++++++++"))
    assert (found.band, found.high) == ("none", 10)
    assert found.why == "nothing is answered of: Global strategic variables"


def test_parts_that_differ_are_no_vote() -> None:
    drawn = profile("+" * 13) | {"geographical-distance": "great"}
    found = control(drawn)
    assert [(vote.variable, vote.why) for vote in found.votes if not vote.vote] == [
        ("distance", "the parts differ")]  # fmt: skip
    assert found.high == 12


def test_views_that_disagree_are_mixed() -> None:
    # Blocks: 3 of 3, 1 of 5, 2 of 5. H = 6 and L = 7 point down; 1, -3/5 and -1/5 point up.
    found = control(profile("+++" + "+----" + "++---"))
    assert found.index == Fraction(-1, 13) and found.block_mean == Fraction(1, 15)
    assert found.band == "mixed" and "opposite sides" in found.why


def test_every_answer_counts_the_same_and_both_ways() -> None:
    chance = random.Random(33)
    for _ in range(200):
        signs = "".join(chance.choice("+-?") for _ in range(13))
        found = control(profile(signs))
        turned = control(profile(signs.translate(str.maketrans("+-", "-+"))))
        assert (turned.high, turned.low) == (found.low, found.high)
        assert turned.index == (None if found.index is None else -found.index)
        for place in [place for place, sign in enumerate(signs) if sign != "?"]:
            other = signs[:place] + ("-" if signs[place] == "+" else "+") + signs[place + 1 :]
            flipped = control(profile(other))
            assert abs((flipped.high - flipped.low) - (found.high - found.low)) == 2


def test_the_interval_is_over_all_completions() -> None:
    chance = random.Random(1997)
    for _ in range(40):
        signs = "".join(chance.choice("+-+-?") for _ in range(13))
        full = ["".join(each) for each in product(*("+-" if sign == "?" else sign for sign in signs))]
        found = control(profile(signs))
        indices = [control(profile(each)).index for each in full]
        assert found.interval == (min(indices), max(indices))
        if found.band != "none" and not found.why:
            assert found.firm == (all(band_of(index) == found.band for index in indices))


def test_pivots_are_the_smallest_sets() -> None:
    chance = random.Random(7)
    for _ in range(40):
        signs = "".join(chance.choice("+-") for _ in range(13))
        found = control(profile(signs))
        for size in range(1, 14):
            sets = []
            for places in combinations(range(13), size):
                turned = "".join(TURN[sign] if place in places else sign for place, sign in enumerate(signs))
                if control(profile(turned)).band != found.band:
                    sets.append({VARIABLES[place] for place in places})
            if sets:
                break
        told = [set(names) for pivot in found.pivots for names in combinations(pivot.among, pivot.size)]
        assert {pivot.size for pivot in found.pivots} == {size}
        assert sorted(map(sorted, told)) == sorted(map(sorted, sets))
        assert sum(pivot.sets for pivot in found.pivots) == len(sets)


def test_what_is_not_there_is_refused() -> None:
    for drawn, reason in (
        ({"distanse": "small"}, "Did you mean"),
        ({"distance": "small"}, "asked in parts: cultural-distance and geographical-distance"),
        ({"competition": "fierce"}, "Answers: atomistic, oligopolistic, unknown"),
    ):
        with pytest.raises(DataError, match=reason):
            control(drawn)


# -- modes ---------------------------------------------------------------------------------------------------


def test_candidates_of_a_band_are_struck_with_reasons() -> None:
    found = {each.mode: each for each in candidates("high", {"money": "yes", "staff": "no"})}
    assert set(found) == {"sales-office", "majority-venture", "wholly-owned"}
    assert found["sales-office"].state == "struck"
    assert found["sales-office"].reasons == ("it has no people to send or hire there",)
    found = {each.mode: each for each in candidates("low", {"selling": "yes"})}
    assert (found["direct"].state, found["trader"].state) == ("open", "open")
    assert found["agent"].state == "check" and found["agent"].reasons == (modes().needs["partner"].question,)
    assert all(each.state in ("open", "check") for each in candidates("mixed", {}))
    assert candidates("none", {}) == ()
    with pytest.raises(DataError, match="no need 'mony'"):
        candidates("high", {"mony": "yes"})


def test_no_band_leaves_a_single_answer() -> None:
    """Even if all is possible, or nothing but what needs nothing: there is something to choose from."""
    for band in ("high", "mixed", "low"):
        every = dict.fromkeys(modes().needs, "yes")
        assert len([each for each in candidates(band, every) if each.state == "open"]) >= 3
