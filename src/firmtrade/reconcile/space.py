"""Groups of firms as sets of states, so that sums, parts and unions are read off the definitions.

Each condition and code of a cell lives in a factor: a few yes / no / unknown conditions that are used
together (the four flows: 81 states), or an exclusive dimension (size: its codes and 'unknown'). A group
is a set of states in each factor. Which states a sample can have is found by trying its conditions on
representative values of the columns. What is true of all states is an identity of the definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from firmtrade._engine import expression
from firmtrade.classify.expand import CONTRACT, panel_columns
from firmtrade.classify.window import POINTS
from firmtrade.describe.asks import Ask, plain
from firmtrade.describe.compute import Setting
from firmtrade.describe.groups import Term

MOST_ATOMS = 8  # 3^8 states; a larger tangle of conditions is kept apart, each on its own
MOST_ROWS = 20_000
_TEXTS = ("firm", "activity", "region")


@dataclass
class Factor:
    """States 0, 1, 2 ... as bits: `all` of them, those where everything is `known`, masks by text."""

    name: str
    all: int
    known: int
    masks: dict[str, int] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """One sum over one group of firms. `base` are the sample's conditions that no factor expresses."""

    rows: str
    base: frozenset[str]
    aggregate: str
    group: tuple[tuple[str, int], ...]

    def mask(self, factor: Factor) -> int:
        """The states of a factor that the group has."""
        return dict(self.group).get(factor.name, factor.all)

    def but(self, factor: Factor) -> tuple[tuple[str, int], ...]:
        """The group without one factor."""
        return tuple(pair for pair in self.group if pair[0] != factor.name)

    @property
    def population(self) -> tuple[str, frozenset[str], str]:
        """Places of one population can be added up."""
        return self.rows, self.base, self.aggregate

    @property
    def counts(self) -> bool:
        """Whether it is a number of firms, so a whole number."""
        return self.aggregate.startswith("count")


