"""The check scripts: each catches what it is there for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def load(root: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, root / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Put together here, so that this file is clean itself.
BAD = [
    "https://py" + "pi.org/simple",
    "see /wor" + "k/main/src",
    "open('/roo" + "t/panel.csv')",
    "# TO" + "DO: round",
    "ask farm" + "-hand",
]


@pytest.mark.parametrize("line", BAD)
def test_hygiene_finds(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    hygiene = load(root, "hygiene")
    monkeypatch.setattr(hygiene, "ROOT", tmp_path)
    (tmp_path / "page.md").write_text(f"first\n{line}\n")
    (fault,) = hygiene.faults(tmp_path / "page.md")
    assert fault.startswith("page.md:2: ")


def test_hygiene_lets_ordinary_text_pass(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hygiene = load(root, "hygiene")
    monkeypatch.setattr(hygiene, "ROOT", tmp_path)
    (tmp_path / "page.md").write_text("import/export, docs/work/x.md, https://example.org/work/ and ~/home\n")
    assert hygiene.faults(tmp_path / "page.md") == []


def test_the_lock_may_hold_no_address(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hygiene = load(root, "hygiene")
    monkeypatch.setattr(hygiene, "ROOT", tmp_path)
    (tmp_path / "requirements.lock").write_text("--index-url https://mirror.example/simple\n")
    assert len(hygiene.faults(tmp_path / "requirements.lock")) == 1


def test_caps_count_the_whole_function(root: Path) -> None:
    caps = load(root, "caps")
    tree = caps.ast.parse('def f():\n    """Say.\n\n    More.\n    """\n    return 1\n')
    assert caps.function_sizes(tree) == [("f", 1, 6)]


def test_the_reference_is_compared_page_by_page(root: Path) -> None:
    docs = load(root, "docs_current")
    now = {"reference/a.md": b"1", "manual/b.md": b"2"}
    assert docs.differences(now, {"manual/b.md": b"3", "manual/c.md": b"4"}) == [
        "docs/manual/b.md: out of date",
        "docs/manual/c.md: left over",
        "docs/reference/a.md: missing",
    ]


@pytest.mark.parametrize(
    ("terms", "refused"),
    [("GPL-3.0-only", True), ("AGPL-3.0", True), ("EUPL-1.2", True), ("LGPL-3.0-only", False)],
)
def test_licences_refused_at_run_time(root: Path, terms: str, refused: bool) -> None:
    assert bool(load(root, "licences").REFUSED.search(terms)) is refused
