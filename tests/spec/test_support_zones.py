"""Two zones: no module, function or import of the one reaches the other."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import firmtrade.support

SERVICE = ("register", "service", "readiness", "rules", "entry_mode", "show", "told")
#: On the register too, and with the methods of `estimate` that take arrays.
IMPACT = ("score", "impact", "views", "demo")
STATISTICAL = (
    "Panel",
    "Study",
    "StudySpec",
    "DuckDB",
    "Result",
    "Release",
    "Source",
    "Computed",
    "Evidence_",
)
REGISTERED = ("Register", "Dossier", "Known", "Segmented", "Proposed", "Assessed", "Connection")
LAYERS = ("_engine", "acquire", "assemble", "classify", "describe", "estimate", "protect", "publish", "study")


def modules(*parts: str) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(firmtrade.support.__path__, "firmtrade.support."):
        place = found.name.split(".")[2]
        if place in parts and ".migrations" not in found.name:
            yield importlib.import_module(found.name)


def signatures(module: ModuleType) -> Iterator[tuple[str, str]]:
    """(name, annotations) of every function and method that the module defines."""
    for name, item in vars(module).items():
        if getattr(item, "__module__", "") != module.__name__:
            continue
        own = vars(item).values() if inspect.isclass(item) else [item]
        for each in own:
            function: Any = getattr(each, "__func__", getattr(each, "fget", each))
            if inspect.isfunction(function):
                yield f"{module.__name__}.{name}", " ".join(map(str, function.__annotations__.values()))


def words(text: str) -> set[str]:
    return set("".join(sign if sign.isalnum() or sign == "_" else " " for sign in text).split())


def test_no_function_takes_from_both_zones() -> None:
    service = [found for module in modules(*SERVICE, *IMPACT) for found in signatures(module)]
    statistics = [found for module in modules("statistics") for found in signatures(module)]
    assert len(service) > 300 and len(statistics) >= 2
    assert [name for name, said in service if words(said) & set(STATISTICAL)] == []
    assert [name for name, said in statistics if words(said) & set(REGISTERED)] == []


@pytest.mark.parametrize(
    ("zone", "forbidden"),
    [(SERVICE, [f"firmtrade.{name}" for name in LAYERS] + ["firmtrade.support.statistics"]),
     (IMPACT, [f"firmtrade.{name}" for name in LAYERS if name != "estimate"]
      + ["firmtrade.support.statistics", "firmtrade.estimate.data", "firmtrade.estimate.kinds"]),
     (("statistics",), ["firmtrade.support.register", "firmtrade.support.service", "sqlalchemy"])],
)  # fmt: skip
def test_a_zone_loads_nothing_of_the_other(zone: tuple[str, ...], forbidden: list[str]) -> None:
    names = [module.__name__ for module in modules(*zone)]
    script = (
        f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
        f"print([m for m in sys.modules for f in {forbidden!r} if m == f or m.startswith(f + '.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_contracts_name_every_part(root: Path) -> None:
    """A new part of the agency's side must be put into one zone or the other."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found = {each["name"]: each for each in project["tool"]["importlinter"]["contracts"]}
    service = found["The agency's service zone knows no statistics"]
    sources = {name.split(".")[2] for name in service["source_modules"]}
    parts = {each.name for each in pkgutil.iter_modules(firmtrade.support.__path__)}
    bridge = found["The agency's impact takes methods from estimate, and no statistics"]
    assert {name.split(".")[2] for name in bridge["source_modules"]} == set(IMPACT)
    assert parts == sources | set(IMPACT) | {"statistics", "truth"}
    known = {name for name in bridge["forbidden_modules"] if not name.startswith("firmtrade.estimate")}
    assert known == set(service["forbidden_modules"]) - {"firmtrade.estimate"}
    assert {f"firmtrade.{name}" for name in LAYERS} <= set(service["forbidden_modules"])
    assert "firmtrade.support.statistics" in service["forbidden_modules"]


def test_importing_the_agency_loads_no_heavy_package() -> None:
    script = (
        "import sys\nimport firmtrade.cli, firmtrade.support, firmtrade.support.stages, "
        "firmtrade.support.register\nprint([m for m in ('sqlalchemy', 'alembic', 'openpyxl', 'pandas') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
