"""A query is a list of named steps; joined they are one WITH statement, apart they can be debugged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One named sub-query with one purpose. `sql` may use the names of earlier steps as tables."""

    name: str
    sql: str


@dataclass(frozen=True)
class Query:
    """Named steps in order; the last one is the answer.

    `name` is what errors, `--debug` and `firmtrade explain --sql` call the query.
    """

    name: str
    steps: tuple[Step, ...]

    @property
    def sql(self) -> str:
        """The whole query as one statement, the same text on every engine."""
        *before, last = self.steps
        if not before:
            return last.sql
        parts = ",\n".join(f"{step.name} as (\n{_indent(step.sql)}\n)" for step in before)
        return f"with {parts}\n{last.sql}"

    def up_to(self, name: str) -> Query:
        """The query that answers with the step called `name`."""
        position = [step.name for step in self.steps].index(name)
        return Query(f"{self.name}/{name}", self.steps[: position + 1])


def _indent(sql: str) -> str:
    return "\n".join("  " + line for line in sql.splitlines())
