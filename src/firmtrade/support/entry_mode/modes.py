"""Ways of entry that fit a band of control, and which of them a firm can carry. A convention of ours.

Never one answer: the candidates of the band, those struck with their reason, those still to be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from firmtrade.errors import DataError, StudyError, nearest
from firmtrade.support.entry_mode.table import FOLDER, HIGH, LOW, MIXED, NONE
from firmtrade.support.words import Part, checked, read_toml

_CONTROL = {HIGH: "high", MIXED: "medium", LOW: "low"}


class Need(Part):
    """Something that a mode asks of a firm; `struck` is the reason where it cannot."""

    question: str
    struck: str


class Mode(Part):
    """A way of entry with the degree of control that it gives."""

    title: str
    control: Literal["low", "medium", "high"]
    needs: tuple[str, ...] = ()


class Modes(Part):
    """All modes and needs."""

    source: str
    needs: Mapping[str, Need]
    modes: Mapping[str, Mode]


@dataclass(frozen=True)
class Candidate:
    """A mode of the band: `open` to the firm, `struck` with reasons, or to `check` what is not known."""

    mode: str
    title: str
    state: Literal["open", "check", "struck"]
    reasons: tuple[str, ...]


@cache
def modes() -> Modes:
    """The modes that come with firmtrade."""
    found = checked(Modes, read_toml(FOLDER / "modes.toml"), "modes.toml")
    for name, mode in found.modes.items():
        for need in mode.needs:
            if need not in found.needs:
                raise StudyError(f"modes.toml, [modes.{name}]: no need '{need}'.{nearest(need, found.needs)}")
    return found


def candidates(band: str, can: Mapping[str, str]) -> tuple[Candidate, ...]:
    """The modes of a band; `can` says yes, no or unknown for each need. No band has no candidates.

    Raises DataError for a need that is not there.
    """
    known = modes()
    for need, value in can.items():
        if need not in known.needs:
            raise DataError(
                f"There is no need '{need}'.{nearest(need, known.needs)} {', '.join(known.needs)}."
            )
        if value not in ("yes", "no", "unknown"):
            raise DataError(f"{need}: '{value}' is neither yes, no nor unknown.")
    if band == NONE:
        return ()
    fitting = [(name, mode) for name, mode in known.modes.items() if mode.control == _CONTROL[band]]
    return tuple(_candidate(known, name, mode, can) for name, mode in fitting)


def _candidate(known: Modes, name: str, mode: Mode, can: Mapping[str, str]) -> Candidate:
    struck = tuple(known.needs[need].struck for need in mode.needs if can.get(need) == "no")
    if struck:
        return Candidate(name, mode.title, "struck", struck)
    ask = tuple(known.needs[need].question for need in mode.needs if can.get(need, "unknown") == "unknown")
    return Candidate(name, mode.title, "check" if ask else "open", ask)
