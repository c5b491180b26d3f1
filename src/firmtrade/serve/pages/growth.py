"""Growth: how groups of firms grew, by trade status, founding cohort and what else the release has."""

from __future__ import annotations

from typing import Any

from firmtrade.result import Release
from firmtrade.serve.draw import both
from firmtrade.serve.offer import COHORT, MODE, STATUS, VENTURES, grows
from firmtrade.serve.pages.cells import Group, chosen, groups
from firmtrade.serve.pages.charts import picture_of
from firmtrade.serve.pages.said import sheet
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]
AXES = (COHORT, STATUS, VENTURES[0], MODE, "period")


def found(release: Release) -> tuple[Group, ...]:
    """Growth of one measure, by whatever of the axes it is broken down by."""
    return tuple(g for g in groups(release, AXES, grows(release)) if len(g.cells) > 1 and _axes(g))


def _axes(group: Group) -> tuple[str, ...]:
    return tuple(name for name in AXES if len(group.codes(name)) > 1)


def view(site: Site, tongue: Tongue, show: str) -> View | None:
    """What the page shows of the chosen growth; None where the release has no such."""
    release = site.release
    them = found(release)
    group = chosen(them, show)
    if group is None:
        return None
    axes = _axes(group)
    title = group.title(tongue, release.words)
    picture = None
    if len(axes) <= 2 and _one_for_each(group, axes):
        x, color = axes[0], axes[1] if len(axes) == 2 else ""
        kind = "lines" if x == "period" else "bars"
        picture = picture_of(group, x, color, kind, release.words, tongue, title)
    rows = tuple(name for at, name in enumerate(axes) if at != 1)
    table = group.arranged(rows, axes[1:2] or ("measure",))
    return {
        "choices": [(one.key, one.title(tongue, release.words)) for one in them],
        "chosen": group.key,
        "title": title,
        "cohorts": COHORT in axes,
        "sheet": sheet(table, release.words, tongue),
        "chart": both(picture, "growth") if picture else "",
    }


def _one_for_each(group: Group, axes: tuple[str, ...]) -> bool:
    marks = [tuple(cell.attribute(name) for name in axes) for cell in group.cells]
    return len(set(marks)) == len(marks)
