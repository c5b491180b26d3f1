"""The scan of a view: its rows tested, coded and grouped into finest cells, with evidence if asked.

Evidence is what disclosure control must know of a sum: how many owners it has, the largest of them, its
absolute total. An owner is a firm, or the holding that firms belong to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from firmtrade._engine import expression
from firmtrade._engine.dialect import DUCKDB, Dialect
from firmtrade._engine.steps import Query, Step
from firmtrade.describe.cube import Cube
from firmtrade.describe.groups import Term
from firmtrade.describe.keys import Key

#: How many of the largest owners of each finest cell are kept as evidence.
LARGEST = 3

#: Keys of firms and of groups of firms are whole numbers below this. The engine's function `record_key`
#: gives that of a firm; the secret behind it stands in no query.
KEYS = 2**32


@dataclass(frozen=True)
class Scan:
    """The queries of one view; `rows` are the steps that make the relation `rows`.

    `holder` is the column of the rows that says whose a row is; without it no evidence is collected.
    `grouped`: an owner may have several rows, so each cell keeps its owners of a single row, and those of
    several have a query of their own. `asking` is the column that says who asked for confidentiality.
    `keyed`: each cell keeps the sum of the keys of its firms.
    `listed`: the firms themselves may be listed, for a ledger. `dialect` is the engine's that scans.
    """

    cube: Cube
    rows: tuple[Step, ...]
    by_year: bool
    holder: str = ""
    grouped: bool = False
    asking: str = ""
    keyed: bool = False
    listed: bool = False
    dialect: Dialect = DUCKDB

    @cached_property
    def query(self) -> Query:
        """The finest cells."""
        names, sums = self._names, [*self._sums, *self._evidence]
        group = f"\ngroup by {', '.join(names)}" if names else ""
        shown = [*self._decoded, *(one.rpartition(" as ")[2] for one in sums)]
        shown += [f"{self._read_off(term)} as {column}" for column, term in self._off.items()]
        finest = f"select {', '.join([*names, *sums])}\nfrom coded{group}"
        cube = "select " + ",\n  ".join(shown) + "\nfrom finest"
        return Query(f"cube {self.cube.name}", (*self._coded, Step("finest", finest), Step("cube", cube)))

    @cached_property
    def owners_of_several(self) -> Query:
        """What each owner of several rows adds to each finest cell."""
        names = [*self._names, "holder"]
        by = ", ".join(names)
        sums = ", ".join([*names, "bool_or(asked) as asked", *self._sums])
        owned = f"select {sums}\nfrom coded where not alone\ngroup by {by}"
        shown = [*self._decoded, "holder", "asked", *(one.rpartition(" as ")[2] for one in self._sums)]
        last = "select " + ",\n  ".join(shown) + "\nfrom owned"
        return Query(f"owners {self.cube.name}", (*self._coded, Step("owned", owned), Step("owners", last)))

    def listing(self, inside: str, values: list[str]) -> Query:
        """Each firm's row in a finest cell of `inside` (numbered in their order), with these values."""
        listed = ", ".join([*self._decoded, "holder", "unit", "asked", *values])
        cells = "select row_number() over (order by rowid) - 1 as cell, *"
        same = " and ".join(f"listed.{name} is not distinct from cells.{name}" for name in self._names)
        shown = [
            "cell",
            "unit as firm",
            "holder",
            "asked",
            f"{'listed.year' if self.by_year else '0'} as year",
        ]
        shown += [f"listed.{value.rpartition(' as ')[2]}" for value in values]
        joined = f"from listed join cells on {same or 'true'}\norder by firm, year"
        steps = (
            Step("listed", f"select {listed}\nfrom coded"),
            Step("cells", f"{cells}\nfrom cube_{self.cube.name} where {inside}"),
            Step("listing", f"select {', '.join(shown)}\n{joined}"),
        )
        return Query(f"firms of {self.cube.name}", (*self._coded, *steps))

    def types(self, columns: list[str]) -> Query:
        """The SQL types of inputs of aggregates."""
        types = ", ".join(f"any_value(typeof({column}))" for column in columns)
        return Query("types", (*self._coded, Step("types", f"select {types}\nfrom coded")))

    @cached_property
    def keys(self) -> list[Key]:
        """Conditions and coded dimensions that cells are told apart by."""
        cube, decided, implied = self.cube, self.cube.decided(), self.cube.implied()
        keys = [cube.key(column) for column in cube.conditions if column not in implied]
        if implied and not cube.filtered:
            keys.append(Key("c_shared", cube.all_of(implied, decided.keys())))
        keys += [cube.key(c) for c, (t, _) in cube.dimensions.items() if c not in (*self.texts, *self._off)]
        return [replace(key, sql=key.name) if key.name in decided else key for key in keys]

    @cached_property
    def texts(self) -> dict[str, str]:
        """Dimensions that cells are told apart by as text."""
        found = self.cube.dimensions.items()
        return {column: term.sql for column, (term, _) in found if expression.cases(term.tree) is None}

    @cached_property
    def _off(self) -> dict[str, Term]:
        """Dimensions whose conditions are all in the cube, as those of a mode of trade are."""
        known = {sql for sql, column in self.cube.columns.items() if column in self.cube.asked}
        found = {}
        for column, (term, _) in self.cube.dimensions.items():
            atoms = [atom for when, _ in expression.cases(term.tree) or [] for atom in expression.atoms(when)]
            if atoms and all(expression.render(atom) in known for atom in atoms):
                found[column] = term
        return found

    def _read_off(self, term: Term) -> str:
        branches = expression.cases(term.tree) or []
        names = self.cube.columns
        whens = ((expression.over_atoms(when, names), code) for when, code in branches)
        return "case " + " ".join(f"when {when} then '{code}'" for when, code in whens) + " end"

    @cached_property
    def _year(self) -> list[str]:
        return ["year"] if self.by_year else []

    @cached_property
    def _names(self) -> list[str]:
        return [*self._year, *(key.name for key in self.keys), *self.texts]

    @property
    def columns(self) -> list[str]:
        """What finest cells are told apart by."""
        return self._names

    @cached_property
    def _decoded(self) -> list[str]:
        return [*self._year, *(key.read for key in self.keys), *self.texts]

    @cached_property
    def _sums(self) -> list[str]:
        parts = self.cube.aggregates.values()
        return [f"{name}({'*' if value == '*' else column}) as {column}" for name, value, column in parts]

    @cached_property
    def _coded(self) -> tuple[Step, ...]:
        """Test each row, then code it; a row outside the samples is not coded for groups."""
        cube = self.cube
        # Without attrition a row outside the samples may be coded in full: nobody looks at it.
        guarded = cube.whole and not cube.filtered
        first = [key for key in self.keys if not guarded or key.name in cube.sample_keys]
        tested = [f"{key.on_row(cube.years)} as {key.name}" for key in first if key.sql != key.name]
        flag = f"coalesce({cube.any_sample({key.name for key in first})}, false)"
        inside = "in_a_sample" if guarded else ""
        coded = [*self._year, *(key.name for key in first)]
        coded += [f"{key.on_row(cube.years, inside)} as {key.name}" for key in self.keys if key not in first]
        for column, sql in self.texts.items():
            coded.append(f"{f'case when {inside} then {sql} end' if inside else sql} as {column}")
        inputs = {column: value for _, value, column in cube.aggregates.values() if value != "*"}
        coded += [f"{value} as {column}" for column, value in inputs.items()]
        coded += self._owners()
        coded += ["case when in_a_sample then record_key(firm) end as record_key"] if self.keyed else []
        return (
            *self.rows,
            Step("tested", "select " + ",\n  ".join(["*", *tested]) + "\nfrom rows"),
            Step("flagged", f"select *, {flag} as in_a_sample\nfrom tested"),
            Step("coded", "select " + ",\n  ".join(coded) + "\nfrom flagged"),
        )

    def _owners(self) -> list[str]:
        """Whose each row is, and whether the owner has no other row."""
        if not self.holder:
            return []
        over = f"partition by {', '.join([*self._year, self.holder])}"
        alone = f"count(*) over ({over}) = 1" if self.grouped else "true"
        asked = f"coalesce({self.asking}, false)" if self.asking else "false"
        unit = ["firm as unit"] if self.listed else []
        return [f"{self.holder} as holder", f"{alone} as alone", f"{asked} as asked", *unit]

    @property
    def _evidence(self) -> Iterator[str]:
        """For each aggregate: number of owners of one row, the largest, absolute total, number below zero."""
        for name, value, column in self.cube.aggregates.values() if self.holder else ():
            known = "alone" if value == "*" else f"alone and {column} is not null"
            size = f"abs({column})" if name == "sum" else "1"
            yield f"{self.dialect.largest(size, 'holder', known, LARGEST)} as top_{column}"
            yield f"count(*) filter (where {known}) as units_{column}"
            yield f"max(case when asked and {known} then {size} end) as asked_{column}"
            if name == "sum":
                yield f"sum(abs({column})) as size_{column}"
                yield f"count(*) filter (where {column} < 0) as below_{column}"
            if self.keyed:
                known = "" if value == "*" else f" filter (where {column} is not null)"
                yield f"cast(sum(record_key){known} % {KEYS} as bigint) as keys_{column}"
