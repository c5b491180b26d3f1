"""A release as SDMX: valid, read back equal (by us and by pysdmx), the same bytes, and nothing hidden."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrade.errors import CheckError, DisclosureError, MissingExtra, StudyError
from firmtrade.publish import write
from firmtrade.publish.sdmx import Asked, files, read_asked
from firmtrade.publish.sdmx.back import check_data, check_structure
from firmtrade.publish.sdmx.ids import artefact_id, code_id, code_of, component_ids
from firmtrade.publish.sdmx.read import own, parsed
from firmtrade.publish.sdmx.schema import faults, published
from firmtrade.publish.sdmx.structure import flows, period_of, time_of
from firmtrade.publish.table_csv import tables_csv
from firmtrade.result import ReleasedModel
from support_release import LABELS, bar_figure, cell, growth_table, release, size_table, table

pytest.importorskip("pysdmx", reason="the extra sdmx is not installed")

ASKED = Asked(agency="BE1.TRADE")
FILES = ["data.csv", "data.json", "data.xml", "structure.json", "structure.xml"]


def odd_table():
    """Codes that are no ids of SDMX, leading zeros, long fractions, a label with every kind of quote."""
    cells = [
        cell("firms", 3, size="20+"),
        cell("firms", 0, size="1998+ / \"x\" & 'y' <é>"),
        cell("firms", None, conf="D", size="0-9"),
        cell("participation", 100 / 3, "percent", 1, activity="01"),
        cell("participation", -1e-17, "kEUR/FTE", 1, activity="010"),
        cell("participation", None, "percent", 1, reason="no firm in the group", activity="02"),
        cell("participation", 7.0, "percent", 1, activity=""),
        cell("participation", 1.5e21, "percent", 1, period="1998-2003", activity="1"),
    ]
    labels = LABELS | {"size": {"20+": 'Twenty\'s "and" more <&>\n  on two lines', "0-9": "0-9"}}
    return replace(table("odd.table-1", ("size", "activity"), ("measure", "period"), cells), labels=labels)


def model(period: str = "2002") -> ReleasedModel:
    cells = [cell("coefficient", 0.1, "log", 3, period=period, term="size: 10-49")]
    cells.append(cell("coefficient", None, "log", 3, period=period, conf="C", term="size: 50-99"))
    return ReleasedModel(
        "premia", "premia", "Premia", (table("premia-main", ("term",), ("measure",), cells),)
    )


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return files(whole(), ASKED)


def whole():
    return release(size_table(), growth_table(), bar_figure(), odd_table(), models=(model(),))


def as_tables_csv(rows) -> set[tuple[str, ...]]:
    names = ("table", "sample", "period", "activity", "size", "flow", "status", "measure", "unit")
    return {
        (
            *(row[name] for name in names),
            "F" if row["confidentiality"] == "F" else "C",
            row["value"] and repr(float(row["value"])),
        )
        for row in rows
    }


def test_the_files(made) -> None:
    models = ["models.csv", "models.json", "models.xml"]
    assert list(made) == sorted([*FILES, *models])
    assert list(files(release(), Asked(("csv",)))) == ["data.csv", "structure.json", "structure.xml"]


@pytest.mark.parametrize("kind", ["csv", "xml", "json"])
def test_every_figure_is_that_of_tables_csv(made, kind: str) -> None:
    here = list(csv.DictReader(io.StringIO(tables_csv(whole()).decode())))
    there = own(parsed(made[f"data.{kind}"].decode())).rows
    assert as_tables_csv(there) == as_tables_csv(here)
    assert len(there) == len(here)


@pytest.mark.parametrize("kind", ["xml", "csv"])
def test_pysdmx_reads_the_same(made, kind: str) -> None:
    from pysdmx.io import get_datasets

    (found,) = get_datasets(made[f"data.{kind}"].decode(), made["structure.xml"].decode())
    assert found.structure.short_urn == "Dataflow=BE1.TRADE:BELGIUM_2002(1.0.0)"
    flow = flows(whole(), ASKED)[0]
    assert [part.id for part in found.structure.components.dimensions] == list(flow.dimensions)
    values = found.data["OBS_VALUE"].tolist()
    wanted = [row[flow.names.index("OBS_VALUE")] for row in flow.rows]
    # pysdmx has pandas guess a CSV's columns, which may cost the last digit (and the nought of '01').
    close = 0 if kind == "xml" else 1e-15
    assert len(values) == len(wanted)
    for there, here in zip(values, wanted, strict=True):
        if here:
            assert float(there) == pytest.approx(float(here), rel=close, abs=0)
        else:
            assert not isinstance(there, float) or there != there
    if kind == "xml":
        assert found.data["ACTIVITY"].tolist() == [row[flow.names.index("ACTIVITY")] for row in flow.rows]


def test_every_code_of_the_data_is_in_the_list_that_pysdmx_reads(made) -> None:
    from pysdmx.io import get_datasets

    for name in ("data", "models"):
        (found,) = get_datasets(made[f"{name}.xml"].decode(), made["structure.xml"].decode())
        for part in found.structure.components:
            if part.enumeration:
                assert set(found.data[part.id]) <= {code.id for code in part.enumeration}, part.id


def test_status_says_hidden_or_undefined_and_never_why(made) -> None:
    rows = parsed(made["data.json"].decode()).rows
    found = {(row["OBS_STATUS"], row["CONF_STATUS"], row["OBS_VALUE"] == "") for row in rows}
    assert found == {("A", "F", False), ("Q", "C", True), ("M", "F", True)}
    text = made["structure.xml"].decode()
    assert "CL_CONF_STATUS" in text and "econdary" not in text and 'id="D"' not in text
    assert not any(b"fewer than 3" in content for content in made.values())


def test_a_study_that_is_called_models_has_files_of_both() -> None:
    both = files(release(models=(model(),), study="some-models"), Asked(("csv",)))
    assert [name for name in both if name.endswith("csv")] == ["data.csv", "models.csv"]
    assert b"(1.0.0),I,A,premia,premia-main," in both["models.csv"] and b"table-04" in both["data.csv"]
    assert [flow.id for flow in flows(release(models=(model(),)), ASKED)] == [
        "BELGIUM_2002",
        "BELGIUM_2002__MODELS",
    ]


def test_a_hidden_value_is_refused() -> None:
    with pytest.raises(DisclosureError, match="still has a value"):
        files(release(table("t", ("size",), ("measure",), [cell("firms", 2, conf="C", size="0-9")])))


def test_a_code_has_its_own_spelling_and_name_in_the_structure(made) -> None:
    from pysdmx.io import read_sdmx

    lists = {c.id: c for c in read_sdmx(made["structure.xml"].decode()).get_codelists()}
    code = lists["BELGIUM_2002_CL_SIZE"]["20$2B"]
    assert code.annotations[0].text == "20+" and code.annotations[0].type == "CODE"
    assert code.name == 'Twenty\N{RIGHT SINGLE QUOTATION MARK}s "and" more <&> on two lines'
    assert [c.id for c in lists["CL_FREQ"]] == ["A", "_Z"]
    assert next(iter(lists["BELGIUM_2002_CL_SIZE"])).id == "_T"
    assert lists["BELGIUM_2002_CL_STATUS"]["new"].description.startswith("did not trade in the first year")


def test_a_window_is_a_time_range_and_another_label_a_code() -> None:
    assert [time_of(p) for p in ("2002", "1998-2003", "2003-1998", "all")] == [
        "2002",
        "1998-01-01/P6Y",
        "",
        "",
    ]
    assert [period_of(t) for t in ("2002", "1998-01-01/P6Y")] == ["2002", "1998-2003"]
    tables, models = flows(release(models=(model("t+3"),)), ASKED)
    assert tables.dimensions[-1] == "TIME_PERIOD" and models.dimensions[-1] == "PERIOD"
    assert models.dimensions[:3] == ("FREQ", "MODEL", "TABLE")
    found = files(release(models=(model("t+3"),)), ASKED)
    assert own(parsed(found["models.xml"].decode())).rows[0]["period"] == "t+3"


def test_the_same_release_is_the_same_bytes(made) -> None:
    assert files(whole(), ASKED) == made


def test_a_file_that_says_something_else_is_refused(made) -> None:
    (flow, _) = flows(whole(), ASKED)
    for name in ("data.csv", "data.xml", "data.json"):
        check_data(name, made[name], flow)
        with pytest.raises(CheckError, match="Nothing was published"):
            check_data(name, made[name].replace(b"22.25", b"22.26"), flow)
    with pytest.raises(CheckError, match="observations instead of"):
        check_data("data.csv", b"\n".join(made["data.csv"].split(b"\n")[:-2]) + b"\n", flow)
    with pytest.raises(CheckError):
        check_data("data.xml", made["data.xml"].replace(b"mes:DataSet ", b"mes:Data "), flow)
    for name in ("structure.xml", "structure.json"):
        check_structure(name, made[name], flows(whole(), ASKED), ASKED)
        with pytest.raises(CheckError):
            check_structure(
                name, made[name].replace(b"Size class", b"Size klass"), flows(whole(), ASKED), ASKED
            )
    with pytest.raises(CheckError):
        check_structure(
            "structure.xml", made["structure.xml"].replace(b"<str:Code ", b"<str:Kode ", 1), (), ASKED
        )


def test_two_figures_with_one_key_are_refused() -> None:
    twice = [cell("firms", 2, size="0-9"), cell("firms", 3, size="0-9")]
    with pytest.raises(StudyError, match="two figures have the key"):
        files(release(table("t", ("size",), ("measure",), twice)))


def test_the_schema_check_sees_what_is_wrong(made) -> None:
    schema = published("data")
    good = json.loads(made["data.json"])
    assert not list(faults(good, schema))
    for spoil, said in [
        (lambda m: m["meta"].pop("id"), "'id' is missing"),
        (lambda m: m["meta"].update(id="a b"), "does not match"),
        (lambda m: m["data"]["structures"][0].pop("dimensions"), "'dimensions' is missing"),
        (lambda m: m["data"]["dataSets"][0]["observations"].update({"x": [1]}), "'x' is not known"),
        (lambda m: m["data"]["dataSets"][0].update(action="Perhaps"), "is none of"),
        (lambda m: m["data"]["dataSets"][0]["observations"].update({"0:0": [[[]]]}), "fits none"),
        (
            lambda m: m["data"]["structures"][0]["dimensions"]["observation"][0].update(keyPosition=-1),
            "below",
        ),
        (lambda m: m["data"]["structures"][0]["dimensions"]["observation"][0].update(values=[]), "fewer"),
    ]:
        bad = json.loads(made["data.json"])
        spoil(bad)
        assert any(said in fault for fault in faults(bad, schema)), said
    assert list(faults({}, {"if": {}})) == [": the schema says 'if', which is not known here"]


def test_jsonschema_agrees(made) -> None:
    """The package that validates JSON elsewhere; it is no dependency of ours."""
    jsonschema = pytest.importorskip("jsonschema", reason="the package jsonschema is not installed")
    for name, content in made.items():
        if name.endswith(".json"):
            kind = "structure" if name.startswith("structure") else "data"
            jsonschema.Draft202012Validator(published(kind)).validate(json.loads(content))


@given(st.text())
def test_any_code_has_an_id_and_comes_back(code: str) -> None:
    ident = code_id(code)
    assert set(ident) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@$-") and ident
    assert code_of(ident) == code


@given(st.text(alphabet="ab_$-0123456789ABCDEF@+", max_size=8))
def test_what_is_no_id_of_a_code_is_refused(text: str) -> None:
    try:
        code = code_of(text)
    except ValueError:
        return
    assert code_id(code) == text


def test_plain_codes_stay_as_they_are() -> None:
    assert [code_id(c) for c in ("_T", "0-9", "BE1", "20+", "1998+", "$", "")] == [
        "_T", "0-9", "BE1", "20$2B", "1998$2B", "$24", "$",
    ]  # fmt: skip


@given(st.lists(st.text(max_size=5), unique=True))
def test_components_have_ids_of_their_own(names: list[str]) -> None:
    found = component_ids(names, ["TABLE", "X"])
    assert len({"TABLE", "X", *found.values()}) == len(found) + 2
    assert all(ident[0].isalpha() and ident.isascii() for ident in found.values())
    assert artefact_id("belgium-2002") == "BELGIUM_2002" and artefact_id("2002") == "X_2002"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"format": ["csv"]}, "Did you mean 'formats'"),
        ({"formats": ["cvs"]}, "Did you mean 'csv'"),
        ({"formats": []}, "formats is a list"),
        ({"agency": "1 X"}, "not the id of an agency"),
        ({"version": "1.0"}, "three numbers"),
        (True, "is a table"),
    ],
)
def test_what_a_study_says_is_checked(entry: object, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        read_asked(entry, "study.toml")


def test_without_the_packages_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pysdmx", None)
    with pytest.raises(MissingExtra, match=r"firmtrade\[sdmx\]"):
        files(release())


def test_the_output_folder_has_them_and_the_manifest_lists_them(tmp_path) -> None:
    out = write(release(), tmp_path / "out", sdmx=ASKED)
    listed = json.loads((out / "manifest.json").read_text())["outputs"]
    assert sorted(p.name for p in (out / "sdmx").iterdir()) == FILES
    assert {f"sdmx/{name}" for name in FILES} <= set(listed)
    write(release(), tmp_path / "out")
    assert not (tmp_path / "out" / "sdmx").exists()
