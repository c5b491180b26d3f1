"""The JSON addresses keep to their description, whatever is asked: schemathesis draws the requests."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import unsupported_method
from starlette.testclient import TestClient

from firmtrade.serve.app import application
from firmtrade.serve.site import Site
from support_release import release

APP = application(Site(release(), Path("out")), hosts=("127.0.0.1", "localhost", "testserver"))
SCHEMA = schemathesis.openapi.from_asgi("/api/openapi.json", APP)


@SCHEMA.parametrize()
@settings(
    max_examples=40, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
def test_the_api_keeps_to_its_description(case: schemathesis.Case) -> None:
    # The door refuses whatever is no read before it looks who would answer it: 403, not 405.
    case.call_and_validate(excluded_checks=[unsupported_method])


@pytest.mark.parametrize(
    "path", ["/explore", "/explore/table.csv", "/explore/chart.svg", "/explore/study.toml"]
)
@pytest.mark.parametrize(
    "query",
    ["sample=", "sample=%00", "measure=" + "a," * 500, "rows=rows", "period=2002&period=2002", "x[]=1&=2",
     "size=%F0%9F%92%A9", "table=../../etc", "totals=maybe", "rows=size&columns=size", "&&&", "a" * 3000],
)  # fmt: skip
def test_no_address_is_a_server_error(path: str, query: str) -> None:
    with TestClient(APP, base_url="http://127.0.0.1", raise_server_exceptions=True) as client:
        assert client.get(f"{path}?{query}").status_code in (200, 400, 404)
