"""The sheet 'Published' of tables.xlsx: every published cell beside the released one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade.publish import words as names
from firmtrade.publish.beside import cell_name, cell_names, said
from firmtrade.publish.numbers import is_change
from firmtrade.publish.only import only_release
from firmtrade.result import Release

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from firmtrade.publish.xlsx import Styles

_HEADS = ("Table", "Cell", "Published", "Here", "Outcome", "Note")
_WIDTHS = (12, 60, 14, 14, 12, 80)


def write_compared(sheet: Worksheet, release: Release, styles: Styles) -> None:
    """One row for each published cell; numbers are numbers, and the rows can be filtered."""
    only_release(release)
    assert release.published is not None
    matches = release.published.matches
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, "Compared with the published figures", styles("title"))
    text = f"{said(matches, bool(release.provenance.synthetic))}. Published in {release.published.source}."
    sheet.write_string(1, 0, text, styles("muted"))
    for column, (head, width) in enumerate(zip(_HEADS, _WIDTHS, strict=True)):
        sheet.write_string(3, column, head, styles("head" if head in ("Published", "Here") else "stub"))
        sheet.set_column(column, column, width)
    known = {table.name: cell_names(table) for table in release.tables}
    for row, match in enumerate(matches, start=4):
        sheet.write_string(row, 0, names.number(match.table) or match.table)
        sheet.write_string(row, 1, cell_name(match, known.get(match.table, {}), release.words))
        signed = is_change(match.unit, release.words.get(match.measure))
        for column, value in ((2, match.published), (3, match.value)):
            if value is not None:
                sheet.write_number(row, column, value, styles.number(match.decimals, signed, False))
        sheet.write_string(row, 4, match.outcome)
        sheet.write_string(row, 5, match.note)
    sheet.autofilter(3, 0, 3 + len(matches), len(_HEADS) - 1)
    sheet.freeze_panes(4, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
