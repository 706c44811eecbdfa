"""Tokens of InfoLink: client credentials, the password of a user, a refresh token."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec import structs

from runbell.domain.principals import User
from runbell.ports.identity_table import PutKey, PutUser
from tests.dialects.visiting import SECRET, basic
from tests.http.calling import Reply

from .calling import STATUS, InfoLink, a_client, message

pytestmark = pytest.mark.anyio

PATH = "/api/v1/oauth2/token"
PASSWORD = "correct horse battery staple"


async def ask(infolink: InfoLink, **fields: str) -> Reply:
    """Ask for a token as client `etl`."""
    form = {"grant_type": "client_credentials", "client_id": "etl", "client_secret": SECRET} | fields
    return await infolink.visit.form(PATH, {name: value for name, value in form.items() if value})


async def a_user(infolink: InfoLink, name: str = "ada", role: str = "operator", **more: Any) -> User:
    """Somebody with PASSWORD."""
    password = await infolink.visit.ports.passwords.hash(PASSWORD)
    user = User(id=f"id-{name}", name=name, roles={"default": role}, password=password, created_at=0, **more)
    return await infolink.visit.ports.store.put_user(PutUser(user=user, create=True))


async def looked(infolink: InfoLink, token: str, job_id: str = "a") -> Reply:
    """A look with a token instead of a key."""
    asked = urlencode({"appId": "7", "jobId": job_id})
    return await infolink.caller.get(f"{STATUS}?{asked}", authorization=f"bearer {token}")


async def test_client_credentials_give_a_pair_of_tokens_that_opens_the_calls(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.visit.client()
        await infolink.execute(jobId="a")
        reply = await ask(infolink)
        found = reply.json
        assert list(found) == ["access_token", "refresh_token", "token_type", "expires_in"]
        assert (found["token_type"], found["expires_in"]) == ("Bearer", 1800)
        assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")
        assert (await looked(infolink, found["access_token"])).json["result"]["status"] == "queued"
        again = await infolink.visit.form(PATH, {"grant_type": "client_credentials"}, authorization=basic())
        assert again.status == 200


async def test_a_token_is_over_after_half_an_hour(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.visit.client()
        token = (await ask(infolink)).json["access_token"]
        infolink.visit.house.clock.at += 1_800_000
        late = await looked(infolink, token)
        assert (late.status, message(late)) == (401, "The access token is invalid or has expired")
        assert late.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_refresh_token_gives_a_new_pair_and_is_spent(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.visit.client()
        first = (await ask(infolink)).json["refresh_token"]
        second = (await ask(infolink, grant_type="refresh_token", refresh_token=first)).json
        assert second["refresh_token"] != first
        infolink.visit.house.clock.at += 61_000  # for a minute it may be repeated: the answer may have been lost
        late = await ask(infolink, grant_type="refresh_token", refresh_token=first)
        assert (late.status, late.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("kind", ["person", "service"])
async def test_with_a_password_the_calls_run_as_that_user(tmp_path: Path, kind: Any) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.visit.client()
        await a_user(infolink, kind=kind)
        token = (await ask(infolink, grant_type="password", username="ada", password=PASSWORD)).json["access_token"]
        operation = {"opName": "RunScenario", "opParams": {"scenario": "Main"}}
        reply = await infolink.post({"appId": "7", "operation": operation}, authorization=f"Bearer {token}")
        assert reply.json["status"] == "success"
        assert (await infolink.visit.execution(1)).trigger.actor == "user:ada"
        wrong = await ask(infolink, grant_type="password", username="ada", password="wrong")
        assert (wrong.status, wrong.json["error"]) == (400, "invalid_grant")


async def test_a_client_runs_as_its_default_user_and_never_beyond_him(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        user = await a_user(infolink, role="viewer")
        await infolink.visit.client(user=user.id)
        token = (await ask(infolink)).json["access_token"]
        operation = {"opName": "RunScenario", "opParams": {"scenario": "Main"}}
        reply = await infolink.post({"appId": "7", "operation": operation}, authorization=f"Bearer {token}")
        assert (reply.status, message(reply)) == (403, "You may not run scenario 'Main'")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password", "username": "ada"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "nothing"}, 400, "invalid_grant"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
    ],
)
async def test_a_refusal_is_no_envelope(tmp_path: Path, changed: dict[str, str], status: int, error: str) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.visit.client()
        reply = await ask(infolink, **changed)
        assert (reply.status, reply.json["error"], set(reply.json)) == (status, error, {"error", "error_description"})


async def test_an_address_that_cannot_be_read_is_refused_in_the_words_of_its_route(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        token = await infolink.visit.form(f"{PATH}?a=%00", {"grant_type": "client_credentials"})
        assert (token.status, token.json["error"]) == (400, "invalid_request")
        look = await infolink.caller.get(f"{STATUS}?apiKey=%ff")
        assert (look.status, message(look).partition(":")[0]) == (200, "Request cannot be read")


async def test_the_command_line_signs_nobody_in_by_password(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await a_user(infolink)
        form = {"client_id": "runbell-cli", "client_secret": "", "username": "ada", "password": PASSWORD}
        reply = await ask(infolink, grant_type="password", **form)
        assert (reply.status, reply.json["error"]) == (400, "unauthorized_client")


async def test_whoever_guesses_too_often_must_wait(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        replies = [await ask(infolink, client_secret=f"guess {n}") for n in range(12)]
        assert (replies[-1].status, replies[-1].json["error"]) == (429, "temporarily_unavailable")
        assert int(replies[-1].headers["retry-after"]) > 0


async def test_a_key_for_other_doors_opens_nothing_here(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        key = await infolink.visit.key(name="elsewhere")
        store = infolink.visit.ports.store
        (held,) = [one for one in await store.keys("default", "", 50) if one.name == "elsewhere"]
        await store.put_key(PutKey(key=structs.replace(held, surfaces=("ocapi",))))
        refused = await infolink.with_key(key).execute()
        assert (refused.status, message(refused)) == (401, "Invalid API key")
