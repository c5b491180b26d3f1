"""Small trade registers for tests: written, opened, linked and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmtrade._engine.duckdb import DuckDB
from firmtrade.assemble.trade.check import TradeReport, check_trade
from firmtrade.assemble.trade.linked import Linked, TradeSpec, open_linked, read_trade

COLUMNS = ("firm", "period", "flow", "partner", "product", "value", "quantity")


@dataclass(frozen=True)
class Register:
    """An opened trade register."""

    engine: DuckDB
    spec: TradeSpec
    linked: Linked

    def rows(self, what: str, relation: str = "panel", order: str = "all") -> list[tuple[Any, ...]]:
        return self.engine.rows(f"select {what} from {relation} order by {order}")

    def report(self) -> TradeReport:
        return check_trade(self.engine, self.spec, self.linked)

    def rules(self, severity: str = "stop") -> list[str]:
        return [problem.rule for problem in self.report().problems if problem.severity == severity]


@contextmanager
def linked(
    base: Path,
    sources: Mapping[str, str] | None = None,
    folded: bool = True,
    panel: bool = True,
    **parts: Any,
) -> Iterator[Register]:
    """The register whose parts (transactions = {...}, register = {...}) are given as in a study file."""
    with DuckDB(threads=2) as engine:
        spec = read_trade(parts, base, "study.toml", sources or {})
        yield Register(engine, spec, open_linked(engine, spec, folded=folded, panel=panel))


def write(
    path: Path, rows: Sequence[Sequence[Any]], columns: Sequence[str] = COLUMNS, delimiter: str = ","
) -> str:
    """A delimited file of rows; None is an empty cell. Returns its name."""
    text = [delimiter.join(columns)]
    text += [delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path.name
