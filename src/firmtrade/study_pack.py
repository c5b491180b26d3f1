"""A pack: one file with all that a partner needs to run a study on its own panel, and nothing of a panel.

In it are the study as it is resolved (what it extends is in it), its published figures if it ships some, and
the version and the definitions that it was made with. A partner runs it as it would run a study file, or
extends it in a file that says how its own panel is read and by which rules its own office protects:

    extends = "exporters.pack"
    [panel.columns]
    turnover = "OMZET"
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from firmtrade.archive import PACK, SMALL, Archive, digest, read_archive, text, write_archive
from firmtrade.disk import Scratch
from firmtrade.errors import StudyError

#: A file of this ending is a pack wherever a study is named.
ENDING = ".pack"
STUDY, PUBLISHED = "study.toml", "published.csv"
#: What each office says for itself: how its data are read and where it computes, how it protects what leaves.
_MACHINE = ("memory", "engine")
OWN = ("panel", "transactions", "register", "accounts", "identifiers", "thresholds", "source", "protect",
       "published", *_MACHINE)  # fmt: skip
_READ = ("panel", "transactions", "register", "accounts", "identifiers")
#: What says where the coordinator's own files are and how they are written: not the partner's.
_FILES = {"files", "format", "delimiter", "decimal", "thousands", "encoding", "sheet", "table", "columns",
          "units", "codes", "missing", "constant", "year_offset", "drop", "regions"}  # fmt: skip
#: What names a file that only the coordinator has.
_SECRETS = {"secret", "ledger"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Pack:
    """A pack that was read: the study's contents, its name, and what is known of the pack."""

    raw: dict[str, Any]
    name: str
    hash: str


def write_pack(path: Path, raw: Mapping[str, Any], name: str, catalog: str) -> str:
    """Write the pack of a study file's contents (resolved), whose definitions have the hash `catalog`.

    Returns:
        The pack's hash, which a release made with it carries.

    Raises:
        StudyError: the study holds what cannot be written as TOML.
        DataError: the file cannot be written.
    """
    from firmtrade import __version__

    told = portable(raw)
    files = {STUDY: _checked(told).encode("utf-8")}
    published = told.get("published", {}).get("file")
    if published:
        files[PUBLISHED] = Path(raw["published"]["file"]).read_bytes()
    facts = {
        "study": name,
        "title": str(raw.get("title", name)),
        "code": __version__,
        "catalog": catalog,
    }
    return write_archive(path, PACK, facts, files)


def portable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The study without what is about the coordinator's own files: a partner says these for itself.

    Columns beyond the contract keep their names, for the study's words use them.
    """
    told = {key: value for key, value in raw.items() if key not in (PACK, *_MACHINE)}
    for part in _READ:
        if part in told:
            ours = dict(told[part])
            further = {name: name for name in ours.get("columns", {}) if name not in _contract()}
            told[part] = {key: value for key, value in ours.items() if key not in _FILES}
            told[part] |= {"columns": further} if further else {}
    if "protect" in told:
        told["protect"] = {key: value for key, value in told["protect"].items() if key not in _SECRETS}
    entry = told.get("published")
    if entry and entry.get("file"):
        told["published"] = {**entry, "file": PUBLISHED}
    else:
        told.pop("published", None)
    return told


@cache
def _contract() -> frozenset[str]:
    from firmtrade.acquire.contract import CONTRACT

    return frozenset(column.name for column in CONTRACT)


def read_pack(path: Path) -> Pack:
    """The study in a pack; its published figures are laid into a folder that lives as long as this process.

    Raises:
        DataError: it is not a pack, or was changed.
        StudyError: it was made with another version of firmtrade.
    """
    from firmtrade import __version__

    archive = read_archive(path, PACK, {STUDY: SMALL, PUBLISHED: 16 * SMALL})
    made_by = text(archive, "code")
    if made_by != __version__:
        raise StudyError(
            f"{path.name} was made with firmtrade {made_by}, and this is firmtrade {__version__}. Figures of "
            f"several countries are compared only when one version made them all: install {made_by}, or ask "
            "for a pack of this version."
        )
    try:
        raw = tomllib.loads(archive.files[STUDY].decode("utf-8"))
    except (KeyError, ValueError, RecursionError) as error:
        raise StudyError(f"{path.name}: its {STUDY} cannot be read: {error}") from None
    if "published" in raw:
        raw["published"] = {**raw["published"], "file": str(_laid(archive))}
    name = text(archive, "study")
    about = {"hash": archive.hash, "catalog": digest(archive, "catalog"), "study": name, "file": path.name}
    return Pack({**raw, PACK: about}, name, archive.hash)


def own_only(raw: Mapping[str, Any], file: str) -> None:
    """Refuse a file that changes what a pack asks: its figures could not be put beside other countries'."""
    for key in raw:
        if key not in (*OWN, "extends"):
            raise StudyError(
                f"{file}: '{key}' is the pack's, and all countries answer the same questions with the same "
                f"words. A file that extends a pack says only how this office reads its data, where it "
                f"computes and how it protects what leaves: {', '.join(OWN)}."
            )


def same_words(about: Mapping[str, str], catalog: str) -> None:
    """Refuse to run a pack with definitions other than those that it was made with."""
    if about and about["catalog"] != catalog:
        raise StudyError(
            f"{about['file']} was made with other definitions than this firmtrade has, though the version "
            "has the same name. Install the same firmtrade as the office that made the pack."
        )


def _laid(archive: Archive) -> Path:
    if PUBLISHED not in archive.files:
        raise StudyError(f"{archive.name}: the published figures that its study names are not in it.")
    path = _folder(archive.hash).path / PUBLISHED
    path.write_bytes(archive.files[PUBLISHED])
    return path


@cache
def _folder(digest: str) -> Scratch:
    """One folder for each pack, removed when the process ends."""
    return Scratch()


# -- TOML ------------------------------------------------------------------------------------------------


def _checked(raw: Mapping[str, Any]) -> str:
    written = toml(raw)
    if tomllib.loads(written) != raw:
        raise StudyError("The study cannot be written as it was read. Nothing was packed.")
    return written


def toml(raw: Mapping[str, Any]) -> str:
    """A study's contents as TOML, a heading for each part and each entry, entries in their order."""
    single = {key: value for key, value in raw.items() if not isinstance(value, Mapping)}
    blocks = ["".join(_lines(single))] if single else []
    for key, part in raw.items():
        if not isinstance(part, Mapping):
            continue
        if part and all(isinstance(entry, Mapping) for entry in part.values()):
            blocks += [f"[{_key(key)}.{_key(n)}]\n{''.join(_lines(entry))}" for n, entry in part.items()]
        else:
            blocks.append(f"[{_key(key)}]\n{''.join(_lines(part))}")
    return "\n".join(blocks)


def _lines(entry: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}\n" for key, value in entry.items()]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    # A string of JSON is one of TOML, but for the one control character that JSON lets stand.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(line.rstrip() for line in _lines(value))} }}" if value else "{}"
    return str(value)
