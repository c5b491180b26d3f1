"""A run that writes no figures and no report, which take half of its time, for tests that look at neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def without_reports() -> Iterator[None]:
    """Runs inside the block write tables.csv, the release, its manifest, and what the custodian keeps."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("firmtrade.publish._figures", lambda release, folder, tell: {})
        patched.setattr("firmtrade.publish._reports", lambda release, folder, drawings, tell: None)
        patched.setattr("firmtrade.publish.xlsx.write_xlsx", lambda release, path, pictures: None)
        yield
