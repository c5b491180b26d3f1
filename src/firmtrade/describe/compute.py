"""From tables to results: collect what all tables need, scan once for each view, fill the cells.

The measures are worked out with the same code twice: first to learn which sums are needed, then from the
answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from firmtrade._engine import expression
from firmtrade._engine.dialect import DUCKDB, Dialect
from firmtrade._engine.engine import Engine
from firmtrade._engine.steps import Query, Step
from firmtrade.catalog import Catalog
from firmtrade.classify.expand import Meaning, uses_points
from firmtrade.classify.window import POINTS, Window
from firmtrade.describe.answer import Value, answer
from firmtrade.describe.asks import COUNT, Ask, finest_years, needed
from firmtrade.describe.attrition import attrition
from firmtrade.describe.behind import Behind
from firmtrade.describe.cells import Codes, Slot, slots
from firmtrade.describe.computed import Backing, Computed
from firmtrade.describe.cube import ROLL_UP, Cube
from firmtrade.describe.details import refuse_listed, refuse_rows, table_of
from firmtrade.describe.finest import Sums, finest
from firmtrade.describe.groups import Groups
from firmtrade.describe.holistic import answer_holistic, holistic_query
from firmtrade.describe.listing import Listing
from firmtrade.describe.needs import missing_words, other_codes, refuse_undated, terms
from firmtrade.describe.parts import Scans
from firmtrade.describe.results import result_of, told
from firmtrade.describe.reuse import Kept
from firmtrade.describe.scan import Scan
from firmtrade.describe.spec import Table
from firmtrade.describe.unknowns import Doubt, doubts
from firmtrade.describe.views import names_in, window_rows, year_rows
from firmtrade.errors import Unanswerable
from firmtrade.result import Attrition, Result

Progress = Callable[[str], None]
#: The panel's column that says which holding a firm belongs to.
HOLDING = "holding"
#: The panel's column that says which firms asked that their figures are kept confidential.
ASKING = "confidential"


@dataclass(frozen=True)
class Setting:
    """What tables are computed over: words, columns of the panel (None: not known yet), windows, codes.

    `evidence`: what disclosure control must know is collected in the same scans; `keyed`: the keys of
    groups of firms too, by which their numbers are perturbed; `listed`: the firms too, for a ledger; `seen`:
    what the rows are, before any condition of a sample; `dialect`: what the
    engine of the scans says differently.
    """

    catalog: Catalog
    meaning: Meaning
    columns: frozenset[str] | None
    windows: Mapping[str, Window]
    codes: Codes
    groups: Groups
    evidence: bool = False
    keyed: bool = False
    listed: bool = False
    dialect: Dialect = DUCKDB
    seen: str = "all firms seen"
    classification: str = ""


@dataclass
class TablePlan:
    """A table's slots, and the asks that fill each; `refused` says why it cannot be answered."""

    table: Table
    slots: list[Slot] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    asks: set[Ask] = field(default_factory=set)
    refused: str = ""


@dataclass
class View:
    """One scan: its rows and the cube made of them; `place` is where it stands among those of a study."""

    place: tuple[str, str]
    cube: Cube
    rows: tuple[Step, ...]
    scan: Scan
    asks: list[Ask]
    holistic: list[Ask]

    @property
    def table(self) -> str:
        """What its cube is called in the engine."""
        return f"cube_{self.cube.name}"


def plan(tables: Iterable[Table], setting: Setting) -> list[TablePlan]:
    """What each table needs. A wrong name is an error; a column that the panel lacks is a refusal."""
    windowed: dict[str, bool] = {}
    plans = []
    for table in tables:
        for block in table.blocks:
            where = f"table {table.name}"
            sample = setting.catalog.get(block.sample, "sample", where=where)
            windowed[block.sample] = uses_points(sample.tree, setting.catalog)
        plans.append(_plan(table, setting, windowed))
    return plans


