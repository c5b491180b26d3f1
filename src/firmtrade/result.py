"""What was found (Result, confidential) and what may be said (Release).

A Result prints, marked confidential, and has no export. Only `firmtrade.protect` makes a Release, and
`publish`, `serve` and `combine` take a Release only. The shapes are here, low in the import order, so
that describing, protecting and publishing speak of the same cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Self

from firmtrade.errors import DisclosureError

TOTAL = "_T"  # a dimension that the cell is not broken down by
UNKNOWN = "unknown"  # the code of firms whose group is not known

#: Columns of tables.csv before `measure`, in the contract's order (DESIGN.md, section 3).
DIMENSIONS = (
    "activity",
    "region",
    "size",
    "age",
    "cohort",
    "technology",
    "mode",
    "scope",
    "flow",
    "given",
    "status",
    "venture",
)


@dataclass(frozen=True)
class Evidence:
    """What disclosure control must know of a model's figure; a table's figures are sums that it sees itself.

    `kind` names the rule that judges it. `firms` are the distinct firms behind it, `degrees` the residual
    degrees of freedom of its fit, `largest` the largest firm's share of the sum it rests on, `events` how
    many firms had the event of a survival step. None where the kind has no such thing.
    """

    kind: str
    firms: int
    degrees: int | None = None
    largest: float | None = None
    events: int | None = None


#: Stands above what only the custodian of the data may read.
MARK = "CONFIDENTIAL: for the custodian of the data only"


class Confidential:
    """What tells of single firms: it is not pickled, so that no cache or queue writes it unnoticed.

    It is never changed, so that a copy is the thing itself.
    """

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise DisclosureError(
            f"A {type(self).__name__} is confidential and cannot be pickled or written. Ask the study again "
            "where it is needed; to publish it, firmtrade.protect makes a Release."
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


@dataclass(frozen=True)
class Cell(Confidential):
    """One figure. `value` is unrounded; None means undefined (no firm, or a zero denominator).

    `codes` maps a dimension to a code; a dimension that is absent is `_T`. `firms` is the number of
    firms that the figure is about: evidence for disclosure control, never published by itself. `evidence` is
    there for the figures of a model.
    """

    sample: str
    period: str
    codes: Mapping[str, str]
    measure: str
    value: float | None = field(repr=False)
    unit: str
    decimals: int
    firms: int = field(repr=False)
    evidence: Evidence | None = field(default=None, repr=False)

    def attribute(self, name: str) -> str:
        """The cell's sample, period, measure, or code of the dimension `name`."""
        return _attribute(self, name)


def _attribute(cell: Cell | ReleasedCell, name: str) -> str:
    if name in ("sample", "period", "measure"):
        return str(getattr(cell, name))
    return cell.codes.get(name, TOTAL)


@dataclass(frozen=True)
class Chart:
    """How a figure is drawn; x, color and facet name attributes.

    `kind` is bar, stacked or line; or, for models, interval (points with their bounds), event (the same over
    numbers, with a line at nought) or steps (a survival curve). `measure` is what is drawn, `low` and `high`
    are the measures of its bounds. At each of the `breaks`, periods on the x axis, the series breaks.
    """

    kind: str
    x: str
    color: str | None = None
    facet: str | None = None
    measure: str | None = None
    low: str | None = None
    high: str | None = None
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """How many firms of a sample have an unknown code: 3,114 without a size class.

    tables.csv has it as a row of `measure` with `codes`; a printed table has it as a note. `code` is
    None where the dimension gives each firm one code (then `codes` says `unknown`), else the group
    that is unknown, such as the flow `export`.
    """

    sample: str
    period: str
    dimension: str
    code: str | None
    firms: int | None = field(repr=False)
    codes: Mapping[str, str]
    measure: str
    unit: str = "count"


