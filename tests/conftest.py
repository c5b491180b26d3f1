"""What every test gets: the shared data if it is there, and a guard on the repository."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# The same examples in every run and nothing kept between runs. HYPOTHESIS_PROFILE=long looks further.
settings.register_profile("default", derandomize=True, database=None, deadline=None)
settings.register_profile("long", max_examples=2000, database=None, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Python, pytest and the type checker keep their caches in the checkout; that is not a test's doing.
_CACHES = {"__pycache__", ".pytest_cache", ".mypy_cache", ".hypothesis", ".venv", ".git"}
_CHANGES = {"os.mkdir": 0, "os.rename": 1, "os.remove": 0, "os.rmdir": 0, "os.link": 1, "os.symlink": 1}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_touched: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: remember each path in the repository that Python opens for writing or changes."""
    if event == "open":
        path, _mode, flags = arguments
        if not isinstance(flags, int) or not flags & _WRITING:
            return
    elif event in _CHANGES:
        path = _from_folder(arguments[_CHANGES[event]], arguments[-1])
    else:
        return
    if not isinstance(path, str | bytes | os.PathLike):
        return  # a file descriptor: it was seen when it was opened
    full = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - resolve() would open files itself
    if full.is_relative_to(ROOT) and not _CACHES & set(full.relative_to(ROOT).parts):
        _touched.append(str(full.relative_to(ROOT)))


def _from_folder(path: Any, folder: Any) -> Any:
    """The path below an open folder: shutil.rmtree names a file by its folder's descriptor (-1: none)."""
    if not isinstance(folder, int) or folder < 0 or not isinstance(path, str | bytes):
        return path
    with contextlib.suppress(OSError):
        return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))  # noqa: PTH115, PTH118
    return folder  # not to be told apart here; .ci/run sees it


sys.addaudithook(_watch)


def _handed_over(handle: int) -> None:
    """In the place of os.fsync: no test's files must outlive a power cut, and waiting for a disk is idle.

    A file that is not open is an error as ever. Child processes, as those that are killed, do wait.
    """
    os.fstat(handle)


os.fsync = _handed_over


#: Files of tests by the processor time that they took, so that no worker is left alone with a long one at
#: the end: a worker takes one file after another (`make test`). All others take less than 20 seconds each.
LONGEST = (
    "spec/test_engines.py",
    "spec/test_reconcile_publications.py",
    "browser/test_pages.py",
    "property/test_reuse.py",
    "property/test_protect_methods.py",
    "property/test_synthesize_exact.py",
    "spec/test_faults.py",
    "browser/test_agency_app.py",
    "spec/test_fuzz.py",
    "property/test_belgium_reference.py",
    "spec/test_support_kill.py",
    "browser/test_report.py",
    "browser/test_explore.py",
    "property/test_dynamics_reference.py",
    "property/test_tec_reference.py",
    "spec/test_reconcile_prose.py",
    "spec/test_protect_attack.py",
    "property/test_protect_witness.py",
    "peer/test_protect_tauargus.py",
    "spec/test_foretold.py",
    "spec/test_agency_demo.py",
    "spec/test_ledger.py",
    "property/test_reconcile_truth.py",
    "property/test_panel_formats.py",
    "spec/test_learning_study.py",
    "spec/test_nothing_leaves.py",
    "spec/test_tec_study.py",
    "property/test_twin.py",
    "spec/test_canary.py",
    "spec/test_cli.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the order within a file stays."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    assert all(path.exists() for path in place), "LONGEST names a file of tests that is not there"
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.fixture(autouse=True)
def repository_untouched() -> Iterator[None]:
    """Fail the test that wrote in the repository: results belong in tmp_path.

    Sees what this process does through Python. What a child process or DuckDB writes is found by
    .ci/run, which asks git at its end whether the checkout is as it was.
    """
    yield
    found = sorted(set(_touched))
    _touched.clear()
    assert not found, f"the test wrote in the repository, not in tmp_path: {', '.join(found)}"


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout: studies, examples and documents are found from here."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data to test against; the test is skipped where it is absent.

    It is named by FIRMTRADE_SHARED, or lies beside the checkout as `shared`.
    """
    folder = Path(os.environ.get("FIRMTRADE_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip("no folder of shared data: set FIRMTRADE_SHARED or put it beside the checkout")
    return folder
