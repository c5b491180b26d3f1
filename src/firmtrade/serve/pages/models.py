"""Models: what was found in plain sentences, the figures with their intervals, how it was decided."""

from __future__ import annotations

from typing import Any

from firmtrade.publish.numbers import typeset
from firmtrade.result import ReleasedModel
from firmtrade.serve.pages.reading import shown
from firmtrade.serve.site import Site
from firmtrade.serve.speak import Tongue

View = dict[str, Any]


def listed(site: Site) -> list[View]:
    """All models with their findings."""
    return [_summary(model) for model in site.release.models]


def _summary(model: ReleasedModel) -> View:
    return {
        "name": model.name,
        "title": typeset(model.title),
        "findings": [typeset(finding.text) for finding in model.findings],
        "refused": typeset(model.refused),
        "figures": sum(len(table.cells) for table in model.tables),
    }


def view(site: Site, tongue: Tongue, name: str) -> View | None:
    """One model; None where the release has no such."""
    model = next((model for model in site.release.models if model.name == name), None)
    if model is None:
        return None
    return {
        **_summary(model),
        "methods": typeset(model.methods),
        "rule": typeset(model.rule),
        "sources": [typeset(source) for source in model.sources],
        "tables": [shown(site.release, table, tongue) for table in model.tables],
    }
