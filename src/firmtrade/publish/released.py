"""release.json: the Release itself as data, so that it can be served and joined with others later.

The report and the tables are for readers; this file is for `firmtrade serve` and `firmtrade combine`. It has
what the report has and nothing more: hidden figures have no value in it. It is read back whole or not at
all, and only where its hash is the one in manifest.json.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import DataError, DisclosureError, FirmtradeError
from firmtrade.publish.check import check
from firmtrade.publish.manifest import sha256
from firmtrade.publish.only import only_release
from firmtrade.publish.stage import MADE_BY, MANIFEST
from firmtrade.result import Release

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FILE = "release.json"
#: Changes when an older firmtrade could misread the file.
FORMAT = 1


def release_json(release: Release) -> bytes:
    """The release as JSON: the same release gives the same bytes.

    Codes stay in their order, in which tables print them.

    Raises:
        DisclosureError: it is not a Release, or a cell that is not free still has a value.
    """
    only_release(release)
    whole = {"format": FORMAT, "release": _adapter().dump_python(release, mode="json")}
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def parse_release(content: bytes, name: str) -> Release:
    """The release that `release_json` wrote; `name` is the file for messages.

    Raises:
        DataError: it is not such a file, or of a format that this version cannot read.
        DisclosureError: a cell that is not free has a value.
    """
    try:
        whole: Any = json.loads(content)
        kept = whole["format"], whole["release"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{name} is not a release that firmtrade wrote.") from None
    if kept[0] != FORMAT:
        raise DataError(
            f"{name} has format {kept[0]}, and this version of firmtrade reads format {FORMAT}. Run the "
            "study again with this version, or use the version that wrote it (see manifest.json)."
        )
    release = _validated(kept[1], name)
    try:
        check(release)
    except DisclosureError:
        raise
    except FirmtradeError as error:
        raise DataError(f"{name} is not a release that can be shown: {error}") from None
    return release


def read_release(folder: Path) -> Release:
    """The release in a folder that `firmtrade run` wrote, as it was written.

    Raises:
        DataError: the folder has no release, or one that was changed after it was written.
        DisclosureError: a cell that is not free has a value.
    """
    path, listed = folder / FILE, outputs(folder)
    if FILE not in listed or not path.is_file():
        raise DataError(
            f"{folder} has no {FILE}: it was written by an earlier version of firmtrade, or not whole. Run "
            f"the study again: firmtrade run STUDY --out {folder}"
        )
    if sha256(path) != listed[FILE]:
        raise DataError(
            f"{path} was changed after it was written: it is not what {MANIFEST} says. Run the study again."
        )
    return parse_release(path.read_bytes(), str(path))


def outputs(folder: Path) -> dict[str, str]:
    """The files of a folder that `firmtrade run` wrote, with their SHA-256, as its manifest lists them.

    Raises:
        DataError: it is not such a folder.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["made_by"] == MADE_BY:
            return dict(manifest["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DataError(
        f"{folder} is not a folder that firmtrade run wrote ({MANIFEST} of ours is not in it). "
        "Make one first: firmtrade run STUDY --out DIR"
    )


def _validated(data: Any, name: str) -> Release:
    from pydantic import ValidationError

    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{name} is not a release that firmtrade wrote: {where}: {first['msg']}.") from None


@cache
def _adapter() -> TypeAdapter[Release]:
    from pydantic import TypeAdapter

    return TypeAdapter(Release)
