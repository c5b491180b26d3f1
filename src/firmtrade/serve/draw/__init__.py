"""Charts as SVG that we write ourselves: bars, stacked bars, lines and intervals, from plain data.

    picture = Picture("Exporters by size", (Series("2002", (Point("0-9", 12.0, "12.0"),)),))
    both(picture, "chart")        # for a page: a wide and a narrow drawing, of which the page shows one
    standalone(draw(picture))     # for a file: with colours of its own

Colours are CSS classes (static/draw.css), so that dark mode, print and forced colours work; nothing is told
by colour alone (order, markers and dashes differ too). The same numbers belong in a table beside.
"""

from __future__ import annotations

from firmtrade.serve.draw.data import KINDS, Picture, Point, Series
from firmtrade.serve.draw.paint import NARROW, WIDE, both, draw, standalone

__all__ = ["KINDS", "NARROW", "WIDE", "Picture", "Point", "Series", "both", "draw", "standalone"]
