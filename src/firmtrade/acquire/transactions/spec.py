"""The parts [transactions], [register], [accounts] and [identifiers] of a study file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from firmtrade.acquire.contract import CONTRACT, FLOWS, LINKED, Column
from firmtrade.acquire.source import PanelSpec, Scalar, complaint
from firmtrade.errors import StudyError, nearest

#: Product classifications, with the number of digits that codes of full length have (0: not fixed).
PRODUCTS = {"CN": 8, "HS": 6, "SITC": 0, "BEC": 0, "CPA": 0, "other": 0}
#: How the union of a yearly figure is decided in a year in which a partner joins or leaves it.
JOINING = ("december", "january", "unknown")
#: What a declaration with the declaring country as partner is.
HOME = ("refuse", "intra", "extra", "leave-out")

DECLARATIONS: tuple[Column, ...] = (
    Column("firm", "text", "identifier of the firm that declares"),
    Column("period", "lookup", "year, month or day: 2002, 200205, 2002-05, 2002-05-31"),
    Column("year", "lookup", "year, where no column has the period"),
    Column("month", "lookup", "month, where no column has the period"),
    Column("flow", "lookup", "import or export"),
    Column("partner", "lookup", "partner country: ISO 3166, UN M49, name, or a special code"),
    Column("product", "lookup", "product code"),
    Column("value", "amount", "value in currency units"),
    Column("quantity", "amount", "quantity, such as net mass in kilograms"),
)


class Correspondence(BaseModel):
    """A table that leads from the declared product codes to others: CSV with a header.

    `source` and `target` are its columns; `weight` shares of one code among several, `start` and `end` the
    years (or dates) in which a line holds. `products` is the classification that it leads to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    file: str
    source: str = Field("from", alias="from")
    target: str = Field("to", alias="to")
    weight: str = ""
    start: str = ""
    end: str = ""
    products: str = "other"
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str = "utf-8"

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, entry: Any, handler: Callable[[Any], Any]) -> Any:
        where = "[transactions], correspondence"
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in entry if isinstance(entry, Mapping) else ():
            if key not in known:
                raise StudyError(f"{where}: '{key}' is not known.{nearest(str(key), known)}")
        try:
            return handler(entry)
        except ValidationError as error:
            raise StudyError("\n".join(complaint(where, found) for found in error.errors())) from None

    @field_validator("products")
    @classmethod
    def _known_products(cls, name: str) -> str:
        return known_products(name, "[transactions], correspondence")


class TransactionsSpec(PanelSpec):
    """Where declarations are and how they are read; keys of [panel], and those of trade.

    `products` names the classification of the codes, `digits` cuts them (6 of CN: the Harmonized System),
    `correspondence` leads to another. `union` is a bloc, `home` the declaring country, `joining` the rule for
    yearly figures of a year in which a partner joins or leaves, `own_country` what trade of the country with
    itself is. `complete`: for which flows and years no declaration means no trade.
    """

    part: ClassVar[str] = "[transactions]"
    relation: ClassVar[str] = "declarations"
    contract: ClassVar[tuple[Column, ...]] = DECLARATIONS
    required: ClassVar[tuple[str, ...]] = ("firm", "value")
    optional: ClassVar[tuple[str, ...]] = (
        "period",
        "year",
        "month",
        "quantity",
        "product",
        "partner",
        "flow",
    )

    products: str = "other"
    digits: int = Field(0, ge=0, le=10)
    correspondence: Correspondence | None = None
    union: str = "EU"
    home: str = ""
    joining: Literal["december", "january", "unknown"] = "december"
    own_country: Literal["refuse", "intra", "extra", "leave-out"] = "refuse"
    corrections: Literal["refuse", "net"] = "refuse"
    complete: bool | tuple[str, ...] | dict[str, bool | str | int | tuple[int | str, ...]] = ()
    synthetic: int = Field(0, ge=0)

    @field_validator("products")
    @classmethod
    def _known_products(cls, name: str) -> str:
        return known_products(name, cls.part)

    @model_validator(mode="after")
    def _complete_flows(self) -> TransactionsSpec:
        named = () if isinstance(self.complete, bool) else tuple(self.complete)
        for name in named:
            if name not in (*FLOWS, "import", "export"):
                known = (*FLOWS, "import", "export")
                raise StudyError(f"{self.part}, complete: '{name}' is no flow.{nearest(name, known)}")
        return self

    def complete_years(self, flow: str, declared: Iterable[int]) -> set[int]:
        """The years in which no declaration of the flow (import_intra ...) means no trade.

        Said of a flow without years, it holds for the `declared` years: of others there is nothing to tell
        by.
        """
        if isinstance(self.complete, bool):
            return set(declared) if self.complete else set()
        direction = flow.split("_")[0]
        if not isinstance(self.complete, dict):
            return set(declared) if flow in self.complete or direction in self.complete else set()
        said = self.complete.get(flow, self.complete.get(direction, False))
        if isinstance(said, bool):
            return set(declared) if said else set()
        return _years(said, self.part)

    def mapped(self, name: str) -> Mapping[str, Scalar]:
        """The study's own meaning of some values of a column."""
        return self.codes.get(name, {})


