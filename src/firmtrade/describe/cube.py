"""The finest cells: everything additive that the tables of a view need, in one scan of the panel.

A view is the panel's firm-years, or its firms over a window. The cube holds, for each combination of
sample conditions, groups and flow states that occurs, the number of firms and the sums asked for.
Every table, margin and chart is rolled up from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from firmtrade._engine import expression
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.asks import Ask
from firmtrade.describe.groups import Groups, Term
from firmtrade.describe.keys import Key, code_key, condition_key, pack
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
    _over: dict[Term, str] = field(default_factory=dict)

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
            once.setdefault((ask.aggregate, ask.point, tuple(conditions)), ask)
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
            self.inputs += [*values[:1], *([condition] if condition is not None else [])]

    @staticmethod
    def dimension_column(name: str) -> str:
        """Column of a dimension in the cube: 'd_size', 'd_t1_venture'."""
        return "d_" + name.replace(".", "_").replace("-", "_")

    def _aggregate(self, ask: Ask) -> tuple[str, tuple[str, str, str]]:
        """(key, (function, input on the rows, column)) of an ask's aggregate."""
        name, values, condition = self.groups.aggregate(ask)
        value = input_value(name, values, condition)
        key = f"{name}({value})"
        known = self.aggregates.get(key)
        letter = "n" if name == "count" else "a"  # counts of nobody are 0, sums of nobody do not exist
        return key, known or (name, value, f"{letter}{len(self.aggregates)}")

    def aggregate_column(self, ask: Ask) -> tuple[str, str]:
        """(roll-up function, column) of an ask's aggregate in the cube."""
        name, _, column = self.aggregates[self._aggregate(ask)[0]]
        return ROLL_UP[name], column

    def sample_condition(self, sample: str) -> str:
        """SQL over the cube: the firms of a sample."""
        implied = self.implied()
        own = [column for _, column in self.steps[sample] if column not in implied]
        return " and ".join([*(["c_shared"] if implied else []), *own]) or "true"

    def implied(self) -> set[str]:
        """In a cube without attrition: the conditions that all samples share, kept as one key."""
        if self.whole:
            return set()
        return set.intersection(*({c for _, c in steps} for steps in self.steps.values())) - self.asked

    def condition(self, term: Term) -> str:
        """SQL over the cube of a condition over panel columns."""
        if term not in self._over:
            self._over[term] = expression.render(expression.over_atoms(term.tree, self.columns))
        return self._over[term]

    def terms(self) -> list[Term]:
        """All row-level terms, to see which columns and histories the view needs."""
        found = [term for term, _ in (*self.conditions.values(), *self.dimensions.values())]
        return [*found, *self.inputs]

    def followed(self) -> Followed | None:
        """The histories that the view joins to its rows, and the firms that they are asked about."""
        names = set().union(*(term.histories for term in self.terms()))
        plainly = [
            s for s in self.steps if not any(self.conditions[c][0].histories for _, c in self.steps[s])
        ]
        whom = self._any_sample() if len(plainly) == len(self.steps) else "true"
        return Followed(tuple(sorted(names)), whom) if names else None

    def _any_sample(self) -> str:
        """The condition of a row that is in some sample; what all samples ask is asked once."""
        lists = [[column for _, column in steps] for steps in self.steps.values()]
        common = [column for column in lists[0] if all(column in columns for columns in lists)]
        rest = [[column for column in columns if column not in common] for columns in lists]
        parts = [self._raw(common)] if common else []
        if all(rest):
            parts.append(
                "(" + " or ".join(dict.fromkeys(f"({self._raw(columns)})" for columns in rest)) + ")"
            )
        return " and ".join(parts)

    def query(self, rows: tuple[Step, ...], by_year: bool) -> Query:
        """The scan: `rows` are the steps that make the relation `rows`."""
        needed = {c: found for c, found in self.conditions.items() if c not in self.implied()}
        keys = [condition_key(c, term.sql, frozenset(years)) for c, (term, years) in needed.items()]
        if self.implied():
            keys.append(condition_key("c_shared", self._raw(sorted(self.implied())), self.years))
        texts: dict[str, str] = {}
        read: dict[str, str] = {}
        for column, (term, years) in self.dimensions.items():
            key = code_key(column, term.tree, frozenset(years))
            if key is None:
                texts[column] = term.sql
            elif self._is_read_off(term):
                read[column] = self._read_off(term)
            else:
                keys.append(key)
        return Query(f"cube {self.name}", (*rows, *self._scan(keys, texts, read, by_year)))

    def _is_read_off(self, term: Term) -> bool:
        """Whether a dimension's conditions are all in the cube, as those of a mode of trade are."""
        known = {sql for sql, column in self.columns.items() if column in self.asked}
        atoms = [atom for when, _ in expression.cases(term.tree) or [] for atom in expression.atoms(when)]
        return bool(atoms) and all(expression.render(atom) in known for atom in atoms)

    def _read_off(self, term: Term) -> str:
        branches = expression.cases(term.tree) or []
        whens = (
            (expression.render(expression.over_atoms(when, self.columns)), code) for when, code in branches
        )
        return "case " + " ".join(f"when {when} then '{code}'" for when, code in whens) + " end"

    def _scan(
        self, keys: list[Key], texts: Mapping[str, str], read: Mapping[str, str], by_year: bool
    ) -> tuple[Step, ...]:
        """Code each row, group, and give the packed keys their names back."""
        # Without attrition a row outside the samples may be coded in full: nobody looks at it.
        always = self.sample_keys if self.whole else {key.name for key in keys}
        packed = pack(keys, self.years, always, "in_a_sample")
        year = ["year"] if by_year else []
        words = [f"{sql} as k{n}" for n, sql in enumerate(packed.words)]
        coded = [*year, *words, *(f"case when in_a_sample then {sql} end as {c}" for c, sql in texts.items())]
        inputs = {c: value for _, value, c in self.aggregates.values() if value != "*"}
        coded += [f"{value} as {c}" for c, value in inputs.items()]
        names = [*year, *(f"k{n}" for n in range(len(packed.words))), *texts]
        sums = [f"{f}({'*' if v == '*' else c}) as {c}" for f, v, c in self.aggregates.values()]
        decoded = [
            *year,
            *(packed.column(key) for key in keys),
            *texts,
            *(c for _, _, c in self.aggregates.values()),
        ]
        flag = f"coalesce({self._any_sample()}, false)" if self.whole or texts else "true"
        return (
            Step("flagged", f"select *, {flag} as in_a_sample from rows"),
            Step("coded", "select " + ",\n  ".join(coded) + "\nfrom flagged"),
            Step("finest", f"select {', '.join([*names, *sums])}\nfrom coded\ngroup by {', '.join(names)}"),
            Step("unpacked", "select " + ",\n  ".join(decoded) + "\nfrom finest"),
            Step(
                "cube",
                ",\n  ".join(["select *", *(f"{s} as {c}" for c, s in read.items())]) + "\nfrom unpacked",
            ),
        )

    def _raw(self, columns: list[str]) -> str:
        return " and ".join(f"({self.conditions[column][0].sql})" for column in columns)


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
