"""What an evaluation compares, fixed before outcomes are opened.

A specification is written down whole, and its SHA-256 is its name. Outcomes are opened for a stored one
only. It is never changed: another choice is another specification, stored beside the first, so that the
number of tries can be seen.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from firmtrade.errors import DataError, nearest
from firmtrade.support.register import rows
from firmtrade.support.register.register import Register
from firmtrade.support.register.schema import entity

Comparison = Literal["refused", "later", "firms", "draw"]
#: With whom supported firms are compared.
COMPARISONS = {
    "refused": "firms that applied in the same year and were refused or are waiting",
    "later": "firms that were supported in a later year",
    "firms": "all firms of the register that were not supported, or not yet",
    "draw": "firms that a lottery left out",
}
#: Outcomes that are yes or no; any other is the logarithm of an item of accounts, 'log:employment'.
SHARES = {
    "exporting": "exports in that year",
    "regular": "has exported in each of the last four years up to that one",
}
LOG = "log:"
#: The smallest p at which checks may be held to fail.
LAXEST = 0.05
FEATURES = ("age", "activity", "region")
_VERSION = "1"


@dataclass(frozen=True)
class Specification:
    """One evaluation.

    measures: whose support is meant; calls: only applications to these (none: all of the measures); draw:
    the lottery, for the comparison with whom it left out. horizon: years after the year of the support (or
    of the application, or the draw), which is year 0; lead: years before it in which trends are checked.
    covariates: age, activity, region or 'log:ITEM', of the year before. checks: other outcomes that must
    not have moved before the start, for where the outcome itself could not (a first export). expected:
    share of yes that is expected without support; matters: the smallest effect that would matter. least:
    firms on each side below which nothing is estimated. p: a check below this p fails; it may be stricter
    than 0.05 (a larger p), not laxer.
    """

    question: str
    measures: tuple[str, ...]
    outcome: str = "exporting"
    comparison: Comparison = "refused"
    calls: tuple[str, ...] = ()
    draw: str = ""
    horizon: int = 3
    lead: int = 3
    covariates: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    expected: float | None = None
    matters: float | None = None
    least: int = 30
    p: float = 0.05
    version: str = _VERSION

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise DataError("A specification begins with its question, in words.")
        if self.comparison not in COMPARISONS:
            raise DataError(
                f"'{self.comparison}' is no comparison: {', '.join(COMPARISONS)}."
                f"{nearest(self.comparison, COMPARISONS)}"
            )
        if (self.comparison == "draw") != bool(self.draw):
            raise DataError("The comparison 'draw' names a draw, and only that one does.")
        if not self.measures:
            raise DataError("A specification says which measures are meant.")
        for name in (self.outcome, *self.checks):
            known_outcome(name)
        for name in self.covariates:
            if name not in FEATURES and not name.startswith(LOG):
                raise DataError(
                    f"'{name}' is no covariate: {', '.join(FEATURES)} or log:ITEM.{nearest(name, FEATURES)}"
                )
        if self.horizon < 0 or self.lead < 2 or self.least < 10 or not LAXEST <= self.p < 1:
            raise DataError(
                f"horizon is 0 or more, lead 2 or more, least 10 or more, p from {LAXEST} to below 1: a "
                "smaller p would let differences before the start pass."
            )

    @property
    def share(self) -> bool:
        """Whether the outcome is yes or no."""
        return self.outcome in SHARES

    @property
    def text(self) -> str:
        """Everything that is fixed, as JSON with sorted keys: what is hashed."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def id(self) -> str:
        """The id under which it is stored: the beginning of its hash."""
        return f"spec-{self.hash[:12]}"


def known_outcome(name: str) -> str:
    """The name itself; DataError if it is none."""
    if name not in SHARES and not (name.startswith(LOG) and len(name) > len(LOG)):
        raise DataError(
            f"'{name}' is no outcome: {', '.join(SHARES)}, or log:ITEM for an item of accounts."
            f"{nearest(name, SHARES)}"
        )
    return name


def read(text: str) -> Specification:
    """A specification from its text. DataError for a key that it does not have, or one that lacks."""
    return from_entries(json.loads(text), "The stored specification")


def from_entries(entries: Any, where: str) -> Specification:
    """A specification from the entries of a file; `where` names it in errors."""
    if not isinstance(entries, dict):
        raise DataError(f"{where} must be a table with question and measures.")
    known = {each.name: each for each in fields(Specification)}
    for name in entries:
        if name not in known:
            raise DataError(f"{where}: '{name}' is not known.{nearest(name, known)}")
    for name in ("question", "measures"):
        if name not in entries:
            raise DataError(f"{where} lacks '{name}'.")
    made: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entries.items()
    }
    for name, value in made.items():
        wanted = str(known[name].type)
        right = (tuple,) if "tuple" in wanted else (int, float) if "float" in wanted else (
            (int,) if wanted == "int" else (str,))  # fmt: skip
        if isinstance(value, bool) or not (isinstance(value, right) or (value is None and "None" in wanted)):
            raise DataError(f"{where}: {name} = {value!r} is not of the right kind.")
    for name in ("expected", "matters", "p"):
        if isinstance(made.get(name), int):
            made[name] = float(made[name])  # so that 1 and 1.0 have one hash
    return Specification(**made)


@dataclass(frozen=True)
class Stored:
    """A specification with who stored it and when, and the last year of trade on record at that time."""

    id: str
    specification: Specification
    stored_at: datetime
    stored_by: str
    known_until: int | None
    fresh: bool = False


def store(register: Register, specification: Specification) -> Stored:
    """Write a specification down; one that is stored already is given back as it is.

    Raises DataError if it speaks of a measure, a call or a draw that the register does not have.
    """
    known_to(register, specification)
    if register.has("specifications", specification.id):
        return stored(register, specification.id)
    until = register.horizon(date.max)
    row = rows.checked(entity("specifications"), {
        "id": specification.id, "question": specification.question, "spec": specification.text,
        "spec_hash": specification.hash, "known_until": until})  # fmt: skip
    stamp = register.stamp()
    with register.transaction() as connection:
        rows.insert(connection, entity("specifications"), [row], stamp)
    return Stored(specification.id, specification, stamp.at, stamp.who, until, fresh=True)


def known_to(register: Register, asked: Specification) -> None:
    """Raise DataError if a specification speaks of a measure, call or draw that the register lacks."""
    measures = {row["id"] for row in register.read("measures")}
    calls = {row["id"]: row["measure_id"] for row in register.read("calls")}
    for name in asked.measures:
        if name not in measures:
            raise DataError(f"The register has no measure '{name}'.{nearest(name, measures)}")
    for name in asked.calls:
        if calls.get(name) not in asked.measures:
            raise DataError(f"'{name}' is no call of {', '.join(asked.measures)}.{nearest(name, calls)}")
    if asked.draw and not register.has("draws", asked.draw):
        raise DataError(f"The register has no draw '{asked.draw}': see the table draws.")


def stored(register: Register, name: str) -> Stored:
    """A stored specification by its id, or the beginning of it. DataError if there is none, or several."""
    found = [row for row in register.read("specifications") if row["id"].startswith(name)] if name else []
    if len(found) != 1:
        many = f"{len(found)} specifications begin with" if found else "There is no stored specification"
        raise DataError(
            f"{many} '{name}'. Outcomes are opened for a stored specification only: firmtrade support "
            "specify."
        )
    row = found[0]
    return Stored(row["id"], read(row["spec"]), row["recorded_at"], row["recorded_by"], row["known_until"])
