"""release.json: a release is read back as it was written, and not at all where somebody changed it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from firmtrade.errors import DataError, DisclosureError
from firmtrade.publish import write
from firmtrade.publish.released import FILE, parse_release, read_release, release_json
from firmtrade.result import Release
from support_release import growth_table, printed_release, release, size_table, with_published


@pytest.mark.parametrize(
    "made", [release(size_table(), growth_table()), with_published(printed_release())], ids=["small", "all"]
)
def test_a_release_is_read_back_equal_and_prints_the_same(made: Release) -> None:
    read = parse_release(release_json(made), FILE)

    assert read == made
    assert release_json(read) == release_json(made)
    for before, after in zip(made.all_tables, read.all_tables, strict=True):
        assert [list(codes) for codes in before.labels.values()] == [
            list(codes) for codes in after.labels.values()
        ]


def test_a_folder_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = release(size_table())
    out = write(made, tmp_path / "out")

    assert read_release(out) == made
    again = write(read_release(out), tmp_path / "again")
    for path in sorted(out.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(out)).read_bytes(), path.name


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    out = write(release(size_table()), tmp_path / "out")
    (out / FILE).write_bytes((out / FILE).read_bytes().replace(b"size", b"Size", 1))

    with pytest.raises(DataError, match="changed after it was written"):
        read_release(out)


def test_a_folder_that_is_not_ours_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="firmtrade run STUDY --out DIR"):
        read_release(tmp_path)


def test_a_folder_of_an_earlier_version_says_to_run_again(tmp_path: Path) -> None:
    out = write(release(size_table()), tmp_path / "out")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    del manifest["outputs"][FILE]
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    with pytest.raises(DataError, match="earlier version"):
        read_release(out)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 1, "release": {}}',
        b'{"format": 1, "release": 3}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_not_a_release_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="not a release that firmtrade wrote"):
        parse_release(content, "x.json")


def test_another_format_names_both() -> None:
    with pytest.raises(DataError, match="has format 2, and this version of firmtrade reads format 1"):
        parse_release(b'{"format": 2, "release": {}}', "x.json")


def test_a_hidden_figure_with_a_value_is_neither_written_nor_read() -> None:
    made = release(size_table())
    table = made.tables[0]
    leaky = replace(made, tables=(replace(table, cells=(replace(table.cells[0], confidentiality="C"),)),))
    assert table.cells[0].value is not None
    with pytest.raises(DisclosureError):
        release_json(leaky)

    plain = json.loads(release_json(made))
    plain["release"]["tables"][0]["cells"][0]["confidentiality"] = "C"
    with pytest.raises(DisclosureError):
        parse_release(json.dumps(plain).encode(), FILE)
