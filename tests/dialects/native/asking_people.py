"""What tests of the authorization endpoint need: a client that sends people, its verifier, a person who decides."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from runbell.domain.principals import Client
from runbell.ports.identity_table import PutClient
from tests.http.calling import Reply

from .oauth_visit import PASSWORD, RIGHTS, post
from .visit import Visit

AUTHORIZE: Final = "/oauth/authorize"
BACK: Final = "https://app.example/callback"
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The pair that RFC 7636, appendix B works out."""
ASKED: Final = {
    "response_type": "code", "client_id": "web", "redirect_uri": BACK, "state": "a state & more",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip


async def a_public_client(visit: Visit, name: str = "web", **more: Any) -> Client:
    """A client without a secret, which may send people to BACK."""
    known: dict[str, Any] = {"grants": RIGHTS, "redirect_uris": (BACK,), "public": True} | more
    client = Client(id=name, name=name, project="default", created_at=visit.house.clock.at, **known)
    return await visit.ports.store.put_client(PutClient(client=client, create=True))


def asking(**fields: str | None) -> dict[str, str]:
    """The fields of a request; None leaves one out."""
    return {name: value for name, value in (ASKED | fields).items() if value is not None}


async def seen(visit: Visit, **fields: str | None) -> Reply:
    """The page as a person sees it, or where it sends."""
    return await visit.anonymous().get(f"{AUTHORIZE}?{urlencode(asking(**fields))}")


async def decided(
    visit: Visit, name: str = "Ada", password: str = PASSWORD, decision: str = "allow", **fields: str | None
) -> Reply:
    """Fill in the page."""
    form = asking(**fields) | {"username": name, "password": password, "decision": decision}
    return await post(visit.anonymous(), AUTHORIZE, form, sec_fetch_site="same-origin")


def told(reply: Reply) -> dict[str, str]:
    """What the client is told, once it is sure that it was sent to the right place by 303."""
    assert reply.status == 303, reply
    assert reply.headers["cache-control"] == "no-store"
    place = urlsplit(reply.headers["location"])
    assert not place.fragment
    return {"to": f"{place.scheme}://{place.netloc}{place.path}"} | dict(parse_qsl(place.query, keep_blank_values=True))


async def a_code(visit: Visit, **fields: str | None) -> str:
    """A code that Ada allowed."""
    return told(await decided(visit, **fields))["code"]


async def redeemed(visit: Visit, code: str, headers: dict[str, str] | None = None, **fields: str | None) -> Reply:
    """Show the code at the token endpoint; None leaves a field out."""
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER,
        "client_id": "web",
    } | fields  # fmt: skip
    sent = {name: value for name, value in form.items() if value is not None}
    return await post(visit.anonymous(), "/oauth/token", sent, **headers or {})
