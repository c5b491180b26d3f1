"""The command line: run, check, list, explain, init, reconcile, diff, and those of other files.

Heavy parts are imported inside the commands, so that `firmtrade --help` stays quick. What goes wrong is
said in one message on standard error; the exit code tells which kind it was.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from firmtrade import cli_countries, cli_custodian, cli_models, cli_peer, cli_serve, cli_support, cli_trade
from firmtrade.cli_shared import (
    AccountsOption,
    CacheOption,
    EngineOption,
    Memory,
    NoCache,
    PanelOption,
    RegisterOption,
    StudyOption,
    TransactionsOption,
    Unprotected,
    polite_end,
    progress,
    sources,
)

app = typer.Typer(
    name="firmtrade",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Who trades, what it changes, whom to support: from a confidential panel of firms to a report.

    Start here:

    - `firmtrade run belgium-2002 --out DIR` makes the report on a synthetic population.

    - `firmtrade check PANEL` reads your own panel and says what is wrong with it.

    - `firmtrade init FILE` writes a commented study for it.

    - `firmtrade reconcile FILE` audits published figures; `firmtrade diff A B` compares two runs.

    - `firmtrade serve DIR` opens what a run released in your browser: explore, look up, download.

    - `firmtrade attack DIR` tries to work out what a release hides; `firmtrade why TABLE` says why it does.

    - `firmtrade peer FILE` puts a run beside what another office published, in SDMX or CSV.

    - `firmtrade multiverse MODEL` answers a model under every registered definition of its words.

    - `firmtrade pack STUDY`, `package` and `combine` ask one study in many countries.

    - `firmtrade support` is an export agency's side: its register, readiness, measures, entry mode.

    - `firmtrade list` and `firmtrade explain NAME` show every word, its formula and source.
    """,
    epilog="Exit codes: 0 done, 2 wrong usage, 10 study or definition, 11 data, 12 disclosure, "
    "13 a check failed, 14 engine, 15 an optional part is missing.",
)


@app.command()
def run(
    study: Annotated[
        str, typer.Argument(help="Built-in study (firmtrade list studies), or path of a study file.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the report; replaced whole when the run is done.")
    ],
    panel: PanelOption = None,
    transactions: TransactionsOption = None,
    register: RegisterOption = None,
    accounts: AccountsOption = None,
    unprotected: Unprotected = None,
    ledger: Annotated[
        Path | None,
        typer.Option(help="Folder that records publications: protect jointly with them, then add this one."),
    ] = None,
    label: Annotated[
        str, typer.Option(help="What the ledger calls this publication: a date, an issue.")
    ] = "",
    custody: Annotated[
        Path | None,
        typer.Option(help="Folder for what the custodian keeps of a protected run; by default DIR-custody."),
    ] = None,
    engine: EngineOption = None,
    memory: Memory = None,
    cache: CacheOption = None,
    no_cache: NoCache = False,
    debug: Annotated[
        bool,
        typer.Option(help="Run each query step by step and show the first rows of each: confidential."),
    ] = False,
) -> None:
    """Compute a study's tables and figures and write the report, protected by disclosure control.

    DIR then holds report.html, report.pdf, tables.xlsx, tables.csv, figures/ and manifest.json; DIR-custody
    what the custodian keeps: why each figure is hidden, and the proof. A synthetic panel needs no protection.
    The next run scans only what has changed since: years, measures, parameters.
    """
    from firmtrade.study import Study

    named = sources(transactions, register, accounts)
    keep: Path | bool = False if no_cache else cache or True
    asked = Study(study, panel, memory, None, debug, ledger, label, named, progress(), engine, keep)
    made = asked.run(out, unprotected, custody)
    if asked.reused:
        typer.echo(f"{asked.reused[:1].upper()}{asked.reused[1:]}.")
    typer.echo(f"The report is in {made / 'report.html'}")


