"""`firmtrade peer`: what a file of published figures holds, and a run beside it."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import DataError, StudyError
from firmtrade.publish.sdmx import files
from firmtrade.publish.sdmx.read import parsed, read_observations
from firmtrade.publish.table_csv import tables_csv
from firmtrade.reconcile import read_figures
from firmtrade.reconcile.peer import compare, lines
from firmtrade.reconcile.peer import table as table_of
from firmtrade.reconcile.peer_file import built_in, read_correspondence
from firmtrade.reconcile.peer_list import listing
from support_release import cell, release, size_table, table

HEAD = (
    "STRUCTURE,STRUCTURE_ID,ACTION,freq,stk_flow,nace_r2,sizeclas,partner,unit,geo,TIME_PERIOD,OBS_VALUE,"
    "OBS_FLAG"
)


def tec(*rows: str) -> str:
    """Figures in the shape of ext_tec01; made up."""
    return "\n".join([HEAD, *(f"dataflow,ESTAT:EXT_TEC01(1.0),I,A,{row}" for row in rows)]) + "\n"


def run() -> list[object]:
    """A run of the study tec with what the mapping of ext_tec01 asks for."""
    own = {"sample": "exports-by-partner"}
    cells = [
        cell("firms", 120, **own),
        cell("firms", 100, **own, **{"tec-size": "0-9"}),
        cell("firms", None, **own, **{"tec-size": "10-49"}, conf="C"),
        cell("value-traded", 1_234_499.9, "EUR", 0, **own),
        cell("firms", 70, **own, **{"tec-activity": "G"}),
    ]
    return [table("ext-tec01-export", ("tec-activity", "tec-size"), ("measure",), cells)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tables.csv").write_bytes(tables_csv(release(*run())))
    return tmp_path


FIGURES = tec(
    "EXP,TOTAL,TOTAL,WORLD,NR,BE,2002,120,",
    "EXP,TOTAL,0-9,WORLD,NR,BE,2002,99,",
    "EXP,TOTAL,10-49,WORLD,NR,BE,2002,,c",
    "EXP,TOTAL,50-249,WORLD,NR,BE,2002,3,",
    "EXP,TOTAL,TOTAL,WORLD,THS_EUR,BE,2002,1234,p",
    "EXP,G,TOTAL,WORLD,NR,BE,2002,70,",
    "EXP,C29,TOTAL,WORLD,NR,BE,2002,7,",
    "EXP,TOTAL,TOTAL,INT_EU,NR,BE,2002,100,",
    "EXP,TOTAL,TOTAL,EXT_EU,NR,BE,2002,60,",
    "EXP,TOTAL,TOTAL,WORLD,NR,NL,2002,9999,",
    "BAL,TOTAL,TOTAL,WORLD,THS_EUR,BE,2002,5,",
)


def test_a_country_beside_ext_tec01(folder: Path) -> None:
    made = compare(parsed(FIGURES).rows, read_figures(folder), read_correspondence("ext_tec01"))
    assert [(pair.key[3:], pair.outcome) for pair in made.pairs] == [
        (((), "firms"), "equal"),
        (((("tec-size", "0-9"),), "firms"), "different"),
        (((("tec-size", "10-49"),), "firms"), "no value in either"),
        (((("tec-size", "50-249"),), "firms"), "missing"),
        (((), "value-traded"), "equal"),
        (((("tec-activity", "G"),), "firms"), "equal"),
    ]
    assert made.apart == {"nace_r2 = C29": 1, "stk_flow = BAL": 1}
    assert made.pairs[4].theirs == 1_234_000 and made.pairs[4].flag == "p"
    text = "\n".join(lines(made))
    assert "6 figures correspond: 3 equal, 1 different, 1 no value in either, 1 missing" in text
    assert "tec-size 0-9" in text and "stk_flow = BAL" in text and "10-49" not in text
    moved = table_of(made)[1]
    assert (moved["theirs"], moved["ours"], moved["difference"]) == ("99.0", "100.0", "1.0")


def test_the_listing_tells_totals_from_parts_and_that_partners_overlap() -> None:
    how = read_correspondence("ext_tec01")
    text = "\n".join(listing(parsed(FIGURES).rows, {}, how))
    assert "partner: EXT_EU, INT_EU; totals: WORLD" in text
    assert "The parts of partner make 1.33 to 1.33 times WORLD in 1 of 1 groups: they overlap." in text
    assert "Do not sum over sizeclas" not in text


def mapping(tmp_path: Path, old: str, new: str) -> object:
    text = built_in()["ext_tec01"].read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "m.toml").write_text(text.replace(old, new), encoding="utf-8")
    return read_correspondence(tmp_path / "m.toml")


PARTNER = 'partner = "WORLD" # numbers of enterprises are never summed over partners\n'
ANY = '\n[columns.region]\ncolumn = "partner"\n'


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ('codes = { INT_EU = "_T", EXT_EU = "_T" }', "would count twice"),
        ('codes = { INT_EU = "_T", WORLD = "_T" }', "WORLD contains others"),
    ],
)
def test_firms_are_not_summed_over_partners(folder: Path, codes: str, said: str) -> None:
    how = mapping(folder, PARTNER, ANY + codes + "\n")
    with pytest.raises(DataError, match=said):
        compare(parsed(FIGURES).rows, read_figures(folder), how)


def test_what_may_be_summed_is(folder: Path) -> None:
    sizes = 'codes = { "0-9" = "0-9", "50-249" = "0-9" }\n#'
    how = mapping(folder, 'codes = { TOTAL = "_T", "0-9"', sizes + ' codes = { TOTAL = "_T", "0-9"')
    made = compare(parsed(FIGURES).rows, read_figures(folder), how)
    (pair,) = made.pairs
    assert pair.theirs == Fraction(102) and pair.outcome == "different"
    how = mapping(folder, 'kind = "count"', 'kind = "rate"')
    both = FIGURES + tec("EXP,TOTAL,TOTAL,WORLD,NR,BE,2002,120,").split("\n", 1)[1]
    with pytest.raises(DataError, match="two figures with the same codes"):
        compare(parsed(both).rows, read_figures(folder), how)


def test_a_column_that_the_mapping_passes_over_is_an_error(folder: Path) -> None:
    how = mapping(folder, PARTNER, "")
    with pytest.raises(DataError, match="does not say what the column 'partner' is"):
        compare(parsed(FIGURES).rows, read_figures(folder), how)
    with pytest.raises(DataError, match=r"no column 'TIME_PERIOD'"):
        compare(parsed("a,OBS_VALUE\n1,2\n").rows, read_figures(folder), read_correspondence("ext_tec01"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[columns.tec-size]", "[column.tec-size]", "Did you mean 'columns'"),
        ('kind = "count"', 'kind = "counts"', "kind is count"),
        ("scale = 1000", 'scale = "x"', "scale is a number"),
        ("scale = 1000", "scale = 0", "above nought"),
        ('column = "unit"', 'kolumn = "unit"', "'kolumn' is not known"),
        ("[columns.measure]", "[columns.other]", "Add them"),
    ],
)
def test_a_mapping_is_checked(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        mapping(tmp_path, old, new)
    with pytest.raises(StudyError, match="Built in: edd, ext_tec01, ext_tec03"):
        read_correspondence("ext_tec99")


def command(*arguments: object) -> str:
    found = CliRunner().invoke(app, ["peer", *map(str, arguments)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.parametrize("kind", ["csv", "xml", "json"])
def test_our_own_file_is_equal_to_its_run(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("pysdmx", reason="the extra sdmx is not installed")
    (tmp_path / "tables.csv").write_bytes(tables_csv(release(size_table())))
    (tmp_path / f"data.{kind}").write_bytes(files(release(size_table()))[f"data.{kind}"])
    text = command(tmp_path / f"data.{kind}", "--run", tmp_path, "--out", tmp_path / "beside.csv")
    assert "7 figures correspond: 7 equal" in text
    rows = list(csv.DictReader((tmp_path / "beside.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 7 and {row["outcome"] for row in rows} == {"equal"}


def test_the_command_lists_and_compares(folder: Path) -> None:
    file = folder / "tec.csv"
    file.write_text(FIGURES, encoding="utf-8")
    assert "tec.csv: ESTAT:EXT_TEC01(1.0)" in command(file)
    assert "3 equal" in command(file, "-m", "ext_tec01", "-r", folder)
    with pytest.raises(DataError, match="--mapping"):
        command(file, "--run", folder)


def test_a_plain_csv_with_labels_and_semicolons() -> None:
    found = parsed("geo: Country;OBS_VALUE: Value\nBE: Belgium;1,5\n\n")
    assert found.rows == ({"geo": "BE", "OBS_VALUE": "1,5"},) and found.labels == {"geo": {"BE": "Belgium"}}


def test_json_with_series() -> None:
    """SDMX-JSON 1.0: structure beside the data, series with attributes, dimensions of the whole data set."""
    structure = {
        "name": "Trade",
        "dimensions": {
            "dataSet": [{"id": "FREQ", "values": [{"id": "A", "name": "Annual"}]}],
            "series": [
                {"id": "GEO", "values": [{"id": "BE", "name": "Belgium"}, {"id": "NL", "name": "NL"}]}
            ],
            "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2001"}, {"id": "2002"}]}],
        },
        "attributes": {
            "series": [{"id": "UNIT", "values": [{"id": "NR", "name": "Number"}]}],
            "observation": [{"id": "OBS_STATUS", "values": [{"id": "A", "name": "Normal"}]}],
        },
    }
    series = {
        "0": {"attributes": [0], "observations": {"0": [1.5, 0], "1": [None, None]}},
        "1": {"attributes": [None], "observations": {"1": [2]}},
    }
    found = parsed(json.dumps({"structure": structure, "dataSets": [{"series": series}]}))
    fixed = {"FREQ": "A", "GEO": "BE", "UNIT": "NR"}
    assert found.rows == (
        fixed | {"TIME_PERIOD": "2001", "OBS_VALUE": "1.5", "OBS_STATUS": "A"},
        fixed | {"TIME_PERIOD": "2002", "OBS_VALUE": "", "OBS_STATUS": ""},
        {"FREQ": "A", "GEO": "NL", "UNIT": "", "TIME_PERIOD": "2002", "OBS_VALUE": "2"},
    )
    assert found.labels["GEO"]["BE"] == "Belgium" and found.flow == "Trade"


@pytest.mark.parametrize("text", ["", "<a/>", "<a>", "{}", '{"a": 1', "a,b\n1,2,3\n"])
def test_what_is_no_data_is_said(tmp_path: Path, text: str) -> None:
    if text.startswith("<"):
        pytest.importorskip("pysdmx", reason="the extra sdmx is not installed")
    (tmp_path / "x").write_text(text)
    with pytest.raises(DataError, match="x"):
        read_observations(tmp_path / "x")
