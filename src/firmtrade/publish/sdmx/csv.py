"""The observations as SDMX-CSV 2.0, written by pysdmx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmtrade.publish.sdmx.model import dataset

if TYPE_CHECKING:
    from firmtrade.publish.sdmx.spec import Asked
    from firmtrade.publish.sdmx.structure import Flow


def data_csv(flow: Flow, asked: Asked) -> bytes:
    """One dataflow as SDMX-CSV 2.0: UTF-8, LF. A file has one dataflow, as its columns are those of one."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format

    text = write_sdmx(dataset(flow, asked), Format.DATA_SDMX_CSV_2_0_0)
    return _bytes(text)


def _bytes(text: str | None) -> bytes:
    return (text or "").replace("\r\n", "\n").encode("utf-8")
