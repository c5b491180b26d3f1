"""The first tables of a study that `firmtrade init` writes: what the columns found can answer."""

from __future__ import annotations

from collections.abc import Collection

FLOWS = frozenset(("import_intra", "import_extra", "export_intra", "export_extra"))

_HEAD = """
# -- tables: see  firmtrade list  for measures, dimensions and samples; the manual says what they mean -----
"""


def starter_tables(found: Collection[str], years: tuple[int, int] | None) -> str:
    """TOML of a few tables over the columns `found`; `years` are the first and last of the panel."""
    names = set(found)
    first, last = years or (2000, 2000)
    sample = "smes" if names >= {"domestic", "employment", "turnover"} else "all-firms"
    tables = [_HEAD, _table("firms", "Firms by year", sample, f'"{first}-{last}"', '"firms"', [])]
    if names >= FLOWS:
        period = str(last)
        tables.append(
            _table("modes", "Firms by mode and scope of trade", sample, period, '"firms"', ["mode", "scope"])
        )
        if "employment" in names:
            tables.append(_flows("size", "size class", sample, period))
        if "founded" in names:
            tables.append(_flows("age", "age class", sample, period))
    if names >= {"value_added", "employment"}:
        tables.append(
            _table(
                "productivity",
                "Labour productivity by year",
                sample,
                f'"{first}-{last}"',
                '"productivity"',
                [],
            )
        )
    return "\n".join(tables)


def _table(name: str, title: str, sample: str, period: str, measures: str, by: list[str]) -> str:
    lines = [f"[tables.{name}]", f'title = "{title}"', f'sample = "{sample}"', f"period = {period}"]
    lines.append(f"measures = {measures}")
    if by:
        lines.append("by = [" + ", ".join(f'"{dimension}"' for dimension in by) + "]")
    return "\n".join(lines) + "\n"


def _flows(dimension: str, title: str, sample: str, period: str) -> str:
    flows = '["import-intra", "import-extra", "export-intra", "export-extra"]'
    return (
        f'[tables.participation-by-{dimension}]\ntitle = "Share of firms that trade, by {title}"\n'
        f'sample = "{sample}"\nperiod = {period}\nmeasures = "participation"\n'
        f'by = {{ {dimension} = "all", flow = {flows} }}\nrows = "{dimension}"\ncolumns = "flow"\n'
        f'chart = {{ kind = "bar", x = "{dimension}", color = "flow" }}\n'
    )
