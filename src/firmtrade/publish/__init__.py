"""Release -> HTML, PDF, XLSX, CSV and figures, in one folder that is written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmtrade.publish.charts import Drawing
    from firmtrade.publish.sdmx import Asked
    from firmtrade.result import Release

Progress = Callable[[str], None]


def write(
    release: Release,
    out: Path,
    progress: Progress | None = None,
    sdmx: Asked | None = None,
    ready: Callable[[Path], None] | None = None,
) -> Path:
    """Publish a release in the folder `out`.

    Writes report.html, report.pdf, tables.xlsx, tables.csv, models.csv (for a study with models),
    comparison.csv (for a study that ships published figures), figures/NAME.svg and .png, sdmx/ (where a study
    asks for it), release.json (for `firmtrade serve` and `combine`) and manifest.json.
    The folder is staged beside `out` and renamed whole: an interrupted run leaves an earlier output as it
    was. The same release gives the same bytes. `progress` is told what is being written, `ready` is given the
    whole folder just before it takes the earlier one's place.

    Returns:
        `out`.

    Raises:
        DisclosureError: it is not a Release, or a cell that is not free still has a value.
        StudyError: the tables cannot be laid out (see the message).
        DataError: `out` holds something that firmtrade did not write, or cannot be written to.
        CheckError: a file of SDMX does not read back as what was released.
    """
    from firmtrade.publish.check import check
    from firmtrade.publish.stage import staged

    tell = progress or (lambda _: None)
    check(release)
    with staged(Path(out), ready) as folder:
        drawings = _figures(release, folder / "figures", tell)
        _tables(release, folder, drawings, tell)
        _reports(release, folder, drawings, tell)
        if sdmx:
            _sdmx(release, folder / "sdmx", sdmx, tell)
        _release(release, folder)
        _manifest(release, folder, tell)
    return Path(out)


def _figures(release: Release, folder: Path, tell: Progress) -> dict[str, Drawing]:
    from firmtrade.publish.charts import draw

    tell("figures")
    folder.mkdir()
    drawings = {table.name: draw(table, release.words) for table in release.all_tables if table.is_figure}
    for name, drawing in drawings.items():
        (folder / f"{name}.svg").write_text(drawing.wide, encoding="utf-8", newline="\n")
        (folder / f"{name}.png").write_bytes(drawing.png)
    return drawings


def _tables(release: Release, folder: Path, drawings: dict[str, Drawing], tell: Progress) -> None:
    from firmtrade.publish.beside import comparison_csv
    from firmtrade.publish.table_csv import models_csv, tables_csv
    from firmtrade.publish.xlsx import write_xlsx

    tell("tables.csv")
    (folder / "tables.csv").write_bytes(tables_csv(release))
    if release.models:
        (folder / "models.csv").write_bytes(models_csv(release))
    if release.published:
        (folder / "comparison.csv").write_bytes(comparison_csv(release))
    tell("tables.xlsx")
    write_xlsx(release, folder / "tables.xlsx", {name: drawing.png for name, drawing in drawings.items()})


def _reports(release: Release, folder: Path, drawings: dict[str, Drawing], tell: Progress) -> None:
    from firmtrade.publish import html, pdf

    tell("report.html")
    (folder / "report.html").write_text(html.render(release, drawings), encoding="utf-8", newline="\n")
    tell("report.pdf")
    (folder / "report.pdf").write_bytes(pdf.render(release, drawings))


def _sdmx(release: Release, folder: Path, asked: Asked, tell: Progress) -> None:
    from firmtrade.publish.sdmx import files

    tell("sdmx")
    folder.mkdir()
    for name, content in files(release, asked).items():
        (folder / name).write_bytes(content)


def _release(release: Release, folder: Path) -> None:
    from firmtrade.publish.released import FILE, release_json

    (folder / FILE).write_bytes(release_json(release))


def _manifest(release: Release, folder: Path, tell: Progress) -> None:
    from firmtrade.publish.manifest import write_manifest

    tell("manifest.json")
    write_manifest(release, folder)
