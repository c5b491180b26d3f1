"""Activity codes of several vintages in one source: which years are in which classification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from firmtrade.acquire.classification import CLASSIFICATIONS
from firmtrade.errors import StudyError, nearest

#: How a code that may be several of the wanted classification is settled where the firm's own code cannot.
RECODE = ("modal", "weighted", "own")
Recode = Literal["modal", "weighted", "own"]


class Vintage(BaseModel):
    """Years whose activity codes are of another classification than the one that is wanted.

    `since` and `until` are the first and last year (left out: without end). `column` is one of our
    further columns that has these codes, where the source has both; left out, it is `activity` itself.
    `file` is a correspondence of the study's own (CSV with a header): columns `from`, `to` and, if it has
    shares, `weight`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    classification: str
    since: int | None = Field(None, alias="from")
    until: int | None = None
    column: str = ""
    file: str = ""
    source: str = "from"
    target: str = "to"
    weight: str = ""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str = "utf-8"

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, entry: Any, handler: Callable[[Any], Any]) -> Any:
        where = "vintages"
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in entry if isinstance(entry, Mapping) else ():
            if key not in known:
                raise StudyError(
                    f"{where}: '{key}' is not known.{nearest(str(key), known)} Keys: {', '.join(known)}."
                )
        try:
            return handler(entry)
        except ValidationError as error:
            found = error.errors()[0]
            place = ".".join(str(part) for part in found["loc"])
            raise StudyError(f"{where}, {place}: {found['msg']}.") from None

    @field_validator("classification")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in CLASSIFICATIONS:
            raise StudyError(
                f"vintages: there is no classification '{name}'.{nearest(name, CLASSIFICATIONS)} "
                f"Known: {', '.join(CLASSIFICATIONS)}."
            )
        return name

    @model_validator(mode="after")
    def _years(self) -> Vintage:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise StudyError(f"vintages: from {self.since} is after until {self.until}.")
        return self

    @property
    def dated(self) -> bool:
        """Whether it is about some years only."""
        return self.since is not None or self.until is not None

    def holds(self, year: str) -> str:
        """SQL of whether a row of that year is of this vintage."""
        ends = [f"{year} >= {self.since}"] if self.since is not None else []
        ends += [f"{year} <= {self.until}"] if self.until is not None else []
        return f"({' and '.join(ends) or 'true'})"


def refuse_twins(vintages: tuple[Vintage, ...], wanted: str, part: str) -> None:
    """A study's vintages must lead somewhere, and no year may be of two of them.

    Raises:
        StudyError: see the message.
    """
    if vintages and not wanted:
        raise StudyError(
            f'{part}, vintages: say which classification is wanted: classification = "NACE 2" in {part}.'
        )
    seen: list[Vintage] = []
    for one in vintages:
        if one.classification == wanted and not one.file:
            raise StudyError(
                f"{part}, vintages: {wanted} is the wanted classification already; name the others only."
            )
        for other in seen:
            first = max(one.since or 0, other.since or 0)
            last = min(one.until or 9999, other.until or 9999)
            if first <= last and one.column == other.column:
                raise StudyError(f"{part}, vintages: {first} is in two of them; give from and until.")
        seen.append(one)
