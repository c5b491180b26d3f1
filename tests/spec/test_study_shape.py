"""A study file with something else where text belongs, or something hidden, is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmtrade.errors import StudyError
from firmtrade.study import read_study, studies
from firmtrade.study_shape import check_shape


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("panel = 3", "panel is a table of keys and values, not the number 3"),
        ("[tables]\nx = 1", r"tables\.x is a table"),
        ("[tables.x]\nsample = ['a']", r"tables\.x\.sample is text, not a list"),
        ("[tables.x]\nmeasures = [1]", r"tables\.x\.measures, 1 is text, not the number 1"),
        ("[tables.x]\nmeasures = 1", r"tables\.x\.measures is text or a list of text, not the number 1"),
        ("[tables.x]\nby = true", r"tables\.x\.by is .*, not true or false"),
        ("[windows.w]\nt0 = 'a'", r"windows\.w\.t0 is a whole number, not the text 'a'"),
        ("[measures.x]\nexpr = 2002-01-01", r"measures\.x\.expr is text, not the date 2002-01-01"),
        ("[measures.x]\ndecimals = 1.5", r"measures\.x\.decimals is a whole number, not the number 1.5"),
        ("title = 'a\u202eb'", r"title: a character that is not seen .*U\+202E, right-to-left override"),
        ('title = "a\\u0000b"', r"title: a character that is not seen .*U\+0000"),
        ("[measures.'\u0435x']\ntitle = 'x'", "lower-case letters, digits and hyphens|lacks"),
        ("[parameters.x]\nvalues = [{ from = 1, value = 1e300 }]", "values, 1.value: too large"),
        ("[parameters.x]\nvalues = [{ from = 1, value = nan }]", "values, 1.value: not a number"),
        ("x = " + "[" * 40 + "]" * 40, "nested more than 12 deep"),
        ("x = " + "[" * 4000 + "]" * 4000, "nested too deeply"),
        ("x = " + "9" * 5000, "not a TOML file"),
    ],
)
def test_the_place_and_what_belongs_there_are_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=rf"(?s)mine\.toml.*({said})"):
        read_study(path)


def test_scripts_that_join_letters_are_written_as_they_are() -> None:
    check_shape({"title": "\u0645\u06cc\u200c\u062e\u0648, soft\u00adhyphen, Zürich, 日本\n"}, "x")


def test_a_name_that_no_file_can_have_is_no_study() -> None:
    for name in ("x" * 5000, "a\0b", ".", "/"):
        with pytest.raises(StudyError, match="There is no study"):
            read_study(name)


def test_every_study_that_ships_fits() -> None:
    assert all(read_study(name) for name in studies())
