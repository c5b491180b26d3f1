"""Files that travel between offices: a zip with a manifest that lists the hash of every file in it.

A pack goes to a partner, a package comes back. Both are read whole or not at all: what the manifest does
not list, what it lists otherwise and what is larger than it may be is refused, and nothing is ever unpacked
under a name that the file gives. The hashes find what was changed by accident; against somebody who writes
the hashes anew too, a package is signed with a key that both offices have (HMAC-SHA256, RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmtrade.errors import DataError

MADE_BY = "firmtrade"
#: Changes when an older firmtrade could misread the file.
FORMAT = 1
PACK, PACKAGE = "pack", "package"
SIGNATURE = "signature"
SHORTEST = 16  # bytes of a key
#: Bytes that a file may have, in all and for each of its parts; no release of ours comes near.
LARGEST = 512 * 2**20
SMALL = 4 * 2**20
#: A part that shrinks to less than this share of itself was made to burst whoever opens it.
DENSEST = 1 / 400
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can say: no clock in it


@dataclass(frozen=True)
class Archive:
    """A file that was read: what its manifest says, its files, and the hash of the manifest.

    `hash` stands for the whole: the manifest lists the hash of every file. `signed`: a key was given and
    the signature is right.
    """

    name: str
    facts: Mapping[str, Any]
    files: Mapping[str, bytes]
    hash: str
    carries_signature: bool = False
    signed: bool = False


def sealed(kind: str, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The manifest of such a file: the facts, and the hash of each file."""
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    whole = {"made_by": MADE_BY, "kind": kind, "format": FORMAT, **facts, "files": hashes}
    return (json.dumps(whole, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def write_archive(
    path: Path, kind: str, facts: Mapping[str, Any], files: Mapping[str, bytes], key: bytes = b""
) -> str:
    """Write the file, whole or not at all: the same facts and files give the same bytes.

    Returns:
        The hash of the manifest, which stands for the whole.

    Raises:
        DataError: `path` is a folder or cannot be written.
    """
    manifest = sealed(kind, facts, files)
    parts = {f"{kind}.json": manifest, **{name: files[name] for name in sorted(files)}}
    if key:
        parts[SIGNATURE] = _signature(manifest, key)
    if path.is_dir():
        raise DataError(f"{path} is a folder. Give the name of a file: -o {path / f'{kind}.zip'}")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in parts.items():
                archive.writestr(_entry(name), content)
        aside.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        aside.unlink(missing_ok=True)
    return hashlib.sha256(manifest).hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def read_archive(path: Path, kind: str, largest: Mapping[str, int], key: bytes = b"") -> Archive:
    """A file of this kind, with all its hashes checked; with a key its signature too.

    `largest` maps the files that may be in it to the bytes that each may have.

    Raises:
        DataError: it is not such a file, was changed, is of another format, or holds what it may not hold.
    """
    parts = _parts(path, kind, {f"{kind}.json": SMALL, SIGNATURE: 100, **largest})
    manifest = parts.pop(f"{kind}.json")
    signature = parts.pop(SIGNATURE, b"")
    if key:
        _check_signature(path, manifest, signature, key)
    facts = _facts(path, kind, manifest)
    hashes = facts.pop("files")
    if not isinstance(hashes, dict) or set(hashes) != set(parts):
        raise _changed(path, "the list of its files is not that of what is in it")
    for name, content in sorted(parts.items()):
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise _changed(path, f"{name} is not what was put in")
    digest = hashlib.sha256(manifest).hexdigest()
    return Archive(path.name, facts, parts, digest, bool(signature), bool(key))


def read_key(path: Path | None) -> bytes:
    """The key in a file, without the blanks around it; nothing where there is no file."""
    if path is None:
        return b""
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise DataError(f"The key {path} cannot be read: {error.strerror}.") from None
    if len(key) < SHORTEST:
        raise DataError(
            f"The key {path} has fewer than {SHORTEST} bytes. Make one of 32 random bytes and give it to the "
            "other office by another way than the package."
        )
    return key


def _parts(path: Path, kind: str, largest: Mapping[str, int]) -> dict[str, bytes]:
    """Every part of the zip, by name: only names that are expected, none twice, none too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            for entry in entries:
                _check_entry(path, kind, entry, largest)
            if len({entry.filename for entry in entries}) < len(entries):
                raise _changed(path, "it holds a file twice")
            if f"{kind}.json" not in {entry.filename for entry in entries}:
                raise DataError(f"{path} is not a {kind} of firmtrade: it has no {kind}.json.")
            return {entry.filename: _content(path, archive, entry) for entry in entries}
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise DataError(
            f"{path} is not a {kind} of firmtrade, or it is broken: it cannot be read as one. "
            "Ask for it again."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


def _check_entry(path: Path, kind: str, entry: zipfile.ZipInfo, largest: Mapping[str, int]) -> None:
    if entry.filename not in largest:
        raise DataError(
            f"{path} holds {entry.filename[:60]!r}, which is no part of a {kind}. It was not made by "
            "firmtrade, or was changed. Nothing was unpacked."
        )
    if entry.file_size > largest[entry.filename] or entry.compress_size < entry.file_size * DENSEST - 1000:
        raise DataError(
            f"{path}: {entry.filename} is larger than such a file can be ({entry.file_size:,} bytes of "
            f"{entry.compress_size:,}). Nothing was unpacked."
        )


def _content(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A part's bytes; one byte more than it says that it has would be a lie about its size."""
    with archive.open(entry) as part:
        content = part.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise _changed(path, f"{entry.filename} has not the size that it says")
    return content


def _facts(path: Path, kind: str, manifest: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(manifest)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or facts.get("made_by") != MADE_BY or facts.get("kind") != kind:
        raise DataError(f"{path} is not a {kind} of firmtrade: its {kind}.json is not of ours.")
    if facts.get("format") != FORMAT:
        raise DataError(
            f"{path} has format {facts.get('format')}, and this version of firmtrade reads format {FORMAT}. "
            "All offices need the same version."
        )
    if "files" not in facts:
        raise _changed(path, "the list of its files is missing")
    return {name: value for name, value in facts.items() if name not in ("made_by", "kind", "format")}


def text(archive: Archive, name: str) -> str:
    """A fact that is a text."""
    found = archive.facts.get(name)
    if not isinstance(found, str):
        raise DataError(f"{archive.name} does not say its {name}: it is not a file that firmtrade wrote.")
    return found


def digest(archive: Archive, name: str) -> str:
    """A fact that is a hash."""
    found = text(archive, name)
    if not _SHA256.fullmatch(found):
        raise DataError(f"{archive.name}: its {name} is no hash: it is not a file that firmtrade wrote.")
    return found


def _signature(manifest: bytes, key: bytes) -> bytes:
    return hmac.new(key, manifest, hashlib.sha256).hexdigest().encode("ascii")


def _check_signature(path: Path, manifest: bytes, signature: bytes, key: bytes) -> None:
    if not signature:
        raise DataError(f"{path} is not signed, and a key was given. Ask for it signed: --key FILE")
    if not hmac.compare_digest(_signature(manifest, key), signature.strip()):
        raise DataError(
            f"{path} is not signed with this key: another key was used, or it was changed on its way. "
            "Do not use it; ask the office that made it."
        )


def _changed(path: Path, what: str) -> DataError:
    return DataError(f"{path} was changed after it was made: {what}. Ask for it again.")
