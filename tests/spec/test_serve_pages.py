"""The release's pages: each is there where the release has what it needs, and says what the release says."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from firmtrade.publish.html import template_text
from firmtrade.serve.app import application
from firmtrade.serve.offer import NEEDS, offered
from firmtrade.serve.pages import overview, status
from firmtrade.serve.pages.catalog import uses
from firmtrade.serve.pages.comparison import EACH
from firmtrade.serve.pages.growth import found as growths
from firmtrade.serve.pages.kept import MOST
from firmtrade.serve.pages.regions import steps
from firmtrade.serve.site import Site
from firmtrade.serve.speak import LANGUAGES, tongue
from support_release import WORDS, release, size_table
from support_site import full_release, full_site, moves_table, region_table

PATHS = ["/", "/report", "/regions", "/status", "/growth", "/ventures", "/models", "/models/premia",
         "/models/refused", "/comparison", "/catalog", "/catalog/participation", "/report/table-04",
         "/report/figure-15", "/report/premia"]  # fmt: skip


def client_of(site: Site) -> TestClient:
    return TestClient(application(site), base_url="http://127.0.0.1", raise_server_exceptions=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return full_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def client(site: Site) -> TestClient:
    return client_of(site)


@pytest.fixture(scope="module")
def bare() -> TestClient:
    """A release of one table by size: none of the pages that need more."""
    return client_of(Site(release(size_table()), Path("nowhere")))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_every_page_answers_in_every_language(client: TestClient, path: str, code: str) -> None:
    answer = client.get(path, headers={"accept-language": code})
    assert answer.status_code == 200 and f'<html lang="{code}">' in answer.text
    assert answer.text.count("<h1") == 1
    assert not re.search(r'\sstyle="|\son\w+="|<script(?! src="/)|<style', answer.text), (
        "the policy forbids it"
    )
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text), "another host"


@pytest.mark.parametrize("path", NEEDS)
def test_a_page_that_the_release_has_nothing_for_is_not_there(
    bare: TestClient, client: TestClient, path: str
) -> None:
    assert bare.get(path).status_code == 404
    assert f'href="{path}"' not in bare.get("/").text
    assert f'href="{path}"' in client.get("/").text


def test_pages_are_found_by_dimensions_and_never_by_names(site: Site) -> None:
    renamed = [replace(t, name=f"x{at}") for at, t in enumerate(site.release.tables)]
    other = Site(replace(site.release, tables=tuple(renamed)), Path("nowhere"))
    assert offered(other) == offered(site) == frozenset(NEEDS)


ABSENT = [
    "/regions?show=x",
    "/regions?period=1900",
    "/status?move=x",
    "/status?show=x",
    "/growth?show=x",
    "/comparison?outcome=x",
    "/comparison?table=x",
    "/comparison?page=99",
    "/catalog?kind=x",
    "/catalog/nothing",
    "/report/nothing",
    "/report/nothing.csv",
    "/models/nothing",
]


@pytest.mark.parametrize("path", ABSENT)
def test_what_the_release_does_not_have_is_no_such_page(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


# -- tables -----------------------------------------------------------------------------------------------


def test_a_table_has_its_figures_its_notes_and_its_words(client: TestClient) -> None:
    said = text_of(client.get("/report/table-04").text)
    assert "20,204" in said and "22.3" in said and "Size class (2002): 3,114 firms" in said
    assert 'href="/catalog/participation"' in client.get("/report/table-04").text


def test_figures_are_written_as_the_language_does(client: TestClient) -> None:
    said = text_of(client.get("/report/table-04", headers={"accept-language": "nl"}).text)
    assert "20.204" in said and "22,3" in said and "Aantal ondernemingen" in said


def test_hidden_undefined_and_small_negatives_are_told_apart(client: TestClient) -> None:
    said = text_of(client.get("/report/table-06").text)
    assert "c Confidential: hidden to protect" in said and "n/a The figure does not exist" in said
    assert "+1.1" in said and "\N{MINUS SIGN}0.0" in said


def test_a_table_s_csv_is_that_of_the_release(client: TestClient) -> None:
    answer = client.get("/report/table-04.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="table-04.csv"'
    assert answer.text.startswith("table,sample,period,") and ",20204," in answer.text


def test_a_table_opens_in_the_explorer_as_it_is(client: TestClient, site: Site) -> None:
    for table in site.release.tables:
        page = client.get(f"/report/{table.name}").text
        link = re.search(r'href="(/explore\?[^"]+)"', page)
        assert link, table.name
        opened = client.get(unescape(link[1])).text
        said = [cell.value for cell in table.cells if cell.value is not None and cell.unit != "count"]
        assert not said or f"{said[0]:.1f}" in opened, table.name
        assert "The release does not have just this" not in opened, table.name


# -- files ------------------------------------------------------------------------------------------------


def test_the_files_are_those_of_the_manifest_as_they_were_written(client: TestClient, site: Site) -> None:
    for name in ("tables.csv", "report.pdf", "figures/figure-15.svg", "figures/figure-15.png"):
        if (site.folder / name).exists():
            assert client.get(f"/files/{name}").content == (site.folder / name).read_bytes()
    saved = client.get("/files/tables.xlsx").headers
    assert saved["content-disposition"] == 'attachment; filename="tables.xlsx"'
    assert "spreadsheetml" in saved["content-type"]
    assert saved["content-security-policy"].startswith("default-src 'none'")
    assert client.get("/files/report.pdf").headers["content-disposition"].startswith("inline")


ELSEWHERE = [
    "manifest.json",
    "..%2fout%2ftables.csv",
    "%2e%2e/secret",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "figures%2f..%2ftables.csv",
    "tables.csv%00",
    "tables.csv/",
    "TABLES.CSV",
    "..%5ctables.csv",
    "%252e%252e%252fsecret",
]


@pytest.mark.parametrize("name", [*ELSEWHERE, ""])
def test_no_other_file_is_handed_out(client: TestClient, site: Site, name: str) -> None:
    (site.folder.parent / "secret").write_text("secret", encoding="utf-8")
    assert client.get(f"/files/{name}").status_code == 404


def test_a_file_that_was_changed_or_is_a_link_to_elsewhere_is_not_handed_out(tmp_path: Path) -> None:
    changed = full_site(tmp_path)
    one = client_of(changed)
    (changed.folder / "tables.csv").write_text("invented", encoding="utf-8")
    assert one.get("/files/tables.csv").status_code == 409
    (changed.folder / "report.pdf").unlink()
    assert one.get("/files/report.pdf").status_code == 409
    outside = tmp_path / "models.csv"
    outside.write_bytes((changed.folder / "models.csv").read_bytes())
    (changed.folder / "models.csv").unlink()
    (changed.folder / "models.csv").symlink_to(outside)
    assert one.get("/files/models.csv").status_code == 409


def test_the_report_may_run_its_own_script_and_styles_only(client: TestClient) -> None:
    policy = client.get("/files/report.html").headers["content-security-policy"]
    assert "unsafe" not in policy and "http" not in policy and policy.count("'sha256-") >= 2
    assert template_text("report.js").strip() in client.get("/files/report.html").text


# -- map --------------------------------------------------------------------------------------------------


def test_a_hidden_region_is_hatched_and_says_why(client: TestClient) -> None:
    page = client.get("/regions").text
    assert 'fill="url(#hatch)"' in page and "step-hidden" in page
    assert "Walloon Region : Confidential: hidden to protect the firms" in text_of(page).replace(" :", " :")
    assert "24.5" in page and "Schematic map" in page


def test_places_of_the_same_value_are_one_step() -> None:
    assert steps([5.0, 5.0]) == () and steps([]) == ()
    assert steps([0.0, 10.0]) == (0, 2, 4, 6, 8, 10)


# -- status -----------------------------------------------------------------------------------------------


def test_who_stayed_out_is_the_rest_of_two_released_figures() -> None:
    (group,) = status.moves(release(moves_table()))
    firms = {stream.label: stream.firms for stream in status.streams(group, tongue("en"))}
    assert firms["Not trading in the last year, and not stopped"] == 18072 - 838


def test_a_hidden_stream_has_no_number_and_no_rest_is_taken_of_it() -> None:
    (group,) = status.moves(release(moves_table(hidden=True)))
    streams = {stream.label: (stream.firms, stream.text) for stream in status.streams(group, tongue("en"))}
    assert streams["Stopped"] == (None, "c")
    assert streams["Not trading in the last year, and not stopped"] == (None, "c")


def test_a_rest_of_perturbed_figures_that_is_less_than_nothing_is_not_shown() -> None:
    cells = [
        replace(one, value=800.0) if one.codes["status"] == "non-traders" else one
        for one in moves_table().cells
    ]
    (group,) = status.moves(release(replace(moves_table(), cells=tuple(cells))))
    assert [s.firms for s in status.streams(group, tongue("en")) if not s.before and not s.after] == []


def test_a_flow_of_one_year_is_not_drawn_as_a_course(site: Site) -> None:
    years = [group for group in status.levels(site.release) if len(group.codes("period")) > 1]
    assert {code for group in years for code in group.codes("flow")} == {"_T", "export", "import"}


# -- growth, key figures ----------------------------------------------------------------------------------


def test_growth_is_found_by_what_a_measure_is(site: Site) -> None:
    measures = {group.cells[0].measure for group in growths(site.release)}
    assert measures == {"employment-growth", "value-added-growth"}


def test_key_figures_are_the_last_of_their_series(site: Site) -> None:
    keys = overview.key_figures(site.release, tongue("en"))
    shown = {(key["label"], key["value"]) for key in keys}
    assert {("Export", "11.9 %"), ("Import", "13.8 %")} <= shown


def test_a_release_without_courses_or_tables_still_has_an_overview() -> None:
    first = overview.key_figures(release(region_table()), tongue("en"))
    assert [key["value"] for key in first] == ["24.3 %", "24.5 %", "Confidential"]
    empty = replace(full_release(), tables=(), models=(), published=None)
    answer = client_of(Site(empty, Path("nowhere"))).get("/report")
    assert answer.status_code == 200 and "This release has no tables." in answer.text


def test_a_small_line_breaks_where_a_figure_is_hidden() -> None:
    assert len(overview.spark([1.0, 2.0, None, 3.0, 4.0])) == 2
    assert overview.spark([1.0, None]) == []


# -- models, comparison, catalog --------------------------------------------------------------------------


def test_a_model_says_what_was_found_and_a_refused_one_why(client: TestClient) -> None:
    page = client.get("/models").text
    assert "Firms that trade both ways are &lt;larger&gt;." in page and "The panel has no partners." in page
    one = text_of(client.get("/models/premia").text)
    assert "A regression of logs." in one and "Bernard and Jensen (1999)" in one and "70.7" in one


def test_published_figures_are_filtered_by_outcome(client: TestClient) -> None:
    page = text_of(client.get("/comparison?outcome=different").text)
    assert "1 figures" in page and "Printed <twice> & contradicted" in page
    hidden = text_of(client.get("/comparison?outcome=hidden").text)
    assert "Confidential here" in hidden


def test_published_figures_come_in_pages(site: Site) -> None:
    assert EACH == 50 and site.release.published and len(site.release.published.matches) < EACH


@pytest.mark.parametrize("query", ["Number of firms", "FIRMS number", "count(*)", "record in the year"])
def test_a_word_is_found_by_anything_that_is_said_of_it(client: TestClient, query: str) -> None:
    page = client.get("/catalog", params={"q": query}).text
    assert 'href="/catalog/firms"' in page and 'href="/catalog/manufacturing-stayers"' not in page


@pytest.mark.parametrize("query", ["nombre d'entreprises", "NOMBRE", "region wallonne", "Région wallonne"])
def test_a_word_is_found_in_the_reader_s_language_with_or_without_accents(
    client: TestClient, query: str
) -> None:
    page = client.get("/catalog", params={"q": query}, headers={"accept-language": "fr"}).text
    assert f'href="/catalog/{"firms" if query[0].lower() == "n" else "region"}"' in page


def test_a_search_without_find_says_so_and_shows_what_was_searched(client: TestClient) -> None:
    page = client.get("/catalog", params={"q": "<b>nothing"}).text
    assert "No word has all of that." in page and "&lt;b&gt;nothing" in page and "<b>nothing" not in page


def test_a_measure_of_measures_uses_them_and_one_aggregate_uses_columns() -> None:
    firms = WORDS["firms"]
    words = {
        "employment": replace(firms, name="employment", formula="sum(employment)"),
        "firms": firms,
        "mean": replace(firms, name="mean", formula="employment / firms"),
    }
    made = full_release(words=words)
    assert uses(made, words["mean"]) == ("employment", "firms")
    assert uses(made, words["employment"]) == ()


# -- what is made once ------------------------------------------------------------------------------------


def test_a_view_is_made_once_for_each_address_and_language(site: Site, client: TestClient) -> None:
    client.get("/growth", headers={"accept-language": "fr"})
    shelf = site.kept["pages"]
    key = ("/growth", "", "fr")
    first = shelf.get(key)
    again = client.get("/growth", headers={"accept-language": "fr"})
    assert first is not None and shelf.get(key) is first and "Croissance" in again.text
    assert shelf.get(("/growth", "", "de")) is not first


def test_what_is_not_there_is_not_kept_and_only_so_many_views_are(site: Site, client: TestClient) -> None:
    client.get("/growth?show=nothing")
    assert site.kept["pages"].get(("/growth", "show=nothing", "en")) is None
    for at in range(MOST + 20):
        client.get(f"/growth?x={at}")
    assert len(site.kept["pages"].views) == MOST
    client.get("/growth?x=" + "y" * 400)
    assert site.kept["pages"].get(("/growth", "x=" + "y" * 400, "en")) is None
