"""A panel on an engine outside this process: read there where that is possible, else handed over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from firmtrade._engine.remote import Remote
from firmtrade.acquire.native import open_native
from firmtrade.acquire.source import PanelSpec
from firmtrade.assemble.panel import Panel, assemble, open_panel


def open_away(engine: Remote, spec: PanelSpec, source: str | None, base: Path, folder: Path) -> Panel:
    """Make the relation `panel` in the engine; what is handed over goes through `folder`."""
    opened = open_native(engine, spec, source, base)
    if opened is not None:
        return assemble(engine, spec, opened)
    panel = hand_over(engine, open_panel(engine.cells, spec, source, base), folder, "panel_rows")
    for name in (panel.relation, panel.rows, f"{panel.relation}_all"):
        engine.cells.drop(name)
    return panel


def hand_over(engine: Remote, panel: Panel, folder: Path, whole: str = "panel") -> Panel:
    """The panel that was read here, as a temporary table of the engine; `whole` is the relation to send.

    `panel_rows` has what the check needs besides, which that of a trade register does here.
    """
    engine.receive(panel.rows, engine.cells, f"select * from {whole}", folder)
    engine.view(panel.relation, f"select {', '.join(panel.columns)} from {panel.rows}")
    note = f"{panel.name} was read here and handed over to the engine {engine.name} as a temporary table"
    return replace(panel, notes=(*panel.notes, note))
