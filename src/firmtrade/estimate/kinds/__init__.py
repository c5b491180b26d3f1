"""The kinds of models: one file each.

A kind's module has

    TITLE      how a model of this kind is called where the study gives no title
    SOURCES    names of definitions/sources.toml that its methods paragraph cites
    Options    what [models.NAME] may say besides kind, title, sample and years (a frozen pydantic model)
    HEADLINE   the statistic that answers its question, and those of the ends of its interval
    ROWS       "sample": firm-years in the sample; "firms": all years of firms that are ever in it
    needs(model)           -> Needs: the expressions that it reads, by the name of their column
    answer(data, model)    -> Answer: tables, findings, the methods paragraph
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from firmtrade.estimate.data import Data
    from firmtrade.estimate.model import Model
    from firmtrade.result import Finding, Result

#: Kinds in the order in which they are listed.
KINDS = (
    "premia",
    "growth",
    "selection",
    "learning",
    "decomposition",
    "margins",
    "job-flows",
    "production-function",
    "survival",
    "trade-spells",
    "new-ventures",
    "multiverse",
)


@dataclass(frozen=True)
class Needs:
    """Expressions over panel columns and words, by column; `optional` ones are left out where the panel
    lacks what they need, and the kind says so.

    `further` are names that may be panel columns beyond the contract: where the panel lacks one, that is no
    mistake of the study, and the question cannot be answered.
    """

    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a kind gives: tables whose cells have evidence, findings that rest on them, how it was done.

    `ties` are sets of cells, as (table, position), each of which follows from the others.
    """

    tables: tuple[Result, ...]
    findings: tuple[Finding, ...] = ()
    methods: str = ""
    rule: str = ""
    ties: tuple[tuple[tuple[str, int], ...], ...] = ()


class Kind(Protocol):
    """What the module of a kind has."""

    TITLE: str
    SOURCES: tuple[str, ...]
    HEADLINE: tuple[str, str, str]
    ROWS: str
    Options: Any

    def needs(self, model: Model) -> Needs:
        """What it reads."""
        ...

    def answer(self, data: Data, model: Model) -> Answer:
        """What it finds."""
        ...


def kind_of(name: str) -> Any:
    """The module of a kind; heavy packages are imported when it answers, not before."""
    return import_module(f"firmtrade.estimate.kinds.{name.replace('-', '_')}")
