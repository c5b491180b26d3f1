"""What a study reads: one panel, or a trade register of declarations, business register and accounts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from firmtrade._engine.remote import Remote
from firmtrade.errors import DataError, EngineError, StudyError, nearest
from firmtrade.study_file import StudySpec

if TYPE_CHECKING:
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade._engine.engine import Engine
    from firmtrade.acquire.source import PanelSpec
    from firmtrade.assemble.check import CheckReport
    from firmtrade.assemble.panel import Panel
    from firmtrade.assemble.trade.linked import Linked, TradeSpec
    from firmtrade.describe.compute import Setting
    from firmtrade.describe.spec import Table
    from firmtrade.study_dynamics import Following

#: Parts of a trade register whose files the command line may name.
PARTS = ("transactions", "register", "accounts", "identifiers")


@dataclass(frozen=True)
class Opened:
    """What is open: the panel, how it is checked, and what was linked to make it (None for a plain panel).

    `spec` is the study, completed by what the panel has; `years` those of exporter dynamics, which a table
    without a period is about, and `following` the exporters themselves. `glance` is the check without what
    only `firmtrade check` tells. `folder` is for files that are handed over to an engine elsewhere.
    """

    spec: StudySpec
    panel: Panel
    check: Callable[[Panel], CheckReport]
    linked: Linked | None = None
    years: tuple[str, ...] = ()
    folder: Path = Path()
    following: Following | None = None
    glance: Callable[[Panel], CheckReport] | None = None


def prepared(spec: StudySpec, opened: Opened, tables: Iterable[Table] | None) -> list[Table]:
    """The tables that are asked for (None: all), with what their figures are about told under them.

    A study of a trade register has the tables of its linkage besides; where thresholds or the union change,
    series break. A study of a panel may say under [thresholds] whose thresholds it was collected with.
    """
    asked = list(opened.spec.tables if tables is None else tables)
    if spec.dynamics is not None:
        from firmtrade.study_dynamics import dated, refuse_sums

        asked = [dated(table, opened.years) for table in asked]
        refuse_sums(asked, spec.catalog, spec.name)
    said = spec.trade.get("thresholds", {})
    linked = opened.linked
    if linked is None and not said:
        return asked  # before anything of declarations is imported: a plain panel is opened more quickly
    from firmtrade.assemble.trade.blocs import bloc
    from firmtrade.assemble.trade.breaks import series_breaks
    from firmtrade.assemble.trade.thresholds import thresholds
    from firmtrade.describe.breaks import Break, with_breaks
    from firmtrade.describe.coverage import COVERAGE, with_coverage

    if linked is not None:
        if tables is None and linked.register and not spec.stress and spec.dynamics is None:
            asked += _linkage(linked.declarations.years, asked)
        asked = list(with_coverage(asked, spec.catalog.get(COVERAGE, "dimension").codes))
        limits, union, years = linked.thresholds, linked.declarations.union, linked.declarations.years
        found = list(series_breaks(limits, union, years))
    else:
        limits = thresholds(said, "", spec.name)
        own = bloc(said["union"], spec.trade.get("blocs"), spec.name) if "union" in said else None
        found = list(series_breaks(limits, own, range(1950, 2101)))
    return list(with_breaks(asked, [Break(*one) for one in found], spec.windows))


def detailed(engine: Engine, opened: Opened, tables: Iterable[Table], setting: Setting) -> Setting:
    """The setting in which tables by partner or product can be answered: their relations are made."""
    if opened.linked is None or setting.columns is None:
        return setting
    from firmtrade.assemble.trade.details import make_details
    from firmtrade.assemble.trade.linked import keep_panel
    from firmtrade.describe.asked import needed_by_sample
    from firmtrade.describe.details import once_conditions, table_of, years_of_rows

    near, away = _near(engine), engine if isinstance(engine, Remote) else None
    if opened.following is not None:
        from firmtrade.study_dynamics import work_out

        if away is None:  # elsewhere it has been handed over whole
            work_out(near, opened.following, tables, setting, bool(opened.spec.models))
        return setting
    asked, columns = list(tables), setting.columns
    if away is None and _kept_later(opened.spec):
        keep_panel(near, opened.linked, set().union(*needed_by_sample(asked, setting).values()))
    for relation, once in once_conditions(asked, setting.catalog, setting.meaning).items():
        columns |= make_details(near, relation, once, years_of_rows(asked, relation, setting.catalog))
        if away is not None:
            name = table_of(relation)
            away.receive(name, near, f"select * from {name}", opened.folder)
    return replace(setting, columns=columns)


def _kept_later(spec: StudySpec) -> bool:
    """Whether the panel may wait for the tables that are asked for: nothing else looks at it."""
    return spec.stress is None and not spec.models


def _linkage(years: Iterable[int], tables: Iterable[Table]) -> list[Table]:
    """The tables of the section on linkage, unless the study has tables of their names."""
    from firmtrade.catalog import DEFINITIONS
    from firmtrade.describe.spec import read_tables

    path = DEFINITIONS / "linkage.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    common = {"sample": "declaring-firms", "period": [str(year) for year in years]}
    named = {table.name for table in tables}
    made = read_tables({name: {**common, **entry} for name, entry in entries.items()}, path.name)
    return [table for table in made if table.name not in named]


def reads_trade(spec: StudySpec, panel: str | None, sources: Mapping[str, str]) -> bool:
    """Whether a study's panel is to be linked; a panel that is named takes its place."""
    return panel is None and bool(sources or "transactions" in spec.trade)


