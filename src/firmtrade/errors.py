"""What went wrong, where, and what to do: the only place that words an error.

Every error that firmtrade raises on purpose is a `FirmtradeError`. The command line prints its text
without a traceback and leaves with the class's `exit_code`, so that a script can tell a bad study
from bad data and both from a refused publication.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class FirmtradeError(Exception):
    """Base class; `exit_code` is what the command line leaves with."""

    exit_code = 1


class StudyError(FirmtradeError):
    """The study file or a definition cannot be used as it is written."""

    exit_code = 10


class DataError(FirmtradeError):
    """The panel is missing, unreadable or breaks its contract."""

    exit_code = 11


class ColumnMissing(DataError):
    """A source lacks columns that it must have.

    `part` is the table of the study that reads it, such as [panel]; `missing` maps our names of columns that
    are not there to the likeliest of theirs or ''; `spare` are theirs that nothing reads; `required` are ours
    without which nothing can be read.
    """

    def __init__(
        self,
        text: str,
        part: str,
        missing: Mapping[str, str],
        spare: tuple[str, ...],
        required: tuple[str, ...],
    ) -> None:
        super().__init__(text)
        self.part, self.missing, self.spare, self.required = part, missing, spare, required


class DisclosureError(FirmtradeError):
    """What was asked would let confidential figures leave."""

    exit_code = 12


class CheckError(FirmtradeError):
    """A comparison or check that was asked for has failed."""

    exit_code = 13


class Unanswerable(StudyError):
    """A question that this panel cannot answer. The message is published: it says nothing of any firm."""


class EngineError(FirmtradeError):
    """The database engine failed, or lacks what the query needs."""

    exit_code = 14


class NoRoom(EngineError):
    """Memory, or the disk for what does not fit into it, is too small for a query."""


class MissingExtra(FirmtradeError):
    """An optional part is not installed."""

    exit_code = 15

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part. Install it with: pip install 'firmtrade[{extra}]'")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the known word nearest to `word`, or an empty string."""
    plain = {name.replace("_", "-").lower(): name for name in known}
    found = difflib.get_close_matches(word.replace("_", "-").lower(), plain, n=1, cutoff=0.6)
    return f" Did you mean '{plain[found[0]]}'?" if found else ""
