"""The reference: every word, table, command and key, written as Markdown from what the program itself reads.

python -m firmtrade.reference OUT_DIR [STUDY]
"""

from __future__ import annotations

from pathlib import Path

#: The pages in the order of the story: the data, who is in, what is derived, how firms are grouped, what is
#: measured, what is fixed, where it comes from, what is asked, how to ask.
PAGES = {
    "panel": "The panel",
    "samples": "Samples",
    "variables": "Variables",
    "dimensions": "Dimensions",
    "measures": "Measures",
    "parameters": "Parameters",
    "rules": "Rules of disclosure control",
    "sources": "Sources",
    "tables": "Tables and figures",
    "models": "Models",
    "statistics": "Statistics of models",
    "coordinates": "Coordinates of models",
    "alternatives": "Alternative definitions",
    "study-file": "The study file",
    "command-line": "The command line",
}


def write_reference(out: Path, study: str = "belgium-2002") -> None:
    """Write a Markdown page for each part, and the index, into the folder `out`.

    The words are those that `study` can see: the built-in ones and its own.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages(study).items():
        (out / f"{name}.md").write_text(text, encoding="utf-8")


def pages(study: str) -> dict[str, str]:
    """Page name -> Markdown; the same study gives the same text."""
    from firmtrade.catalog import KINDS
    from firmtrade.reference.command_line import command_line_page
    from firmtrade.reference.index import index_page
    from firmtrade.reference.models import models_page
    from firmtrade.reference.panel import panel_page
    from firmtrade.reference.study_file import study_file_page
    from firmtrade.reference.tables import tables_page
    from firmtrade.reference.words import words_page
    from firmtrade.study import read_study

    spec = read_study(study)
    kinds = {f"{kind}s" for kind in KINDS}
    found = {name: words_page(name[:-1], title, spec) for name, title in PAGES.items() if name in kinds}
    found["panel"] = panel_page(spec)
    found["tables"] = tables_page(spec)
    found["models"] = models_page(spec)
    found["study-file"] = study_file_page()
    found["command-line"] = command_line_page()
    found["index"] = index_page(spec, PAGES)
    return {name: text.rstrip("\n") + "\n" for name, text in sorted(found.items())}
