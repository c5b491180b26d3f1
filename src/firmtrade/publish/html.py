"""report.html: one page that needs nothing else: styles, charts and the tables' CSV are inside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from firmtrade.publish.charts import Drawing, inline
from firmtrade.publish.table_csv import models_csv, tables_csv
from firmtrade.publish.view import report
from firmtrade.result import Release

if TYPE_CHECKING:
    from jinja2 import Environment


def template_text(name: str) -> str:
    """A template or style sheet that ships with the package."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Jinja with escaping on and unknown names refused."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("firmtrade.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(release: Release, drawings: Mapping[str, Drawing]) -> str:
    """The page. `drawings` has a drawing for every figure of the release."""
    from markupsafe import Markup

    script = template_text("report.js").strip()
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report(release),
            css=Markup(template_text("report.css")),
            script=Markup(script),
            script_hash=_csp_hash(script),
            charts={name: _chart(release, name, drawing) for name, drawing in drawings.items()},
            downloads=_downloads(release),
        )
    )


def _chart(release: Release, name: str, drawing: Drawing) -> dict[str, Any]:
    from markupsafe import Markup

    title = next(table.title for table in release.all_tables if table.name == name)
    return {
        "wide": Markup(inline(drawing.wide, f"{name}-wide", title, drawing.alternative)),
        "narrow": Markup(inline(drawing.narrow, f"{name}-narrow", title, drawing.alternative)),
        "alternative": drawing.alternative,
    }


def _downloads(release: Release) -> dict[str, str]:
    ours = {table.name: tables_csv(release, table) for table in release.tables}
    models = {t.name: models_csv(release, t) for model in release.models for t in model.tables}
    return {name: _data_uri(content) for name, content in {**ours, **models}.items()}


def _data_uri(content: bytes) -> str:
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(content).decode("ascii")


def _csp_hash(script: str) -> str:
    """The hash by which the page's own policy admits this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
