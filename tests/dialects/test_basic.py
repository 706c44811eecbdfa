"""Whatever stands behind `Authorization: Basic` at a vendor's token call: no token, and no defect."""

from pathlib import Path

import pytest

from .visiting import a_dialect_visit

pytestmark = pytest.mark.anyio

CALLS = {
    "/oauth2/token": "dvsum", "/api/v1/oauth2/token": "infolink", "/authorisation/token": "des",
    "/dw/oauth2/access_token": "ocapi", "/dwsso/oauth2/access_token": "ocapi",
}  # fmt: skip


@pytest.mark.parametrize("path", CALLS)
async def test_credentials_that_are_no_base64_are_those_of_nobody(tmp_path: Path, path: str) -> None:
    async with a_dialect_visit(tmp_path, CALLS[path], serving=False) as visit:
        await visit.client()
        for said in ("Basic \xff", "Basic ZXRsOg==\xe9", "Basic ====", "Basic /w==", "Basic", "\xff ZXRsOg=="):
            reply = await visit.form(path, {"grant_type": "client_credentials"}, authorization=said)
            assert (reply.status, reply.json["error"]) == (401, "invalid_client"), said
