"""Commands about trade registers and made-up data: synthesize, stress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrade.cli_shared import (
    AccountsOption,
    Memory,
    PanelOption,
    RegisterOption,
    TransactionsOption,
    Unprotected,
    progress,
    sources,
)

if TYPE_CHECKING:
    from firmtrade.study import StudySpec


def add_commands(app: typer.Typer) -> None:
    """Give the program its commands about trade registers and made-up data."""
    app.command()(synthesize)
    app.command()(stress)


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


def stress(
    study: Annotated[str, typer.Argument(help="Built-in study, or path of a study file.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the report; replaced whole when the run is done.")
    ],
    threshold_of: Annotated[
        str | None, typer.Option(help="Country and year whose thresholds are tried, such as BE:2015.")
    ] = None,
    threshold_import: Annotated[
        float | None, typer.Option(help="Yearly value from which imports from the union are declared.")
    ] = None,
    threshold_export: Annotated[
        float | None, typer.Option(help="Yearly value from which exports to the union are declared.")
    ] = None,
    sample: Annotated[str, typer.Option(help="Whose figures: a sample of the study.")] = "all-firms",
    read_as: Annotated[
        str, typer.Option(help="What a firm below the threshold is read as: no-trade or unknown.")
    ] = "no-trade",
    panel: PanelOption = None,
    transactions: TransactionsOption = None,
    register: RegisterOption = None,
    accounts: AccountsOption = None,
    unprotected: Unprotected = None,
    memory: Memory = None,
) -> None:
    """Try another reporting threshold: which figures on entry, exit and survival move, and by how much?

    The flows with the union that are below the threshold in a year are read as no trade, as a statistic
    does that takes no declaration for no trade. DIR then holds participation, entry, exit and survival by
    flow and year, before, after and their difference, protected as any other run of the study.
    """
    from firmtrade.errors import StudyError
    from firmtrade.study import Study
    from firmtrade.study_stress import limits_of, stress_spec

    given = {"import_intra": threshold_import, "export_intra": threshold_export}
    limits = {flow: value for flow, value in given.items() if value is not None}
    if bool(threshold_of) == bool(limits):
        raise StudyError(
            "Which threshold is tried? Give either --threshold-of COUNTRY:YEAR, or --threshold-import and "
            "--threshold-export."
        )
    limits, said = limits_of(threshold_of) if threshold_of else (limits, "as given")
    spec = stress_spec(study, limits, said, read_as, sample)
    named = sources(transactions, register, accounts)
    asked = Study(spec, panel, memory=memory, sources=named, progress=progress())
    typer.echo(f"The report is in {asked.run(out, unprotected) / 'report.html'}")
