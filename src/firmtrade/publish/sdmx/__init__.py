"""Release -> SDMX: structure and observations as SDMX-CSV 2.0, SDMX-ML 3.0 and SDMX-JSON 2.0.

Nothing leaves that was not read back: each file is checked against its schema, read again, and compared with
the release figure by figure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from firmtrade.publish.sdmx.spec import Asked, read_asked, require

if TYPE_CHECKING:
    from firmtrade.result import Release

__all__ = ["Asked", "files", "read_asked", "require"]


def files(release: Release, asked: Asked | None = None) -> dict[str, bytes]:
    """The files of a release by name: structure.xml and .json, data.* and (with models) models.*.

    The same release gives the same bytes. Order of the figures: that of tables.csv and models.csv.

    Raises:
        DisclosureError: it is not a Release, or a hidden cell still has a value.
        StudyError: two figures have the same key, or there are none.
        CheckError: a file does not fit its schema, or reads back as something else.
        MissingExtra: the packages for SDMX are not installed.
    """
    require()
    from firmtrade.errors import StudyError
    from firmtrade.publish.sdmx import csv, json, ml
    from firmtrade.publish.sdmx.back import check_data, check_structure
    from firmtrade.publish.sdmx.structure import flows

    asked = asked or Asked()
    found = flows(release, asked)
    if not found:
        raise StudyError("The release has no figures, so there is nothing to write as SDMX.")
    made: dict[str, bytes] = {}
    for file, written in ml.STRUCTURES.items():
        made[file] = _written(file, partial(written, found, asked))
        check_structure(file, made[file], found, asked)
    writers = {"csv": csv.data_csv, "xml": ml.data_xml, "json": json.data_json}
    for kind in asked.formats:
        for flow in found:
            file = f"{flow.file}.{kind}"
            made[file] = _written(file, partial(writers[kind], flow, asked))
            check_data(file, made[file], flow)
    return dict(sorted(made.items()))


def _written(file: str, write: Callable[[], bytes]) -> bytes:
    from pysdmx.errors import PysdmxError

    from firmtrade.publish.sdmx.model import refused

    try:
        return write()
    except PysdmxError as error:
        raise refused(file, str(error)) from None