def _plan(table: Table, setting: Setting, windowed: Mapping[str, bool]) -> TablePlan:
    # The table is kept with its plan, so that no other one can get its id.
    _, made = setting.groups.remember(
        ("planned", id(table)), lambda: (table, _asked_by(table, setting, windowed))
    )
    if setting.columns is None:
        return made
    refused = missing_words(made.asks, setting.groups, setting.columns) or other_codes(
        made.asks, setting.groups, setting.classification
    )
    return replace(made, refused=refused)


def _asked_by(table: Table, setting: Setting, windowed: Mapping[str, bool]) -> TablePlan:
    """The slots of a table and all that they need."""
    asked = slots(table, setting.catalog, setting.codes, setting.windows, windowed)
    # A cell that two blocks ask for stands in the table once.
    once = {(slot.ask, slot.period, slot.measure.name): slot for slot in asked}
    made = TablePlan(table, list(once.values()))
    made.doubts = doubts(made.slots, setting.catalog)
    for slot in made.slots:
        made.asks.add(slot.ask)
        window = setting.windows.get(slot.ask.window)
        made.asks.update(needed(slot.measure, slot.ask, setting.catalog, window))
    for doubt in made.doubts:
        made.asks.add(doubt.ask)
    refuse_undated(made.asks, setting.groups, setting.windows)
    return made


def views(plans: Iterable[TablePlan], setting: Setting) -> Iterator[View]:
    """The scans that the answerable tables need: one for the years, one for each window.

    Groups that look at a firm's whole history have a scan of their own, so that only the firms that
    are asked about are followed. Most asks come first: what is rolled up last has no scan to hide behind.
    Each is made when it is asked for, so that the first can be scanned meanwhile.
    """
    groups = setting.groups
    asks = sorted(set().union(*(p.asks for p in plans if not p.refused)), key=_order)
    parted: dict[tuple[str, str], list[Ask]] = defaultdict(list)
    finest = finest_years(asks)
    for ask in asks:
        if any(term.histories for term in terms(ask, groups)):
            kind = "followed"
        else:
            kind = "" if ask.window or ask.year in finest else "other years"
        parted[ask.window, f"{groups.relation(ask)} {kind}".strip()].append(ask)
    added = {place: sum(_adds_up(ask, setting.catalog) for ask in asks) for place, asks in parted.items()}
    for place in sorted(parted, key=lambda place: (-added[place], _name(*place))):
        asks, kind = parted[place], place[1]
        yield _view(place, asks, setting, kind == "" or (kind == "followed" and not _seen(asks, parted)))


def _seen(asks: list[Ask], parted: Mapping[tuple[str, str], list[Ask]]) -> bool:
    """Whether another view of the same window or years has the attrition of the samples of these asks."""
    return {ask.sample for ask in asks} <= {ask.sample for ask in parted.get((asks[0].window, ""), [])}


def _order(ask: Ask) -> tuple[str, ...]:
    return (ask.sample, ask.window, ask.year, ask.aggregate, ask.point, *(f"{n}={c}" for n, c in ask.codes))


def _view(place: tuple[str, str], asks: list[Ask], setting: Setting, whole: bool) -> View:
    window, kind = place
    years = frozenset(ask.year for ask in asks if ask.year)
    cube = Cube(_name(window, kind), setting.groups, years, whole=whole, windowed=bool(window))
    additive = [ask for ask in asks if _adds_up(ask, setting.catalog)]
    relation = setting.groups.relation(asks[0])
    cube.add([*additive, *(ask.counted() for ask in asks)])
    if relation:
        refuse_rows(asks, setting.catalog)
        cube.add(replace(ask, aggregate=COUNT, codes=()) for ask in asks)
    summed = set(additive)
    rest = [ask for ask in asks if ask not in summed]
    scan = Scan(
        cube,
        _rows(window, cube, setting, relation),
        not window,
        *_owner(window, setting, bool(relation)),
        keyed=setting.keyed,
        listed=setting.listed,
        dialect=setting.dialect,
    )
    return View(place, cube, _plain_rows(window, cube, rest, setting) if rest else (), scan, additive, rest)


