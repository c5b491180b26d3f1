"""A register for a test: a clock that ticks, a few firms, the two databases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from firmtrade.support.register import Register

WHO = {"user": "an", "purpose": "test"}


def ticking() -> Callable[[], datetime]:
    """A clock that starts on 1 March 2024 and goes on by a second each time it is read."""
    start, count = datetime(2024, 3, 1, 9, tzinfo=UTC), itertools.count()
    return lambda: start + timedelta(seconds=next(count))


@contextmanager
def register(address: str | Path) -> Iterator[Register]:
    """A new register with a ticking clock."""
    with Register.create(address, clock=ticking(), **WHO) as made:
        yield made


def csv(path: Path, *lines: str) -> Path:
    """A CSV file of these lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def firms(made: Register, *ids: str, **values: Any) -> None:
    """Firms of which only the name is known, or what is given for all."""
    made.add_many("firms", [{"id": each, "name": f"Firm {each}", **values} for each in ids])


def exports(made: Register, firm: str, pattern: str, last: int, flow: str = "export") -> None:
    """A drawn history, one sign a year: 1 yes, 0 no, ? unknown."""
    words = {"1": "yes", "0": "no", "?": "unknown"}
    made.add_many("exports", [
        {"firm_id": firm, "year": last - len(pattern) + 1 + place, "flow": flow, "traded": words[sign]}
        for place, sign in enumerate(pattern)], origin="firm")  # fmt: skip


def assess(made: Register, firm: str, answers: dict[str, str], day: str = "2024-02-01",
           evidence: str = "stated") -> str:  # fmt: skip
    """An assessment by our instrument with these answers; returns its id."""
    found = made.add("assessments", firm_id=firm, instrument="first-export", instrument_version="1",
                     on_date=day, mode="adviser", assessor="an")  # fmt: skip
    made.add_many("answers", [
        {"assessment_id": found, "question": question, "answer": answer, "evidence": evidence}
        for question, answer in answers.items()], origin="firm")  # fmt: skip
    return found
