"""All models of a study: their answers, and why some cannot be given."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from firmtrade._engine.engine import Engine
from firmtrade.catalog import Catalog
from firmtrade.classify.expand import Meaning
from firmtrade.errors import FirmtradeError, MissingExtra, StudyError, Unanswerable, nearest
from firmtrade.estimate.data import read
from firmtrade.estimate.kinds import kind_of
from firmtrade.estimate.model import Model
from firmtrade.result import Modelled


@dataclass(frozen=True)
class Given:
    """What models are answered from; `flags` are the panel's columns that say only yes or no."""

    engine: Engine
    columns: frozenset[str]
    flags: frozenset[str]
    meaning: Meaning
    models: tuple[Model, ...]


def answer(given: Given, models: Iterable[Model], progress: Callable[[str], None]) -> tuple[Modelled, ...]:
    """The answers in the order of the models; one that cannot be given says why."""
    found = []
    for model in models:
        progress(f"model {model.name}")
        found.append(_answered(given, model))
    return tuple(found)


def _answered(given: Given, model: Model) -> Modelled:
    try:
        return one(given, model) if model.kind != "multiverse" else _multiverse(given, model)
    except (MissingExtra, Unanswerable) as error:
        why = str(error)
    except FirmtradeError:
        raise
    except Exception as error:
        if given.engine.debug:
            raise
        # An estimator may fail on data that nobody foresaw; its message may quote them, so it is not told.
        why = f"the estimation failed ({type(error).__name__}); --debug shows where."
    return Modelled(model.name, model.kind, model.title, (), refused=why)


def _multiverse(given: Given, model: Model) -> Modelled:
    from firmtrade.estimate.multiverse import explore, universes

    asked = {each.name: each for each in given.models if each.kind != "multiverse"}
    name = model.options.question
    if name not in asked:
        raise StudyError(f"{model.where}: the study has no model '{name}'.{nearest(name, asked)}")
    found = universes(asked[name], given.meaning, given.columns, given.flags)

    def again(there: Meaning, chosen: Model) -> Modelled:
        return _answered(replace(given, meaning=there), chosen)

    return explore(model, asked[name], given.meaning, found, again)


def one(given: Given, model: Model) -> Modelled:
    """The answer of one model. Raises Unanswerable where the panel lacks what it needs."""
    kind = kind_of(model.kind)
    data = read(given.engine, given.columns, given.meaning, model, kind.needs(model), kind.ROWS)
    with warnings.catch_warnings():
        # What a package warns of (and may quote data in) is for its developers; a kind looks itself
        # whether a fit converged, and says so in a note.
        if not given.engine.debug:
            warnings.simplefilter("ignore")
        made = kind.answer(data, model)
    return Modelled(
        name=model.name,
        kind=model.kind,
        title=model.title,
        tables=made.tables,
        findings=made.findings,
        methods=" ".join(part for part in (model.text, made.methods) if part),
        rule=made.rule,
        ties=made.ties,
        sources=_cited(kind.SOURCES, given.meaning.catalog),
    )


def _cited(names: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    return tuple(catalog.citation(name) for name in names)