class Space:
    """The factors of one scan (a year, or a window), and where each ask's group lies in them."""

    def __init__(self, setting: Setting, asks: Iterable[Ask], engine: Any) -> None:
        self.setting, self.groups, self._engine = setting, setting.groups, engine
        asks = list(asks)
        self.window, self.year = asks[0].window, asks[0].year
        self.rows = self.window or self.year
        self.factors: dict[str, Factor] = {}
        self._home: dict[str, Factor] = {}
        self._codes: dict[str, dict[str, list[str]]] = {}
        self._samples: dict[str, tuple[frozenset[str], dict[str, int]]] = {}
        self._build(asks)

    # -- factors -----------------------------------------------------------------------------------

    def _build(self, asks: list[Ask]) -> None:
        terms: dict[str, Term] = {}
        dimensions: dict[str, Term] = {}
        for ask in asks:
            exclusive, conditions = self._split(ask)
            for term in [*conditions, *self._filters(ask)[0]]:
                terms.setdefault(term.sql, term)
            for name in exclusive:
                dimensions.setdefault(name, self.groups.dimension(name, self.window))
        booleans = {name: found for name, t in dimensions.items() if (found := _branches(t))}
        for name, found in booleans.items():
            self._codes[name] = {code: [term.sql] for code, term in found.items()}
            terms |= {term.sql: term for term in found.values()}
        for component in _components(list(terms.values())):
            self._boolean(component)
        for name, term in dimensions.items():
            if name not in booleans:
                self._opaque(name, term, asks)

    def _boolean(self, terms: list[Term]) -> None:
        atoms = sorted({atom.sql for term in terms for atom in term.atoms})
        if len(atoms) > MOST_ATOMS:
            for term in terms:
                factor = Factor(term.sql, 7, 3, {term.sql: 1})
                self.factors[factor.name] = self._home[term.sql] = factor
            return
        names = {sql: f"a{n}" for n, sql in enumerate(atoms)}
        tables = ", ".join(f"(select unnest([true, false, null]) as {a})" for a in names.values())
        wanted = ", ".join(expression.over_atoms(term.tree, names) for term in terms)
        found = self._engine.rows(f"select {', '.join(names.values())}, {wanted} from {tables}")
        factor = Factor(" ; ".join(atoms), 2 ** len(found) - 1, 0, states=tuple(map(str, found)))
        for n, row in enumerate(found):
            factor.known |= (None not in row[: len(atoms)]) << n
            for term, value in zip(terms, row[len(atoms) :], strict=True):
                factor.masks[term.sql] = factor.masks.get(term.sql, 0) | (value is True) << n
        self.factors[factor.name] = factor
        self._home |= {term.sql: factor for term in terms}

    def _opaque(self, name: str, term: Term, asks: list[Ask]) -> None:
        dimension = self.setting.catalog.get(plain(name), "dimension")
        used = [code for ask in asks for n, code in ask.codes if n == name]
        single = [part for code in used for part in code.split("|")]
        codes = tuple(dict.fromkeys([*self.setting.codes.of(dimension), *single]))
        states = (*(code for code in codes if code != "unknown"), "unknown")
        every = 2 ** len(states) - 1
        columns = frozenset(node.name for node in expression.columns(term.tree))
        factor = Factor(f"{name}: {term.sql}", every, every >> 1, {}, columns, states)
        factor.masks = {code: 1 << n for n, code in enumerate(states)}
        factor.masks |= {code: _joined(factor.masks, code) for code in used if "|" in code}
        factor.masks[":"] = 0
        self.factors[factor.name] = factor
        self._home[f"dimension {name}"] = factor

    # -- places ------------------------------------------------------------------------------------

    def place(self, ask: Ask) -> tuple[Place, str]:
        """Where an ask's group lies, and what must be known of a firm for the aggregate ('': nothing)."""
        exclusive, conditions = self._split(ask)
        filters, partial = self._filters(ask)
        base, masks = self._sample(ask.sample)
        masks = dict(masks)
        for name, code in exclusive.items():
            if name in self._codes:
                for sql in self._codes[name].get(code, []):
                    self._narrow(masks, self._home[sql], self._home[sql].masks[sql])
            else:
                factor = self._home[f"dimension {name}"]
                self._narrow(masks, factor, factor.masks.get(code, 0))
        for term in [*conditions, *filters]:
            self._narrow(masks, self._home[term.sql], self._home[term.sql].masks[term.sql])
        group = tuple(sorted((f, m) for f, m in masks.items() if m != self.factors[f].all))
        return Place(self.rows, base, self._aggregate(ask), group), partial

    def _split(self, ask: Ask) -> tuple[dict[str, str], list[Term]]:
        """As of Groups, but a union of a dimension's codes ('50-99|100-249') stays with the dimension."""
        unions = {name: code for name, code in ask.codes if "|" in code and not self._overlaps(name)}
        exclusive, conditions = self.groups.split(ask.without(set(unions)) if unions else ask)
        return {**exclusive, **unions}, conditions

    def _overlaps(self, name: str) -> bool:
        return self.setting.catalog.get(plain(name), "dimension").overlaps

    def _narrow(self, masks: dict[str, int], factor: Factor, mask: int) -> None:
        masks[factor.name] = masks.get(factor.name, factor.all) & mask

    def _aggregate(self, ask: Ask) -> str:
        function, values, _ = self.groups.aggregate(ask)
        return f"{function}({', '.join(value.sql for value in values) or '*'})"

    def _filters(self, ask: Ask) -> tuple[list[Term], str]:
        """An aggregate's conditions, without those that a column is known; whether there were such."""
        _, _, condition = self.groups.aggregate(ask)
        if condition is None:
            return [], ""
        parts = [Term(part) for part in expression.conjuncts(condition.tree)]
        kept = [part for part in parts if not _asks_known(part.tree)]
        return kept, " and ".join(sorted(part.sql for part in parts if part not in kept))

    def _sample(self, sample: str) -> tuple[frozenset[str], dict[str, int]]:
        if sample not in self._samples:
            base: set[str] = set()
            masks: dict[str, int] = {}
            for _, term in self.groups.conditions(sample, self.window):
                found = [(factor, *self._decide(factor, term)) for factor in self.factors.values()]
                exact = any(decided for *_, decided in found)
                for factor, possible, decided in found:
                    # What one dimension decides, another that follows from it need not repeat.
                    if possible != factor.all and decided == exact:
                        self._narrow(masks, factor, possible)
                if not exact:
                    base.add(term.sql)
            self._samples[sample] = frozenset(base), masks
        return self._samples[sample]

    def _decide(self, factor: Factor, term: Term) -> tuple[int, bool]:
        """States in which a condition can hold, and whether each state decides it."""
        if term.sql in factor.masks and ":" not in factor.masks:
            return factor.masks[term.sql], True
        columns = {node.name for node in expression.columns(term.tree)}
        if ":" not in factor.masks or not columns or not columns <= factor.columns:
            return factor.all, False
        found = self._tried(factor, term)
        if not found:
            return factor.all, False
        holds, fails = ({state for state, value in found if value is v} for v in (True, False))
        untried = set(factor.states) - holds - fails
        possible = sum(factor.masks[state] for state in holds | untried)
        return possible, not holds & fails and not untried

    def _tried(self, factor: Factor, term: Term) -> set[tuple[str, bool]]:
        """(state, whether the condition holds) over representative values of the factor's columns."""
        sql = factor.name.partition(": ")[2]
        columns = sorted(factor.columns)
        lists = [self._values(column, factor, f"{sql} {term.sql}") for column in columns]
        size = 1
        for values in lists:
            size *= max(values.count(",") + 1, 1)
        if not all(lists) or size > MOST_ROWS:
            return set()
        tables = ", ".join(f"(select unnest({v}) as {c})" for v, c in zip(lists, columns, strict=True))
        rows = self._engine.rows(f"select distinct {sql}, coalesce({term.sql}, false) from {tables}")
        return {("unknown" if state is None else str(state), bool(value)) for state, value in rows
                if state is None or str(state) in factor.states}  # fmt: skip

    def _values(self, column: str, factor: Factor, text: str) -> str:
        """A list of values of a column that the expressions can tell apart, and NULL; '' if not known."""
        point, _, rest = column.partition("_")
        name = rest if point in POINTS else column
        if name not in CONTRACT or name == "domestic":
            return ""
        if name == "year":
            return f"[{self._year(point)}]::double[]"
        if name == "founded" and not self.window:
            # Nobody prints a firm that is founded after the year that is printed.
            return self._years(text)
        if name in _TEXTS:
            known = set(re.findall(r"'([^']*)'", text)) | set(factor.states) - {"unknown"}
            known |= set(self.setting.codes.classification) if name == "activity" else set()
            codes = ", ".join(f"'{code}'" for code in sorted(known))
            return f"[{codes}, null]::varchar[]"
        numbers = {float(n) for n in _numbers(text)}
        year = self._year(point)
        numbers |= {year - n for n in numbers if n < 1000}
        tried = sorted({n + d for n in numbers for d in (-1, -0.5, 0, 0.5, 1)})
        return f"[{', '.join(map(str, tried))}, null]::double[]"

    def _years(self, text: str) -> str:
        """Years that an expression over a year can tell apart, up to the year of the scan."""
        last = int(self.year)
        numbers = {int(float(n)) for n in _numbers(text)}
        numbers |= {last - n for n in numbers if n < 1000}
        tried = sorted({n + d for n in numbers for d in (-1, 0, 1) if n + d <= last} | {last})
        return f"[{', '.join(map(str, tried))}, null]::double[]"

    def _year(self, point: str) -> int:
        if not self.window:
            return int(self.year)
        return int(getattr(self.setting.windows[self.window], point if point in POINTS else "t0"))


