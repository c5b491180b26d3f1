"""The finest cells: everything additive that the tables of a view need, in one scan of the panel.

A view is the panel's firm-years, or its firms over a window. The cube holds, for each combination of
sample conditions, groups and flow states that occurs, the number of firms and the sums asked for.
Every table, margin and chart is rolled up from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from firmtrade._engine import expression
from firmtrade.classify.window import decided_at
from firmtrade.describe.asks import Ask
from firmtrade.describe.groups import Groups, Term
from firmtrade.describe.keys import Key, code_key
from firmtrade.describe.views import Followed

#: How the aggregates of finest cells make those of larger groups. The others are holistic.
ROLL_UP = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}


@dataclass
class Cube:
    """What a view's cube is made of, collected ask by ask, and where each part is found in it."""

    name: str
    groups: Groups
    years: frozenset[str]
    conditions: dict[str, tuple[Term, set[str]]] = field(default_factory=dict)
    steps: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    dimensions: dict[str, tuple[Term, set[str]]] = field(default_factory=dict)
    aggregates: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    sample_keys: set[str] = field(default_factory=set)
    inputs: list[Term] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    whole: bool = True
    windowed: bool = False
    _over: dict[Term, str] = field(default_factory=dict)
    _keys: dict[int, tuple[object, str, str]] = field(default_factory=dict)

    def add(self, asks: Iterable[Ask]) -> None:
        """Make room for what these asks need."""
        # Thousands of asks share a few samples, groups and aggregates: each is added once.
        once: dict[object, Ask] = {}
        for ask in asks:
            exclusive, conditions = self.groups.split(ask)
            once.setdefault((ask.sample, ask.year), ask)
            for condition in conditions:
                once.setdefault((condition, ask.year), ask)
            for name in exclusive:
                once.setdefault((name, ask.year, ""), ask)
            # An aggregate over known values has a condition of its own, kept for the years that ask it.
            once.setdefault((ask.aggregate, ask.point, tuple(conditions), ask.year), ask)
        for key, ask in once.items():
            self._add(key, ask)

    def _add(self, key: object, ask: Ask) -> None:
        match key:
            case (Term() as condition, year):
                for atom in condition.atoms:
                    self.asked.add(self._add_condition(atom, str(year)))
            case (_, _):
                self._add_sample(ask)
            case (name, _, ""):
                self._add_dimension(str(name), ask)
            case _:
                self._add_aggregate(ask)

    def _add_sample(self, ask: Ask) -> None:
        steps = []
        for text, term in self.groups.conditions(ask.sample, ask.window):
            steps.append((text, self._add_condition(term, ask.year)))
            self.sample_keys.add(self.columns[term.sql])
        self.steps[ask.sample] = steps

    def _add_condition(self, term: Term, *years: str) -> str:
        column = self.columns.setdefault(term.sql, f"c{len(self.conditions)}")
        _, seen = self.conditions.setdefault(column, (term, set()))
        seen.update(year for year in years if year)
        return column

    def _add_dimension(self, name: str, ask: Ask) -> None:
        column = self.dimension_column(name)
        if column not in self.dimensions:
            self.dimensions[column] = (self.groups.dimension(name, ask.window), set())
        self.dimensions[column][1].update([ask.year] if ask.year else [])

    def _add_aggregate(self, ask: Ask) -> None:
        key, found = self._aggregate(ask)
        if key not in self.aggregates:
            self.aggregates[key] = found
            _, values, condition = self.groups.aggregate(ask)
            inside = [condition] if condition is not None and not _is_known(condition) else []
            self.inputs += [*values[:1], *inside]
        known = self._known(ask)
        if known is not None:
            for atom in known.atoms:
                self.asked.add(self._add_condition(atom, ask.year))

    @staticmethod
    def dimension_column(name: str) -> str:
        """Column of a dimension in the cube: 'd_size', 'd_t1_venture'."""
        return "d_" + name.replace(".", "_").replace("-", "_")

    def _aggregate(self, ask: Ask) -> tuple[str, tuple[str, str, str]]:
        """(key, (function, input on the rows, column)) of an ask's aggregate."""
        found = self.groups.aggregate(ask)
        if id(found) not in self._keys:  # the same object for all asks about it: kept, so that its id stays
            name, values, condition = found
            inside = None if self._known(ask) is not None else condition
            value = input_value(name, values, inside)
            self._keys[id(found)] = found, name, value
        _, name, value = self._keys[id(found)]
        key = f"{name}({value})"
        known = self.aggregates.get(key)
        letter = "n" if name == "count" else "a"  # counts of nobody are 0, sums of nobody do not exist
        return key, known or (name, value, f"{letter}{len(self.aggregates)}")

    def aggregate_column(self, ask: Ask) -> tuple[str, str]:
        """(roll-up function, column) of an ask's aggregate in the cube."""
        name, _, column = self.aggregates[self._aggregate(ask)[0]]
        return ROLL_UP[name], column

    def _known(self, ask: Ask) -> Term | None:
        """An aggregate's condition that a value is known, or not: `sum(x) filter (where y is not null)`.

        It is a key of the cells, so that all sums of x are rolled up from one.
        """
        _, _, condition = self.groups.aggregate(ask)
        return condition if condition is not None and _is_known(condition) else None

    def group_conditions(self, ask: Ask) -> list[str]:
        """SQL over the cube: who, of the firms of the ask's sample and codes, its aggregate is over."""
        known = self._known(ask)
        terms = [*self.groups.split(ask)[1], *([known] if known is not None else [])]
        return [self.condition(term) for term in terms]

    def sample_condition(self, sample: str) -> str:
        """SQL over the cube: the firms of a sample."""
        implied = self.implied()
        own = [column for _, column in self.steps[sample] if column not in implied]
        return " and ".join([*(["c_shared"] if implied and not self.filtered else []), *own]) or "true"

    @property
    def filtered(self) -> bool:
        """Whether the view has no rows but those of its samples: firms followed, without attrition."""
        plain = not any(self.conditions[c][0].histories for steps in self.steps.values() for _, c in steps)
        return not self.whole and plain and any(term.histories for term in self.terms())

    def implied(self) -> set[str]:
        """In a cube without attrition: the conditions that all samples share, kept as one key."""
        if self.whole:
            return set()
        return set.intersection(*({c for _, c in steps} for steps in self.steps.values())) - self.asked

    def condition(self, term: Term) -> str:
        """SQL over the cube of a condition over panel columns."""
        if term not in self._over:
            self._over[term] = expression.over_atoms(term.tree, self.columns)
        return self._over[term]

    def terms(self) -> list[Term]:
        """All row-level terms, to see which columns and histories the view needs."""
        found = [term for term, _ in (*self.conditions.values(), *self.dimensions.values())]
        return [*found, *self.inputs]

    def followed(self, named: Set[str] = frozenset()) -> Followed | None:
        """The histories that the view joins to its rows, and the firms that they are asked about.

        `named` are the conditions that the rows have as columns by then.
        """
        names = set().union(*(term.histories for term in self.terms()))
        plainly = [
            s for s in self.steps if not any(self.conditions[c][0].histories for _, c in self.steps[s])
        ]
        whom = self.any_sample(named) if len(plainly) == len(self.steps) else "true"
        return Followed(tuple(sorted(names)), whom, self.filtered) if names else None

    def any_sample(self, named: Set[str] = frozenset()) -> str:
        """The condition of a row that is in some sample; what all samples ask is asked once.

        `named` are the conditions that the rows have as columns by now.
        """
        lists = _widest([frozenset(column for _, column in steps) for steps in self.steps.values()])
        common = frozenset.intersection(*lists)
        parts = [self.all_of(common, named)] if common else []
        rest = [self.all_of(columns - common, named) for columns in lists if columns > common]
        if len(rest) == len(lists):
            parts.append("(" + " or ".join(f"({part})" for part in rest) + ")")
        return " and ".join(parts) or "true"

    def decided(self) -> dict[str, str]:
        """Conditions and coded dimensions that one point of a window decides: column -> point.

        They are worked out before the points are joined: a join carries a few truth values, not amounts.
        """
        if not self.windowed:
            return {}
        found = {column: decided_at(term.tree) for column, (term, _) in self.conditions.items()}
        for column, (term, _) in self.dimensions.items():
            found[column] = decided_at(term.tree) if expression.cases(term.tree) is not None else None
        return {column: point for column, point in found.items() if point is not None}

    def at_points(self) -> dict[str, list[str]]:
        """What each point of the window decides, as columns of its step."""
        found: dict[str, list[str]] = {}
        for column, point in self.decided().items():
            found.setdefault(point, []).append(f"{self.key(column).sql} as {column}")
        return found

    def undecided(self) -> list[Term]:
        """Terms that the joined rows are asked about."""
        decided, keys = self.decided(), {**self.conditions, **self.dimensions}
        return [*(term for column, (term, _) in keys.items() if column not in decided), *self.inputs]

    def key(self, column: str) -> Key:
        """The key of a condition or of a coded dimension, worked out on a row of the panel."""
        if column in self.conditions:
            term, years = self.conditions[column]
            return Key(column, f"({term.sql})", years=frozenset(years))
        term, years = self.dimensions[column]
        key = code_key(column, term.tree, frozenset(years))
        assert key is not None
        return key

    def all_of(self, columns: Set[str], named: Set[str]) -> str:
        """All of these conditions; those `named` are columns of the rows."""
        ordered = sorted(columns, key=lambda column: int(column[1:]))
        return " and ".join(c if c in named else f"({self.conditions[c][0].sql})" for c in ordered)


def _is_known(condition: Term) -> bool:
    """Whether a condition is only about values being known: `employment is not null`."""
    return all(expression.is_known_test(atom.tree) for atom in condition.atoms)


def _widest(samples: list[frozenset[str]]) -> list[frozenset[str]]:
    """Samples without those that lie within another: exporters of 1998 are firms of 1998."""
    kept = [one for one in samples if not any(other < one for other in samples)]
    return sorted(set(kept), key=sorted)


def input_value(name: str, values: list[Term], condition: Term | None) -> str:
    """What an aggregate adds up on one row: exact decimals, and only where its condition holds.

    Arithmetic that leaves decimals (a division, a power) is rounded to nine places before it is added:
    floating sums differ from run to run.
    """
    if not values:
        return "*" if condition is None else f"case when {condition.sql} then 1 end"
    value = values[0].sql
    if (name == "sum" and "DOUBLE" in value) or any(f in value for f in ("LN(", "EXP(", "POWER(", "SQRT(")):
        value = f"cast({value} as decimal(28, 9))"
    return value if condition is None else f"case when {condition.sql} then {value} end"
