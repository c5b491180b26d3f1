"""What to write where a panel's columns have other names than ours and the study is nobody's own to change.

A pack says nothing of how files are read, and a built-in study is part of the package: both are extended by a
study of one's own, whose few lines are told here in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from firmtrade.errors import ColumnMissing, FirmtradeError, Unanswerable
from firmtrade.study_pack import ENDING, toml

if TYPE_CHECKING:
    from firmtrade.describe.compute import Setting
    from firmtrade.describe.spec import Table

PANEL = "[panel]"
#: What a column is called that nothing suggests a name for.
UNKNOWN = "..."


@contextmanager
def mapping_told(
    extend: str, missing: Mapping[str, str], spare: tuple[str, ...], asked: Callable[[], frozenset[str]]
) -> Iterator[None]:
    """Add to an error about columns that are not there what to write; `advice` has the arguments.

    `asked` says which columns of a panel the study's tables need: only these are named where the source
    could not be opened, and no others can be asked for.
    """
    try:
        yield
    except ColumnMissing as error:
        lacking = dict(error.missing)
        with suppress(FirmtradeError):  # what is wrong with the study itself is told in its own place
            wanted = asked() if error.part == PANEL else frozenset(lacking)
            lacking = {n: near for n, near in lacking.items() if n in wanted or n in error.required}
        told = advice(extend, error.part, lacking, error.spare)
        if told:
            raise type(error)(f"{error}\n{told}", error.part, lacking, error.spare, error.required) from None
        raise
    except Unanswerable as error:
        told = advice(extend, PANEL, missing, spare) or _near(missing)
        raise (Unanswerable(f"{error}\n{told}") if told else error) from None


def needed(tables: Iterable[Table], setting: Setting) -> frozenset[str]:
    """The columns of a panel that tables ask for."""
    from firmtrade.describe.compute import plan
    from firmtrade.describe.needs import needed_columns

    asks = [ask for made in plan(tables, setting) for ask in made.asks]
    return frozenset(needed_columns(asks, setting.groups))


def _near(missing: Mapping[str, str]) -> str:
    """The same for a study of one's own, where a name of theirs is near."""
    pairs = ", ".join(f'{ours} = "{near}"' for ours, near in missing.items() if near)
    told = f"If the file has them under other names, write  columns = {{ {pairs} }}  in [panel]."
    return told if pairs else ""


def advice(extend: str, part: str, missing: Mapping[str, str], spare: tuple[str, ...]) -> str:
    """How to map columns by a study of one's own; "" where the study is one's own, or nothing is missing.

    `extend` is the pack or built-in study; `part` the table of the study, such as [panel]; `missing` maps our
    names to the likeliest of theirs or ""; `spare` are their columns that nothing reads.
    """
    if not extend or not missing:
        return ""
    names = {ours: near or UNKNOWN for ours, near in missing.items()}
    lines = toml({"extends": extend, part.strip("[]"): {"columns": names}}).rstrip("\n").split("\n")
    why, where = "the built-in study reads our names of the columns only", ""
    if extend.endswith(ENDING):
        why, where = "a pack does not say how files are read", f" beside {extend}"
    left = f"\nColumns that nothing reads yet: {', '.join(spare[:30])}." if spare else ""
    return (
        f"If the file has these columns under other names, say so in a study of your own{where}, for {why}. "
        "Write, say in own.toml, with your names on the right and without what your file does not hold:\n\n"
        + "".join(f"    {line}\n" if line else "\n" for line in lines)
        + f"\nand name own.toml in the place of {extend}.{left}"
    )