def classification(spec: StudySpec, panel: str | None, sources: Mapping[str, str]) -> str:
    """The classification of activities that the study's firms are coded in."""
    if reads_trade(spec, panel, sources):
        return _trade_spec(spec, sources).classification
    return panel_spec(spec).classification


def panel_spec(spec: StudySpec) -> PanelSpec:
    """The study's part [panel], checked."""
    from firmtrade.acquire.source import PanelSpec

    return PanelSpec.read(spec.panel)


def open_sources(
    engine: Engine,
    spec: StudySpec,
    panel: str | None,
    sources: Mapping[str, str],
    scratch: Path,
    progress: Callable[[str], None],
) -> Opened:
    """Make the relation `panel`; synthetic sources are made in the folder `scratch`."""
    from firmtrade.assemble.away import hand_over

    trade = reads_trade(spec, panel, sources)
    if trade:
        _refuse_reading_out(engine, spec, sources)
        opened = _open_trade(_near(engine), spec, sources, scratch, progress)
    else:
        opened = _open_panel(engine, spec, panel, scratch, progress)
    opened = replace(opened, folder=scratch)
    if spec.dynamics is not None:
        opened = _follow(_near(engine), opened, progress)
    if trade and isinstance(engine, Remote):
        progress(f"hand the linked panel over to {engine.name}")
        opened = replace(opened, panel=hand_over(engine, opened.panel, scratch))
    if spec.stress is None or spec.dynamics is not None:
        return opened
    from firmtrade.study_stress import completed, stressed

    years = [year for (year,) in engine.rows("select distinct year from panel where year is not null")]
    return replace(opened, panel=stressed(engine, opened.panel, spec.stress), spec=completed(spec, years))


def _near(engine: Engine) -> DuckDB:
    """The DuckDB of this process, on which declarations are linked whatever the engine."""
    return engine.cells if isinstance(engine, Remote) else engine  # type: ignore[return-value]


def _refuse_reading_out(engine: Engine, spec: StudySpec, sources: Mapping[str, str]) -> None:
    """Declarations of a database are linked in this process: they would leave it."""
    from firmtrade.acquire.native import is_postgres

    named = [sources.get(part) or spec.trade.get(part, {}).get("files") or "" for part in PARTS]
    if engine.name == "postgres" and any(is_postgres(str(name)) for name in named):
        raise EngineError(
            "Declarations, register and accounts are linked in this process, so they would leave the "
            "database. The engine duckdb reads them out; on postgres link them there and give the panel."
        )


