"""A small writer of SAS data sets (.sas7bdat) for the tests: no free program writes them.

After the public description of the format by M. Shotwell and others (the vignette of the R package
sas7bdat): a header of 1,024 bytes, one page of metadata, then pages of rows, 32 bits, little endian, not
compressed. Two readers that share no code with it or each other, ReadStat and pandas, read what it writes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_ENCODINGS = {"utf-8": 20, "latin-1": 29, "cp1252": 62}
_PAGE = 16_384
_HEADER = 1_024
#: '.' and '.A' as SAS stores them: a NaN whose third byte from the end tells which.
MISSING, MISSING_A = (struct.pack("<Q", 0xFFFF000000000000 | tag << 40) for tag in (0xFE, 0xFD))


def write_sas(path: Path, rows: Sequence[Sequence[Any]], columns: Sequence[str], encoding: str = "utf-8",
              formats: dict[str, str] | None = None) -> Path:  # fmt: skip
    """Text columns are those with a text in some row; None is missing, '.A' a missing value with a letter."""
    widths = [_width([row[at] for row in rows], encoding) for at in range(len(columns))]
    length = sum(width or 8 for width in widths)
    body = [b"".join(map(_cell, row, widths, [encoding] * len(row))) for row in rows]
    fit = (_PAGE - 24) // length
    pages = [_metadata(columns, widths, len(rows), formats or {})]
    for start in range(0, len(rows), fit):
        some = body[start : start + fit]
        pages.append(_page(0x100, len(some), 0, b"".join(some)))
    path.write_bytes(_header(len(pages), encoding) + b"".join(pages))
    return path


def _width(values: list[Any], encoding: str) -> int:
    """Bytes of a text column; 0 for a column of numbers."""
    texts = [value.encode(encoding) for value in values if isinstance(value, str) and value != ".A"]
    return max(map(len, texts), default=0)


def _cell(value: Any, width: int, encoding: str) -> bytes:
    if width:
        return ("" if value is None else str(value)).encode(encoding).ljust(width)
    if value is None or value == ".A":
        return MISSING if value is None else MISSING_A
    return struct.pack("<d", float(value))


def _header(pages: int, encoding: str) -> bytes:
    header = bytearray(_HEADER)
    header[:32] = _MAGIC
    for at, part in ((32, b"\x22"), (35, b"\x22"), (37, b"\x01"), (39, b"1"),
                     (70, bytes([_ENCODINGS[encoding]])),
                     (84, b"SAS FILE" + b"PANEL".ljust(64) + b"DATA    "),
                     (196, struct.pack("<iii", _HEADER, _PAGE, pages)), (216, b"9.0401M2")):  # fmt: skip
        header[at : at + len(part)] = part
    return bytes(header)


def _page(kind: int, blocks: int, parts: int, content: bytes) -> bytes:
    page = bytes(16) + struct.pack("<HHHH", kind, blocks, parts, 0) + content
    assert len(page) <= _PAGE, "too many columns for one page of metadata"
    return page.ljust(_PAGE, b"\0")


def _metadata(columns: Sequence[str], widths: list[int], rows: int, formats: dict[str, str]) -> bytes:
    text, at = b"", {}
    for word in (*columns, *formats.values()):
        at[word] = (40 + len(text), len(word.encode()))  # from the place of the block's own size
        text += word.encode() + bytes(-len(word.encode()) % 4)
    length = sum(width or 8 for width in widths)
    size = bytearray(480)
    struct.pack_into("<4s16xii", size, 0, b"\xf7" * 4, length, rows)
    struct.pack_into("<ii", size, 36, len(columns), 0)
    names = b"".join(struct.pack("<HHHH", 0, *at[name], 0) for name in columns)
    attributes, offset = b"", 0
    for width in widths:
        attributes += struct.pack("<iiHBB", offset, width or 8, 4, 2 if width else 1, 0)
        offset += width or 8
    parts = [bytes(size), b"\xf6" * 4 + struct.pack("<ii", len(columns), 0),
             _sized(b"\xfd\xff\xff\xff", bytes(32) + text), _sized(b"\xff\xff\xff\xff", names),
             _sized(b"\xfc\xff\xff\xff", attributes)]  # fmt: skip
    parts += [_format(at.get(formats.get(name, ""), (0, 0))) for name in columns]
    start, pointers = 24 + 12 * len(parts), b""
    for part in parts:
        pointers += struct.pack("<iiBBH", start, len(part), 0, 0, 0)
        start += len(part)
    return _page(0, len(parts), len(parts), pointers + b"".join(parts))


def _sized(signature: bytes, content: bytes) -> bytes:
    """A block that says its own size (less 12 bytes) after its signature."""
    padded = content + bytes(-len(content) % 8)
    return signature + struct.pack("<Hxxxxxx", len(padded) + 8) + padded + bytes(8)


def _format(place: tuple[int, int]) -> bytes:
    return b"\xfe\xfb\xff\xff" + bytes(30) + struct.pack("<HHH", 0, *place) + bytes(12)
