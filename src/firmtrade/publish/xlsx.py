"""tables.xlsx: a contents sheet with links, then one sheet a table; numbers are numbers.

Every text goes through `write_string`, so that a label or note that starts with '=', '+', '-' or '@' stays
text and cannot run as a formula. The creation date is fixed: the same release gives the same bytes.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.publish import words as names
from firmtrade.publish.beside import below
from firmtrade.publish.layout import Grid, Group, Head, grid
from firmtrade.publish.numbers import cell_text, excel_format, is_change, typeset
from firmtrade.publish.only import only_release
from firmtrade.publish.view import footnotes
from firmtrade.publish.xlsx_compared import write_compared
from firmtrade.result import Release, ReleasedCell, ReleasedTable, Word

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_CREATED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
_CONTENTS, _COMPARED = "Contents", "Published"
_WIDEST, _LINE = 50, 15.0  # letters in the widest first column; height of a line in points
_INK, _RULE = "#1B2733", "#8A97A5"
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "font_color": _INK},
    "big": {"bold": True, "font_size": 18, "font_color": _INK},
    "muted": {"font_color": "#51606F"},
    "note": {"font_color": "#51606F", "font_size": 9},
    "section": {"bold": True, "font_color": _INK, "top": 1, "top_color": _RULE},
    "link": {"font_color": "#1F4E79", "underline": 1},
    "head": {"bold": True, "bottom": 1, "align": "right", "valign": "bottom", "text_wrap": True},
    "span": {
        "bold": True,
        "bottom": 1,
        "bottom_color": _RULE,
        "align": "center",
        "valign": "bottom",
        "text_wrap": True,
    },
    "stub": {"bold": True, "bottom": 1, "align": "left", "valign": "bottom", "text_wrap": True},
    "row": {"text_wrap": True},
    "row-total": {"bold": True, "text_wrap": True},
    "row-child": {"indent": 1, "text_wrap": True},
    "foot": {"top": 1},
    "group": {"bold": True, "italic": True},
    "symbol": {"align": "right", "italic": True},
    "warning": {"bold": True, "font_color": "#8A2B06", "text_wrap": True, "valign": "top"},
    "wrap": {"text_wrap": True, "valign": "top", "font_color": "#51606F"},
}


def write_xlsx(release: Release, path: Path, pictures: Mapping[str, bytes]) -> None:
    """Write the workbook; `pictures` maps a figure's name to its PNG."""
    import xlsxwriter

    only_release(release)

    with as_the_system_says(), xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties(
            {
                "title": release.title,
                "subject": release.subtitle,
                "comments": release.protection,
                "created": _CREATED,
                "author": "firmtrade",
            }
        )
        styles = Styles(book)
        sheets = _sheet_names(release.all_tables)
        _contents(book.add_worksheet(_CONTENTS), release, sheets, styles)
        for table in release.all_tables:
            _Sheet(book.add_worksheet(sheets[table.name]), release, table, styles).write(pictures)
        if release.published:
            write_compared(book.add_worksheet(_COMPARED), release, styles)


