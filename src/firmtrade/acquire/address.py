"""The address of a database as text: its table, and how it is shown without what it hides."""

from __future__ import annotations

import re

#: SQLite is known by its ending too.
SQLITE = (".db", ".sqlite", ".sqlite3")
_ADDRESS = re.compile(r"[a-z][a-z0-9+]*://", re.IGNORECASE)
_TABLE = re.compile(r"#([^#@/?]+)\Z")


def is_address(source: str) -> bool:
    """Whether it is an address (scheme://...) and not a file."""
    return _ADDRESS.match(source) is not None


def split_table(address: str) -> tuple[str, str]:
    """('sqlite:///panel.db', 'firms') of 'sqlite:///panel.db#firms'; '' where no table is named."""
    found = _TABLE.search(address)
    return (address[: found.start()], found[1]) if found else (address, "")


def without_password(source: str) -> str:
    """An address that may be written down: no user, password or options; a file's name as it is.

    Everything up to the last @ goes, whatever signs a password has, and so do the options after ?.
    """
    if not is_address(source):
        return source
    address, table = split_table(source)
    scheme, rest = address.split("://", 1)
    host = rest.split("@")[-1].split("?")[0]
    return f"{scheme}://{'***@' if '@' in rest else ''}{host}{f'#{table}' if table else ''}"