@app.command()
def check(
    panel: Annotated[str, typer.Argument(help="File, folder, pattern or database URL.")],
    study: StudyOption = "belgium-2002",
    register: RegisterOption = None,
    accounts: AccountsOption = None,
    engine: EngineOption = None,
    memory: Memory = None,
) -> None:
    """Say everything that is wrong with a panel, or with declarations, with the rows that cause it.

    The study says how columns, units and codes are to be read; the built-in one expects the panel contract.
    With a study of a trade register the file is that of the declarations. Exit code 11 if anything is wrong.
    """
    from firmtrade.study import Study, read_study

    spec = read_study(study)
    trade = "transactions" in spec.trade
    named = sources(panel if trade else None, register, accounts)
    asked = Study(
        spec, None if trade else panel, memory=memory, sources=named, progress=progress(), engine=engine
    )
    report, samples, refusal = asked.inspect()
    typer.echo(report.text())
    if refusal:
        typer.echo(f"\n{refusal}")
    if samples:
        typer.echo("\nWho is in, step by step:")
    for sample in samples:
        typer.echo(f"\n{sample.text()}")
    if report.stops or report.warnings:
        raise typer.Exit(11)


@app.command("list")
def list_words(
    kind: Annotated[
        str,
        typer.Argument(
            help="studies, tables, models, measures, dimensions, samples, variables, parameters, sources ..."
        ),
    ] = "",
    study: StudyOption = "belgium-2002",
) -> None:
    """List every word that a study can use, by kind."""
    from firmtrade.errors import StudyError, nearest
    from firmtrade.study import read_study, studies

    spec = read_study(study)
    groups = {"studies": [(name, read_study(name).title) for name in studies()]}
    groups["tables"] = [(table.name, table.title) for table in spec.tables]
    groups["models"] = [(model.name, model.title) for model in spec.models]
    for word in spec.catalog:
        groups.setdefault(word.kind + "s", []).append((word.name, word.title))
    if kind and kind not in groups:
        raise StudyError(f"There is no kind '{kind}'.{nearest(kind, groups)} Kinds: {', '.join(groups)}.")
    for name, entries in groups.items():
        if kind in ("", name):
            _list(name, entries)


def _list(name: str, entries: list[tuple[str, str]]) -> None:
    width = max((len(entry) for entry, _ in entries), default=0)
    typer.echo(f"{name}")
    for entry, title in entries:
        typer.echo(f"  {entry:<{width}}  {title}")


@app.command()
def explain(
    name: Annotated[
        str, typer.Argument(help="A measure, dimension, sample, variable, parameter, source or table.")
    ],
    study: StudyOption = "belgium-2002",
    sql: Annotated[
        bool, typer.Option("--sql", help="For a table: the queries that make it, as named steps.")
    ] = False,
) -> None:
    """Explain a word or a table: formula, unit, source, what it uses, which tables use it."""
    from firmtrade.study import Study

    asked = Study(study)
    if not sql:
        typer.echo(str(asked.explain(name)))
        return
    from firmtrade.errors import StudyError, nearest

    tables = [table for table in asked.spec.tables if table.name == name]
    if not tables:
        names = [table.name for table in asked.spec.tables]
        raise StudyError(
            f"--sql shows the queries of a table, and there is no table '{name}'.{nearest(name, names)}"
        )
    for query in asked.queries(tables):
        typer.echo(f"-- {query.name}\n{query.sql};\n")


@app.command()
def init(
    file: Annotated[str, typer.Argument(help="The panel: file, folder, pattern or database URL.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The study file to write; an existing one is not overwritten.")
    ] = Path("study.toml"),
) -> None:
    """Look at a panel, guess what its columns are, and write a commented study for it."""
    from firmtrade._engine.duckdb import DuckDB
    from firmtrade.acquire.address import without_password
    from firmtrade.assemble.guess import guess_columns, study_text
    from firmtrade.describe.starter import starter_tables
    from firmtrade.errors import DataError

    if out.exists():
        raise DataError(f"{out} exists already. Give another name with --out, or move it away.")
    with DuckDB() as engine:
        guesses = guess_columns(engine, file)
    tables = starter_tables([ours for ours, theirs, _ in guesses if theirs], guesses.years)
    out.write_text(study_text(file, guesses, out.parent) + tables, encoding="utf-8")
    for ours, theirs, reason in guesses:
        typer.echo(f"  {ours:<14} {theirs or '-':<24} {reason}")
    typer.echo(
        f"Wrote {out}. Read it, correct it, then: firmtrade check {without_password(file)} --study {out}"
    )


