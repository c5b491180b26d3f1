"""A firm that declares nothing: known not to trade where declarations are complete, else unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmtrade.describe.spec import Table, read_table
from firmtrade.study import Study
from support_trade import linked, write

YEAR = 2021
SAMPLES = ("declaring-firms", "exporting-firms", "importing-firms")
#: complete -> the firms of which it is not known whether they are in each of SAMPLES. B and C are silent.
UNKNOWN = {
    "true": (0, 0, 0),
    "false": (2, 2, 2),
    '["export"]': (2, 0, 2),  # of their imports nothing is known
    '["export_extra"]': (2, 2, 2),  # they may export inside the union
    '{ export = "2019", import = true }': (2, 2, 0),  # complete in another year
}


def files(folder: Path) -> None:
    write(folder / "t.csv", [("A", f"{YEAR}01", "export", "DE", "01012100", 10, 1)])
    write(folder / "r.csv", [(firm, YEAR, "2511") for firm in "ABC"], ("firm", "year", "activity"))


def study(folder: Path, complete: str) -> Study:
    files(folder)
    (folder / "study.toml").write_text(
        f'[transactions]\nfiles = "t.csv"\nproducts = "CN"\nhome = "BE"\ncomplete = {complete}\n'
        '[register]\nfiles = "r.csv"\nclassification = "NACE 2"\n',
        encoding="utf-8",
    )
    return Study(folder / "study.toml", threads=1)


def table(sample: str, **more: Any) -> Table:
    return read_table(sample, {"sample": sample, "period": YEAR, "measures": ["firms"], **more}, "test")


@pytest.mark.parametrize("complete", UNKNOWN)
def test_attrition_tells_the_silent_from_the_unknown(tmp_path: Path, complete: str) -> None:
    asked = study(tmp_path, complete)
    asked.spec = replace(asked.spec, tables=tuple(map(table, SAMPLES)))
    told = {one.sample: one.steps[-1] for one in asked.attrition()}
    assert tuple(told[name].unknown for name in SAMPLES) == UNKNOWN[complete]
    assert [told[name].left for name in SAMPLES] == [1, 1, 0]


@pytest.mark.parametrize(("complete", "silent"), [(True, 0), (False, None), (["export_extra"], None)])
def test_what_a_silent_firm_declares(tmp_path: Path, complete: Any, silent: int | None) -> None:
    files(tmp_path)
    spec = {"files": "t.csv", "products": "CN", "home": "BE", "complete": complete}
    with linked(tmp_path, transactions=spec, register={"files": "r.csv", "classification": "NACE 2"}) as it:
        found = it.rows("firm, cast(declared_export as double), cast(declared_import as double)")
    assert found == [("A", 10, 0), ("B", silent, silent), ("C", silent, silent)]


@pytest.mark.parametrize(("complete", "small"), [("true", 3), ("false", 1)])
def test_classes_of_declared_value_have_the_silent_at_nought(
    tmp_path: Path, complete: str, small: int
) -> None:
    asked = study(tmp_path, complete).tables([table("register-firms", by=["declaration-size"])])
    found = {cell.codes["declaration-size"]: cell.value for cell in asked[0].cells}
    assert found["0-10k"] == small
