"""Structure and observations as SDMX-ML 3.0, written by pysdmx, and the structure as SDMX-JSON 2.0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from firmtrade.publish.sdmx.model import artefacts, dataset, header

if TYPE_CHECKING:
    from firmtrade.publish.sdmx.spec import Asked
    from firmtrade.publish.sdmx.structure import Flow


def data_xml(flow: Flow, asked: Asked) -> bytes:
    """One dataflow as structure-specific data, an `Obs` for each figure."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format

    text = write_sdmx(dataset(flow, asked), Format.DATA_SDMX_ML_3_0, header=header(flow.id, asked))
    return (text or "").encode("utf-8")


def structure_xml(flows: Sequence[Flow], asked: Asked) -> bytes:
    """Code lists, concepts, data structures and dataflows."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format

    made = artefacts(flows, asked)
    text = write_sdmx(made, Format.STRUCTURE_SDMX_ML_3_0, header=header(flows[0].id, asked))
    return (text or "").encode("utf-8")


def structure_json(flows: Sequence[Flow], asked: Asked) -> bytes:
    """The same as SDMX-JSON 2.0. pysdmx 1.21 writes empty lists, which the schema does not allow."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format

    made = artefacts(flows, asked)
    text = write_sdmx(made, Format.STRUCTURE_SDMX_JSON_2_0_0, header=header(flows[0].id, asked))
    return (json.dumps(_full(json.loads(text or "{}")), ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _full(item: Any) -> Any:
    """The item without its empty lists."""
    if isinstance(item, dict):
        return {key: _full(each) for key, each in item.items() if each != []}
    return [_full(each) for each in item] if isinstance(item, list) else item


STRUCTURES = {"structure.xml": structure_xml, "structure.json": structure_json}
