"""report.pdf: the same report for print, set by Typst with the fonts that ship with it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from firmtrade.publish.charts import FONT, Drawing
from firmtrade.publish.html import template_text
from firmtrade.publish.view import report
from firmtrade.result import Release

_PRINT_FONT = "Libertinus Serif"


def render(release: Release, drawings: Mapping[str, Drawing]) -> bytes:
    """The PDF (tagged, PDF/UA-1). Texts reach Typst as data, so no markup in a label can run.

    Nothing is written on the way: the template and its data are handed over in memory.
    """
    import typst

    content = report(release)
    content["drawings"] = {
        name: {"svg": _for_print(drawing.wide), "alternative": drawing.alternative}
        for name, drawing in drawings.items()
    }
    return typst.compile(
        template_text("report.typ").encode("utf-8"),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        sys_inputs={"report": json.dumps(content)},
    )


def _for_print(svg: str) -> str:
    """Set a figure in the font of the pages: Typst has no other, and a missing one would drop the text."""
    return svg.replace(f"'{FONT}', Arial, Helvetica, sans-serif", _PRINT_FONT)
