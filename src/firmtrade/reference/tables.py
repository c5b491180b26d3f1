"""The page about what the study asks: each table and figure in terms of words."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from firmtrade.describe.spec import ALL, Block, Table
from firmtrade.reference.markdown import points

if TYPE_CHECKING:
    from firmtrade.study import StudySpec


def tables_page(spec: StudySpec) -> str:
    """All tables and figures of the study, in its order, by section."""
    lines = [f"# Tables and figures of {spec.name}\n", f"{spec.title}. {spec.subtitle}.\n"]
    for section, tables in groupby(spec.tables, key=lambda table: table.section):
        lines += [f"## {section}\n"] if section else []
        lines += [_table(table, spec) for table in tables]
    return "\n".join(lines)


def _table(table: Table, spec: StudySpec) -> str:
    asked = "".join(f"- {_block(block, spec)}\n" for block in table.blocks)
    chart = table.chart
    drawn = f"{chart.kind}, {chart.x} across" if chart else ""
    if chart and chart.color:
        drawn += f", a colour for each {chart.color}"
    about = points(
        [
            ("rows", ", ".join(table.rows)),
            ("columns", ", ".join(table.columns)),
            ("drawn as", drawn),
            *(("note", note) for note in table.notes),
            ("SQL", f"`firmtrade explain {table.name} --sql`"),
        ]
    )
    return f"### {table.name}\n\n**{table.title}.**\n\n{asked}{about}"


def _block(block: Block, spec: StudySpec) -> str:
    """'firms of manufacturing in 2002 by mode (none, both)', each word a link."""
    measures = ", ".join(f"[{name}](measures.md#{name})" for name in block.measures)
    by = " and ".join(_by(name, codes, spec) for name, codes in block.by)
    when = f" in {', '.join(block.periods)}" if block.periods else ""
    over = f" over the window {block.window}" if block.window else ""
    sample = f"[{block.sample}](samples.md#{block.sample})"
    return f"{measures} of {sample}{when}{over}" + (f" by {by}" if by else "")


def _by(name: str, codes: tuple[str, ...], spec: StudySpec) -> str:
    point, _, plain = name.rpartition(".")
    at = f" at {point}" if point else ""
    listed = "" if codes == (ALL,) else f" ({', '.join(codes)})"
    return f"[{plain}](dimensions.md#{plain}){at}{listed}"
