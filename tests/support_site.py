"""A release with something for every page of the web application, small and made by hand."""

from __future__ import annotations

from pathlib import Path

from firmtrade.publish import write
from firmtrade.result import Chart, Finding, Release, ReleasedModel, ReleasedTable
from firmtrade.serve.site import Site, open_site
from support_release import (
    bar_figure,
    cell,
    growth_table,
    release,
    share,
    size_table,
    table,
    with_published,
)


def region_table() -> ReleasedTable:
    """Shares by region: one of them is hidden."""
    shown = {"BE1": 24.3, "BE2": 24.5}
    cells = [share(value, flow="any", region=region) for region, value in shown.items()]
    hidden = cell(
        "participation", None, "percent", 1, conf="C", reason="confidential", flow="any", region="BE3"
    )
    return table("figure-15", ("region",), ("measure",), [*cells, hidden], "Traders by region (2002)")


def mode_table() -> ReleasedTable:
    """Numbers of firms by mode, in two years."""
    cells = [
        cell("firms", value + at, period=period, mode=mode)
        for at, period in enumerate(("2001", "2002"))
        for mode, value in {"none": 21814, "import-only": 1637, "export-only": 1700, "both": 3133}.items()
    ]
    return table("modes", ("period",), ("mode",), cells, "Firms by mode of trade")


def years_table() -> ReleasedTable:
    """Shares by flow over years."""
    cells = [
        share(value, period=period, flow=flow)
        for flow, values in {"export": (11.8, 11.2, 11.9), "import": (18.7, 12.9, 13.8)}.items()
        for period, value in zip(("1996", "1999", "2002"), values, strict=True)
    ]
    chart = Chart("line", "period", "flow")
    return table("figure-17", ("period",), ("flow",), cells, "Traders over the years", chart=chart)


def moves_table(hidden: bool = False) -> ReleasedTable:
    """What became of exporters: who never exported is in the release only as a part of those who do not."""
    counts: dict[str, float | None] = {"constant": 2885, "new": 1094, "stopped": 838, "non-traders": 18072}
    cells = [
        cell("firms", None if hidden and code == "stopped" else value, period="1998-2003",
             sample="manufacturing-stayers", conf="C" if hidden and code == "stopped" else "F",
             flow="export", status=code)
        for code, value in counts.items()
    ]  # fmt: skip
    return table("moves", ("status",), ("measure",), cells, "Exporters of 1998 and 2002")


def cohort_table() -> ReleasedTable:
    """Growth by cohort and status, and a total."""
    cells = [
        cell("employment-growth", value, "percent/year", 1, period="1998-2003",
             sample="manufacturing-stayers", cohort=cohort, status=status, flow="import")
        for cohort, pair in {"1993-1997": (4.2, 5.8), "before-1983": (-0.5, -0.04)}.items()
        for status, value in zip(("traders", "non-traders"), pair, strict=True)
    ]  # fmt: skip
    return table("cohorts", ("cohort",), ("status",), cells, "Growth by cohort")


def venture_table() -> ReleasedTable:
    """New ventures, international and domestic."""
    cells = [cell("firms", value, venture=kind) for kind, value in {"inv": 453, "dnv": 4117}.items()]
    return table("ventures", ("venture",), ("measure",), cells, "New ventures (2002)")


def model(refused: str = "") -> ReleasedModel:
    """A model with one finding and a figure with its interval; or one that gave no answer."""
    if refused:
        return ReleasedModel("refused", "premia", "Who pays?", (), refused=refused)
    bounds = {"premium": 70.7, "lower": 61.7, "upper": 80.2}
    cells = [cell(name, value, "percent", 1, mode="both") for name, value in bounds.items()]
    chart = Chart("interval", "mode", measure="premium", low="lower", high="upper")
    made = table("premia", ("mode",), ("measure",), cells, "Premia by mode", chart=chart)
    finding = Finding("premia", "above", "Firms that trade both ways are <larger>.", (("premia", 0),))
    return ReleasedModel(
        "premia", "premia", "Are traders different?", (made,), (finding,), "A regression of logs.",
        "Above nought if the interval is.", ("Bernard and Jensen (1999)",),
    )  # fmt: skip


def full_release(**changes: object) -> Release:
    """A release that has every page."""
    makers = (
        size_table, growth_table, bar_figure, region_table, mode_table, years_table, moves_table,
        cohort_table, venture_table,
    )  # fmt: skip
    tables = [make() for make in makers]
    models = (model(), model(refused="The panel has no partners."))
    return with_published(release(*tables, models=models, **changes))


def full_site(folder: Path) -> Site:
    """The release as a run writes it, opened again."""
    return open_site(write(full_release(), folder / "out"))
