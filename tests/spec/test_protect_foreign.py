"""An attack on a release that somebody else made, from its tables alone."""

from __future__ import annotations

import pytest

from firmtrade.errors import DataError, DisclosureError, StudyError
from firmtrade.protect.foreign import attack_release

HEAD = "table,sample,period,region,size,measure,value,unit,decimals,confidentiality"
REGIONS = {"_T": ("N", "S", "W"), "N": ("N",), "S": ("S",), "W": ("W",)}
SIZES = {"_T": ("a", "b"), "a": ("a",), "b": ("b",)}
LEAVES = {("N", "a"): 10, ("N", "b"): 40, ("S", "a"): 25, ("S", "b"): 5, ("W", "a"): 30, ("W", "b"): 60}


def release(path, hidden, values=None, measure="sales", unit="EUR", decimals=0):
    lines = [HEAD]
    for region, regions in REGIONS.items():
        for size, sizes in SIZES.items():
            value = sum(LEAVES[r, s] for r in regions for s in sizes)
            value = (values or {}).get((region, size), value)
            shown, status = ("", "C") if (region, size) in hidden else (value, "F")
            lines.append(f"t,all,2002,{region},{size},{measure},{shown},{unit},{decimals},{status}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def codes(leak):
    found = dict(leak.key[3])
    return found.get("region", "_T"), found.get("size", "_T")


def test_one_hidden_cell_in_a_row_is_known_exactly(tmp_path):
    report = attack_release(release(tmp_path / "tables.csv", {("N", "a")}))
    (leak,) = report.leaks
    assert (codes(leak), leak.exact, round(leak.low, 4)) == (("N", "a"), True, 10)
    assert report.proven == (("t", "sales", "region"), ("t", "sales", "size"))


def test_four_hidden_cells_protect_each_other(tmp_path):
    square = {("N", "a"), ("N", "b"), ("S", "a"), ("S", "b")}
    report = attack_release(release(tmp_path / "tables.csv", square))
    assert (report.leaks, report.hidden) == ((), 4)
    ((system, made),) = report.attacks
    found = {i.column: i for i in made.outsider}
    place = system.places["all", "2002", "sales", (("region", "N"), ("size", "a"))]
    assert (round(found[place].low, 4), round(found[place].high, 4)) == (5, 35)
    for cell in sorted(square):  # each of the four is needed
        assert attack_release(release(tmp_path / "tables.csv", square - {cell})).leaks


def test_a_count_is_known_when_only_one_whole_number_is_left(tmp_path):
    square = {("N", "a"), ("N", "b"), ("S", "a"), ("S", "b")}
    few = {("N", "a"): 0, ("N", "b"): 1, ("N", "_T"): 1, ("S", "a"): 0, ("S", "b"): 0, ("S", "_T"): 0}
    few |= {("_T", "a"): 30, ("_T", "b"): 61, ("_T", "_T"): 91}
    report = attack_release(release(tmp_path / "tables.csv", square, few, unit="count"))
    assert {codes(leak) for leak in report.leaks if leak.exact} == square


def test_rounded_figures_are_intervals(tmp_path):
    rounded = {("W", "_T"): 91, ("_T", "_T"): 171}  # 90 and 170: parts no longer add up to the unit
    report = attack_release(release(tmp_path / "tables.csv", {("N", "a")}, rounded))
    (leak,) = report.leaks
    assert not leak.exact
    assert leak.low < 10 < leak.high


def test_groups_that_overlap_are_not_added_up(tmp_path):
    overlap = {("_T", "_T"): 150, ("_T", "a"): 60, ("_T", "b"): 90}  # regions overlap, sizes do not
    report = attack_release(release(tmp_path / "tables.csv", {("N", "a")}, overlap))
    assert report.refuted == (("t", "sales", "region"),)
    assert len(report.leaks) == 1  # by size it is still N minus N, b


def test_what_cannot_be_checked_is_assumed_and_said(tmp_path):
    hidden = {(region, size) for region in ("N", "S", "W") for size in ("a", "b")} - {("W", "a"), ("W", "b")}
    hidden |= {("_T", "a")}
    report = attack_release(release(tmp_path / "tables.csv", hidden))
    assert ("t", "sales", "region") in report.proven  # the totals of the regions are all there
    assert not report.assumed
    all_rows = hidden | {("N", "_T"), ("W", "a")}
    report = attack_release(release(tmp_path / "tables.csv", all_rows))
    assert report.assumed == (("t", "sales", "region"), ("t", "sales", "size"))


def with_unknown(path, hidden, measure="firms", unit="count", times=1):
    """Firms by region and size; the region of two firms of size a and one of b is unknown, and it says so."""
    lines = [HEAD]
    for region, regions in REGIONS.items():
        for size, sizes in SIZES.items():
            value = sum(LEAVES[r, s] for r in regions for s in sizes)
            value += sum({"a": 2, "b": 1}[s] for s in sizes) if region == "_T" else 0
            shown, status = ("", "C") if (region, size) in hidden else (times * value, "F")
            lines.append(f"t,all,2002,{region},{size},{measure},{shown},{unit},0,{status}")
    if unit == "count":
        lines.append(f"t,all,2002,unknown,_T,{measure},3,{unit},0,F")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_the_firms_whose_group_is_unknown_are_a_rest(tmp_path):
    """A hidden region is not the total minus the others: how many of size a are unknown is not told."""
    report = attack_release(with_unknown(tmp_path / "tables.csv", {("N", "a"), ("N", "b"), ("N", "_T")}))
    assert report.partial == (("t", "firms", "region"),) and report.proven == (("t", "firms", "size"),)
    assert report.hidden == 3, "a rest is no figure"
    found = {
        system.names[interval.column][3]: (round(interval.low), round(interval.high))
        for system, made in report.attacks
        for interval in made.outsider
    }
    # In all three are unknown, so that N is 50; by size between none and all three of them are.
    assert found[("region", "N"),] == (50, 50)
    assert found[("region", "N"), ("size", "a")] == (9, 12)
    assert found[("region", "N"), ("size", "b")] == (38, 41)
    assert {(codes(leak), leak.exact) for leak in report.leaks} >= {(("N", "_T"), True)}


def test_numbers_and_amounts_are_attacked_apart(tmp_path):
    """Amounts of hundred millions beside numbers of firms used to be no table that fits."""
    hidden = {("N", "a"), ("N", "b"), ("S", "a"), ("S", "b")}
    count = with_unknown(tmp_path / "one.csv", hidden).read_text("utf-8")
    money = with_unknown(tmp_path / "two.csv", hidden, "sales", "EUR", 10_000_019).read_text("utf-8")
    both = tmp_path / "tables.csv"
    both.write_text(count + money.removeprefix(f"{HEAD}\n"), "utf-8")
    report = attack_release(both)
    assert report.leaks == () and report.hidden == 8 and len(report.attacks) == 2
    shown = both.read_text("utf-8").replace(
        "t,all,2002,N,b,sales,,EUR,0,C", "t,all,2002,N,b,sales,400000760,EUR,0,F"
    )
    both.write_text(shown, "utf-8")
    assert ("N", "a") in {codes(leak) for leak in attack_release(both).leaks if leak.exact}


def test_a_structure_file_names_levels_and_sums(tmp_path):
    lines = [HEAD]
    for code, value in {"_T": 100, "C": 70, "C1": 30, "C2": "", "G": 30}.items():
        status = "C" if value == "" else "F"
        lines.append(f"t,all,2002,{code},_T,sales,{value},EUR,0,{status}")
    for measure, value in {"import": 50, "import-intra": 20, "import-extra": ""}.items():
        lines.append(f"t,all,2002,_T,_T,{measure},{value},EUR,0,{'C' if value == '' else 'F'}")
    path, structure = tmp_path / "tables.csv", tmp_path / "structure.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    structure.write_text(
        '[levels.region]\n_T = ["C", "G"]\nC = ["C1", "C2"]\n'
        '[sums]\nimport = ["import-intra", "import-extra"]\n',
        "utf-8",
    )
    report = attack_release(path, structure)
    assert sorted(round(leak.low) for leak in report.leaks) == [30, 40]
    assert all(leak.exact for leak in report.leaks)
    # Without it the codes of two lengths are tried as levels, and measures are not linked.
    assert [round(leak.low) for leak in attack_release(path).leaks] == [40]


def test_bad_files_are_refused(tmp_path):
    path = tmp_path / "tables.csv"
    path.write_text("table,value\nt,1\n", "utf-8")
    with pytest.raises(DataError, match=r"tables.csv lacks the columns sample, period"):
        attack_release(path)
    path.write_text(f"{HEAD}\nt,all,2002,N,a,sales,ten,EUR,0,F\n", "utf-8")
    with pytest.raises(DataError, match="line 2: value 'ten'"):
        attack_release(path)
    (tmp_path / "s.toml").write_text("level = 1\n", "utf-8")
    with pytest.raises(StudyError, match="unknown entries level"):
        attack_release(release(path, set()), tmp_path / "s.toml")


def test_figures_that_contradict_the_structure_are_an_error(tmp_path):
    path, structure = release(tmp_path / "tables.csv", {("N", "a")}, {("N", "_T"): 30}), tmp_path / "s.toml"
    structure.write_text('[levels.size]\n_T = ["a", "b"]\n[levels.region]\n_T = ["N", "S", "W"]\n', "utf-8")
    with pytest.raises(DisclosureError, match="No table fits what is printed"):
        attack_release(path, structure)
