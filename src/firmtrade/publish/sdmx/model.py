"""The structure as pysdmx's artefacts: concepts, code lists, data structures and dataflows.

Identifiers follow from the study's name alone: dataflow and structure `BELGIUM_2002` (and
`BELGIUM_2002__MODELS`: no study has an id with two such signs together), concept scheme
`BELGIUM_2002_CONCEPTS`, code lists `BELGIUM_2002_CL_SIZE`. A code that is no id of SDMX has its own spelling
in an annotation of type `CODE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firmtrade.errors import CheckError
from firmtrade.publish.sdmx.ids import code_of
from firmtrade.publish.sdmx.structure import DIMENSION, MEASURE, VALUE, Component, Flow

if TYPE_CHECKING:
    from firmtrade.publish.sdmx.spec import Asked

#: Every message must say when it was prepared. A release has no clock: the same release is the same bytes.
PREPARED = datetime(2000, 1, 1, tzinfo=UTC)
_SHARED = ("FREQ", "OBS_STATUS", "CONF_STATUS")  # lists that are the same in every flow


def artefacts(flows: Iterable[Flow], asked: Asked) -> list[Any]:
    """Code lists, concept schemes, data structures and dataflows, in this order."""
    from pysdmx.model import ConceptScheme, Dataflow, DataStructureDefinition
    from pysdmx.model.dataflow import Components

    lists: dict[str, Any] = {}
    rest: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for flow in flows:
        owned: dict[str, Any] = {"agency": asked.agency, "version": asked.version}
        concepts = [_concept(flow, part, asked) for part in flow.components]
        parts = Components([_component(flow, part, asked, lists) for part in flow.components])
        name = line(flow.title)
        rest[0].append(ConceptScheme(f"{flow.id}_CONCEPTS", name=name, items=concepts, **owned))
        rest[1].append(DataStructureDefinition(id=flow.id, name=name, components=parts, **owned))
        urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={reference(flow, asked)}"
        rest[2].append(Dataflow(flow.id, name=name, structure=urn, **owned))
    return [*(lists[name] for name in sorted(lists)), *rest[0], *rest[1], *rest[2]]


def reference(flow: Flow, asked: Asked) -> str:
    """A dataflow or its structure as other files name it: `AGENCY:ID(VERSION)`."""
    return f"{asked.agency}:{flow.id}({asked.version})"


def line(text: str) -> str:
    """A text on one line: what XML makes of others depends on the reader.

    An apostrophe is set as a typographic one: pysdmx 1.21 writes a plain one as a quotation mark.
    """
    return re.sub(r"\s+", " ", text).strip().replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


def _concept(flow: Flow, part: Component, asked: Asked) -> Any:
    from pysdmx.model import Concept

    urn = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={_scheme(flow, asked)}.{part.id}"
    return Concept(
        part.id,
        name=line(part.name),
        description=line(part.text) or None,
        annotations=_annotations("NAME", part.source, part.id),
        urn=urn,
    )


def _scheme(flow: Flow, asked: Asked) -> str:
    return f"{asked.agency}:{flow.id}_CONCEPTS({asked.version})"


def _component(flow: Flow, part: Component, asked: Asked, lists: dict[str, Any]) -> Any:
    from pysdmx.model import Component as Theirs
    from pysdmx.model import DataType, ItemReference, Role

    role = {DIMENSION: Role.DIMENSION, MEASURE: Role.MEASURE}.get(part.role, Role.ATTRIBUTE)
    kind = {"TIME_PERIOD": DataType.PERIOD, VALUE: DataType.DOUBLE, "DECIMALS": DataType.INTEGER}
    concept = ItemReference("Concept", asked.agency, f"{flow.id}_CONCEPTS", asked.version, part.id)
    codes = None
    if part.codes is not None:
        codes = _codelist(flow, part, asked)
        lists[codes.id] = codes
    return Theirs(
        part.id,
        part.id != VALUE,  # a hidden figure is an observation without a value
        role,
        concept,
        None if codes else kind[part.id],
        local_codes=codes,
        attachment_level="O" if role is Role.ATTRIBUTE else None,
    )


def _codelist(flow: Flow, part: Component, asked: Asked) -> Any:
    from pysdmx.model import Code, Codelist

    texts = part.texts or {}
    items = [
        Code(
            ident,
            name=line(name),
            description=line(texts.get(ident, "")) or None,
            annotations=_annotations("CODE", code_of(ident), ident),
        )
        for ident, name in (part.codes or {}).items()
    ]
    name = f"CL_{part.id}" if part.id in _SHARED else f"{flow.id}_CL_{part.id}"
    return Codelist(name, name=line(part.name), agency=asked.agency, version=asked.version, items=items)


def _annotations(kind: str, ours: str, theirs: str) -> tuple[Any, ...]:
    """What we call it, where that differs."""
    from pysdmx.model import Annotation

    return (Annotation(id=kind, type=kind, text=line(ours)),) if ours and ours != theirs else ()


def dataset(flow: Flow, asked: Asked) -> Any:
    """The observations for pysdmx's writers, each value as the text that is to be written.

    The schema says that all are texts: told that the value is a number, pysdmx would spell it its own way.
    """
    import pandas as pd
    from pysdmx.io.pd import PandasDataset
    from pysdmx.model import Component as Theirs
    from pysdmx.model import Concept, DataType, Role, Schema
    from pysdmx.model.dataflow import Components

    roles = {DIMENSION: Role.DIMENSION, MEASURE: Role.MEASURE}
    parts = []
    for part in flow.components:
        role = roles.get(part.role, Role.ATTRIBUTE)
        level = "O" if role is Role.ATTRIBUTE else None
        parts.append(
            Theirs(part.id, part.id != VALUE, role, Concept(part.id), DataType.STRING, attachment_level=level)
        )
    schema = Schema("dataflow", asked.agency, flow.id, Components(parts), asked.version, generated=PREPARED)
    frame = pd.DataFrame(list(flow.rows), columns=list(flow.names), dtype=str)
    return PandasDataset(structure=schema, data=frame)


def header(name: str, asked: Asked) -> Any:
    """The header of a message: no clock, no random identifier. A sender's id has no dot, an agency's may."""
    from pysdmx.model import Organisation
    from pysdmx.model.message import Header

    return Header(id=name, prepared=PREPARED, sender=Organisation(sender(asked)))


def sender(asked: Asked) -> str:
    """The agency as the sender of a message."""
    return asked.agency.replace(".", "_")


def refused(file: str, why: str) -> CheckError:
    """What is said where a file that was written does not pass its check."""
    return CheckError(
        f"sdmx/{file} was written and does not pass its check: {why}. Nothing was published. A name or title "
        "in the study may have signs that SDMX cannot carry; else this is a fault of firmtrade."
    )
