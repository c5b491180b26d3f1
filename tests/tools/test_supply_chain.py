"""The bill of materials, the audit's report, and a wheel that is the same each time it is built."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

LOCK = """
# Written by a tool.
alpha==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via firmtrade (pyproject.toml)
beta==2.1 ; sys_platform == 'win32' \\
    --hash=sha256:cc
    # via
    #   alpha
    #   gamma
gamma==3.0 \\
    --hash=sha256:dd
    # via firmtrade (pyproject.toml:dev)
"""
PROJECT = {"name": "firmtrade", "version": "1", "license": "MIT", "dependencies": ["alpha>=1"],
           "optional-dependencies": {}}  # fmt: skip


def tool(root: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, root / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def test_the_bill_has_each_package_with_its_hashes_and_what_it_needs(root: Path) -> None:
    sbom = tool(root, "sbom")
    made = sbom.bill(LOCK, PROJECT, sbom.running(LOCK, PROJECT))
    assert made == sbom.bill(LOCK, PROJECT, sbom.running(LOCK, PROJECT))
    assert [(each["name"], each["version"], each["scope"]) for each in made["components"]] == [
        ("alpha", "1.0", "required"), ("beta", "2.1", "required"), ("gamma", "3.0", "excluded"),
    ]  # fmt: skip
    assert [each["content"] for each in made["components"][0]["hashes"]] == ["aa", "bb"]
    needs = {each["ref"]: each["dependsOn"] for each in made["dependencies"]}
    assert needs["pkg:pypi/alpha@1.0"] == ["pkg:pypi/beta@2.1"] == needs["pkg:pypi/gamma@3.0"]
    assert needs["pkg:pypi/firmtrade@1"] == ["pkg:pypi/alpha@1.0", "pkg:pypi/gamma@3.0"]


def test_the_bill_of_the_lock_is_whole(root: Path) -> None:
    sbom = tool(root, "sbom")
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = sbom.bill(text, project, sbom.running(text, project))
    assert len(made["components"]) == sum("==" in line and line[0] != " " for line in text.splitlines())
    assert all(each["hashes"] for each in made["components"])
    scopes = {each["name"]: each["scope"] for each in made["components"]}
    assert scopes["duckdb"] == "required" and scopes["pytest"] == "excluded"
    references = {each["bom-ref"] for each in made["components"]}
    assert all(set(each["dependsOn"]) <= references for each in made["dependencies"])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "not reachable"),
        ("no JSON", "not reachable"),
        ([{"name": "a", "skip_reason": "not found"}], "knows none of the 1"),
        ([{"name": "a", "version": "1", "vulns": []}], "1 packages asked, 0 with"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "X-1"}]}], "a 1: X-1"),
    ],
)
def test_the_audit_says_what_was_asked(root: Path, answer: object, told: str) -> None:
    said = answer if isinstance(answer, str) else json.dumps({"dependencies": answer})
    assert told in "\n".join(tool(root, "audit").report(said))


@pytest.mark.slow
def test_two_builds_give_the_same_wheel(root: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        place = tmp_path / name
        place.mkdir()
        for part in ("src", "studies"):
            shutil.copytree(root / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / part, place / part)
        for path in place.rglob("*"):
            os.utime(path, (1e9 + len(name) * len(made), 1e9))
        command = [
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "-t",
            "wheel",
            "-d",
            str(tmp_path / f"dist-{name}"),
        ]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
        (wheel,) = (tmp_path / f"dist-{name}").glob("*.whl")
        made.append((wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()))
    assert made[0] == made[1]
    with zipfile.ZipFile(wheel) as archive:
        assert "firmtrade/studies/belgium-2002/study.toml" in archive.namelist()
