"""Names of SDMX: codes, components and maintainable artefacts are written in few characters.

A code of ours may hold others ('20+'). It is then written as in a web address, with `$` for the per cent sign
('20$2B'): whoever has the id has the code, without a list. The alphabet of code ids is `IDType`, that of
components `NCNameIDType` (SDMX 3.0, section 6 and SDMXCommonReferences.xsd).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9_@-]")
_ESCAPED = re.compile(r"\$([0-9A-F]{2})")
_NOTHING = "$"  # the id of the empty code: an escape is never one sign long
_ID = re.compile(r"[A-Za-z0-9_@$-]+")
AGENCY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")


def code_id(code: str) -> str:
    """The id of a code: the code itself, with signs that no id may have as `$` and their UTF-8 bytes."""
    if not code:
        return _NOTHING
    return "".join(sign if _PLAIN.fullmatch(sign) else _escape(sign) for sign in code)


def _escape(sign: str) -> str:
    # A lone half of a surrogate pair is no text, but it has a way back all the same.
    return "".join(f"${byte:02X}" for byte in sign.encode("utf-8", "surrogatepass"))


def code_of(name: str) -> str:
    """The code that an id stands for: `code_of(code_id(code)) == code`.

    Raises:
        ValueError: no code has this id.
    """
    if name == _NOTHING:
        return ""
    raw = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name) if _ID.fullmatch(name) else ""
    try:
        code = raw.encode("latin-1").decode("utf-8", "surrogatepass")
    except UnicodeError:
        code = ""
    if not code or code_id(code) != name:
        raise ValueError(f"'{name}' is not the id of a code")
    return code


def artefact_id(name: str) -> str:
    """The id of a dataflow, structure or code list that is called after something of ours: `BELGIUM_2002`."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()
    return plain if plain[:1].isalpha() else f"X_{plain}".rstrip("_")


def component_ids(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """The id of each dimension: its name in capitals; a number behind it where that one is taken."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        first = artefact_id(name)
        number = 1
        chosen = first
        while chosen in used:
            number += 1
            chosen = f"{first}_{number}"
        used.add(chosen)
        found[name] = chosen
    return found
