"""The files of the release: only those that manifest.json lists, and only as they were written."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from firmtrade.publish.released import outputs
from firmtrade.serve.site import Site

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".xml": "application/xml",
}
#: These open in the browser; all others are saved.
SHOWN = (".html", ".pdf", ".svg", ".png")
_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Changed(Exception):
    """A file is not what the manifest says: it was changed or removed after it was written."""

    name: str


@dataclass(frozen=True)
class File:
    """A file as it is sent."""

    content: bytes
    headers: dict[str, str]


def listed(site: Site) -> dict[str, str]:
    """The release's files with their SHA-256, read once; none where the folder has no manifest."""
    kept = site.kept.get("files")
    if kept is None:
        found = outputs(site.folder) if (site.folder / "manifest.json").is_file() else {}
        kept = site.kept["files"] = {name: found[name] for name in sorted(found) if _plain(name)}
    files: dict[str, str] = kept
    return files


def _plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def file(site: Site, name: str) -> File | None:
    """A listed file; None for any other name.

    Raises:
        Changed: it is not what the manifest says.
    """
    known = listed(site).get(name)
    if known is None:
        return None
    try:
        path = (site.folder / name).resolve(strict=True)
        if not path.is_relative_to(site.folder.resolve()):
            raise Changed(name)
        content = path.read_bytes()
    except OSError:
        raise Changed(name) from None
    if hashlib.sha256(content).hexdigest() != known:
        raise Changed(name)
    return File(content, _headers(name, content))


def _headers(name: str, content: bytes) -> dict[str, str]:
    suffix = PurePosixPath(name).suffix.lower()
    how = "inline" if suffix in SHOWN else "attachment"
    return {
        "content-type": TYPES.get(suffix, "application/octet-stream"),
        "content-disposition": f'{how}; filename="{_safe(PurePosixPath(name).name)}"',
        "content-security-policy": policy(content) if suffix == ".html" else _CLOSED,
    }


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def policy(content: bytes) -> str:
    """What a page of the release may do: its own script and styles by their hashes, and no more."""
    scripts, styles = (_hashes(content, tag) for tag in (b"script", b"style"))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hashes(content: bytes, tag: bytes) -> str:
    found = re.findall(b"<" + tag + b"[^>]*>(.*?)</" + tag + b">", content, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(inside).digest()).decode("ascii") for inside in found]
    return " ".join(f"'sha256-{one}'" for one in dict.fromkeys(hashes)) or "'none'"
