"""The token calls: spellings of a secret, a person's own token, renewal, and refusals byte for byte."""

import json
from base64 import b64encode, urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from runbell.domain.principals import User
from runbell.ports.identity_table import PutUser
from tests.dialects.visiting import SECRET, DialectVisit, basic
from tests.http.calling import Reply

from .visit import CUSTOMERS, a_visit, client, stranger

pytestmark = pytest.mark.anyio

SSO, PLAIN = "/dwsso/oauth2/access_token", "/dw/oauth2/access_token"
OWN = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
PASSWORD = "correct horse battery staple"
BY_CLIENT = {"grant_type": "client_credentials"}
BY_USER = {"grant_type": "password", "username": "ada", "password": PASSWORD}
WRONG_CLIENT = b'{"error_description":"Client authentication failed","error":"invalid_client"}'
WRONG_USER = b'{"error_description":"Resource owner authentication failed","error":"invalid_grant"}'


async def a_person(visit: DialectVisit, role: str = "operator") -> None:
    user = User(id="u-ada", name="ada", roles={"default": role}, created_at=visit.house.clock.at,
                password=await visit.ports.passwords.hash(PASSWORD))  # fmt: skip
    await visit.ports.store.put_user(PutUser(user=user, create=True))


def claims(token: str) -> Any:
    """The payload of a JWT."""
    parts = token.split(".")
    assert len(parts) == 3 and json.loads(urlsafe_b64decode(parts[0] + "=="))
    return json.loads(urlsafe_b64decode(parts[1] + "=="))


@pytest.mark.parametrize("path", [SSO, PLAIN])
@pytest.mark.parametrize("spell", [str, lambda text: quote(text, safe=""), quote_plus])
async def test_a_client_gets_a_token_however_it_writes_its_secret(tmp_path: Path, path: str, spell: Any) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client()
        fields = BY_CLIENT | {"response_type": "token", "scope": "mail"}
        reply = await visit.form(path, fields, authorization=basic("etl", spell(SECRET)))
        assert reply.status == 200
        assert list(reply.json) == ["access_token", "scope", "token_type", "expires_in"]
        assert reply.json.items() >= {"scope": "mail", "token_type": "Bearer", "expires_in": 1799}.items()
        assert reply.headers["content-type"] == "application/json;charset=UTF-8"
        assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")
        said = claims(reply.json["access_token"])
        assert (said["sub"], said["client_id"], said["exp"] - said["iat"]) == ("etl", "etl", 1_800)
        started = await client(visit, reply.json["access_token"]).call("POST", CUSTOMERS)
        assert (started.status, started.json["client_id"]) == (200, "etl")


