"""The mappings that are shipped, beside runs of their studies: made-up files in the layout of the others."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmtrade.cli import app
from firmtrade.errors import StudyError
from firmtrade.reconcile.peer_file import read_correspondence
from support_trade import write

EUROSTAT = {"_T": "TOTAL", "unknown": "UNK", "250+": "GE250"}
UNITS = {"firms": "NR", "value-traded": "THS_EUR"}


@pytest.fixture(scope="module")
def tec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the study tec over a few declarations."""
    folder = tmp_path_factory.mktemp("tec")
    partners = ("DE", "FR", "US", "GR", "GB")
    rows = [
        (f"F{n}", 2018, flow, partner, "84713000", 1000.5 * (n + 1), 1)
        for n in range(12) for flow in ("import", "export") for partner in partners[: 1 + n % 5]
    ]  # fmt: skip
    write(folder / "t.csv", rows)
    activity = ("10.11", "46.10", "62.01", "")
    told = [(f"F{n}", 2018, activity[n % 4], (5, 20, 100, 900)[n % 4]) for n in range(12)]
    write(folder / "r.csv", told, ("firm", "year", "activity", "employment"))
    (folder / "study.toml").write_text(
        'extends = "tec"\n[transactions]\nfiles = "t.csv"\n[register]\nfiles = "r.csv"\n'
        '[tables.by-partner-and-size]\ntitle = "t"\nsample = "exports-by-partner"\nperiod = "latest"\n'
        'measures = ["firms", "value-traded"]\nby = { partner = ["GR", "GB"], tec-size = ["_T", "0-9"] }\n',
        encoding="utf-8",
    )
    made = CliRunner().invoke(
        app, ["run", str(folder / "study.toml"), "--out", str(folder / "out"), "--unprotected", "drawn"]
    )
    assert made.exit_code == 0, made.output
    return folder / "out"


