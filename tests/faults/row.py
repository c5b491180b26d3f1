"""A row of the table: a fault, what is expected, what was seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Row:
    """One fault; `wrong` says what was not as expected, `skipped` why it could not be tried here."""

    fault: str
    expected: str
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""

    def add(self, wrong: str, seen: str) -> None:
        """One try: what is wrong with how it came out ('' if nothing), and how it came out."""
        if wrong:
            self.wrong.append(wrong)
        self.seen["NOT AS EXPECTED" if wrong else seen] += 1

    @property
    def told(self) -> str:
        """What was seen, counted."""
        if self.skipped:
            return f"not tried here: {self.skipped}"
        return "; ".join(f"{seen} ({times})" for seen, times in sorted(self.seen.items()))
