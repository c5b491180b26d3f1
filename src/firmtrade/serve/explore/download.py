"""What is shown, to take away: CSV, XLSX, SDMX-CSV, the chart as SVG and PNG, the study file and Python.

The figures are those of tables.csv, digit for digit; those that the explorer made say so in the column
`table`. Places for which the release has no figure are left out, hidden ones have their status and no value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from firmtrade.publish.numbers import csv_value
from firmtrade.publish.table_csv import FIXED
from firmtrade.result import DIMENSIONS, Release, ReleasedCell, ReleasedTable, Word
from firmtrade.serve.draw import draw, standalone
from firmtrade.serve.explore.derive import Show
from firmtrade.serve.explore.figure import Figure, Kind
from firmtrade.serve.explore.index import Index, Key
from firmtrade.serve.explore.page import Seen, seen
from firmtrade.serve.explore.picture import picture
from firmtrade.serve.explore.recipe import study_python, study_toml
from firmtrade.serve.explore.shown import title
from firmtrade.serve.explore.view import View
from firmtrade.serve.signin.rights import Right, needs

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NAME = "explored"
MADE = "made"  # in the column `table` of a figure that no table has
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_csv(look: Seen) -> bytes:
    """The figures that are shown, in the columns of tables.csv."""
    view, index = look.view, look.index
    names = _columns(index, view)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "sample", "period", *names, *FIXED))
    for key, one in _told(view):
        codes = [key.attribute(name) for name in names]
        table = one.tables[0] if one.tables and one.kind is not Kind.MADE else MADE
        status = "C" if one.kind is Kind.HIDDEN else "F"
        value = csv_value(one.value, one.unit)
        measure = measured(view, key.measure)
        writer.writerow(
            [table, key.sample, key.period, *codes, measure, value, one.unit, one.decimals, status]
        )
    return text.getvalue().encode("utf-8")


def _columns(index: Index, view: View) -> list[str]:
    further = {name for key, _ in view.figures() for name in key.dimensions} - set(DIMENSIONS)
    known = [name for name in index.release.dimensions if name not in DIMENSIONS]
    return [*DIMENSIONS, *known, *sorted(further - set(known))]


def _told(view: View) -> list[tuple[Key, Figure]]:
    return [(key, one) for key, one in view.figures() if one.kind is not Kind.ABSENT]


def measured(view: View, measure: str) -> str:
    """The name of what is shown of a measure: 'firms-share-row'."""
    show = view.state.show
    return measure if show is Show.FIGURES else f"{measure}-{show.value}"


def as_release(look: Seen) -> Release:
    """The release with the view as its only table, for those who write tables."""
    view, names = look.view, look.names
    cells = tuple(
        ReleasedCell(
            key.sample, key.period, dict(key.codes), measured(view, key.measure), one.value, one.unit,
            one.decimals, *(("C", "confidential") if one.kind is Kind.HIDDEN else ("F", "")),
        )
        for key, one in _told(view)
    )  # fmt: skip
    labels: dict[str, dict[str, str]] = {}
    for key, _ in _told(view):
        for name, code in key.codes:
            labels.setdefault(name, {})[code] = names.code(name, code)
        labels.setdefault("sample", {})[key.sample] = names.code("sample", key.sample)
        labels.setdefault("period", {})[key.period] = key.period
        labels.setdefault("measure", {})[measured(view, key.measure)] = _measure_title(look, key.measure)
    made = sorted(
        {look.names.tongue.say("explore.made_note") for _, one in _told(view) if one.reason == "made"}
    )
    table = ReleasedTable(
        NAME, title(look.state, names), look.state.sample, view.row_attributes, _across(view), cells, labels,
        notes=(names.tongue.say("explore.made_note"),) if made else (),
    )  # fmt: skip
    release = look.index.release
    return replace(release, tables=(table,), models=(), published=None, attrition=(), words=_words(look))


def _across(view: View) -> tuple[str, ...]:
    further = [name for name in ("period", "measure") if name not in view.row_attributes]
    return tuple(dict.fromkeys((*view.column_attributes, *further)))


def _measure_title(look: Seen, measure: str) -> str:
    show = look.state.show
    said = look.names.code("measure", measure)
    of = (
        look.names.tongue.say(f"explore.of_{show.value.replace('-', '_')}")
        if show is not Show.FIGURES
        else ""
    )
    return f"{said}, {of}" if of else said


def _words(look: Seen) -> dict[str, Word]:
    """The definitions, with those of the shares and changes."""
    words = dict(look.index.words)
    for measure in look.state.measures:
        name = measured(look.view, measure)
        if name not in words and measure in words:
            words[name] = replace(words[measure], name=name, title=_measure_title(look, measure))
    return words


def table_xlsx(look: Seen) -> bytes:
    """The table as a workbook, with the words behind it."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from firmtrade.publish.xlsx import write_xlsx

    with TemporaryDirectory(prefix="firmtrade-") as folder:
        path = Path(folder) / "table.xlsx"
        write_xlsx(as_release(look), path, {})
        return path.read_bytes()


