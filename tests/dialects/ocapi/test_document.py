"""What the door says of itself."""

from pathlib import Path

import pytest
from openapi_spec_validator import validate

from runbell.dialects.ocapi.faults import NOT_THERE

from .visit import a_visit

pytestmark = pytest.mark.anyio


async def test_the_document_is_valid_and_offers_json_and_xml(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        document = visit.opened.document
        validate(document)
        started = document["paths"]["/dw/data/{version}/jobs/{job}/executions"]["post"]
        assert set(started["responses"]["200"]["content"]) == {"application/json", "application/xml"}
        assert set(started["responses"]["404"]["content"]) == {"application/json", "application/xml"}
        assert set(started["requestBody"]["content"]) == {"application/json", "application/xml"}


async def test_every_route_that_looks_for_something_says_what_was_not_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        looking = {route.name for route in visit.opened.routes if "{job}" in route.path or "{file}" in route.path}
        assert {name for name in looking if not name.startswith("options")} == set(NOT_THERE)
