"""The document of the DvSum door, and its options."""

from pathlib import Path

import pytest
from openapi_spec_validator import validate

from runbell.dialects.dvsum.options import Options
from runbell.http.options import read_options
from tests.dialects.visiting import a_dialect_visit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("runjob", ["off", "key", "open"])
async def test_the_document_is_valid_and_holds_every_route(tmp_path: Path, runjob: str) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False, runjob=runjob) as visit:
        document = visit.opened.document
        validate(document)
        written = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
        assert written == {(route.method, route.path) for route in visit.opened.routes}
        assert ("/runJob" in document["paths"]) == (runjob != "off")
        told = document["paths"]["/integration/jobs/{id}/execute"]["post"]["responses"]["409"]
        enum = told["content"]["application/json"]["schema"]["properties"]["code"]["enum"]
        assert {"JOB_IS_SCHEDULED", "JOB_ALREADY_RUNNING", "JOB_NEEDS_PARAMETERS"} <= set(enum)


@pytest.mark.parametrize("given", [{"gateway": "onprem"}, {"runjob": "on"}, {"runjob_timeout": "0"}, {"x": "1"}])
def test_an_option_that_is_not_valid_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="dvsum"):
        read_options("dvsum", given, Options)