def _eurostat(out: Path, table: str, dimensions: dict[str, str], codes: dict[str, str]) -> tuple[str, int]:
    """A table of the run as Eurostat's data browser would give it, with the number of its figures."""
    with (out / "tables.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == table and row["measure"] in UNITS]
    # How many of a sample are unknown is told over all partners at once, which is no figure of theirs.
    rows = [row for row in rows if "partner" not in dimensions or row["partner"] != "_T"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    beside = [] if "partner" in dimensions else ["partner"]
    writer.writerow(
        ["DATAFLOW", "LAST UPDATE", "freq", "stk_flow", *dimensions, *beside, "unit", "geo", "TIME_PERIOD",
         "OBS_VALUE", "OBS_FLAG"]
    )  # fmt: skip
    flow = "IMP" if table.endswith("import") else "EXP"
    for row in rows:
        theirs = [codes.get(row[ours], row[ours]) for ours in dimensions.values()]
        value = row["value"]
        if value and row["measure"] == "value-traded":
            value = f"{float(value) / 1000:.0f}"
        writer.writerow(
            ["ESTAT:EXT_TEC(1.0)", "02/11/26 23:00:00", "A", flow, *theirs, *(["WORLD"] if beside else []),
             UNITS[row["measure"]], "BE", "2018", value, ""]
        )  # fmt: skip
    return text.getvalue(), len(rows)


def _peer(*arguments: object) -> str:
    found = CliRunner().invoke(app, ["peer", *map(str, arguments)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


DIVISIONS = {"10": "C10", "46": "G46", "62": "J62"}
LAYOUTS = {
    ("ext_tec01", "ext-tec01-export"): {"nace_r2": "tec-activity", "sizeclas": "tec-size"},
    ("ext_tec01", "ext-tec01-import"): {"nace_r2": "tec-activity", "sizeclas": "tec-size"},
    ("ext_tec03", "ext-tec03-export"): {"partner": "partner", "nace_r2": "tec-activity"},
    ("ext_tec09", "ext-tec09-export"): {"nace_r2": "activity"},
    ("ext_tec10", "by-partner-and-size"): {"partner": "partner", "sizeclas": "tec-size"},
}


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout[1])
def test_an_extract_in_their_layout_is_equal_to_the_run(
    tec: Path, tmp_path: Path, layout: tuple[str, str]
) -> None:
    mapping, table = layout
    codes = {**EUROSTAT, "GR": "EL", "GB": "UK", **(DIVISIONS if mapping == "ext_tec09" else {})}
    text, number = _eurostat(tec, table, LAYOUTS[layout], codes)
    if mapping == "ext_tec09":  # divisions without firms, which Eurostat would not have under these codes
        kept = [line for n, line in enumerate(text.splitlines()) if not n or not line.split(",")[4].isdigit()]
        text, number = "\n".join([*kept, ""]), len(kept) - 1
    text = text.replace(",NAL,", ",WORLD_NOT_SPECIFIED,")
    apart = text.count("WORLD_NOT_SPECIFIED")
    file = tmp_path / f"{mapping}.csv"
    file.write_text(text, encoding="utf-8")
    told = _peer(file, "-m", mapping, "-r", tec, "--out", tmp_path / "beside.csv")
    assert f"{number - apart:,} figures correspond" in told
    rows = list(csv.DictReader((tmp_path / "beside.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["outcome"] for row in rows} <= {"equal", "no value in either"}, told
    assert sum(row["outcome"] == "equal" for row in rows) >= 8
    assert ("WORLD_NOT_SPECIFIED" in told) == bool(apart)


@pytest.mark.slow
def test_another_country_is_one_word_away(tec: Path, tmp_path: Path) -> None:
    text, number = _eurostat(tec, "ext-tec01-export", LAYOUTS["ext_tec01", "ext-tec01-export"], EUROSTAT)
    file = tmp_path / "theirs.csv"
    file.write_text(text.replace(",BE,", ",NL,"), encoding="utf-8")
    assert "0 figures correspond" in _peer(file, "-m", "ext_tec01", "-r", tec)
    assert f"{number} figures correspond" in _peer(file, "-m", "ext_tec01", "-r", tec, "--only", "geo=NL")
    wrong = {"write COLUMN=CODE": ["-m", "ext_tec01", "--only", "NL"], "give --mapping": ["--only", "geo=NL"]}
    for message, asked in wrong.items():
        with pytest.raises(StudyError, match=message):
            _peer(file, *asked)


def test_every_measure_and_sample_of_a_mapping_is_a_word_of_its_study() -> None:
    from firmtrade.study import read_study

    studies = dict.fromkeys(("ext_tec01", "ext_tec03", "ext_tec09", "ext_tec10"), "tec")
    for name, study in {**studies, "edd": "exporter-dynamics"}.items():
        how, catalog = read_correspondence(name), read_study(study).catalog
        measures = set(how.columns["measure"].codes.values())
        assert measures == set(how.measures)
        assert all(catalog.find(word, "measure") for word in measures)
        samples = set(how.columns["sample"].codes.values()) if "sample" in how.columns else {how.sample}
        assert samples and all(catalog.find(word, "sample") for word in samples)
        for dimension in how.columns.keys() - {"measure", "sample", "period"}:
            known = catalog.get(dimension, "dimension")
            codes = {code for code in how.columns[dimension].codes.values() if code not in ("_T", "unknown")}
            assert known.classification or known.overlaps or codes <= set(known.codes), (name, dimension)


COLUMNS = (
    "c,d,y,popt,nf,nf_entrant,nf_incumbent,num_exits,avg_exports,avg_exports_entrant,avg_exports_incumbent,"
    "top5_share,exit_rate"
)
WIDE = f"""{COLUMNS}
PER,USA,2003,0.1,3,1,2,,4000,3000,4500,0.5,
PER,DEU,2003,0.1,2,1,1,,2500,2000,3000,0.6,
PER,WLD,2003,0.1,5,,,,,,,,
MEX,USA,2003,0.1,900,,,,,,,,
"""


def test_a_column_for_each_figure_beside_a_run_of_exporter_dynamics(tmp_path: Path) -> None:
    rows = [
        *(("a", 2002, "US", 3500), ("b", 2002, "US", 4000), ("b", 2002, "DE", 2000)),
        *(("a", 2003, "US", 4000), ("b", 2003, "US", 5000), ("c", 2003, "US", 3000)),
        *(("b", 2003, "DE", 3000), ("c", 2003, "DE", 2000)),
    ]
    told = [(firm, year, "export", partner, "010121", value, None) for firm, year, partner, value in rows]
    write(tmp_path / "t.csv", told)
    (tmp_path / "theirs.csv").write_text(WIDE, encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        'extends = "exporter-dynamics"\n[transactions]\nfiles = "t.csv"\nproducts = "HS"\n'
        '[dynamics]\nexiter = "t-1"\n'
        '[tables.peer]\ntitle = "t"\nsample = "exporters-by-destination"\nby = ["export-destination"]\n'
        'measures = ["a1", "a2", "a3", "a5", "a6i", "a7i", "a10i", "b2ii", "c2"]\n', encoding="utf-8",
    )  # fmt: skip
    ran = CliRunner().invoke(
        app, ["run", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out"), "--unprotected", "drawn"]
    )
    assert ran.exit_code == 0, ran.output
    text = _peer(tmp_path / "theirs.csv", "-m", "edd", "-r", tmp_path / "out")
    # Exits of the last year are known to nobody; one share of the largest is made up and differs from 5 / 12.
    assert "18 figures correspond: 13 equal, 1 different, 4 no value in either" in text, text
    assert "b2ii | exporters-by-destination 2003, export-destination US" in text
    assert "d = WLD" in text
