"""What `firmtrade init` makes of a panel that it has never seen."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from firmtrade._engine.duckdb import DuckDB
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.guess import Guesses, guess_columns, study_text
from firmtrade.assemble.names import flow, score, tokens
from support_panels import (
    COLUMNS,
    ROWS,
    check,
    write_csv,
    write_excel,
    write_parquet,
    write_sqlite,
    write_statistics,
)

HEADERS = {
    "Dutch": ("Ondernemingsnummer", "Boekjaar", "NACEBEL", "Gewest", "Oprichtingsjaar", "VTE",
              "Omzet", "Toegevoegde waarde", "Binnenlands", "Invoer intra-EU", "Invoer niet-EU",
              "Uitvoer EU15", "Uitvoer derde landen"),
    "French": ("Numéro_entreprise", "Année", "Code NAF", "Région", "AnneeCreation", "Effectif",
               "Chiffre d'affaires", "Valeur ajoutée", "National", "importations_UE",
               "importations hors UE", "Exportations UE", "exportations_extra"),
    "German": ("Unternehmensnummer", "Jahr", "WZ2008", "Bundesland", "Gründungsjahr", "Beschäftigte",
               "Umsatz", "Wertschöpfung", "inländisch", "Einfuhr_EU", "Einfuhr_Drittländer", "Ausfuhr EU",
               "Ausfuhr Nicht-EU"),
    "short": ("id", "yr", "nace", "nuts2", "startyear", "fte", "sales", "va", "dom", "imp_intra",
              "imp_extra", "exp_eu", "exp_noneu"),
    "Italian": ("codice_impresa", "anno", "ateco", "regione", "anno_nascita", "addetti", "fatturato",
                "valore_aggiunto", "controllo_nazionale", "import_ue", "import_extra_ue", "export_ue",
                "export_extra_ue"),
    "Spanish": ("nif", "ejercicio", "cnae", "comunidad", "anoConstitucion", "empleados", "ventas",
                "valor_añadido", "nacional", "importaciones_ue", "importaciones_no_ue", "exportaciones_ue",
                "exportaciones_no_ue"),
    "Portuguese": ("nipc", "ano", "cae", "nuts3", "ano_inicio", "pessoal_ao_servico", "vendas", "vab",
                   "nacional", "imp_intra_ue", "imp_extra_ue", "exp_intra_ue", "exp_extra_ue"),
    "of a register": ("ENT_ID", "REF_YEAR", "NACE_R2", "GEO", "BIRTH_YEAR", "SAL_DC", "TURN", "VA",
                      "NATIONAL", "IMP_INT", "IMP_EXT", "EXP_INT", "EXP_EXT"),
    "English": ("VAT_NR", "Accounting Year", "Industry code", "NUTS 1", "YearOfFoundation", "Employees",
                "Net sales", "Gross value added", "domestically_owned", "ImportsIntraEU", "ImportsExtraEU",
                "intra exports", "extra exports"),
}  # fmt: skip


def guess(path: Path | str) -> Guesses:
    with DuckDB() as engine:
        return guess_columns(engine, str(path))


@pytest.mark.parametrize("language", HEADERS)
def test_names_are_known_in_several_languages(tmp_path: Path, language: str) -> None:
    rows = [tuple(reversed(row)) for row in ROWS]
    path = write_csv(tmp_path / "p.csv", rows, tuple(reversed(HEADERS[language])), delimiter=";")
    found = {ours: theirs for ours, theirs, _ in guess(path)}
    assert found == dict(zip(COLUMNS, HEADERS[language], strict=True))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".dta", ".xlsx", ".db"])
def test_every_format_is_looked_at(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"panel{suffix}"
    write = {".csv": write_csv, ".parquet": write_parquet, ".dta": write_statistics, ".xlsx": write_excel,
             ".db": write_sqlite}[suffix]  # fmt: skip
    write(path)
    found = guess(f"sqlite:///{path}" if suffix == ".db" else path)
    assert [(ours, theirs) for ours, theirs, _ in found] == [(name, name) for name in COLUMNS]
    assert all(reason == "our own name" for _, _, reason in found)
    assert found.years == (2001, 2002)


def test_the_date_of_the_accounts_is_the_year(tmp_path: Path) -> None:
    rows = [("a", "2001-12-31", "1990-05-01"), ("a", "2002-12-31", "1990-05-01")]
    found = guess(write_csv(tmp_path / "p.csv", rows, ("firm", "Closing date", "Date of incorporation")))
    assert [(ours, theirs) for ours, theirs, _ in found if theirs][1:] == [
        ("year", "Closing date"),
        ("founded", "Date of incorporation"),
    ]
    assert found.years == (2001, 2002)


@pytest.mark.parametrize(
    ("written", "thousands"),
    [("1.234.567,5", "."), ("1 234 567,5", " "), ("1\xa0234\xa0567,5", " "), ("1'234'567.5", "'")],
)
def test_thousands_are_seen(tmp_path: Path, written: str, thousands: str) -> None:
    rows = [("a", 2001, written), ("b", 2001, "12")]
    path = write_csv(tmp_path / "p.csv", rows, ("firm", "year", "omzet"), delimiter=";")
    found = guess(path)
    assert found.settings["thousands"][0] == thousands
    assert {ours: theirs for ours, theirs, _ in found}["turnover"] == "omzet"
    study = tmp_path / "study.toml"
    study.write_text(study_text(str(path), found, tmp_path), encoding="utf-8")
    spec = tomllib.loads(study.read_text(encoding="utf-8"))["panel"]
    assert not check(None, tmp_path, **spec).stops


@pytest.mark.parametrize("name", ["controllo_estero", "buitenlandse_controle", "Foreign owned", "extranjera"])
def test_foreign_is_the_opposite_of_domestic(tmp_path: Path, name: str) -> None:
    found = guess(write_csv(tmp_path / "p.csv", [("a", 2001, 1), ("b", 2001, 0)], ("firm", "year", name)))
    assert found.settings["codes"][0] == {"domestic": {"0": True, "1": False}}


def test_values_tell_where_names_do_not(tmp_path: Path) -> None:
    rows = [(f"f{n}", 1998 + n % 3, f"{15 + n % 5}.1{n % 9}", f"BE{10 + n % 9}", 1950 + n) for n in range(40)]
    path = write_csv(tmp_path / "p.csv", rows, ("firm", "a", "b", "c", "d"))
    found = {ours: (theirs, reason) for ours, theirs, reason in guess(path)}
    assert found["year"] == ("a", "by its values (years)"), "and names none of them"
    assert found["activity"][0] == "b"
    assert found["region"][0] == "c"
    assert found["founded"][0] == "d"
    assert found["employment"] == (None, "no column seems to be it")


def test_a_name_is_not_believed_against_its_values(tmp_path: Path) -> None:
    rows = [("a", 2001, "many"), ("b", 2002, "few")]
    found = {
        ours: theirs
        for ours, theirs, _ in guess(write_csv(tmp_path / "p.csv", rows, ("firm", "year", "fte")))
    }
    assert found["employment"] is None


def test_flows_without_partner_are_further_columns(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", [("a", 2001, 5.0, 0.0)], ("firm", "year", "exports", "imports"))
    found = {ours: (theirs, reason) for ours, theirs, reason in guess(path)}
    assert found["export_intra"] == (None, "'exports' does not say with which partners")
    assert found["exports_total"][0] == "exports"
    assert found["imports_total"][0] == "imports"


def settings(path: Path) -> dict[str, Any]:
    return {key: value for key, (value, _) in guess(path).settings.items()}


def test_how_the_file_is_written(tmp_path: Path) -> None:
    rows = [("Müller", 98, "15.12", 12.5, 1200.5, 1), ("b", 99, "28.1", 2.5, 900.5, 2)]
    columns = ("firm", "year", "nace", "fte", "turnover", "foreign")
    path = write_csv(tmp_path / "p.csv", rows, columns, delimiter=";", decimal=",", encoding="latin-1")
    found = settings(path)
    assert found["encoding"] == "latin-1"
    assert found["decimal"] == ","
    assert found["year_offset"] == 1900
    assert found["classification"] == "NACE 1.1"
    assert found["codes"] == {"domestic": {"1": False, "2": True}}
    assert found["units"] == {"turnover": 1000}


def test_the_classification_follows_codes_and_years(tmp_path: Path) -> None:
    columns = ("firm", "year", "activity")
    new = [("a", 2015, "6201"), ("b", 2015, "1011"), ("c", 2015, "4719"), ("d", 2015, "3511")]
    assert settings(write_csv(tmp_path / "new.csv", new, columns))["classification"] == "NACE 2"
    old = [(firm, 1990, code) for firm, code in zip("abcd", ("3112", "3211", "3813", "3901"), strict=True)]
    assert settings(write_csv(tmp_path / "old.csv", old, columns))["classification"] == "ISIC 2"


@pytest.mark.parametrize("language", HEADERS)
def test_the_study_text_is_a_panel_that_opens(tmp_path: Path, language: str) -> None:
    path = write_csv(tmp_path / "p.csv", ROWS, HEADERS[language])
    (tmp_path / "studies").mkdir()
    text = study_text(str(path), guess(path), tmp_path / "studies")
    study = tomllib.loads(text)
    assert study["panel"]["files"] == "../p.csv"
    assert study["panel"]["columns"] == dict(zip(COLUMNS, HEADERS[language], strict=True))
    report = check(None, tmp_path / "studies", **study["panel"])
    assert report.rows == len(ROWS)
    assert PanelSpec.read(study["panel"]).columns["firm"] == HEADERS[language][0]


def test_the_study_text_survives_any_name(tmp_path: Path) -> None:
    path = write_csv(tmp_path / 'say "x" {y}.csv', [("a", 2001, 1)], ("firm", "year", 'the "fte"\\'))
    text = study_text(str(path), guess(path), tmp_path)
    assert tomllib.loads(text)["panel"]["files"] == 'say "x" {y}.csv'


def test_a_password_is_not_written(tmp_path: Path) -> None:
    text = study_text("postgresql://user:secret@host/db", [("firm", "id", "by its name")])
    assert "secret" not in text
    assert tomllib.loads(text)["panel"]["columns"] == {"firm": "id"}


def test_words_of_a_name() -> None:
    assert tokens("ChiffreAffaires_2002") == ["chiffre", "affaires", "2002"]
    assert tokens("Wertschöpfung (EUR)") == ["wertschoepfung", "eur"]
    assert flow("EXP_EU27") == ("export", "intra")
    assert flow("exports to non-EU") == ("export", "extra")
    assert flow("invoer") == ("import", "")
    assert flow("employees") == ("", "")
    assert score("turnover", "Omzet") > score("turnover", "omzet_totaal_2002") > 0
    assert score("turnover", "domestic") == 0
