"""A panel that is not synthetic leaves by no call of Python unprotected: every public call is tried.

What a call gives is shown, copied, and offered to everything that publishes. It shows nothing of the canary
unless it is marked confidential, and nothing but a Release is published. A call or a function that is not
in the list fails the test: say here what it is.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import json
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import firmtrade
import firmtrade.publish
from firmtrade import Study
from firmtrade.errors import DisclosureError
from firmtrade.protect import Origin, release_unprotected
from firmtrade.publish import charts, html, manifest, pdf, table_csv, write
from firmtrade.result import Chart, Modelled, Provenance, Release, Result
from firmtrade.study import Shown
from support_custodian import CLOSED, panel, study
from support_traces import MARK, contents, said, traces


def evidence(asked: Study) -> Any:
    """All that the context gives, computed while it is open."""
    with asked.evidence() as (compute, policy):
        return compute(None), policy


#: Every public name of a Study. A setting that the user gave, or what the call gives.
STUDY: dict[str, Callable[[Study], Any] | None] = {
    **dict.fromkeys(
        [
            "study",
            "panel",
            "memory",
            "threads",
            "debug",
            "ledger",
            "label",
            "sources",
            "progress",
            "spec",
            "cache",
            "reused",
            "engine",
        ]
    ),
    "table": lambda s: [s.table("table-01"), s.table("turnover", by=["region"], sample="smes", period=2002)],
    "tables": lambda s: s.tables(),
    "models": lambda s: s.models(),
    "model": None,  # one of `models`
    "attrition": lambda s: s.attrition(),
    "explain": lambda s: [s.explain("turnover"), s.explain("table-01")],
    "queries": lambda s: s.queries(),
    "check": lambda s: s.check(),
    "inspect": lambda s: s.inspect(),
    "release": lambda s: [s.release(), s.release(" ")],
    "run": None,  # the command line's: test_nothing_leaves
    "evidence": evidence,
    "codes": lambda s: s.codes,
}
GIVEN = sorted(name for name, call in STUDY.items() if call)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("api")
    return Study(study(folder, CLOSED), str(panel(folder)))


@pytest.fixture(scope="module")
def results(asked: Study) -> list[Result]:
    return asked.tables()


def parts(item: Any) -> Iterator[Any]:
    """The item, and what it is made of."""
    yield item
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        for each in dataclasses.fields(item):
            yield from parts(getattr(item, each.name))
    elif isinstance(item, list | tuple | set | frozenset):
        for each in item:
            yield from parts(each)


def shown(item: Any) -> str:
    """How an item looks where it is printed, logged or shown in a notebook."""
    page = getattr(item, "_repr_html_", str)
    texts = [repr(item), str(item), f"{item}", page() if page is not str else "", item.__format__("")]
    return "\n".join(texts)


def test_every_public_name_is_tried() -> None:
    assert {name for name in dir(Study) if not name.startswith("_")} | {
        each.name for each in dataclasses.fields(Study)
    } | {"spec"} == set(STUDY), "say in STUDY what the new name gives"
    assert set(firmtrade.__all__) == {"Catalog", "FirmtradeError", "Study", "__version__"}


@pytest.mark.parametrize("name", GIVEN)
def test_what_a_study_gives_is_marked_and_published_as_a_release_only(
    name: str, asked: Study, tmp_path: Path
) -> None:
    given = STUDY[name](asked)  # type: ignore[misc]
    items = [given, *given] if isinstance(given, list | tuple) else [given]
    for item in items:
        text = shown(item)
        assert not traces(said(text=text)) or MARK in text, text
        if isinstance(item, Release):
            write(item, tmp_path / "out")
            assert traces(contents(tmp_path / "out")) == []
        else:
            with pytest.raises(DisclosureError, match="cannot be published"):
                write(item, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_no_part_of_a_result_shows_its_values(results: list[Result]) -> None:
    """In an exception, a log or a list: a repr lands there."""
    for item in parts(results):
        if not isinstance(item, float | int) and not isinstance(item, Shown):
            text = repr(item)
            assert not traces(said(text=text)) or MARK in text, text


def ways(result: Result) -> dict[str, Callable[[], Any]]:
    """A result by every way that a copy of it is made."""
    plain = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
    return {
        "itself": lambda: result,
        "copy": lambda: copy.copy(result),
        "deep copy": lambda: copy.deepcopy(result),
        "replaced": lambda: dataclasses.replace(result, title="x"),
        "bare": lambda: Result(**plain),
        "shown": lambda: Shown.of(result),
        "as dict": lambda: dataclasses.asdict(result),
        "as tuple": lambda: dataclasses.astuple(result),
        "vars": lambda: vars(result),
        "cells": lambda: result.cells,
        "a cell": lambda: result.cells[0],
        "text": lambda: repr(result),
        "in a list": lambda: [result],
    }


@pytest.mark.parametrize("way", ways(Result("", "", "", (), (), ())))
def test_no_copy_of_a_result_is_published(way: str, results: list[Result], tmp_path: Path) -> None:
    for result in results:
        with pytest.raises(DisclosureError, match="cannot be published"):
            write(ways(result)[way](), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_confidential_is_not_pickled_and_is_no_json(results: list[Result]) -> None:
    modelled = Modelled("m", "premia", "t", tuple(results))
    for item in (results, results[0].cells, results[0].cells[0], {"a": results[0]}, modelled):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(DisclosureError, match="cannot be pickled"):
                pickle.dumps(item, protocol)
        for fallback in (str, repr):
            text = json.dumps(item, default=fallback)
            assert not traces(said(text=text)) or MARK in text
        if item is not results and not isinstance(item, dict | tuple):
            with pytest.raises(TypeError):
                json.dumps(item)


def test_a_release_made_by_hand_is_refused(asked: Study, results: list[Result], tmp_path: Path) -> None:
    release = asked.release()
    with_results = dataclasses.replace(release, tables=tuple(results))
    with_cells = dataclasses.replace(
        release, tables=(dataclasses.replace(release.tables[0], cells=results[0].cells),)
    )
    hidden = next(c for t in release.tables for c in t.cells if c.confidentiality == "C")
    told = dataclasses.replace(release.tables[0], cells=(dataclasses.replace(hidden, value=7777777.77),))
    silent = dataclasses.replace(release, protected=False, protection=" ")
    for made in (with_results, with_cells, dataclasses.replace(release, tables=(told,)), silent):
        with pytest.raises(DisclosureError):
            write(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_only_a_synthetic_panel_or_a_reason_leaves_unprotected(asked: Study, results: list[Result]) -> None:
    where = Provenance({}, {}, "", "", "")
    origin = Origin("", "", "", "", (), (), where)
    for reason in (None, "", " \n"):
        with pytest.raises(DisclosureError, match="not marked as synthetic"):
            release_unprotected(results, origin, asked.spec.catalog, {}, "the study's own reason", reason)


# -- everything that publishes -------------------------------------------------------------------------


def makers() -> dict[str, Callable[..., Any]]:
    """Every public function of publish that takes a release or a table."""
    found = {}
    for module in pkgutil.walk_packages(firmtrade.publish.__path__, "firmtrade.publish."):
        here = importlib.import_module(module.name)
        for name, function in vars(here).items():
            if inspect.isfunction(function) and function.__module__ == module.name and name[0] != "_":
                asks = [str(p.annotation) for p in inspect.signature(function).parameters.values()]
                if any("Release" in text or "Table" in text for text in asks):
                    found[f"{module.name.removeprefix('firmtrade.publish.')}.{name}"] = function
    return found


#: What every parameter of these functions is given beside the result.
OTHERS: dict[str, Any] = {
    "words": {}, "width": 640, "drawings": {}, "pictures": {}, "outputs": {}, "only": None, "known": {},
    "sheet": None, "styles": None, "signed": False, "asked": None, "tables": (),
    "title": "t", "source": "", "published": "", "labelled": lambda table, name, cell: "x",
}  # fmt: skip
#: What shows a result marked, or is a part of that: the notebook says that it is confidential.
MARKED = {"notebook.table_html", "notebook.table_text"}
PARTS = {"view.table", "numbers.cell_text"}
#: What the custodian is given, which is his own.
CUSTODIANS = {"custodian.custodian_files"}


@pytest.mark.parametrize("name", sorted(makers()))
def test_nothing_that_publishes_takes_a_result(name: str, results: list[Result], tmp_path: Path) -> None:
    if name in CUSTODIANS:
        pytest.skip("the custodian's own page, written where only its owner reads")
    function = makers()[name]
    for result in results:
        drawn = dataclasses.replace(result, chart=result.chart or Chart("bar", "region"))
        given = {}
        for parameter in inspect.signature(function).parameters:
            if parameter in ("release", "table", "item"):
                given[parameter] = drawn
            elif parameter in ("path", "folder"):
                given[parameter] = tmp_path / "written"
            elif parameter in ("cell", "cells"):
                given[parameter] = drawn.cells[0] if parameter == "cell" else drawn.cells
            else:
                given[parameter] = OTHERS[parameter]
        try:
            made = function(**given)
        except Exception as error:  # whatever goes wrong, nothing is made, and the message tells nothing
            assert traces(said(text=str(error))) == []
            continue
        text = made.decode("latin-1") if isinstance(made, bytes) else str(made)
        if name in MARKED:
            assert MARK in text
        elif name not in PARTS:
            assert not traces(said(text=text)) or MARK in text
    assert not (tmp_path / "written").exists()


def test_a_hidden_value_in_a_table_is_not_drawn_or_written(asked: Study) -> None:
    """Whoever puts a value back into a hidden cell finds no function that prints it."""
    release = asked.release()
    for table in release.tables:
        told = dataclasses.replace(
            table, cells=tuple(dataclasses.replace(c, value=c.value or 7777777.77) for c in table.cells)
        )
        again = dataclasses.replace(release, tables=(told,))
        calls: list[Callable[[], Any]] = [
            lambda r=again: table_csv.tables_csv(r),
            lambda r=again: html.render(r, {}),
            lambda r=again: pdf.render(r, {}),
            lambda r=again: manifest.manifest(r, {}),
        ]
        if table.is_figure:
            calls.append(lambda t=told: charts.draw(t, {}))
        for call in calls:
            with pytest.raises(DisclosureError, match="still has a value"):
                call()