def _name(window: str, kind: str) -> str:
    name = "_".join(part for part in (f"window {window}" if window else "years", kind) if part)
    return name.replace("-", "_").replace(" ", "_")


def _owner(window: str, setting: Setting, several: bool) -> tuple[str, bool, str]:
    """(whose a row is, whether an owner may have several rows, who asked for confidentiality), as SQL."""
    if not setting.evidence:
        return "", False, ""
    have, point = setting.columns or frozenset(), f"{POINTS[0]}_" if window else ""
    asking = f"{point}{ASKING}" if ASKING in have else ""
    if HOLDING not in have:
        return "firm", several, asking
    return f"coalesce({point}{HOLDING}, firm)", True, asking


def _rows(window: str, cube: Cube, setting: Setting, relation: str = "") -> tuple[Step, ...]:
    if not window:
        rows = table_of(relation) if relation else "panel"
        return year_rows(cube.years, cube.followed(), setting.meaning, rows)
    decided = cube.at_points()
    followed = cube.followed(cube.decided().keys())
    read, taken = names_in(cube.terms()), names_in(cube.undecided())
    if setting.evidence:
        kept = {f"{POINTS[0]}_{name}" for name in (HOLDING, ASKING) if name in (setting.columns or ())}
        read, taken = read | kept, taken | kept
    return window_rows(setting.windows[window], read, taken, decided, followed, setting.meaning)


def _plain_rows(window: str, cube: Cube, holistic: list[Ask], setting: Setting) -> tuple[Step, ...]:
    """The rows under the panel's names only, for queries that are not about the finest cells."""
    if not window:
        return _rows(window, cube, setting)
    names = names_in(term for ask in holistic for term in terms(ask, cube.groups))
    names |= names_in(cube.terms())
    return window_rows(setting.windows[window], names, names, {}, cube.followed(), setting.meaning)


def _adds_up(ask: Ask, catalog: Catalog) -> bool:
    if ask.aggregate == COUNT:
        return True
    return expression.split_aggregate(catalog.get(ask.aggregate, "measure").tree)[0] in ROLL_UP


def queries(view: View, groups: Groups) -> list[Query]:
    """Every scan of a view, to be shown: the cube, and what cannot be rolled up."""
    holistic = {q.sql: q for q in (holistic_query(view.rows, groups, ask) for ask in view.holistic)}
    return [view.scan.query, *holistic.values()]


def compute(
    engine: Engine, tables: Iterable[Table], setting: Setting, progress: Progress, kept: Kept | None = None
) -> Computed:
    """Answer tables: one scan for each view (or what is `kept` of one), roll-ups, measures worked out."""
    plans = plan(tables, setting)
    refusals = tuple(f"{p.table.name} is not answered: {p.refused}" for p in plans if p.refused)
    if plans and all(p.refused for p in plans):
        raise Unanswerable("No table can be answered with this panel:\n  " + "\n  ".join(refusals))
    answered = [p for p in plans if not p.refused]
    refuse_listed(setting.listed and any(setting.groups.relation(a) for p in answered for a in p.asks))
    # The key of a firm depends on a secret that no query holds: such scans are never kept.
    scans = Scans(kept, setting.meaning, setting.windows) if kept and not setting.keyed else None
    published = _published(answered, setting) if setting.evidence else frozenset[Ask]()
    answers = _Answers(engine, setting, published, scans)
    made: dict[int, Result] = {}
    # Closed at once where a roll-up fails, so that the scan that runs meanwhile is stopped.
    with closing(_scanned(engine, views(answered, setting), progress, scans)) as scanned:
        for view in scanned:
            progress(f"roll up {view.cube.name.replace('_', ' ')}")
            answers.take(view)
            # A table whose answers are there is worked out while the next view is scanned.
            ready = [n for n, p in enumerate(answered) if n not in made and p.asks <= answers.found.keys()]
            made.update({n: result_of(answered[n], answers.found, setting) for n in ready})

    def again(changed: Mapping[Ask, Value]) -> tuple[Result, ...]:
        found = {**answers.found, **changed}
        return tuple(result_of(p, found, setting) for p in answered)

    backing = _backing(answered, answers, setting, again) if setting.evidence else None
    results = tuple(made.get(n) or result_of(p, answers.found, setting) for n, p in enumerate(answered))
    return Computed(results, answers.losses, refusals, backing)


