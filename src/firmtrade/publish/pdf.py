"""report.pdf: the same report for print, set by Typst with the fonts that ship with it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from firmtrade.publish.charts import FONT, Drawing
from firmtrade.publish.html import template_text
from firmtrade.publish.view import report
from firmtrade.result import Release

_PRINT_FONT = "Libertinus Serif"


def render(release: Release, drawings: Mapping[str, Drawing]) -> bytes:
    """The PDF (tagged, PDF/UA-1). Texts reach Typst as data, so no markup in a label can run."""
    import typst

    content = report(release)
    content["alternatives"] = {name: drawing.alternative for name, drawing in drawings.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.typ").write_text(template_text("report.typ"), encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
        for figure, drawing in drawings.items():
            (folder / f"{figure}.svg").write_text(_for_print(drawing.wide), encoding="utf-8")
        return typst.compile(
            str(folder / "report.typ"),
            root=str(folder),
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards="ua-1",
        )


def _for_print(svg: str) -> str:
    """Set a figure in the font of the pages: Typst has no other, and a missing one would drop the text."""
    return svg.replace(f"'{FONT}', Arial, Helvetica, sans-serif", _PRINT_FONT)