def table_sdmx(look: Seen) -> bytes:
    """The figures as SDMX-CSV 2.0, as pysdmx writes them: to import it takes seconds."""
    from firmtrade.publish.sdmx.spec import Asked
    from firmtrade.publish.sdmx.structure import flows

    asked = Asked(formats=("csv",))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for flow in flows(as_release(look), asked):
        identity = ("dataflow", f"{asked.agency}:{flow.id}({asked.version})", "I")
        writer.writerow(("STRUCTURE", "STRUCTURE_ID", "ACTION", *flow.names))
        writer.writerows((*identity, *row) for row in flow.rows)
    return text.getvalue().encode("utf-8")


def chart_svg(look: Seen) -> bytes:
    """The chart as a file of its own."""
    drawn, _ = picture(look.view, look.names)
    return standalone(draw(drawn)).encode("utf-8") if drawn else b""


def chart_png(look: Seen) -> bytes:
    """The chart as a picture, two dots for each unit."""
    import vl_convert

    svg = chart_svg(look)
    return bytes(vl_convert.svg_to_png(svg.decode("utf-8"), scale=2)) if svg else b""


def toml(look: Seen) -> bytes:
    """The study file that makes the table."""
    return study_toml(look.index, look.view, title(look.state, look.names)).encode("utf-8")


def python(look: Seen) -> bytes:
    """The Python that makes the table."""
    return study_python(look.index, look.view).encode("utf-8")


#: path -> (media type, what makes it)
FILES: dict[str, tuple[str, Callable[[Seen], bytes]]] = {
    "table.csv": ("text/csv; charset=utf-8", table_csv),
    "table.xlsx": (EXCEL, table_xlsx),
    "table.sdmx.csv": ("application/vnd.sdmx.data+csv; version=2.0.0", table_sdmx),
    "chart.svg": ("image/svg+xml", chart_svg),
    "chart.png": ("image/png", chart_png),
    "study.toml": ("application/toml; charset=utf-8", toml),
    "study.py": ("text/x-python; charset=utf-8", python),
}


def _endpoint(name: str) -> Callable[[Request], Response]:
    media, make = FILES[name]

    @needs(Right.READ)
    def endpoint(request: Request) -> Response:
        """Send what an address shows; what it cannot say is not sent as something else."""
        from starlette.responses import PlainTextResponse, Response

        from firmtrade.errors import FirmtradeError
        from firmtrade.serve.explore.shown import problem

        look = seen(request)
        wrong = [*look.asked.problems, *look.gone]
        if wrong:
            text = "\n".join(problem(look.names, one) for one in wrong)
            return PlainTextResponse(text, status_code=400 if look.asked.problems else 404)
        try:
            content = make(look)
        except FirmtradeError as error:
            return PlainTextResponse(str(error), status_code=501)
        if not content:
            return PlainTextResponse(look.names.tongue.say("explore.no_file"), status_code=404)
        headers = {"content-disposition": f'attachment; filename="{look.index.release.study}-{name}"'}
        return Response(content, media_type=media, headers=headers)

    return endpoint


ROUTES = [(f"/explore/{name}", _endpoint(name)) for name in FILES]
