"""A package of the extra `econ`: there, or an error that names the extra."""

from __future__ import annotations

import sys

import pytest

from firmtrade.errors import MissingExtra
from firmtrade.estimate.extras import econ


def test_gives_the_package() -> None:
    assert econ("scipy.stats", "a Wald test").__name__ == "scipy.stats"


def test_names_the_extra_where_the_package_is_missing() -> None:
    with pytest.raises(MissingExtra, match=r"^A premia regression needs .*firmtrade\[econ\]") as caught:
        econ("no_such_package_of_econ.part", "a premia regression")
    assert caught.value.exit_code == 15


def test_a_package_that_misses_something_of_its_own_is_not_called_missing(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_package_of_econ\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with pytest.raises(ModuleNotFoundError, match="no_such_package_of_econ"):
        econ("half_installed", "a premia regression")
