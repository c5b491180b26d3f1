"""Commands about models: multiverse. A run answers all models of a study; this asks one of them further.

Heavy parts are imported inside the commands, as in `cli`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrade.cli_shared import Memory, PanelOption, StudyOption, Unprotected, progress

if TYPE_CHECKING:
    from firmtrade.study import StudySpec


def add_commands(app: typer.Typer) -> None:
    """Add the commands about models to the command line."""
    app.command()(multiverse)


def multiverse(
    question: Annotated[str, typer.Argument(help="A model of the study, such as premia-manufacturing.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the report; replaced whole when the run is done.")
    ],
    study: StudyOption = "belgium-2002",
    panel: PanelOption = None,
    unprotected: Unprotected = None,
    memory: Memory = None,
    debug: Annotated[
        bool, typer.Option(help="Let a failing estimation show where it failed: confidential.")
    ] = False,
) -> None:
    """Answer a model under every registered definition of its words, and say which conclusions flip.

    What is an exporter: any exports, 5,000 EUR a year, 5 % of turnover? How long must a firm not have
    exported to be new? `firmtrade list alternatives` shows the definitions; a study may add its own.
    DIR then holds the same files as a run's: the answer, its range, and what each definition concludes.
    """
    from firmtrade.study import Study, read_study

    spec = _asked(read_study(study), question)
    made = Study(spec, panel, memory, None, debug, progress=progress()).run(out, unprotected)
    typer.echo(f"The report is in {made / 'report.html'}")


def _asked(spec: StudySpec, question: str) -> StudySpec:
    """The study with this question and its multiverse, and nothing else."""
    from dataclasses import replace

    from firmtrade.errors import StudyError, nearest
    from firmtrade.estimate.model import read_models

    known = {model.name: model for model in spec.models if model.kind != "multiverse"}
    if question not in known:
        raise StudyError(
            f"The study {spec.name} has no model '{question}'.{nearest(question, known)} "
            f"Its models: {', '.join(known) or 'none'}."
        )
    asked = known[question]
    entry = {"kind": "multiverse", "samples": list(asked.samples), "question": question}
    (many,) = read_models({f"{question}-multiverse": entry}, "multiverse")
    return replace(spec, tables=(), published={}, models=(asked, many))
