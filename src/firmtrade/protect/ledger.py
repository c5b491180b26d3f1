"""The ledger of a study: a run is protected jointly with what was published before, then recorded.

One `Recorder` serves one run: `bound` gives the systems that the release must be protected in, `prepare`
writes the entry as pending before the release is put in place, `complete` makes it count.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from firmtrade.classify.window import Window
from firmtrade.describe.computed import Backing
from firmtrade.errors import DataError, DisclosureError
from firmtrade.protect import ledger_record as record
from firmtrade.protect import ledger_store as store
from firmtrade.protect.decide import Decided
from firmtrade.protect.ledger_joint import Bound, Requests, joint
from firmtrade.protect.ledger_model import Publication, publication_of
from firmtrade.protect.packed import packed
from firmtrade.protect.rules import Profile
from firmtrade.result import Release


@dataclass
class Recorder:
    """The ledger in `path`, for one run. `label` is what the custodian calls the publication."""

    path: Path
    windows: Mapping[str, Window]
    label: str = ""
    entries: list[store.Entry] = field(default_factory=list)
    _new: Publication | None = None
    _claim: str = ""
    _again: store.Entry | None = None
    _pending: store.Entry | None = None
    _print: str = ""
    _let_go: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        self.entries = store.read(self.path)

    def unless(self, reason: str | None) -> Recorder:
        """This ledger; a release that is not protected cannot be recorded, so it is refused."""
        if (reason or "").strip():
            raise DisclosureError(
                f"The ledger {self.path} records what was protected, and --unprotected publishes without "
                "protection. Leave one of them away: without --unprotected the release is protected and "
                "recorded; without the ledger ([protect] ledger, --ledger) nobody will know of it."
            )
        return self

    def bound(
        self, backing: Backing, profile: Profile, requests: Requests, afresh: bool = False
    ) -> list[Bound]:
        """The systems of a run with all that was published before it.

        A run that the ledger has already is protected with what came before it then, so that it comes out
        as it did; `afresh`, with everything in the ledger.
        """
        self._new = publication_of(backing, self.windows, self._secret())
        self._claim = record.claim(self._new, profile, backing)
        same = (one for one in self.entries if one.said["claim"] == self._claim)
        self._again = None if afresh else next(same, None)
        before = self.entries if self._again is None else self.entries[: self._again.number - 1]
        return joint([record.publication(one) for one in before], self._new, profile, requests)

    def agrees(self, parts: Sequence[Decided]) -> bool:
        """Whether a run that the ledger has already has come out as it did then."""
        assert self._new is not None
        made = record.decided(self._new, parts)
        return self._again is None or self._again.figures() == record.figures(made)

    def _secret(self) -> bytes:
        """What firms are hashed with: the file beside the ledger that is called after it, if there is one."""
        file = self.path.with_name(f"{self.path.name}.key")
        secret = file.read_bytes().strip()[:64] if file.exists() else b""
        print_of = hashlib.sha256(b"firmtrade ledger" + secret).hexdigest()
        if any(one.said["key"] != print_of for one in self.entries):
            raise DataError(
                f"The firms of the ledger {self.path} were hashed with another key. Put the file "
                f"{file.name} beside it as it was; nothing is released."
            )
        self._print = print_of
        return secret

    def prepare(self, release: Release, profile: Profile, parts: Sequence[Decided]) -> None:
        """Write the entry of a release as pending; nothing is to be done for a release that is there already.

        Raises DataError if the ledger cannot be written: then nothing may be published. From here to
        `complete` or `discard` no other run records in the ledger.
        """
        assert self._new is not None
        self._let_go = weakref.finalize(self, store.locked(self.path))
        self._unchanged()
        self.entries = store.settle(self.path, self.entries)
        if self._again is not None:
            return
        made = record.decided(self._new, parts)
        hidden = {table.name: sum(c.confidentiality != "F" for c in table.cells) for table in release.tables}
        said = {
            "claim": self._claim,
            "key": self._print,
            "label": self.label,
            "study": release.study,
            "title": release.title,
            "profile": profile.name,
            "catalog": release.provenance.catalog,
            "code": release.provenance.code,
            "tables": {
                table.name: {"figures": len(table.cells), "hidden": hidden[table.name]}
                for table in release.tables
            },
            "views": [record.described(view) for view in made.views],
            "differences": record.differences_as_json(made),
        }
        files = {
            "figures.csv": record.csv_bytes(record.figures(made)),
            "firms.zip": packed(dict(sorted(record.arrays(made).items()))),
        }
        self._pending = store.prepare(self.path, self.entries, said, files)

    def _unchanged(self) -> None:
        """Refuse to record a release that was protected without what another run has published since."""
        now = store.read(self.path)
        if [one.hash for one in now] != [one.hash for one in self.entries]:
            raise DataError(
                f"The ledger {self.path} has changed while this run was being made: another run has "
                "published. Nothing was published; run again."
            )
        self.entries = now

    def complete(self) -> None:
        """The release is in place: the entry counts."""
        if self._pending is not None:
            store.complete(self.path, self._pending)
        self.let_go()

    def discard(self) -> None:
        """The release was not put in place."""
        if self._pending is not None:
            store.discard(self._pending)
        self.let_go()

    def let_go(self) -> None:
        """Let other runs record. A ledger in which nothing was ever recorded goes again."""
        if self._let_go is not None:
            self._let_go()
            with suppress(OSError):
                self.path.rmdir()


@contextmanager
def unless_it_fails(ledger: Recorder | None) -> Iterator[None]:
    """Take the entry back if the block, which finishes a release that nobody has seen yet, fails."""
    try:
        yield
    except BaseException:
        if ledger is not None:
            ledger.discard()
        raise


@contextmanager
def recording(ledger: Recorder | None, out: Path | None = None) -> Iterator[None]:
    """Count a release as published when the block, which puts it into `out`, is done.

    If the block fails and `out` is as it was, the entry is taken back. Otherwise it stays pending, which
    counts: better one publication too many in the ledger than one too few.
    """
    before = _manifest(out)
    try:
        yield
    except BaseException:
        if ledger is not None and _manifest(out) == before:
            ledger.discard()
        elif ledger is not None:
            ledger.let_go()
        raise
    if ledger is not None:
        ledger.complete()


def _manifest(out: Path | None) -> bytes:
    file = None if out is None else out / "manifest.json"
    return file.read_bytes() if file is not None and file.is_file() else b""
