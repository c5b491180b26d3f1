"""A study: one TOML file that ties panel, words, windows, tables and outputs; a notebook builds the same.

study = Study("belgium-2002", panel="firms.parquet")
study.table("participation", by=["size"], sample="manufacturing", period=2002)
study.run("out")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.describe.spec import Table, read_table
from firmtrade.disk import Scratch
from firmtrade.errors import DataError, FirmtradeError, StudyError, nearest
from firmtrade.result import Attrition, Modelled, Provenance, Release, Result
from firmtrade.study_columns import PANEL, advice, mapping_told, needed
from firmtrade.study_file import StudySpec, make_study, read_study, studies
from firmtrade.study_setting import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmtrade._engine.engine import Engine
    from firmtrade.assemble.check import CheckReport
    from firmtrade.assemble.panel import Panel
    from firmtrade.describe.cells import Codes
    from firmtrade.describe.compute import Setting
    from firmtrade.describe.computed import Computed
    from firmtrade.describe.reuse import Cells, Kept
    from firmtrade.estimate.model import Model
    from firmtrade.protect import Custody, Origin, Policy, Recorder

__all__ = ["Shown", "Study", "StudySpec", "make_study", "read_study", "studies"]

#: Rules are applied with the numbers that hold when a release is made.
LATEST = 9999
#: Stands in queries that are only shown for the years that the data will say.
ANY_YEAR = "2002"


def _silent(text: str) -> None:
    """Progress that nobody watches."""


class Shown(Result):
    """A Result that shows well in a notebook and a terminal, marked confidential. It has no export."""

    def __repr__(self) -> str:
        from firmtrade.publish.notebook import table_text

        return table_text(self)

    def _repr_html_(self) -> str:
        from firmtrade.publish.notebook import table_html

        return table_html(self)

    @classmethod
    def of(cls, result: Result) -> Shown:
        """The same result, shown."""
        return cls(**{part.name: getattr(result, part.name) for part in fields(result)})


@dataclass
class Study:
    """A study with its panel. `panel` overrides the study's own; `memory` ("4GB") bounds the engine,
    also in the place of what the study says.

    `ledger` (a folder) overrides the study's own; `label` is what its entry is called. `sources` override the
    files of a trade register: {"transactions": FILE, "register": FILE, "accounts": FILE}. `engine` overrides
    the study's: duckdb, spark, postgres, or where it is (spark:local[4], sc://host, postgresql://...).
    `cache` is where `run` keeps finest cells for the next one (True: with the custodian's, False: nowhere).
    """

    study: str | Path | StudySpec = "belgium-2002"
    panel: str | None = None
    memory: str | None = None
    threads: int | None = None
    debug: bool = False
    ledger: str | Path | None = None
    label: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] = field(default=_silent, repr=False)
    engine: str | None = None
    cache: str | Path | bool = True
    reused: str = field(default="", init=False)  # by the last run of an earlier one, in words

    def __post_init__(self) -> None:
        self.spec = self.study if isinstance(self.study, StudySpec) else read_study(self.study)
        self._settings = Settings()

    # -- questions ---------------------------------------------------------------------------------

    def table(
        self, name: str | Iterable[str], by: Any = (), sample: str = "", period: Any = None, window: str = ""
    ) -> Result:
        """One table: of the study by its name, or of measures by dimensions. Confidential."""
        return self.tables([self._asked(name, by, sample, period, window)])[0]

    def _asked(self, name: str | Iterable[str], by: Any, sample: str, period: Any, window: str) -> Table:
        ours = {table.name: table for table in self.spec.tables}
        if isinstance(name, str) and name in ours and not by:
            return ours[name]
        measures = [name] if isinstance(name, str) else list(name)
        titles = [self.spec.catalog.get(m, "measure").title for m in measures]
        entry = {"measures": measures, "by": by or [], "sample": sample, "title": ", ".join(titles)}
        entry |= {key: value for key, value in (("period", period), ("window", window)) if value}
        if not sample:
            raise StudyError(
                f"Whom is the table about? sample = one of {', '.join(self.spec.catalog.names('sample'))}."
            )
        return read_table("table", entry, "table()")

    def tables(self, tables: Iterable[Table] | None = None, check: bool = True) -> list[Result]:
        """The results of these tables, or of all tables of the study. Confidential.

        `check=False` leaves out the check of the panel: for a panel that has just been checked.
        """
        asked = self.spec.tables if tables is None else list(tables)
        with self._opened(strict=check, ahead=asked) as (engine, panel, setting):
            wanted = None if tables is None else asked
            return [Shown.of(result) for result in self._compute(engine, panel, setting, wanted).results]

    def models(self, names: Iterable[str] | None = None) -> list[Modelled]:
        """The answers of these models, or of all models of the study. Confidential."""
        asked = [model for model in self.spec.models if names is None or model.name in set(names)]
        with self._opened(models=bool(asked)) as (engine, panel, setting):
            return list(self._modelled(engine, panel, setting, asked))

    def model(self, name: str) -> Modelled:
        """The answer of one model of the study. Confidential."""
        known = [model.name for model in self.spec.models]
        if name not in known:
            raise StudyError(f"The study has no model '{name}'.{nearest(name, known)}")
        return self.models([name])[0]

    def _modelled(
        self, engine: Engine, panel: Panel, setting: Setting, models: Iterable[Model]
    ) -> tuple[Modelled, ...]:
        if not models:
            return ()
        from firmtrade._engine.remote import Remote
        from firmtrade.estimate.modelled import Given, answer

        near = engine.bring(panel.relation) if isinstance(engine, Remote) else engine
        given = Given(near, frozenset(panel.columns), panel.flags, setting.meaning, self.spec.models)
        return answer(given, models, self.progress)

    def attrition(self) -> list[Attrition]:
        """What each condition of each sample removes. Confidential."""
        with self._opened(strict=False) as (engine, panel, setting):
            return list(self._compute(engine, panel, setting, None).attrition)

    def explain(self, name: str) -> Any:
        """The card of a definition or a table: title, formula, unit, source, uses, used by."""
        from firmtrade.explain import explain

        return explain(name, self.spec)

    def queries(self, tables: Iterable[Table] | None = None) -> list[Any]:
        """The scans that tables need, as named SQL steps; no data are read."""
        from firmtrade.describe.compute import plan, queries, views

        setting = self._setting(None, frozenset())
        asked = self.spec.tables if tables is None else tables
        if self.spec.dynamics is not None:
            from firmtrade.study_dynamics import dated

            asked = [dated(table, (ANY_YEAR,)) for table in asked]
        planned = plan(asked, setting)
        made = sorted(views(planned, setting), key=lambda view: view.place)
        return [query for view in made for query in queries(view, setting.groups)]

    def check(self) -> CheckReport:
        """Every problem of the panel, with the rows that cause it."""
        with self._opened(strict=False) as (_, panel, _):
            return self._sources.check(panel)

    def inspect(self) -> tuple[CheckReport, list[Attrition], str]:
        """(every problem, who is in each sample, why that cannot be said), reading the panel once."""
        with self._opened(strict=False) as (engine, panel, setting):
            report = self._sources.check(panel)
            if report.stops or not self.spec.tables:
                return report, [], ""
            try:
                found = list(self._compute(engine, panel, setting, None).attrition)
                return report, found, advice(self.spec.extend, PANEL, panel.missing, panel.spare)
            except StudyError as error:
                return report, [], str(error)

    def release(self, reason: str | None = None) -> Release:
        """All tables as a Release: protected, unless the panel is synthetic or a `reason` is given.

        A reason is why the tables need no disclosure control; it is printed on every output.
        """
        from firmtrade.protect import recording

        release, kept = self._release(reason)
        # Whoever has a release may publish it: it counts from now on.
        with recording(kept.policy.ledger if kept else None):
            return release

    def _release(self, reason: str | None, cells: Cells | None = None) -> tuple[Release, Custody | None]:
        from firmtrade.protect import release_protected, release_unprotected, unless_it_fails, with_models
        from firmtrade.reconcile.beside import read_shipped

        printed = read_shipped(self.spec.published)
        ledger = self._recorder()
        if ledger:
            ledger.unless(reason)
        with self._opened(models=bool(self.spec.models)) as (engine, panel, setting):
            open_anyway = not ledger and self._why(panel, reason)
            policy = None if open_anyway else self._policy(ledger)
            if policy:
                setting = policy.collecting(setting, engine, panel.columns)
            plain = self._sources.linked is None and not (self.spec.stress or setting.keyed)
            plain = plain and engine.name == "duckdb"
            before = cells.open(engine, panel, bool(policy), self.progress) if cells and plain else None
            computed = self._compute(engine, panel, setting, None, before)
            modelled = self._modelled(engine, panel, setting, self.spec.models)
            origin = self._origin(panel, computed)
        words = self.spec.catalog
        labels = {w.name: setting.codes.labels(w) for w in words if w.kind == "dimension"}
        kept = None
        if policy is None:
            made = release_unprotected(computed.results, origin, words, labels, self.spec.reason, reason)
        else:
            made, kept = release_protected(computed, origin, words, labels, policy, self.progress)
        with unless_it_fails(ledger):
            made = replace(made, published=printed.beside(made.tables) if printed else None)
            return with_models(made, kept, modelled, words, labels)

    def _recorder(self) -> Recorder | None:
        """The ledger that records this run, if there is one."""
        from firmtrade.protect import Recorder

        folder = Path(self.ledger) if self.ledger else self.spec.ledger and self.spec.base / self.spec.ledger
        return Recorder(Path(folder), self.spec.windows, self.label) if folder else None

    def _policy(self, ledger: Recorder | None) -> Policy:
        """How the study protects a release."""
        from firmtrade.protect import Policy
        from firmtrade.protect.method import read_method
        from firmtrade.protect.rules import profile

        spec = self.spec
        rules = profile(spec.profile, LATEST, spec.rules)
        return Policy(rules, spec.hide, read_method(spec.method, spec.base), ledger)

    def _why(self, panel: Panel, reason: str | None) -> bool:
        """Whether there is a reason to leave without disclosure control."""
        return bool((reason or "").strip() or (panel.synthetic and self.spec.reason.strip()))

    def _origin(self, panel: Panel, computed: Computed) -> Origin:
        from firmtrade.protect import Origin

        # A column that is missing is said where it is missed: in the table that needs it.
        found = [str(p) for p in self._report.warnings if p.rule != "missing-column"]
        return Origin(
            self.spec.name,
            self.spec.title,
            self.spec.subtitle,
            self.spec.source,
            computed.attrition,
            (*found, *computed.refusals),
            self._provenance(panel),
        )

    def run(self, out: str | Path, unprotected: str | None = None, custody: str | Path | None = None) -> Path:
        """Compute, release and write everything into the folder `out`, whole or not at all.

        What the custodian of the data keeps of a protected release goes into `custody`, by default the
        folder beside it that is called after it (`out-custody`).
        """
        from firmtrade.describe.reuse import cells_of
        from firmtrade.protect import custody_folder, keeping, recording, settle
        from firmtrade.publish import write
        from firmtrade.publish.custodian import custodian_files
        from firmtrade.publish.sdmx import require
        from firmtrade.publish.stage import claimed

        # Before anything is computed: a folder that may not be written stops the run at once.
        place = custody_folder(Path(out), Path(custody) if custody else None)
        if self.spec.sdmx:
            require()
        with claimed(Path(out)), cells_of(self.cache, place, Path(out)) as cells:
            settle(place, Path(out))
            release, kept = self._release(unprotected, cells)
            with recording(kept.policy.ledger if kept else None, Path(out)), ExitStack() as stack:
                ready = None
                if kept is not None:
                    self.progress("write what the custodian keeps")
                    further = custodian_files(kept, release, self.spec.catalog)
                    ready = stack.enter_context(keeping(kept, place, further, cells.beside))
                self.progress("write the report")
                made = write(release, Path(out), self.progress, self.spec.sdmx, ready)
            self.reused = cells.deliver()
            return made

    @contextmanager
    def evidence(self) -> Iterator[tuple[Callable[[Iterable[Table] | None], Computed], Policy]]:
        """(computes tables with their evidence, the policy), for what the custodian tries. Confidential."""
        policy = self._policy(self._recorder())
        with self._opened() as (engine, panel, setting):
            asked = policy.collecting(setting, engine, panel.columns)
            yield lambda tables: self._compute(engine, panel, asked, tables), policy

    @property
    def codes(self) -> Codes:
        """The closed lists of codes of the study's dimensions."""
        return self._setting(None, frozenset()).codes

    @contextmanager
    def _opened(
        self, strict: bool = True, models: bool = False, ahead: Iterable[Table] = ()
    ) -> Iterator[tuple[Engine, Panel, Setting]]:
        """The engine with the panel open and checked, for as long as the block lasts.

        `ahead`: the tables that will be asked for are planned while the panel is opened.
        """
        from concurrent.futures import ThreadPoolExecutor

        from firmtrade.study_engine import chosen, refuse, start
        from firmtrade.study_sources import open_sources

        choice = chosen(self.spec, self.engine, self.panel)
        refuse(choice, self.spec, bool(self.ledger or self.spec.ledger), models)
        memory = self.memory or self.spec.memory
        with Scratch() as scratch, start(choice, memory, self.threads, self.debug) as engine:
            with ThreadPoolExecutor(1) as aside:
                aside.submit(self._plan_ahead, list(ahead))
                with mapping_told(self.spec.extend, {}, (), self._needed):
                    self._sources = open_sources(
                        engine, self.spec, self.panel, self.sources, scratch, self.progress
                    )
            self.spec = self._sources.spec
            panel = self._relevant(self._sources.panel)
            if strict:
                self.progress("check the panel")
                self._report = (self._sources.glance or self._sources.check)(panel)
                if self._report.stops:
                    raise DataError(self._sources.check(panel).text())
            columns = frozenset(panel.columns)
            yield engine, panel, replace(self._setting(columns, columns), dialect=engine.dialect)

    def _plan_ahead(self, tables: Iterable[Table]) -> None:
        """Plan what can be planned before it is known which columns the panel has.

        What is wrong with a table is told later, after what is wrong with the panel.
        """
        from firmtrade.describe.compute import plan

        with suppress(FirmtradeError):
            plan(tables, self._setting(None, frozenset()))

    def _relevant(self, panel: Panel) -> Panel:
        """The panel, missing only what the study's tables ask for: Chile need not have regions."""
        if not self.spec.tables or not panel.missing:
            return panel
        asked = self._needed(frozenset(panel.columns))
        return replace(panel, missing={k: v for k, v in panel.missing.items() if k in asked})

    def _needed(self, further: frozenset[str] = frozenset()) -> frozenset[str]:
        """The columns that the study's tables ask for."""
        return needed(self.spec.tables, self._setting(None, further))

    def _setting(self, columns: frozenset[str] | None, further: frozenset[str]) -> Setting:
        from firmtrade.study_sources import classification

        stated = classification(self.spec, self.panel, self.sources)
        return self._settings.of(self.spec, stated, columns, further)

    def _compute(
        self, engine: Engine, panel: Panel, setting: Setting, tables: Any, kept: Kept | None = None
    ) -> Computed:
        from firmtrade.describe.compute import compute
        from firmtrade.study_sources import detailed, prepared

        asked = prepared(self.spec, self._sources, tables)
        with mapping_told(self.spec.extend, panel.missing, panel.spare, self._needed):
            made = detailed(engine, self._sources, asked, setting)
            return compute(engine, asked, made, self.progress, kept)

    def _provenance(self, panel: Panel) -> Provenance:
        from firmtrade import __version__

        rows = {
            "read": self._report.rows,
            **{f"dropped: {why}": n for why, n in sorted(panel.dropped.items())},
        }
        made = Provenance(panel.hashes(), rows, self.spec.catalog.hash(), __version__, panel.synthetic)
        pack = self.spec.pack
        return replace(made, pack=pack["hash"], pack_catalog=pack["catalog"]) if pack else made