async def test_a_token_is_good_for_a_second_longer_than_it_says_and_then_no_more(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client()
        token = (await visit.form(SSO, BY_CLIENT, authorization=basic())).json["access_token"]
        visit.house.clock.at += 1_799_500
        assert (await client(visit, token).call("POST", CUSTOMERS)).status == 200
        visit.house.clock.at += 500
        visit.opened.app._admission._known.clear()  # type: ignore[attr-defined]
        fault = await client(visit, token).fault("GET", f"{CUSTOMERS}/1", 401)
        assert fault["type"] == "InvalidAccessTokenException"


async def test_wrong_credentials_are_refused_in_the_vendors_bytes(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client()
        await a_person(visit)
        for authorization in (basic("etl", "wrong"), basic("nobody"), "Basic ???", "Bearer x", ""):
            reply = await visit.form(PLAIN, BY_CLIENT, authorization=authorization)
            assert (reply.status, reply.body) == (401, WRONG_CLIENT), authorization
            assert reply.headers["www-authenticate"] == 'Basic realm="/"'
        reply = await visit.form(PLAIN, BY_USER | {"password": "wrong"}, authorization=basic())
        assert (reply.status, reply.body) == (400, WRONG_USER)
        for fields, error in (
            ({"grant_type": "magic"}, "unsupported_grant_type"), ({}, "invalid_request"),
            ({"grant_type": "password"}, "invalid_request"),
            ({"grant_type": "refresh_token", "refresh_token": "none"}, "invalid_grant"),
        ):  # fmt: skip
            reply = await visit.form(PLAIN, fields, authorization=basic())
            assert (reply.status, reply.json["error"], bool(reply.json["error_description"])) == (400, error, True)


async def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client()
        replies = [await visit.form(SSO, BY_CLIENT, authorization=basic("etl", "wrong")) for _ in range(30)]
        assert {reply.status for reply in replies} == {401, 429}
        assert int(replies[-1].headers["retry-after"]) > 0


async def test_a_person_signs_in_and_renews(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client()
        await a_person(visit)
        reply = await visit.form(SSO, BY_USER, authorization=basic())
        assert set(reply.json) == {"access_token", "scope", "token_type", "expires_in", "refresh_token", "id_token"}
        assert claims(reply.json["id_token"])["sub"] == "ada"
        again = await visit.form(
            SSO, {"grant_type": "refresh_token", "refresh_token": reply.json["refresh_token"]}, authorization=basic()
        )
        assert again.status == 200 and again.json["refresh_token"] != reply.json["refresh_token"]
        started = await client(visit, again.json["access_token"]).call("POST", CUSTOMERS)
        assert started.json["user_login"] == "ada" and "client_id" not in started.json


async def own_token(
    visit: DialectVisit,
    login: str = "ada",
    password: str = PASSWORD,
    secret: str = SECRET,
    query: str = "?client_id=etl",
) -> Reply:
    given = "Basic " + b64encode(f"{login}:{password}:{secret}".encode()).decode()
    return await visit.form(f"{PLAIN}?client_id=etl", {"grant_type": OWN}, authorization=given)


async def test_a_business_manager_user_gets_a_token_of_its_own(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client()
        await a_person(visit)
        reply = await own_token(visit, secret=quote(SECRET, safe=""))
        assert (reply.status, list(reply.json)) == (200, ["access_token", "expires_in", "token_type"])
        assert (reply.json["expires_in"], reply.json["token_type"]) == (899, "Bearer")
        assert claims(reply.json["access_token"])["sub"] == "ada"
        encoded = quote(SECRET, safe="")
        for wrong in (
            await own_token(visit, password="wrong", secret=encoded), await own_token(visit, secret="wrong"),
            await own_token(visit, login="eve", secret=encoded),
        ):  # fmt: skip
            said = f"Client id 'etl' has invalid credentials to use grant type '{OWN}'."
            expected = json.dumps({"error": "unauthorized_client", "error_description": said}, separators=(",", ":"))
            assert (wrong.status, wrong.body.decode()) == (400, expected)


async def test_a_persons_token_opens_no_more_than_the_client_may(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.client(grants={"default": ("executions:read", "jobs:read")})
        await a_person(visit, "admin")
        token = (await visit.form(SSO, BY_USER, authorization=basic())).json["access_token"]
        fault = await client(visit, token).fault("POST", CUSTOMERS, 403)
        assert fault["type"] == "UserAccessForbiddenException"
        assert fault["arguments"] == {"method": "POST", "path": CUSTOMERS}


async def test_a_token_of_another_door_is_none_here(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        assert (await stranger(visit).fault("POST", CUSTOMERS, 401))["type"] == "InvalidAuthorizationHeaderException"
        for header in ("Bearer", "Bearer ", "Basic eDp5", "Token x"):
            fault = await stranger(visit).fault("POST", CUSTOMERS, 401, authorization=header)
            assert fault["type"] == "InvalidAuthorizationHeaderException", header
        fault = await stranger(visit).fault("POST", CUSTOMERS, 401, authorization="Bearer no.such.token")
        assert fault["type"] == "InvalidAccessTokenException"
