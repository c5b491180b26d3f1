"""Models as they may leave: each figure is judged by its evidence, a finding by the figures that it rests on.

A model's figures are no sums over cells, so that no equations tie them to the tables. What could tie them,
the numbers of firms, is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from firmtrade.catalog import Catalog
from firmtrade.protect.decide import FREE, SECONDARY, TOLD, Decision
from firmtrade.protect.models import judge
from firmtrade.protect.protected import HIDDEN, Custody, Judged
from firmtrade.protect.release import released, words_of
from firmtrade.protect.rules import Profile
from firmtrade.protect.ties import At, beside
from firmtrade.result import Cell, Modelled, Release, ReleasedCell, ReleasedModel, ReleasedTable

Labels = Mapping[str, Mapping[str, str]]


def with_models(
    release: Release, custody: Custody | None, models: Iterable[Modelled], catalog: Catalog, labels: Labels
) -> tuple[Release, Custody | None]:
    """A release with its models, and what the custodian keeps with their figures."""
    made, judged = released_models(models, catalog, labels, custody.policy.profile if custody else None)
    if not made:
        return release, custody
    words = words_of([table for model in made for table in model.tables], catalog)
    release = replace(release, models=made, words={**words, **release.words})
    if custody is None:
        return release, None
    hidden = sum(figure.decision.hidden for figure in judged)
    said = f" Of the models, {hidden:,} of {len(judged):,} figures are confidential."
    custody = replace(custody, figures=(*custody.figures, *judged))
    return replace(release, protection=release.protection + said), custody


def released_models(
    models: Iterable[Modelled], catalog: Catalog, labels: Labels, profile: Profile | None
) -> tuple[tuple[ReleasedModel, ...], tuple[Judged, ...]]:
    """(what may leave, every figure with its decision). Without a profile nothing is hidden or judged."""
    judged: list[Judged] = []
    made = tuple(_model(model, catalog, labels, profile, judged) for model in models)
    return made, tuple(judged)


def _model(
    model: Modelled, catalog: Catalog, labels: Labels, profile: Profile | None, judged: list[Judged]
) -> ReleasedModel:
    tables = [released(result, catalog, labels) for result in model.tables]
    if profile is not None:
        decisions = _decided(model, profile)
        tables = [
            _protected(table, result.cells, decisions, judged)
            for table, result in zip(tables, model.tables, strict=True)
        ]
    hidden = {
        (table.name, at)
        for table in tables
        for at, cell in enumerate(table.cells)
        if cell.confidentiality != "F"
    }
    findings = tuple(finding for finding in model.findings if not hidden & set(finding.rests_on))
    return ReleasedModel(
        model.name,
        model.kind,
        model.title,
        tuple(tables),
        findings,
        model.methods,
        model.rule,
        model.sources,
        model.refused,
    )


def _decided(model: Modelled, profile: Profile) -> dict[At, Decision]:
    """The decision on each figure: the rules, and what must be hidden beside what they hide."""
    cells = {(result.name, place): cell for result in model.tables for place, cell in enumerate(result.cells)}
    found = {at: Decision(*judge(cell.evidence, profile), ()) for at, cell in cells.items()}
    unsafe = {at for at, decision in found.items() if decision.hidden and cells[at].value is not None}
    for at in beside(unsafe, model.ties, {at: cell.firms for at, cell in cells.items()}):
        found[at] = Decision(SECONDARY, ("tied to a hidden figure",), ())
    return found


def _protected(
    table: ReleasedTable, cells: tuple[Cell, ...], decisions: Mapping[At, Decision], judged: list[Judged]
) -> ReleasedTable:
    told = []
    for place, (cell, original) in enumerate(zip(table.cells, cells, strict=True)):
        decision = decisions[table.name, place]
        told.append(_told(cell, decision))
        judged.append(Judged(table.name, told[-1], original.value, decision, ()))
    return replace(table, cells=tuple(told))


def _told(cell: ReleasedCell, decision: Decision) -> ReleasedCell:
    if decision.status != FREE:
        return replace(cell, value=None, confidentiality=TOLD, reason=HIDDEN)
    if cell.unit == "count" and cell.value is not None:
        return replace(cell, value=about(cell.value))
    return cell


def about(number: float) -> float:
    """A number of firms with two leading digits, at least in tens.

    The exact number of firms of a regression by group could be the number that a table hides.
    """
    step = 10.0
    while abs(number) >= 100 * step:
        step *= 10
    return round(number / step) * step