class RegisterSpec(PanelSpec):
    """The business register: a record for each firm and year, or one from `founded` to `ceased`."""

    part: ClassVar[str] = "[register]"
    relation: ClassVar[str] = "register"
    contract: ClassVar[tuple[Column, ...]] = (
        *(column for column in CONTRACT if column.name not in (*FLOWS, *LINKED)),
        Column("ceased", "whole", "last year of the firm"),
    )
    required: ClassVar[tuple[str, ...]] = ("firm",)
    optional: ClassVar[tuple[str, ...]] = tuple(
        column.name for column in contract if column.name != "activity"
    )


class AccountsSpec(PanelSpec):
    """Annual accounts: a record for each firm and year."""

    part: ClassVar[str] = "[accounts]"
    relation: ClassVar[str] = "accounts"
    contract: ClassVar[tuple[Column, ...]] = tuple(
        column for column in CONTRACT if column.name not in (*FLOWS, *LINKED)
    )
    required: ClassVar[tuple[str, ...]] = ("firm", "year")
    optional: ClassVar[tuple[str, ...]] = tuple(column.name for column in contract)


class IdentifiersSpec(PanelSpec):
    """Changes of identifier: from `date` on the firm `old` is the firm `new`."""

    part: ClassVar[str] = "[identifiers]"
    relation: ClassVar[str] = "identifiers"
    contract: ClassVar[tuple[Column, ...]] = (
        Column("old", "text", "identifier before the change"),
        Column("new", "text", "identifier from then on"),
        Column("date", "lookup", "year, month or day of the change"),
    )
    required: ClassVar[tuple[str, ...]] = ("old", "new")
    optional: ClassVar[tuple[str, ...]] = ("date",)


def known_products(name: str, where: str) -> str:
    """The name of a product classification; raises StudyError with the nearest known one."""
    if name not in PRODUCTS:
        raise StudyError(
            f"{where}, products: '{name}' is not known.{nearest(name, PRODUCTS)} "
            f"Known: {', '.join(PRODUCTS)}."
        )
    return name


def _years(said: str | int | tuple[int | str, ...], where: str) -> set[int]:
    """The years of 2002, '1996-1999' or a list of such."""
    found: set[int] = set()
    for one in said if isinstance(said, tuple) else (said,):
        first, _, last = str(one).partition("-")
        if not (first.isdigit() and (last.isdigit() or not last)):
            raise StudyError(f"{where}, complete: '{one}' is not a year or a range such as 1996-2002.")
        found |= set(range(int(first), int(last or first) + 1))
    return found