def _published(plans: Iterable[TablePlan], setting: Setting) -> frozenset[Ask]:
    """The asks that some figure is worked out from."""
    return frozenset(
        ask
        for made in plans
        for asks in (*_behind(made, setting), tuple(doubt.ask for doubt in made.doubts))
        for ask in asks
    )


def _behind(made: TablePlan, setting: Setting) -> tuple[tuple[Ask, ...], ...]:
    return tuple(
        tuple(needed(slot.measure, slot.ask, setting.catalog, setting.windows.get(slot.ask.window)))
        for slot in made.slots
    )


def _backing(
    plans: Iterable[TablePlan],
    answers: _Answers,
    setting: Setting,
    again: Callable[[Mapping[Ask, Value]], tuple[Result, ...]],
) -> Backing:
    figures = {made.table.name: _behind(made, setting) for made in plans}
    unknowns = {made.table.name: tuple(doubt.ask for doubt in told(made)) for made in plans}
    sums = tuple(one for found, _ in answers.evidence for one in found)
    listed = tuple(one for _, firms in answers.evidence for one in firms)
    return Backing(figures, unknowns, sums, answers.behind, again, listed)


@dataclass
class _Answers:
    """What the views that were taken answer, the attrition of each sample, and the evidence behind what is
    published: sums over finest cells, and the firms of what cannot be added up.
    """

    engine: Engine
    setting: Setting
    published: frozenset[Ask]
    scans: Scans | None
    found: dict[Ask, Value] = field(default_factory=dict)
    lost: dict[tuple[str, str], list[Attrition]] = field(default_factory=dict)
    evidence: list[tuple[list[Sums], list[Listing]]] = field(default_factory=list)
    behind: dict[Ask, Behind] = field(default_factory=dict)

    def take(self, view: View) -> None:
        """Roll up a view whose cube is there."""
        engine, setting, scans = self.engine, self.setting, self.scans
        if scans:
            scans.keep(engine, view, view.table)
        self.found.update(answer(engine, view.cube, view.table, view.asks))
        given = partial(scans.apart, engine, view) if scans else None
        apart = answer_holistic(engine, view.rows, setting.groups, view.holistic, setting.evidence, given)
        self.found.update({ask: value for ask, (value, _) in apart.items()})
        self.behind.update({ask: firms for ask, (_, firms) in apart.items()})
        if view.cube.whole:
            about = (setting.catalog, setting.windows, setting.seen)
            self.lost[view.place] = attrition(engine, view.cube, view.table, *about)
        if setting.evidence:
            owners = partial(scans.owners, engine, view) if scans else None
            asks = [ask for ask in view.asks if ask in self.published]
            self.evidence.append(finest(engine, view.scan, view.table, asks, owners))

    @property
    def losses(self) -> tuple[Attrition, ...]:
        """A sample that several views have is told once, by the first of them."""
        told = {loss.sample: loss for place in sorted(self.lost, reverse=True) for loss in self.lost[place]}
        return tuple(sorted(told.values(), key=lambda loss: loss.sample))


def _scanned(
    engine: Engine, asked: Iterable[View], progress: Progress, scans: Scans | None
) -> Generator[View, None, None]:
    """Each view when its cube is there, while that of the next is made."""
    seen: dict[str, View] = {}

    def each() -> Iterator[tuple[str, Query]]:
        for view in asked:
            if not seen:
                progress(f"scan for {view.cube.name.replace('_', ' ')}")
            seen[view.table] = view
            yield view.table, scans.query(engine, view) if scans else view.scan.query

    # What was kept is looked up in the engine, before it is busy with the first scan.
    for table in engine.tables(list(each()) if scans else each()):
        yield seen[table]