def _follow(engine: DuckDB, opened: Opened, progress: Callable[[str], None]) -> Opened:
    """Exporters and what becomes of them in the panel's place; what is wrong with the sources stays."""
    from firmtrade.study_dynamics import completed, followed

    if opened.linked is None:
        raise DataError(
            "A study of exporter dynamics needs declarations by product and partner, which a panel does not "
            "hold. Give them with --transactions FILE, or as files = ... under [transactions]."
        )
    progress("follow exporters from year to year")
    following = followed(engine, opened.linked, opened.spec)
    known, years = completed(engine, opened.spec)
    return replace(
        opened, panel=following.panel, spec=known, years=years, following=following,
    )  # fmt: skip


def _open_panel(
    engine: Engine, spec: StudySpec, panel: str | None, scratch: Path, progress: Callable[[str], None]
) -> Opened:
    from firmtrade.assemble.away import open_away
    from firmtrade.assemble.check import check_panel
    from firmtrade.assemble.panel import open_panel

    read = panel_spec(spec)
    source = panel or _population(spec, scratch, progress)
    if source is None and not read.files:
        raise DataError(
            "The study names no panel. Give one with --panel FILE, or as files = ... under [panel]."
        )
    progress("read the panel")
    if isinstance(engine, Remote):
        opened = open_away(engine, read, source, spec.base, scratch)
    else:
        opened = open_panel(_near(engine), read, source, spec.base)
    return Opened(spec, opened, lambda shown: check_panel(engine, shown, read))


def _population(spec: StudySpec, scratch: Path, progress: Callable[[str], None]) -> str | None:
    """The synthetic population of a study that names one and is given no panel."""
    if not spec.synthetic or spec.panel.get("files"):
        return None
    from firmtrade.synthesize.population import write_panel

    progress("make the synthetic population")
    path = scratch / "synthetic-panel.parquet"
    write_panel(path)
    return str(path)


def _trade_spec(spec: StudySpec, sources: Mapping[str, str]) -> TradeSpec:
    from firmtrade.assemble.trade.linked import read_trade

    for name in sources:
        if name not in PARTS:
            raise StudyError(f"There is no source '{name}'.{nearest(name, PARTS)} Known: {', '.join(PARTS)}.")
    return read_trade(spec.trade, spec.base, spec.name, sources)


def _open_trade(
    engine: DuckDB,
    spec: StudySpec,
    sources: Mapping[str, str],
    scratch: Path,
    progress: Callable[[str], None],
) -> Opened:
    from firmtrade.assemble.trade.check import check_trade
    from firmtrade.assemble.trade.linked import open_linked
    from firmtrade.describe.spec import with_years

    read = _trade_spec(spec, sources)
    if "transactions" not in sources and not read.transactions.files:
        if not read.transactions.synthetic:
            raise DataError(
                "The study names no declarations. Give them with --transactions FILE, or as files = ... "
                "under [transactions]."
            )
        from firmtrade.synthesize.transactions import write_register

        progress("make synthetic declarations, register and accounts")
        made = write_register(scratch / "trade", rows=read.transactions.synthetic)
        read = _trade_spec(spec, made.sources)
    progress("read declarations, register and accounts")
    linked = open_linked(
        engine, read, quantities=False, folded=spec.dynamics is None, panel=not _kept_later(spec)
    )
    spec = replace(spec, tables=with_years(spec.tables, linked.declarations.years))
    return Opened(
        spec, linked.panel, lambda shown: check_trade(engine, read, linked), linked,
        glance=lambda shown: check_trade(engine, read, linked, notes=False),
    )  # fmt: skip
