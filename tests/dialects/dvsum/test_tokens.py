"""Tokens at the DvSum door (RFC 6749 §4.4): what published clients of the vendor send, and what they hear."""

from pathlib import Path
from typing import Any

import pytest

from tests.dialects.visiting import SECRET, a_dialect_visit, basic

pytestmark = pytest.mark.anyio
GRANT = {"grant_type": "client_credentials"}
POSTED = {"client_id": "etl", "client_secret": SECRET}


@pytest.mark.parametrize(
    ("fields", "headers"),
    [(GRANT, {"authorization": basic()}), (GRANT | POSTED, {}), (GRANT | {"scope": "x/y"} | POSTED, {})],
)
async def test_a_client_gets_a_token(tmp_path: Path, fields: dict[str, str], headers: dict[str, str]) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.client()
        reply = await visit.form("/oauth2/token/", fields, **headers)
        assert reply.status == 200
        assert (reply.json["token_type"], reply.json["expires_in"]) == ("Bearer", 3600)


@pytest.mark.parametrize(
    ("fields", "headers", "status", "error"),
    [
        (GRANT, {}, 401, "invalid_client"),
        (GRANT, {"authorization": basic(secret="wrong")}, 401, "invalid_client"),
        (GRANT, {"authorization": basic("nobody")}, 401, "invalid_client"),
        (GRANT, {"authorization": "Basic %%%"}, 401, "invalid_client"),
        ({}, {"authorization": basic()}, 400, "invalid_request"),
        ({"grant_type": "password"}, {"authorization": basic()}, 400, "unsupported_grant_type"),
        (GRANT, {"authorization": basic(), "content_type": "text/plain"}, 400, "invalid_request"),
    ],
)
async def test_whoever_gets_none_hears_why_in_the_words_of_the_standard(
    tmp_path: Path, fields: Any, headers: dict[str, str], status: int, error: str
) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.client()
        reply = await visit.form("/oauth2/token", fields, **headers)
        assert (reply.status, reply.json["error"]) == (status, error)
        assert set(reply.json) == {"error", "error_description"}
        challenge = reply.headers.get("www-authenticate")
        assert challenge == ('Basic realm="runbell"' if status == 401 else None)


async def test_a_client_of_a_user_has_the_rights_of_that_user(tmp_path: Path) -> None:
    from runbell.domain.principals import User
    from runbell.ports.identity_table import PutUser

    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5})
        await visit.defined("theirs", project="finance", ids={"dvsum": 6})
        user = User(id="user-ada", name="Ada", roles={"default": "operator"}, created_at=visit.house.clock.at)
        await visit.ports.store.put_user(PutUser(user=user, create=True))
        everything = {"*": ("executions:run", "executions:read")}
        await visit.client("adas", grants=everything, user="user-ada")
        token = (await visit.form("/oauth2/token", GRANT, authorization=basic("adas"))).json["access_token"]
        ada = visit.with_key(token)
        assert (await ada.post("/integration/jobs/5/execute")).status == 200
        assert (await ada.post("/integration/jobs/6/execute")).status == 404


async def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.client()
        replies = [await visit.form("/oauth2/token", GRANT, authorization=basic(secret="no")) for _ in range(12)]
        slowed = replies[-1]
        assert (slowed.status, slowed.json["error"]) == (429, "temporarily_unavailable")
        assert int(slowed.headers["retry-after"]) > 0


async def test_a_query_that_is_no_text_is_refused_in_the_words_of_the_token_endpoint(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.client()
        reply = await visit.form("/oauth2/token?%ff=1", GRANT, authorization=basic())
        assert (reply.status, reply.json["error"]) == (400, "invalid_request")


async def test_a_client_without_any_right_hears_that_it_has_none_and_not_that_it_is_over(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.client("idle", {})
        reply = await visit.form("/oauth2/token", GRANT, authorization=basic("idle"))
        said = "These credentials may do nothing at all; ask an administrator for rights."
        assert (reply.status, reply.json) == (400, {"error": "unauthorized_client", "error_description": said})