@app.command()
def reconcile(
    published: Annotated[
        list[Path] | None,
        typer.Argument(
            help="CSV of printed figures in the contract's columns, with their decimals; several are read "
            "together. Left out: the figures that the study ships."
        ),
    ] = None,
    study: StudyOption = "belgium-2002",
    run: Annotated[
        Path | None, typer.Option("--run", "-r", help="Folder of a run: compare it with the figures too.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder for audit.txt, audit.csv, comparison.csv and reconcile.html."
        ),
    ] = None,
) -> None:
    """Test published figures against each other, with nothing but their definitions and their rounding.

    Every identity that the study's definitions imply is tested: sums, shares times counts, conditional
    shares, growth, weights of parts; then all figures at once. Each violation is named with its cells and
    by how much it misses. With --run a run is compared with the published figures cell by cell.

    Exit code 0: all hold, or a smaller subsample (or firms of unknown group) can explain what does not.
    13: there are contradictions that nothing explains. The comparison with a run has no say in it.
    """
    from firmtrade.reconcile import against_published, audit, read_all, read_figures, report, setting
    from firmtrade.reconcile.beside import files
    from firmtrade.reconcile.compare import lines
    from firmtrade.reconcile.files import write_files
    from firmtrade.study import read_study

    spec = read_study(study)
    paths = files(published or [], spec.published, spec.name)
    name = " and ".join(path.name for path in paths)
    figures = read_all(paths)
    words = setting(
        spec.catalog, spec.windows, spec.panel.get("classification", ""), spec.panel.get("columns", {})
    )
    compared = against_published(figures, read_figures(run), (name, run.name)) if run is not None else None
    made = audit(figures, spec.tables, words, progress())
    typer.echo(report.text(made, name), nl=False)
    if compared:
        typer.echo("\n" + "\n".join(lines(compared)))
    if out:
        typer.echo(write_files(out, name, made, compared))
    if made.proven:
        raise typer.Exit(13)


@app.command()
def diff(
    one: Annotated[Path, typer.Argument(help="Folder of a run, or its tables.csv.")],
    other: Annotated[Path, typer.Argument(help="Folder of another run, or its tables.csv.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for comparison.csv and reconcile.html.")
    ] = None,
) -> None:
    """List every cell that differs between two runs: moved and by how much, added, removed.

    Exit code 0 if all cells are equal, 13 if any differs.
    """
    from firmtrade.reconcile import between_runs, read_figures
    from firmtrade.reconcile.compare import lines
    from firmtrade.reconcile.files import write_files

    names = (str(one), str(other))
    compared = between_runs(read_figures(one), read_figures(other), names)
    typer.echo("\n".join(lines(compared)))
    if out:
        typer.echo(write_files(out, "two runs", None, compared))
    if compared.differs:
        raise typer.Exit(13)


def _version(asked: bool) -> None:
    if asked:
        from firmtrade import __version__

        typer.echo(f"firmtrade {__version__}")
        raise typer.Exit


cli_countries.add_commands(app)
cli_custodian.add_commands(app)
cli_models.add_commands(app)
cli_peer.add_commands(app)
cli_serve.add_commands(app)
cli_support.add_commands(app)
cli_trade.add_commands(app)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run a command; an error of ours is one message and its exit code, never a traceback."""
    from firmtrade.errors import DataError, EngineError, FirmtradeError

    polite_end()
    try:
        app()
    except FirmtradeError as error:
        _leave(str(error), error.exit_code)
    except KeyboardInterrupt:
        _leave("stopped. Nothing was written; an earlier output is as it was.", 130)
    except MemoryError:
        _leave(
            "there is not enough memory. Close other programs, or use a larger machine.",
            EngineError.exit_code,
        )
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _leave(
            f"{where}{error.strerror or error}. See to the space and the rights there.", DataError.exit_code
        )


def _leave(text: str, code: int) -> None:
    typer.echo(f"firmtrade: {text}", err=True)
    sys.exit(code)
