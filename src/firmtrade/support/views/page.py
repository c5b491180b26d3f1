"""All twelve views on one page: self-contained, readable without a network, made to be printed too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from firmtrade.support import show
from firmtrade.support.register.kinds import plain
from firmtrade.support.views.context import Context
from firmtrade.support.views.gather import VIEWS
from firmtrade.support.views.view import Listed, View

#: Rows of a list on the page; `firmtrade support view` has them all.
MOST = 25


def page(about: Context, named: bool = True, most: int = MOST) -> str:
    """The page as HTML. Without `named` the lists of firms are left out, so that it may be shown around."""
    from jinja2 import Environment, StrictUndefined

    made = [make(about) for make in VIEWS.values()]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
    return template.render(
        views=made,
        day=about.day.isoformat(),
        year=about.year,
        firms=len(about.firms),
        named=named,
        most=most,
        who=about.register.user,
        purpose=about.register.purpose,
        css=_css(),
        shown=shown,
        evidence=_evidence,
        numeric=numeric,
    )


def _css() -> Any:
    """The look of the report, of which only the text of the style sheet is read, and what is added to it."""
    from markupsafe import Markup

    report = files("firmtrade").joinpath("publish/templates/report.css").read_text(encoding="utf-8")
    return Markup(report + (Path(__file__).parent / "page.css").read_text(encoding="utf-8"))


def shown(value: Any) -> str:
    """A cell as it is read."""
    value = plain(value)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,g}"
    return (
        ""
        if value is None
        else f"{value:,.0f}"
        if isinstance(value, (int, float)) and abs(value) >= 10000
        else (f"{value:g}" if isinstance(value, float) else str(value))
    )


def numeric(table: Listed) -> list[bool]:
    """Which columns hold numbers only, and so line up on the right; never the first."""
    columns = list(zip(*table.rows, strict=True))
    return [place > 0 and all(_a_number(value) for value in column) for place, column in enumerate(columns)]


def _a_number(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[-+]?[\d.,]*", value) is not None
    return value is None or isinstance(value, (int, float))


def _evidence(view: View) -> Iterator[str]:
    for word, names in (("For", view.words.evidence), ("Against", view.words.contrary)):
        for name in names:
            yield f"{word}: {show.cited(name)}"
