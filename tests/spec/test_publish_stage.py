"""An output folder is written whole or not at all, and nothing of anybody else is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmtrade import disk
from firmtrade.errors import DataError
from firmtrade.publish.stage import MANIFEST, staged


def write(out: Path, text: str = "new") -> None:
    with staged(out) as folder:
        (folder / "a.txt").write_text(text, encoding="utf-8")
        (folder / MANIFEST).write_text(
            json.dumps({"made_by": "firmtrade", "outputs": {"a.txt": ""}}), encoding="utf-8"
        )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "out")
    assert names(tmp_path / "deep") == ["out"] and names(tmp_path / "deep" / "out") == ["a.txt", MANIFEST]


@pytest.mark.parametrize("atomic", [True, False])
def test_an_earlier_output_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    if not atomic:
        monkeypatch.setattr(disk, "exchange", lambda *_: False)
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert (tmp_path / "out" / "a.txt").read_text() == "new" and names(tmp_path) == ["out"]


def test_an_empty_folder_and_a_link_to_one_are_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    write(tmp_path / "out")
    assert (tmp_path / "out").is_symlink() and names(tmp_path / "real") == ["a.txt", MANIFEST]


def test_an_error_leaves_the_earlier_output(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "out") as folder:
        (folder / "a.txt").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert (tmp_path / "out" / "a.txt").read_text() == "old" and names(tmp_path) == ["out"]


def test_a_failed_second_rename_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "out", "old")
    monkeypatch.setattr(disk, "exchange", lambda *_: False)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if "stage" in self.name:
            raise OSError("the disk is gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(DataError, match="the disk is gone"):
        write(tmp_path / "out", "new")
    assert (tmp_path / "out" / "a.txt").read_text() == "old" and names(tmp_path) == ["out"]


@pytest.mark.parametrize("content", ["{}", "not json", '{"made_by": "somebody"}', "[1]"])
def test_somebody_elses_folder_is_refused_untouched(tmp_path: Path, content: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"was not written by firmtrade.*--out"):
        write(tmp_path / "out")
    assert names(tmp_path) == ["out"] and (tmp_path / "out" / MANIFEST).read_text() == content


def test_a_file_that_we_did_not_write_is_not_deleted(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "my notes.docx").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"my notes\.docx"):
        write(tmp_path / "out")
    (tmp_path / "out" / "my notes.docx").rename(tmp_path / "out" / "~$tables.xlsx")
    write(tmp_path / "out")


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="is a file"):
        write(tmp_path / "out")
    with pytest.raises(DataError, match="cannot be made"):
        write(tmp_path / "out" / "below")


_KILLED = """
import pathlib, sys, time
from firmtrade.publish.stage import staged
with staged(pathlib.Path(sys.argv[1])) as folder:
    (folder / "a.txt").write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")
def test_a_killed_run_leaves_the_output_and_is_swept_but_a_living_one_is_not(
    tmp_path: Path, root: Path
) -> None:
    write(tmp_path / "out", "old")
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        write(tmp_path / "out", "meanwhile")
        assert len(names(tmp_path)) == 2, "the living run keeps its staging folder"
        child.send_signal(signal.SIGKILL)
    assert (tmp_path / "out" / "a.txt").read_text() == "meanwhile" and len(names(tmp_path)) == 2
    write(tmp_path / "out", "new")
    assert names(tmp_path) == ["out"] and (tmp_path / "out" / "a.txt").read_text() == "new"


def test_an_output_moved_aside_by_a_killed_run_is_put_back(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    (tmp_path / "out").rename(tmp_path / f"{disk.prefix(tmp_path / 'out', 'earlier')}x")
    with pytest.raises(RuntimeError), staged(tmp_path / "out"):
        raise RuntimeError
    assert names(tmp_path) == ["out"] and (tmp_path / "out" / "a.txt").read_text() == "old"
