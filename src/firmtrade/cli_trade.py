"""Commands about trade registers and made-up data: synthesize."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrade.cli_shared import progress

if TYPE_CHECKING:
    from firmtrade.study import StudySpec


def add_commands(app: typer.Typer) -> None:
    """Give the program its commands about trade registers and made-up data."""
    app.command()(synthesize)


def synthesize(
    study: Annotated[
        str, typer.Argument(help="Built-in study, path of a study file, or 'transactions': a trade register.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The Parquet file to write; of a trade register the folder.")
    ],
    published: Annotated[
        Path | None,
        typer.Option(
            help="Figures that the twin is to reproduce: a CSV in the contract's columns, or a run's folder."
        ),
    ] = None,
    firms: Annotated[
        int | None,
        typer.Option(help="Firms a year, about; by default as many as the published figures speak of."),
    ] = None,
    rows: Annotated[int, typer.Option(help="Declarations of a trade register.")] = 200_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same file.")] = 2002,
) -> None:
    """Make a synthetic panel, or a trade register: no real firm, marked so in the file.

    With --published the panel is a twin of one that nobody here has seen: a run of the study on it prints the
    published figures. Only these are read. It says how many it reproduces and names those that it does not.

    `synthesize transactions` makes declarations with a business register, accounts and a study that reads
    them.
    """
    from firmtrade.study import read_study

    if study == "transactions":
        _trade_register(out, rows, seed)
        return
    spec = read_study(study)
    # A study that names its own published figures may have them here, where none are given.
    if published is None:
        _stored_population(spec, out, 100_000 if firms is None else firms, seed)
        return
    from firmtrade.synthesize.twin import make_twin
    from firmtrade.synthesize.twin.report import lines as twin_lines

    words = (spec.tables, spec.catalog, spec.windows, spec.panel)
    made = make_twin(*words, published, out, firms, seed, spec.name, progress())
    typer.echo(f"Wrote {made.rows:,} firm-years of {made.firms:,} firms, none of them real, to {out}")
    typer.echo("\n".join(twin_lines(made)))


def _trade_register(out: Path, rows: int, seed: int) -> None:
    """Declarations, register and accounts, with a study that reads them."""
    from firmtrade.synthesize.transactions import write_register

    made = write_register(out, rows, seed)
    typer.echo(
        f"Wrote {made.rows:,} declarations, a register and accounts, none of them of a real firm, to {out}\n"
        f"Look at them:  firmtrade run {out / 'study.toml'} --out REPORT"
    )


def _stored_population(spec: StudySpec, out: Path, firms: int, seed: int) -> None:
    """The population that comes with a study."""
    from firmtrade.errors import StudyError
    from firmtrade.synthesize.population import write_panel

    if not spec.synthetic:
        raise StudyError(
            f"The study '{spec.name}' has no synthetic population ([panel] synthetic = ...). Give the "
            f"figures that its twin is to reproduce: --published FILE.csv"
        )
    rows = write_panel(out, firms=firms, seed=seed)
    typer.echo(f"Wrote {rows:,} firm-years to {out}")
