"""The `[panel]` part of a study file: where the panel is and how its columns become ours.

Other parts that name a source ([transactions], [register], [accounts]) are read by the same rules with
columns of their own: a subclass says which, and what its relations in the engine are called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from firmtrade.acquire.classification import CLASSIFICATIONS
from firmtrade.acquire.contract import CONTRACT, NAME, OPTIONAL, REQUIRED, Column
from firmtrade.acquire.vintage import Recode, Vintage, refuse_twins
from firmtrade.errors import StudyError, nearest

Scalar = bool | int | float | str
Format = Literal["parquet", "csv", "stata", "sas", "spss", "excel", "database"]

#: Written for all columns at once in `missing`.
EVERY = "*"


class _Part(BaseModel):
    """A part of a study file: unknown keys are refused, with the nearest known one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
    part: ClassVar[str] = "[panel], drop"

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, entry: Any, handler: Callable[[Any], Any]) -> Any:
        """Turn pydantic's list of complaints into one StudyError that names each entry."""
        where = cls.part
        if isinstance(entry, Mapping):
            for key in entry:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    raise StudyError(
                        f"{where}: '{key}' is not known.{nearest(str(key), cls.model_fields)} Known: {known}."
                    )
        try:
            return handler(entry)
        except ValidationError as error:
            raise StudyError("\n".join(complaint(where, found) for found in error.errors())) from None


class Drop(_Part):
    """Rows that stand for nothing, such as the missing years of a rectangular panel coded -1.

    `column` is the source's name (or ours); `equals` is a value or a list of values, `below` a number,
    `missing` says that it is empty. The rows are left out, counted and reported.
    """

    column: str
    equals: Scalar | tuple[Scalar, ...] | None = None
    below: float | None = None
    missing: bool = False

    @model_validator(mode="after")
    def _one_condition(self) -> Drop:
        if (self.equals is not None) + (self.below is not None) + self.missing != 1:
            raise StudyError(
                f"[panel], drop of '{self.column}': give one of equals, below and missing = true."
            )
        return self

    @property
    def reason(self) -> str:
        """What is printed beside the number of rows: 'd_e below 0'."""
        if self.missing:
            return f"{self.column} is empty"
        if self.below is not None:
            return f"{self.column} below {self.below:g}"
        values = self.equals if isinstance(self.equals, tuple) else (self.equals,)
        return f"{self.column} is {' or '.join(str(value) for value in values)}"


class PanelSpec(_Part):
    """Where a panel is and how it is read; `columns`, `units`, `codes` and `missing` are by our names.

    Raises StudyError for an unknown key, a column that nothing maps, a factor that is not positive.
    """

    #: What errors call this part of a study, what its relations are called, and which columns it has.
    part: ClassVar[str] = "[panel]"
    relation: ClassVar[str] = "panel"
    contract: ClassVar[tuple[Column, ...]] = CONTRACT
    required: ClassVar[tuple[str, ...]] = REQUIRED
    optional: ClassVar[tuple[str, ...]] = OPTIONAL

    files: tuple[str, ...] = ()
    format: Format | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'"] | None = None
    encoding: str = "utf-8"
    sheet: str | None = None
    table: str | None = None
    classification: str = ""
    vintages: tuple[Vintage, ...] = ()
    recode: Recode = "modal"
    regions: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    units: dict[str, float] = {}
    codes: dict[str, dict[str, Scalar]] = {}
    missing: dict[str, tuple[Scalar, ...]] = {}
    constant: dict[str, Scalar] = {}
    year_offset: int = 0
    drop: tuple[Drop, ...] = ()

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """The table of a study file, checked."""
        return cls.model_validate(dict(entry))

    @field_validator("files", mode="before")
    @classmethod
    def _one_or_many(cls, files: Any) -> Any:
        return (str(files),) if isinstance(files, str | Path) else files

    @field_validator("classification")
    @classmethod
    def _known_classification(cls, name: str) -> str:
        if name and name not in CLASSIFICATIONS:
            raise StudyError(
                f"{cls.part}: there is no classification '{name}'.{nearest(name, CLASSIFICATIONS)} "
                f"Known: {', '.join(CLASSIFICATIONS)}."
            )
        return name

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError:
            known = ("utf-8", "latin-1", "cp1252", "utf-16")
            raise StudyError(f"{cls.part}: there is no encoding '{name}'.{nearest(name, known)}") from None
        return name

    @model_validator(mode="after")
    def _entries_are_about_columns(self) -> PanelSpec:
        for name in (*self.columns, *self.constant):
            if not NAME.match(name):
                raise StudyError(
                    f"{self.part}: '{name}' is not a name. On the left stands our name: lower case letters, "
                    f'digits and _. Write  firm = "VAT_NR", not the other way round.'
                )
        known = (*self.names(), *self.columns, *self.constant)
        for key in ("units", "codes", "missing"):
            for name in getattr(self, key):
                if name not in known and not (key == "missing" and name == EVERY):
                    hint = nearest(name, known)
                    raise StudyError(f"{self.part}, {key}: there is no column '{name}'.{hint}")
        self._values_are_possible()
        refuse_twins(self.vintages, self.classification, self.part)
        return self

    def _values_are_possible(self) -> None:
        for name, factor in self.units.items():
            if not (math.isfinite(factor) and factor > 0):
                raise StudyError(
                    f"{self.part}, units: {name} = {factor} must be a positive number; 1000 is thousand."
                )
        if self.thousands == self.decimal:
            raise StudyError(f"{self.part}: thousands and decimal cannot be the same sign.")
        for name in self.columns.keys() & self.constant.keys():
            raise StudyError(f"{self.part}: '{name}' is in columns and in constant; leave one out.")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Our names of the columns."""
        return tuple(column.name for column in cls.contract)

    @classmethod
    def column(cls, name: str) -> Column:
        """The column of that name, or a further column (kind 'further')."""
        return next((known for known in cls.contract if known.name == name), Column(name, "further", name))

    def missing_values(self, name: str) -> tuple[Scalar, ...]:
        """The source's values that mean 'missing' in our column `name`."""
        return (*self.missing.get(name, ()), *self.missing.get(EVERY, ()))


def complaint(where: str, error: Any) -> str:
    """One of pydantic's complaints about an entry, in a sentence."""
    place = ".".join(str(part) for part in error["loc"] if not str(part).startswith(("function-", "tuple[")))
    given = repr(error.get("input"))
    return f"{where}, {place}: {error['msg']} (given: {given[:60]})."
