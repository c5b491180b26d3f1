"""A package: the release of one country, the manifest of its run and the hash of the pack that it answers.

Nothing that the custodian keeps is in it. It is made from a folder that `firmtrade run` wrote, and read
back whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from firmtrade.archive import PACKAGE, SMALL, Archive, digest, read_archive, text, write_archive
from firmtrade.errors import DataError, nearest
from firmtrade.publish.released import FILE, parse_release, read_release, release_json
from firmtrade.publish.stage import MANIFEST
from firmtrade.result import Release

ENDING = ".pkg"
#: Bytes of the largest release: tens of thousands of tables.
_LARGEST = {FILE: 256 * 2**20, MANIFEST: 4 * SMALL}
_COUNTRY = re.compile(r"[A-Z]{2}")
#: Eurostat's codes that differ from those of ISO 3166.
_EUROSTAT = {"EL": "GR", "UK": "GB"}


@dataclass(frozen=True)
class Package:
    """A country's release as it came; `hash` stands for the whole file."""

    file: str
    country: str
    title: str  # the country's name
    release: Release
    hash: str
    carries_signature: bool
    signed: bool  # with the key that was given


def country_title(code: str) -> str:
    """'BE' -> 'Belgium'.

    Raises:
        DataError: it is no code of a country.
    """
    from firmtrade.acquire.transactions.partners import partners

    names = {one.code: one.name for one in partners() if one.is_country}
    known = _EUROSTAT.get(code, code)
    if not _COUNTRY.fullmatch(code) or known not in names:
        hint = next((f" Did you mean '{c}'?" for c, n in names.items() if n.lower() == code.lower()), "")
        hint = hint or (f" Did you mean '{code.upper()}'?" if code.upper() in names else nearest(code, names))
        raise DataError(f"'{code}' is no code of a country: two capital letters, as BE of ISO 3166.{hint}")
    return names[known]


def write_package(folder: Path, path: Path, country: str, key: bytes = b"") -> str:
    """Write the package of the release in `folder`, as that of a country.

    Returns:
        The package's hash.

    Raises:
        DataError: the folder has no release, it was not made with a pack, or the country's code is wrong.
        DisclosureError: a cell that is not free has a value.
    """
    country_title(country)
    release = read_release(folder)
    made = release.provenance
    if not made.pack:
        raise DataError(
            f"{folder} was not made with a pack, so that nothing says that it answers the same questions as "
            "other countries. Run the pack: firmtrade run FILE.pack --panel PANEL --out DIR"
        )
    if "country" in release.words:
        raise DataError(f"{folder} is of several countries. Each country sends its own package.")
    if path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{path} would lie in the release {folder}. Give another place with -o.")
    files = {FILE: release_json(release), MANIFEST: (folder / MANIFEST).read_bytes()}
    facts = {
        "country": country,
        "study": release.study,
        "code": made.code,
        "catalog": made.pack_catalog,
        "pack": made.pack,
        "protected": release.protected,
        "protection": release.protection,
        "synthetic": made.synthetic,
    }
    return write_archive(path, PACKAGE, facts, files, key)


def read_package(path: Path, key: bytes = b"") -> Package:
    """A package, checked: its hashes, its signature if a key is given, and that it says what is in it.

    Raises:
        DataError: it is not a package, or was changed.
        DisclosureError: a cell that is not free has a value.
    """
    archive = read_archive(path, PACKAGE, _LARGEST, key)
    country = text(archive, "country")
    if set(archive.files) != set(_LARGEST):
        raise DataError(f"{path} lacks {' or '.join(sorted(set(_LARGEST) - set(archive.files)))}.")
    release = parse_release(archive.files[FILE], f"{path}, {FILE}")
    _agree(path, archive, release)
    title = country_title(country)
    return Package(
        path.name, country, title, release, archive.hash, archive.carries_signature, archive.signed
    )


def _agree(path: Path, archive: Archive, release: Release) -> None:
    """Refuse a package whose cover says something else than its release, or whose manifest is another's."""
    made = release.provenance
    inside = {"study": release.study, "code": made.code, "catalog": made.pack_catalog, "pack": made.pack}
    for name, said in inside.items():
        cover = text(archive, name) if name in ("study", "code") else digest(archive, name)
        if cover != said:
            raise DataError(f"{path} was changed after it was made: its {name} is not that of its release.")
    try:
        listed = json.loads(archive.files[MANIFEST])["outputs"][FILE]
    except (ValueError, KeyError, TypeError, RecursionError):
        listed = ""
    if listed != hashlib.sha256(archive.files[FILE]).hexdigest():
        raise DataError(f"{path} was changed after it was made: its {MANIFEST} is that of another release.")


def read_packages(paths: Sequence[Path], key: bytes = b"") -> list[Package]:
    """The packages of several countries, in the order of their codes, of one pack and one version.

    Raises:
        DataError: fewer than two, a country twice, other versions, definitions or packs.
    """
    found = sorted((read_package(path, key) for path in paths), key=lambda one: one.country)
    if len(found) < 2:
        raise DataError("Give at least two packages: firmtrade combine BE.pkg NL.pkg -o DIR")
    for one, other in pairwise(found):
        if one.country == other.country:
            raise DataError(
                f"{one.file} and {other.file} are both of {one.title} ({one.country}). Give one of them."
            )
    _same(found, "version of firmtrade", [one.release.provenance.code for one in found])
    _same(found, "pack", [one.release.provenance.pack for one in found])
    _same(found, "study", [one.release.study for one in found])
    _same(found, "catalog of definitions", [one.release.provenance.pack_catalog for one in found])
    return found


def _same(found: Sequence[Package], what: str, values: Sequence[str]) -> None:
    for one, value in zip(found, values, strict=True):
        if value != values[0]:
            first = found[0]
            raise DataError(
                f"{one.file} ({one.country}) and {first.file} ({first.country}) were not made with the same "
                f"{what}: {value[:16]} and {values[0][:16]}. Their figures cannot be compared. Send all "
                "offices one pack, and one version of firmtrade to run it."
            )
