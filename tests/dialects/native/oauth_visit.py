"""What tests of OAuth need: a client with a secret, a person with a password, a form."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus, urlencode

from runbell.domain.identity import Grants
from runbell.domain.principals import Client, ClientSecret, User
from runbell.operations.identify import digest
from runbell.ports.identity_table import PutClient, PutUser
from tests.http.calling import Reply

from .visit import CheckedCaller, Visit

SECRET = "rb_cs_a-secret: with % and + in it"
PASSWORD = "correct horse battery staple"
RIGHTS: Grants = {"default": ("jobs:read", "executions:read", "executions:run:load")}


async def a_client(visit: Visit, name: str = "etl", grants: Grants | None = None, **more: Any) -> Client:
    """A client with SECRET, in the project `default`."""
    secret = ClientSecret(id=f"{name}-1", digest=digest(SECRET), created_at=visit.house.clock.at)
    client = Client(
        id=name, name=name, project="default", grants=RIGHTS if grants is None else grants, secrets=(secret,),
        created_at=visit.house.clock.at, **more,
    )  # fmt: skip
    return await visit.ports.store.put_client(PutClient(client=client, create=True))


async def a_person(visit: Visit, name: str = "Ada", role: str = "operator", **more: Any) -> User:
    """A person with PASSWORD and a role in the project `default`."""
    user = User(
        id=f"user-{name}", name=name, roles={"default": role}, password=await visit.ports.passwords.hash(PASSWORD),
        created_at=visit.house.clock.at, **more,
    )  # fmt: skip
    return await visit.ports.store.put_user(PutUser(user=user, create=True))


def basic(client: str = "etl", secret: str = SECRET) -> str:
    """The header of HTTP Basic, both halves form-urlencoded first."""
    return "Basic " + b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()


async def post(caller: CheckedCaller, path: str, fields: Any, **headers: str) -> Reply:
    """Send a form."""
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    said = {"content_type": "application/x-www-form-urlencoded"} | headers
    return await caller.call("POST", path, pieces=[body], headers=said)


async def a_token(visit: Visit, client: str = "etl", **fields: str) -> str:
    """An access token by client credentials."""
    form = {"grant_type": "client_credentials", **fields}
    reply = await post(visit.anonymous(), "/oauth/token", form, authorization=basic(client))
    assert reply.status == 200, reply
    return str(reply.json["access_token"])


async def a_sign_in(visit: Visit, name: str = "Ada") -> dict[str, Any]:
    """The tokens of a person who let `runbell-cli` in."""
    begun = (await post(visit.anonymous(), "/oauth/device", {"client_id": "runbell-cli"})).json
    decided = await decide(visit, begun["user_code"], name)
    assert decided.status == 200, decided
    reply = await poll(visit, begun["device_code"])
    assert reply.status == 200, reply
    return dict(reply.json)


async def decide(visit: Visit, code: str, name: str, password: str = PASSWORD, decision: str = "allow") -> Reply:
    """Fill in the page."""
    form = {"user_code": code, "username": name, "password": password, "decision": decision}
    return await post(visit.anonymous(), "/device", form, sec_fetch_site="same-origin")


async def poll(visit: Visit, device_code: str, client: str = "runbell-cli") -> Reply:
    """Ask for the tokens of a sign-in."""
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device_code}
    return await post(visit.anonymous(), "/oauth/token", form | {"client_id": client})


async def renew(visit: Visit, refresh_token: str, **more: str) -> Reply:
    """Ask for a new pair as `runbell-cli`."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": "runbell-cli"}
    return await post(visit.anonymous(), "/oauth/token", form | more)
