"""How numbers of firms are protected: what a study says of it, and the secret that it names.

The secret is the content of a file outside the study's folder. It is read when a release is made, held in
memory, and stands in no message, output, hash or log: whoever has it can take the noise off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError, nearest

if TYPE_CHECKING:
    from firmtrade._engine.engine import Engine

SUPPRESSION, KEYED = "suppression", "cell-key"
SMALL, CONTROLLED = "small-count-rounding", "controlled-rounding"
#: The methods, and the bases that each takes.
METHODS = {SUPPRESSION: (), SMALL: (3, 5), CONTROLLED: (3, 5, 10), KEYED: ()}
BASE = 3  # every count of one or two is rounded away
SHORTEST = 16  # bytes of a secret


@dataclass(frozen=True)
class Method:
    """A method with its numbers. `secret` is never shown."""

    name: str = SUPPRESSION
    base: int = BASE
    secret: bytes = field(default=b"", repr=False)

    @property
    def keyed(self) -> bool:
        """Whether keys of firms are needed."""
        return self.name == KEYED

    def attach(self, engine: Engine) -> None:
        """Let queries ask for the key of a firm, if the method needs it."""
        from firmtrade.protect.cellkey import record_key

        if self.keyed:
            engine.function("record_key", record_key(self.secret))


def said(protect: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """What a study says of the method, checked before any data are read."""
    found = {key: protect[key] for key in ("method", "base", "secret") if key in protect}
    _check(found, where)
    return found


def _check(said: Mapping[str, Any], where: str) -> None:
    name = said.get("method", SUPPRESSION)
    if name not in METHODS:
        raise StudyError(
            f"{where}: there is no method '{name}'.{nearest(str(name), METHODS)} Methods: "
            f"{', '.join(METHODS)}."
        )
    bases = METHODS[name]
    if "base" in said and said["base"] not in bases:
        of = f"is one of {', '.join(map(str, bases))}" if bases else "is not asked for"
        raise StudyError(f"{where}: the base of {name} {of}.")
    if ("secret" in said) != (name == KEYED):
        raise StudyError(
            f"{where}: secret is the path of a file outside the study's folder; {KEYED} needs it, and no "
            "other method does."
        )


def read_method(said: Mapping[str, Any], folder: Path) -> Method:
    """The method that a study in `folder` names, with its secret read."""
    name = said.get("method", SUPPRESSION)
    secret = _secret(str(said["secret"]), folder) if name == KEYED else b""
    return Method(name, int(said.get("base", BASE)), secret)


def _secret(path: str, folder: Path) -> bytes:
    # No message repeats what was written: it may be the secret itself, put there by mistake.
    file = (folder / path).resolve()
    if file.is_relative_to(folder.resolve()):
        raise StudyError(
            "[protect] secret names a file in the study's folder, and goes where the study goes. Keep it "
            "elsewhere, where only the custodian reads."
        )
    try:
        found = file.read_bytes().strip()
    except (OSError, ValueError):
        raise StudyError(
            "[protect] secret is not the path of a file that can be read. Paths are relative to the study's "
            "folder. Make one with 32 random bytes, keep it, and use the same for all releases of the data."
        ) from None
    if len(found) < SHORTEST:
        raise StudyError(f"The file that [protect] secret names has fewer than {SHORTEST} bytes.")
    return found
