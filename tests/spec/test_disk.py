"""Folders that are held, swept and swapped; see test_faults.py for runs that are killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from firmtrade import disk
from firmtrade.disk import Scratch
from firmtrade.errors import DataError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_scratch_folder_that_is_held_stays_and_one_that_is_not_goes(place: Path) -> None:
    left = place / f"{disk.SCRATCH}left"
    left.mkdir()
    (left / "rows.tmp").write_text("firm", encoding="utf-8")
    with Scratch() as one:
        assert not left.exists()
        with Scratch() as two:
            assert one.is_dir() and two.is_dir() and one.stat().st_mode & 0o777 == 0o700
        assert one.is_dir() and not two.exists()
    assert names(place) == []


def test_what_is_not_ours_is_not_swept(place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine" / "a").write_text("", encoding="utf-8")
    (place / f"{disk.SCRATCH}link").symlink_to(place / "mine")
    (place / f"{disk.SCRATCH}file").write_text("", encoding="utf-8")
    with Scratch():
        pass
    assert (place / "mine" / "a").exists()
    assert names(place) == [f"{disk.SCRATCH}file", f"{disk.SCRATCH}link", "mine"]


def test_a_scratch_folder_goes_with_its_object(place: Path) -> None:
    made = Scratch()
    assert made.path.is_dir()
    del made
    assert names(place) == []


def test_a_folder_that_was_swept_before_it_was_held_is_made_again(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, lost = disk.hold, []

    def late(file: Path, surely: bool = False):
        if not lost:
            lost.append(file.parent)
            file.parent.rmdir()
        return hold(file, surely)

    monkeypatch.setattr(disk, "hold", late)
    folder, lock = disk.held_folder(place, "x-")
    with lock:
        assert folder.is_dir() and folder != lost[0] and names(place) == [folder.name]


def test_a_name_with_signs_of_a_pattern_does_not_reach_its_neighbours(place: Path) -> None:
    other = place / f"{disk.prefix(place / 'ab', 'earlier')}1"
    other.mkdir()
    disk.recover(place / "a*")
    assert other.is_dir() and not (place / "a*").exists()
    (place / f"{disk.prefix(place / '[x]', 'stage')}1").mkdir()
    disk.sweep(place, disk.prefix(place / "[x]", "stage"))
    assert names(place) == [other.name]


def test_who_is_alone_says_so_to_others(place: Path) -> None:
    with disk.alone(place / "run", "busy"):
        with pytest.raises(DataError, match="busy"), disk.alone(place / "run", "busy"):
            pass
        assert names(place) == ["run"]
    assert names(place) == []


def test_parents_that_were_made_for_nothing_go_again(place: Path) -> None:
    (place / "a").mkdir()
    with pytest.raises(RuntimeError), disk.parents_made(place / "a" / "b" / "c"):
        raise RuntimeError
    assert names(place) == ["a"] and names(place / "a") == []


def test_a_disk_that_refuses_is_said_in_words(place: Path) -> None:
    with pytest.raises(DataError, match=r"No space left on device.*--out"), disk.writing(place, "--out"):
        raise OSError(28, os.strerror(28))