class Styles:
    """Formats by name; made once each, in the order of use."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def __call__(self, name: str) -> Format:
        """The format of a name of _STYLES."""
        if name not in self._made:
            self._made[name] = self._book.add_format(
                {"font_name": "Calibri", "font_size": 11, **_STYLES[name]}
            )
        return self._made[name]

    def number(self, decimals: int, signed: bool, total: bool) -> Format:
        """The format of a figure: its decimals, its sign, and bold for a total."""
        name = f"number-{decimals}-{signed}-{total}"
        if name not in self._made:
            self._made[name] = self._book.add_format(
                {
                    "font_name": "Calibri",
                    "font_size": 11,
                    "align": "right",
                    "bold": total,
                    "num_format": excel_format(decimals, signed),
                }
            )
        return self._made[name]


def _sheet_names(tables: tuple[ReleasedTable, ...]) -> dict[str, str]:
    """Sheet names: at most 31 characters, none of []:*?/\\, unique whatever the case."""
    used = {_CONTENTS.lower(), _COMPARED.lower()}
    found = {}
    for table in tables:
        plain = re.sub(r"[\[\]:*?/\\']", "-", table.name)
        name, at = plain[:31], 1
        while name.lower() in used or name.lower() == "history":
            at += 1
            name = f"{plain[: 30 - len(str(at))]}-{at}"
        used.add(name.lower())
        found[table.name] = name
    return found


def _contents(sheet: Worksheet, release: Release, sheets: Mapping[str, str], styles: Styles) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, typeset(release.title), styles("big"))
    sheet.write_string(1, 0, typeset(release.subtitle), styles("muted"))
    row = 3
    for heading, text in _status(release):
        sheet.write_string(row, 0, heading, styles("warning"))
        sheet.write_string(row, 1, text, styles("wrap"))
        row += 1
    row += 1
    section = None
    for table in release.all_tables:
        if table.section != section:
            section = table.section
            sheet.write_string(row, 0, section, styles("section"))
            sheet.write_blank(row, 1, None, styles("section"))
            row += 1
        text = names.number(table.name) or table.name
        sheet.write_url(row, 0, f"internal:'{sheets[table.name]}'!A1", styles("link"), text)
        sheet.write_string(row, 1, typeset(table.title))
        row += 1
    if release.published:
        sheet.write_url(row + 1, 0, f"internal:'{_COMPARED}'!A1", styles("link"), _COMPARED)
        sheet.write_string(row + 1, 1, "Compared with the published figures")
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _status(release: Release) -> list[tuple[str, str]]:
    """What a reader must know before any figure; the same as at the top of the page."""
    lines = [("Protection", release.protection)]
    if release.provenance.synthetic:
        lines.insert(0, ("Synthetic", release.provenance.synthetic))
    lines += [("Warning", text) for text in release.warnings]
    return [*lines, ("Source", release.source)]


class _Sheet:
    """One table on its sheet, written from the top down."""

    def __init__(self, sheet: Worksheet, release: Release, table: ReleasedTable, styles: Styles) -> None:
        self.sheet, self.release, self.table, self.styles = sheet, release, table, styles
        self.grid: Grid = grid(table)
        self.at = 0

    def write(self, pictures: Mapping[str, bytes]) -> None:
        self.sheet.hide_gridlines(2)
        self._title()
        first = self.at
        self._columns()
        self.sheet.freeze_panes(self.at, 1)
        self.sheet.repeat_rows(first, self.at - 1)
        self._body()
        self.sheet.set_row(self.at, 6)
        for column in range(len(self.grid.column_heads) + 1):
            self.sheet.write_blank(self.at, column, None, self.styles("foot"))
        self._below()
        if self.table.name in pictures:
            self._picture(pictures[self.table.name])
        self._page()

    def _line(self, text: str, style: str) -> None:
        self.sheet.write_string(self.at, 0, text, self.styles(style))
        self.at += 1

    def _title(self) -> None:
        self._line(names.full_title(self.table), "title")
        parts = [typeset(part.label) for part in self.grid.context]
        if self.grid.unit and parts:
            parts[0] += f" ({self.grid.unit})"
        self._line(" \N{MIDDLE DOT} ".join(parts), "muted")
        self.sheet.write_url(self.at, 0, f"internal:'{_CONTENTS}'!A1", self.styles("link"), _CONTENTS)
        self.at += 2

    def _columns(self) -> None:
        deep = any(group.parent for group in self.grid.columns)
        stub = ", ".join(names.attribute_title(name, self.release.words) for name in self.grid.stub)
        self._headed(self.at, 0, deep, stub, "stub")
        column = 1
        for group in self.grid.columns:
            column = self._column_group(group, column, deep)
        self.at += 2 if deep else 1

    def _column_group(self, group: Group, column: int, deep: bool) -> int:
        if group.parent is None:
            self._headed(self.at, column, deep, typeset(group.heads[0].text), "head")
            return column + 1
        last = column + len(group.heads) - 1
        self.sheet.merge_range(self.at, column, self.at, last, "", self.styles("span"))
        self.sheet.write_string(self.at, column, typeset(group.parent.text), self.styles("span"))
        for offset, head in enumerate(group.heads):
            self.sheet.write_string(self.at + 1, column + offset, typeset(head.text), self.styles("head"))
        return last + 1

    def _headed(self, row: int, column: int, deep: bool, text: str, style: str) -> None:
        if deep:
            self.sheet.merge_range(row, column, row + 1, column, "", self.styles(style))
        self.sheet.write_string(row, column, text, self.styles(style))

    def _body(self) -> None:
        lines = iter(self.grid.body)
        for group in self.grid.rows:
            if group.parent is not None:
                self._line(typeset(group.parent.text), "group")
            for head in group.heads:
                self._row(head, next(lines), "row-child" if group.parent else "row")

    def _row(self, head: Head, line: tuple[Any, ...], style: str) -> None:
        style = "row-total" if head.total else style
        self.sheet.write_string(self.at, 0, typeset(head.text), self.styles(style))
        self.sheet.set_row(self.at, _LINE * -(-len(head.text) // _WIDEST))
        for column, cell in enumerate(line, start=1):
            if cell is not None:
                self._cell(column, cell, head.total)
        self.at += 1

    def _cell(self, column: int, cell: ReleasedCell, total: bool) -> None:
        if cell.value is None:
            self.sheet.write_string(self.at, column, cell_text(cell), self.styles("symbol"))
            return
        signed = is_change(cell.unit, self.release.words.get(cell.measure))
        self.sheet.write_number(self.at, column, cell.value, self.styles.number(cell.decimals, signed, total))

    def _below(self) -> None:
        self.at += 1
        for note in footnotes(self.table.cells):
            self._line(f"{note['symbol']}: {note['text']}", "note")
        if self.table in self.release.tables:
            self._line(unknown_line(self.table, self.release.words), "note")
        for text in self.table.notes:
            self._line(typeset(text), "note")
        if text := below(self.table, self.release):
            self._line(f"Published: {text}", "note")
        self._line(f"Source: {self.release.source}", "note")
        self._line(f"Protection: {self.release.protection}", "note")

    def _picture(self, png: bytes) -> None:
        import io

        options = {
            "image_data": io.BytesIO(png),
            "description": self.table.title,
            "x_scale": 0.5,
            "y_scale": 0.5,
            "object_position": 3,
        }
        self.sheet.insert_image(self.at + 1, 0, f"{self.table.name}.png", options)

    def _page(self) -> None:
        longest = max((len(head.text) for head in self.grid.row_heads), default=10)
        self.sheet.set_column(0, 0, min(max(longest + 3, 16), _WIDEST + 2))
        self.sheet.set_column(1, max(1, len(self.grid.column_heads)), 16)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&A&R&P / &N")


def unknown_line(table: ReleasedTable, words: Mapping[str, Word]) -> str:
    """'Unknown: size class: 3,114 firms (2002).' or 'Unknown: none.'"""
    return f"Unknown: {'; '.join(names.unknown_texts(table, words)) or 'none'}."


@contextmanager
def as_the_system_says() -> Iterator[None]:
    """Let a full disk be said as everywhere else: the library wraps the error in one of its own."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        yield
    except FileCreateError as error:
        if error.args and isinstance(error.args[0], OSError):
            raise error.args[0] from None
        raise
