"""What the agency's rules are written in: TOML files, checked on reading; evidence and dated parameters.

These are not words of a statistical study (`firmtrade.catalog`): they are dated by day, and name evidence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from firmtrade.errors import StudyError, nearest
from firmtrade.support.stages import StageRule

HERE = Path(__file__).parent
P = TypeVar("P", bound="Part")


class Part(BaseModel):
    """An entry of one of our TOML files: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(Part):
    """A source or a study. `read`: how much of it was read; `sign`: what it says of the support studied."""

    citation: str
    read: Literal["full", "abstract"]
    finding: str
    design: str = ""
    country: str = ""
    sign: Literal["for", "against", "mixed", ""] = ""
    url: str = ""
    short: str = ""


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file; StudyError if there is none or it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"There is no file {path.name} (looked for {path}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path.name} is not a TOML file that can be read: {error}") from None


def checked(kind: type[P], entry: object, where: str) -> P:
    """The entry as `kind`; what pydantic finds becomes one StudyError that names each key."""
    if not isinstance(entry, Mapping):
        raise StudyError(f"{where} must be a table with {', '.join(kind.model_fields)}.")
    try:
        return kind.model_validate(dict(entry))
    except ValidationError as error:
        found = [_complaint(kind, where, each) for each in error.errors()]
        raise StudyError("\n".join(dict.fromkeys(found))) from None


def _complaint(kind: type[Part], where: str, error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: '{place}' is not known.{nearest(str(error['loc'][-1]), kind.model_fields)}"
    if error["type"] == "missing":
        return f"{where} lacks '{place}'."
    return f"{where}, {place}: {error['msg'].removeprefix('Value error, ')}"


@cache
def evidence() -> Mapping[str, Evidence]:
    """All evidence by its id."""
    entries = read_toml(HERE / "evidence.toml")
    return {name: checked(Evidence, entry, f"evidence.toml, [{name}]") for name, entry in entries.items()}


def cited(name: str, where: str) -> str:
    """The id itself, after refusing one that is not in evidence.toml ('report#6' names a place in it)."""
    if name.split("#")[0] not in evidence():
        raise StudyError(f"{where}: there is no evidence '{name}'.{nearest(name, evidence())}")
    return name


def parameter(name: str, day: date) -> Mapping[str, Any]:
    """The numbers of a parameter that hold on a day, with their `source`; StudyError if none hold yet."""
    values = read_parameters()[name]
    found = [value for value in values if value["from"] <= day]
    if not found:
        raise StudyError(
            f"parameters.toml, [{name}] has no value for {day}; the first starts on {values[0]['from']}. "
            f"Add one with its source."
        )
    return found[-1]


@cache
def read_parameters() -> Mapping[str, list[Mapping[str, Any]]]:
    """The dated values of each parameter, oldest first, sources checked."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for name, entry in read_toml(HERE / "parameters.toml").items():
        found[name] = sorted(entry["values"], key=lambda value: value["from"])
        for value in found[name]:
            cited(value["source"], f"parameters.toml, [{name}]")
    return found


def stage_rule(day: date, regular: int | None = None) -> StageRule:
    """The numbers of the stage rules on a day; `regular` overrides (5: French customs)."""
    names = ("new-without", "regular-years", "permanent-years", "venture-years")
    without, usual, permanent, venture = (int(parameter(name, day)["value"]) for name in names)
    return StageRule(without, regular or usual, permanent, venture)
