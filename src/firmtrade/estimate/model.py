"""A model as a study asks for it: a frozen spec that names definitions and holds no expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmtrade.errors import StudyError, nearest
from firmtrade.estimate.kinds import KINDS, kind_of

#: What every model may say; the rest are the options of its kind.
COMMON = ("kind", "title", "sample", "samples", "years", "like", "text")


@dataclass(frozen=True)
class Model:
    """One model: whom it is about (`samples`), in which years (first, last; None: all), and its options."""

    name: str
    kind: str
    title: str
    samples: tuple[str, ...]
    years: tuple[int, int] | None
    options: Any
    where: str
    text: str = ""


def read_models(entries: Mapping[str, Any], file: str) -> tuple[Model, ...]:
    """The models of a study, in the order of the file; `like` copies another model's fields."""
    merged: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        where = f"{file}, [models.{name}]"
        if not isinstance(entry, dict):
            raise StudyError(f"{where} must be a table with kind and sample.")
        model = entry.get("like")
        if model is not None and model not in merged:
            raise StudyError(
                f"{where}: like = '{model}' names no model above it.{nearest(str(model), merged)}"
            )
        merged[name] = {**merged.get(str(model), {}), **entry}
    return tuple(_read(name, entry, f"{file}, [models.{name}]") for name, entry in merged.items())


def _read(name: str, entry: Mapping[str, Any], where: str) -> Model:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise StudyError(f"{where}: a model's name has lower-case letters, digits and hyphens only.")
    kind = str(entry.get("kind", ""))
    if kind not in KINDS:
        raise StudyError(f"{where}: kind = '{kind}' is no model.{nearest(kind, KINDS)} There are {_kinds()}.")
    samples = entry.get("samples", [entry["sample"]] if "sample" in entry else [])
    if not samples or not all(isinstance(each, str) for each in samples):
        raise StudyError(f"{where} lacks sample. Every model says whom it is about: firmtrade list samples")
    said = {key: value for key, value in entry.items() if key not in COMMON}
    return Model(
        name=name,
        kind=kind,
        title=str(entry.get("title", "")) or kind_of(kind).TITLE,
        samples=tuple(samples),
        years=_years(entry.get("years"), where),
        options=_options(kind, said, where),
        where=where,
        text=str(entry.get("text", "")),
    )


def _kinds() -> str:
    return ", ".join(KINDS)


def _years(said: Any, where: str) -> tuple[int, int] | None:
    if said is None:
        return None
    if not (isinstance(said, list) and len(said) == 2 and all(isinstance(year, int) for year in said)):
        raise StudyError(f"{where}: years = [FIRST, LAST], two years.")
    if said[0] > said[1]:
        raise StudyError(f"{where}: years = {said} end before they begin.")
    return said[0], said[1]


def _options(kind: str, said: Mapping[str, Any], where: str) -> Any:
    """The options of a kind, checked: unknown names and wrong types are refused with the place."""
    from pydantic import ValidationError

    options = kind_of(kind).Options
    for key in said:
        if key not in options.model_fields:
            known = [*options.model_fields, *COMMON]
            raise StudyError(f"{where}: '{key}' is not an option of {kind}.{nearest(key, known)}")
    try:
        return options(**said)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StudyError(f"{where}: {place}: {first['msg'].removeprefix('Value error, ')}.") from None
