"""Where a firm leaves a trace: every file with what is packed in it, and texts."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from support_custodian import TRACES

#: What stands above everything that shows confidential figures or rows.
MARK = "CONFIDENTIAL"


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder with its name, and what is packed in it."""
    for path in sorted(folder.rglob("*")):
        yield f"the name {path.name}", path.name.encode()
        if path.is_file():
            yield from unpacked(path.name, path.read_bytes())


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file and what is in it: members of archives, streams and text of a PDF, texts of a PNG, data URIs."""
    yield name, content
    if zipfile.is_zipfile(BytesIO(content)):
        with zipfile.ZipFile(BytesIO(content)) as file:
            yield f"{name}: comment", file.comment
            for member in file.infolist():
                yield f"{name}: {member.filename}", member.comment + member.extra
                yield from unpacked(f"{name}: {member.filename}", file.read(member))
    if content.startswith(b"%PDF"):
        yield from _pdf(name, content)
    if content.startswith(b"\x89PNG"):
        yield from _png(name, content)
    for found in re.findall(rb"data:[a-z/+;=0-9.-]*base64,([A-Za-z0-9+/=]{20,})", content):
        yield from unpacked(f"{name}: data URI", base64.b64decode(found))
    if b"data:" in content and b"%" in content:
        yield f"{name}: unquoted", urllib.parse.unquote_to_bytes(content)


def _pdf(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.S):
        try:
            yield from unpacked(f"{name}: a stream", zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    for text in re.findall(rb"<((?:[0-9A-Fa-f]{2}){4,})>", content):  # strings in hexadecimal
        yield f"{name}: a string", bytes.fromhex(text.decode())
    if shutil.which("pdftotext"):
        command = ["pdftotext", "-layout", "-", "-"]
        yield (
            f"{name}: its text",
            subprocess.run(command, input=content, capture_output=True, check=True).stdout,
        )


def _png(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The chunks of a PNG that hold texts, packed or not."""
    at = 8
    while at + 8 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP"):
            yield f"{name}: {kind.decode()}", body
            for start in (m.end() for m in re.finditer(b"\0", body)):
                packed = body[start + 1 :] if kind in (b"zTXt", b"iCCP") else body[start:]
                try:
                    yield f"{name}: {kind.decode()}, unpacked", zlib.decompressobj().decompress(packed)
                except zlib.error:
                    continue
        at += 12 + size


def traces(found: Iterable[tuple[str, bytes]], wanted: Iterable[bytes] = TRACES) -> list[tuple[str, str]]:
    """(where, what) of each trace of the canary, in UTF-8 or UTF-16."""
    patterns = list(wanted)
    hits = []
    for name, content in found:
        for text in (content, content.replace(b"\0", b"")):
            hits += [(name, hit[0].decode("latin-1")) for p in patterns if (hit := re.search(p, text))]
            if text is content and b"\0" not in content:
                break
    return hits


_searched: dict[tuple[str, bytes, tuple[bytes, ...]], list[tuple[str, str]]] = {}


def traces_in(folder: Path, wanted: Iterable[bytes] = TRACES) -> list[tuple[str, str]]:
    """The traces in the files of a folder, and in their names.

    Bytes that were searched for the same are not unpacked again: a folder that grows is searched often.
    """
    patterns, hits = tuple(wanted), []
    for path in sorted(folder.rglob("*")):
        hits += traces([(f"the name {path.name}", path.name.encode())], patterns)
        if path.is_file():
            content = path.read_bytes()
            key = (path.name, hashlib.sha256(content).digest(), patterns)
            if key not in _searched:
                _searched[key] = traces(unpacked(path.name, content), patterns)
            hits += _searched[key]
    return hits


def said(**texts: str) -> list[tuple[str, bytes]]:
    """Texts as contents."""
    return [(name, text.encode()) for name, text in texts.items()]