@dataclass(frozen=True)
class Result(Confidential):
    """The cells of one table or figure: confidential. `rows` and `columns` name attributes.

    How it was asked, where that cannot be seen: `points` has the dimensions at a point of the window
    (venture -> t1.venture), `windows` the window of each sample that compares years.
    """

    name: str
    title: str
    sample: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    unknowns: tuple[Unknown, ...] = ()
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    section: str = ""
    points: Mapping[str, str] = field(default_factory=dict)
    windows: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say what it is, not what is in it: a repr lands in logs and error reports."""
        return f"<Result {self.name}: {len(self.cells)} cells, confidential>"


@dataclass(frozen=True)
class AttritionStep:
    """One condition of a sample: firm-years that are left after it, and lost because it is unknown."""

    condition: str
    left: int = field(repr=False)
    unknown: int = field(repr=False)


@dataclass(frozen=True)
class Attrition:
    """What each condition of a sample removed, in the sample's main period."""

    sample: str
    title: str
    period: str
    steps: tuple[AttritionStep, ...]

    def text(self) -> str:
        """The steps for the terminal: firms left, and of those lost, how many for want of knowledge."""
        width = max(len(step.condition) for step in self.steps)
        lines = [f"{self.title} ({self.period})"]
        for step in self.steps:
            unknown = f"  ({step.unknown:,} unknown)" if step.unknown else ""
            lines.append(f"  {step.condition:<{width}}  {step.left:>12,}{unknown}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Word:
    """A definition as the reader meets it: on hover, in `explain`, in the reference.

    `additive`: a measure's figures for groups without a common firm add up to that of all of them.
    `partition`: all codes of a dimension of which each firm has exactly one, with the code of those whose
    group is not known; empty where a firm may have several, or where the list is the panel's.
    """

    name: str
    kind: str
    title: str
    text: str  # the formula in words, or the description
    formula: str  # the expression as written
    unit: str
    source: str  # citation with place
    codes: Mapping[str, str] = field(default_factory=dict)  # code -> label
    meanings: Mapping[str, str] = field(default_factory=dict)  # code -> which firms have it, in words
    additive: bool = False
    partition: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReleasedCell:
    """A cell as it may leave. `confidentiality` is SDMX CL_CONF_STATUS; F is free.

    `value` None with status F is a figure that does not exist ('no firm in the group'); with another
    status it is hidden. `reason` says which, in the reader's words.
    """

    sample: str
    period: str
    codes: Mapping[str, str]
    measure: str
    value: float | None
    unit: str
    decimals: int
    confidentiality: str = "F"
    reason: str = ""

    def attribute(self, name: str) -> str:
        """As for a Cell."""
        return _attribute(self, name)


@dataclass(frozen=True)
class ReleasedTable:
    """A table or figure of a Release; `labels[attribute][code]` is what a reader sees."""

    name: str
    title: str
    sample: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[ReleasedCell, ...]
    labels: Mapping[str, Mapping[str, str]]
    unknowns: tuple[Unknown, ...] = ()
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    section: str = ""
    points: Mapping[str, str] = field(default_factory=dict)  # as of a Result
    windows: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_figure(self) -> bool:
        """Whether the table is drawn rather than printed."""
        return self.chart is not None


@dataclass(frozen=True)
class Finding:
    """A sentence that a model's figures allow. `rests_on` are their (table, position of the cell).

    It leaves only with all the figures that it rests on. `verdict` is its short form, for machines.
    """

    question: str
    verdict: str
    text: str
    rests_on: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Modelled(Confidential):
    """The answer of one model: confidential. `methods` says how it was made, `rule` how findings are decided.

    `sources` are citations. Each cell of `tables` has its evidence. `refused` is why there is no answer, in
    words that tell nothing of any firm. `ties` are sets of figures, as (table, position of the cell), each
    of which follows from the others: the first is the sum of the rest.
    """

    name: str
    kind: str
    title: str
    tables: tuple[Result, ...]
    findings: tuple[Finding, ...] = ()
    methods: str = ""
    rule: str = ""
    sources: tuple[str, ...] = ()
    refused: str = ""
    ties: tuple[tuple[tuple[str, int], ...], ...] = ()

    def __repr__(self) -> str:
        """Say what it is, not what is in it."""
        return f"<Modelled {self.name}: {sum(len(t.cells) for t in self.tables)} figures, confidential>"


@dataclass(frozen=True)
class Match:
    """One published cell beside the released one. Values are as printed and as computed.

    `outcome`: `equal` (it would be printed so), `different`, `hidden` (confidential here, so not compared) or
    `missing` (this run has no such cell). `note` is what the publication's file says of the cell.
    """

    table: str
    sample: str
    period: str
    codes: Mapping[str, str]
    measure: str
    published: float | None
    value: float | None
    unit: str
    decimals: int
    outcome: str
    note: str = ""


@dataclass(frozen=True)
class Published:
    """What the study says was published, cell by cell beside the release. Made from released cells only."""

    file: str
    hash: str  # SHA-256 of the file
    source: str  # what the figures were published in
    matches: tuple[Match, ...]

    def of(self, table: str) -> tuple[Match, ...]:
        """The published cells of one table."""
        return tuple(match for match in self.matches if match.table == table)


@dataclass(frozen=True)
class Provenance:
    """Where a release comes from: hashes of what went in, versions of what made it."""

    inputs: Mapping[str, str]  # file name (no folder) -> SHA-256
    rows: Mapping[str, int]  # step -> number of rows read, kept
    catalog: str  # hash of all definitions that the study can see
    code: str  # firmtrade's version
    synthetic: str  # what the panel says of itself, empty for a real one
    engine: str = "duckdb"
    pack: str = ""  # hash of the pack that the study came in, if it came in one
    pack_catalog: str = ""  # hash of its definitions, before the panel's own years and units completed them


@dataclass(frozen=True)
class ReleasedModel:
    """A model as it may leave: its tables, the sentences whose figures are all free, how it was made."""

    name: str
    kind: str
    title: str
    tables: tuple[ReleasedTable, ...]
    findings: tuple[Finding, ...] = ()
    methods: str = ""
    rule: str = ""
    sources: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Release:
    """All that may be published of one run. Made by `firmtrade.protect` only.

    `protection` is what is printed on every output: the profile that was applied, or the reason why
    none was ('unprotected: synthetic panel').
    """

    study: str
    title: str
    subtitle: str
    source: str
    tables: tuple[ReleasedTable, ...]
    dimensions: tuple[str, ...]  # columns of tables.csv that are dimensions
    words: Mapping[str, Word]
    attrition: tuple[Attrition, ...]
    warnings: tuple[str, ...]  # what the check of the panel found and did not stop at
    protected: bool
    protection: str
    provenance: Provenance
    published: Published | None = None
    models: tuple[ReleasedModel, ...] = ()

    @property
    def all_tables(self) -> tuple[ReleasedTable, ...]:
        """The tables, and those of the models after them."""
        return (*self.tables, *(table for model in self.models for table in model.tables))
