"""The wall between the zones, as seen from the register: what was collected for statistics does not come in.

The service zone holds what a firm gave the agency or what is public; the statistics zone is confidential
microdata, which may not be used to call a named firm. No function takes both, and the modules of the one
do not import those of the other (import contracts in pyproject.toml). What is left is a file or an object
that somebody hands over, and that is refused here.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from firmtrade.errors import DataError, DisclosureError

#: Columns of the panel's contract (README) that no table of the register has.
PANEL = frozenset({"import_intra", "import_extra", "export_intra", "export_extra", "value_added", "turnover",
                   "employment", "domestic", "holding", "confidential", "stat_id"})  # fmt: skip
#: Files in which statistical panels come; the register is filled from text and workbooks only.
_STATISTICAL = (".parquet", ".dta", ".sas7bdat", ".xpt", ".sav", ".zsav", ".feather", ".arrow", ".por")
_WHY = (
    "What was collected for statistics may not be used to find or call a firm, so it cannot be written into "
    "the agency's register. Take the firm's own answers, or the accounts that it filed publicly."
)


def a_file(source: object) -> Path:
    """The file that an import is asked to read. Raises DisclosureError for anything that is no plain file."""
    if not isinstance(source, (str, Path)):
        raise DisclosureError(
            f"An import reads a CSV file or a workbook, not a {type(source).__name__}. {_WHY}"
        )
    if "://" in str(source):
        raise DisclosureError(f"An import reads a CSV file or a workbook, not a database. {_WHY}")
    path = Path(source)
    if path.suffix.lower() in _STATISTICAL:
        raise DisclosureError(f"{path.name}: an import reads CSV files and workbooks (.csv, .xlsx). {_WHY}")
    if not path.is_file():
        raise DataError(f"There is no file '{source}'.")
    return path


def refuse_panel(header: Collection[str], file: str) -> None:
    """Raise DisclosureError if the columns are those of a panel: a firm, and what statistics know of it."""
    names = {name.strip().lower().replace("-", "_") for name in header}
    found = sorted(names & PANEL)
    if "stat_id" in found or ("firm" in names and found):
        raise DisclosureError(f"{file} is a panel of firms: it has firm and {', '.join(found)}. {_WHY}")
