"""What README and CONTRIBUTING say about files, commands and codes is so."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from firmtrade import errors

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "docs/index.md",
    "docs/tutorial.md",
    "docs/agency.md",
    "docs/explanation/readiness.md",
    "docs/tec.md",
)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(root: Path, page: str) -> None:
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)", (root / page).read_text(encoding="utf-8"))
    broken = [
        link for link in links if "://" not in link and not (root / page).parent.joinpath(link).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_make_has_the_targets_that_are_named(root: Path, page: str) -> None:
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z-]+)(?=[`\s])", "\n".join(_code(root / page))))
    listed = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert named <= set(re.findall(r"make ([a-z-]+)", listed))


def test_exit_codes_are_those_of_the_errors(root: Path) -> None:
    rows = re.findall(r"^\| (\d+) \| ", (root / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    raised = {kind.exit_code for kind in errors.FirmtradeError.__subclasses__()}
    assert {int(code) for code in rows} == {0, 2} | raised


def test_every_module_has_its_place_in_the_import_order(root: Path) -> None:
    said = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(r"Imports run one way: (.*?)\. `make gate`", said, re.DOTALL)
    assert found is not None
    order = " ".join(found[1].split())
    contract = (root / "pyproject.toml").read_text(encoding="utf-8")
    for name in re.split(r"[>,] ?", order):
        assert re.search(rf'"[^"]*\b\(?{name.strip()}\)?[^"]*"', contract), name


def _code(page: Path) -> list[str]:
    """The fenced blocks and the `code` of a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