def _joined(masks: Mapping[str, int], code: str) -> int:
    """The states of a group of codes, such as '50-99|100-249'."""
    joined = 0
    for part in code.split("|"):
        joined |= masks[part]
    return joined


def _numbers(text: str) -> list[str]:
    plainly = re.sub(r"'[^']*'", "", text)
    return re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", plainly)


def _asks_known(tree: Any) -> bool:
    from sqlglot import exp

    while isinstance(tree, exp.Paren):
        tree = tree.this
    return isinstance(tree, exp.Not) and isinstance(tree.this, exp.Is)


def _branches(term: Term) -> dict[str, Term] | None:
    """Code -> condition of a dimension whose conditions are independent of each other, else None."""
    from sqlglot import exp

    branches = expression.cases(term.tree)
    if branches is None:
        return None
    atoms = {atom.sql: atom for when, _ in branches for atom in Term(when).atoms}
    seen: dict[str, str] = {}
    for sql, atom in atoms.items():
        for column in panel_columns(atom.tree):
            if seen.setdefault(column, sql) != sql:
                return None
    found: dict[str, Any] = {}
    before: list[Any] = []
    for when, code in branches:
        parts = [exp.Paren(this=when.copy()), *(_not_true(b) for b in before)]
        both = parts[0]
        for part in parts[1:]:
            both = exp.And(this=both, expression=part)
        found[code] = exp.Or(this=found[code], expression=both) if code in found else both
        before.append(when)
    neither = _not_true(before[0])
    for when in before[1:]:
        neither = exp.And(this=neither, expression=_not_true(when))
    found.setdefault("unknown", neither)
    return {code: Term(exp.Paren(this=tree)) for code, tree in found.items()}


def _not_true(tree: Any) -> Any:
    """SQL goes on to the next branch of a CASE when a condition is false or unknown."""
    from sqlglot import exp

    inner = exp.Paren(this=tree.copy())
    unknown = exp.Is(this=exp.Paren(this=tree.copy()), expression=exp.null())
    return exp.Paren(this=exp.Or(this=exp.Not(this=inner), expression=unknown))


def _components(terms: list[Term]) -> list[list[Term]]:
    """Conditions that share an atom, together."""
    parts: list[tuple[set[str], list[Term]]] = []
    for term in terms:
        atoms, members = {atom.sql for atom in term.atoms}, [term]
        apart = []
        for names, found in parts:
            if names & atoms:
                atoms, members = atoms | names, found + members
            else:
                apart.append((names, found))
        parts = [*apart, (atoms, members)]
    return [members for _, members in parts]


def order(item: Any) -> Any:
    """A key to sort places and their parts by, the same in every run."""
    if isinstance(item, Place):
        return order((item.rows, item.base, item.aggregate, item.group))
    if isinstance(item, frozenset):
        return tuple(sorted(item))
    return tuple(order(part) for part in item) if isinstance(item, tuple) else item


def subset(small: Place, large: Place, factors: Mapping[str, Factor]) -> bool:
    """Whether every firm of one group is in the other."""
    if small.rows != large.rows or small.aggregate != large.aggregate or not small.base >= large.base:
        return False
    names = {name for name, _ in (*small.group, *large.group)}
    return all(not small.mask(factors[n]) & ~large.mask(factors[n]) for n in names)
