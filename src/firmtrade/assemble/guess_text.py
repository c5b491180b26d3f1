"""Guesses as a study file that a person reads, corrects and runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from firmtrade.acquire.address import is_address, split_table, without_password

_HEAD = """\
# A study of {name}, written by  firmtrade init.  Read it, correct it, then:
#   firmtrade check {name} --study study.toml     every problem of the panel
#   firmtrade run study.toml --out report         the tables

title = "{title}"
source = ""                       # who collected the data; printed under each table

[panel]
files = {files}
"""

_COLUMNS = """
# Our names on the left, the file's on the right. A column that is not in the list of the contract may be
# added under a name of its own and used in expressions.
[panel.columns]
"""

_HINTS = {
    "classification": '# classification = "NACE 2"        # or NACE 1.1, NACE 2.1, ISIC 2, ISIC 3.1, ISIC 4',
    "regions": '# regions = ["BE1", "BE2", "BE3"]  # the region codes of the panel start with one of these',
    "missing": '# missing = { founded = [9999] }   # values that mean missing ("*" for all columns)',
    "units": "# units = { turnover = 1000 }      # 1000 where the file is in thousands",
}  # fmt: skip


def study_text(source: str, guesses: Iterable[tuple[str, str | None, str]], base: Path = Path()) -> str:
    """A commented study file; `base` is the folder that it will lie in (paths are relative to it)."""
    settings: Mapping[str, tuple[Any, str]] = getattr(guesses, "settings", {})
    name = _name(source)
    text = _HEAD.format(
        name=name, title=json.dumps(_title(name), ensure_ascii=False)[1:-1], files=_files(source, base)
    )
    simple = {key: value for key, value in settings.items() if not isinstance(value[0], dict)}
    text += "".join(_line(key, *value) for key, value in simple.items())
    text += "".join(f"{hint}\n" for key, hint in _HINTS.items() if key not in settings)
    text += _COLUMNS
    for ours, theirs, reason in guesses:
        text += _line(ours, theirs, reason) if theirs else f'# {ours:<14} = ""  # {reason}\n'
    for key, (value, remark) in settings.items():
        if isinstance(value, dict):
            text += _table(key, value, remark)
    return text


def _name(source: str) -> str:
    """The source as it may be written down: an address without its password, a file without its folder."""
    return without_password(source) if is_address(source) else Path(source).name


def _title(name: str) -> str:
    return split_table(name)[1] or Path(name).stem if is_address(name) else Path(name).stem


def _files(source: str, base: Path) -> str:
    if is_address(source):
        address, table = split_table(without_password(source))
        note = "   # an address without its password: give the whole one with --panel" * (address != source)
        return json.dumps(address) + note + (f"\ntable = {json.dumps(table)}" if table else "")
    path = Path(source)
    relative = os.path.relpath(path.absolute(), base.absolute())
    return json.dumps(Path(relative).as_posix(), ensure_ascii=False)


def _line(key: str, value: Any, remark: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return f"{key:<16} = {written:<24}  # {remark}\n"


def _table(key: str, value: Mapping[str, Any], remark: str) -> str:
    """[panel.codes.domestic] and the like; `units` is only proposed, since it changes the figures."""
    if key == "units":
        lines = [f"# {name} = {factor}\n" for name, factor in value.items()]
        return f"\n# {remark} If so, take the # away:\n# [panel.units]\n{''.join(lines)}"
    text = ""
    for name, codes in value.items():
        text += f"\n# {remark}\n[panel.{key}.{name}]\n"
        text += "".join(
            f"{json.dumps(theirs, ensure_ascii=False)} = {json.dumps(ours)}\n"
            for theirs, ours in codes.items()
        )
    return text
