"""The token endpoint case by case: what is sent, and the answer that RFC 6749, 7009, 7662, 8414, 8628 or 9728 wants."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from verify.principals import SECRET
from verify.raw import FORM, basic

TOKEN, REVOKE, INTROSPECT, DEVICE = "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/device"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANT = {"grant_type": "client_credentials"}
MINE = {"client_id": "etl", "client_secret": SECRET}
JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Case:
    """A form (or bytes) to a path, and what has to come back. `scope` and `error` None: not looked at."""

    says: str
    form: Any
    status: int
    error: str | None = None
    path: str = TOKEN
    headers: dict[str, str] = field(default_factory=dict)
    scope: str | None = None
    challenge: bool = False
    body: Any = None


def by(client: str = "etl", secret: str = SECRET) -> dict[str, str]:
    """The client by HTTP Basic."""
    return {"authorization": basic(client, secret)}


def _b64(text: bytes) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(text).decode()}


ALL = "jobs:read executions:read executions:run:load"
CASES: tuple[Case, ...] = (
    Case("a client by Basic", GRANT, 200, scope=ALL, headers=by()),
    Case("a client in the form", GRANT | MINE, 200, scope=ALL),
    Case("Basic and the same client_id", GRANT | {"client_id": "etl"}, 200, scope=ALL, headers=by()),
    Case(
        "the word basic in small letters",
        GRANT,
        200,
        headers={"authorization": basic("etl", SECRET).replace("B", "b", 1)},
    ),
    Case("fields that nobody knows", GRANT | {"resource": "x", "foo": "bar"}, 200, headers=by()),
    Case("an empty scope is none", GRANT | {"scope": ""}, 200, scope=ALL, headers=by()),
    Case("a scope", GRANT | {"scope": "jobs:read"}, 200, scope="jobs:read", headers=by()),
    Case(
        "two scopes",
        GRANT | {"scope": "executions:read jobs:read"},
        200,
        scope="jobs:read executions:read",
        headers=by(),
    ),
    Case("a scope twice", GRANT | {"scope": "jobs:read jobs:read"}, 200, scope="jobs:read", headers=by()),
    Case(
        "a wide one is cut to the job",
        GRANT | {"scope": "executions:run"},
        200,
        scope="executions:run:load",
        headers=by(),
    ),
    Case("a wide one is narrowed", GRANT | {"scope": "jobs:read:load"}, 200, scope="jobs:read:load", headers=by()),
    Case(
        "what is not allowed falls out",
        GRANT | {"scope": "jobs:read users:admin"},
        200,
        scope="jobs:read",
        headers=by(),
    ),
    Case("what is no right falls out", GRANT | {"scope": "mail jobs:read"}, 200, scope="jobs:read", headers=by()),
    Case("nothing is left", GRANT | {"scope": "users:admin"}, 400, "invalid_scope", headers=by()),
    Case("nothing known is left", GRANT | {"scope": "mail"}, 400, "invalid_scope", headers=by()),
    Case("another job's right", GRANT | {"scope": "executions:run:other"}, 400, "invalid_scope", headers=by()),
    Case("a scope with a quote", GRANT | {"scope": 'a"b'}, 400, "invalid_scope", headers=by()),
    Case("a scope with a backslash", GRANT | {"scope": "a\\b"}, 400, "invalid_scope", headers=by()),
    Case("a scope with a tab", GRANT | {"scope": "jobs:read\tx"}, 400, "invalid_scope", headers=by()),
    Case("a scope beyond ASCII", GRANT | {"scope": "jobs:réad"}, 400, "invalid_scope", headers=by()),
    Case("a very long scope", GRANT | {"scope": "a" * 5_000}, 400, "invalid_scope", headers=by()),
    Case("a client without rights", GRANT, 400, "unauthorized_client", headers=by("poor")),
    Case("no grant_type", {}, 400, "invalid_request", headers=by()),
    Case("an empty grant_type", {"grant_type": ""}, 400, "invalid_request", headers=by()),
    Case("an unknown grant", {"grant_type": "magic"}, 400, "unsupported_grant_type", headers=by()),
    Case(
        "the password grant",
        {"grant_type": "password", "username": "ada", "password": "x"},
        400,
        "unsupported_grant_type",
        headers=by(),
    ),
    Case("the implicit grant", {"grant_type": "token"}, 400, "unsupported_grant_type", headers=by()),
    Case("no code", {"grant_type": "authorization_code", "code_verifier": "x"}, 400, "invalid_request", headers=by()),
    Case("no verifier", {"grant_type": "authorization_code", "code": "x"}, 400, "invalid_request", headers=by()),
    Case(
        "a code that is none",
        {"grant_type": "authorization_code", "code": "x", "code_verifier": "x"},
        400,
        "invalid_grant",
        headers=by(),
    ),
    Case("a grant in capitals", {"grant_type": "CLIENT_CREDENTIALS"}, 400, "unsupported_grant_type", headers=by()),
    Case(
        "grant_type twice",
        b"grant_type=client_credentials&grant_type=client_credentials",
        400,
        "invalid_request",
        headers=by(),
    ),
    Case(
        "scope twice",
        b"grant_type=client_credentials&scope=jobs:read&scope=jobs:write",
        400,
        "invalid_request",
        headers=by(),
    ),
    Case(
        "client_id twice",
        b"grant_type=client_credentials&client_id=etl&client_id=etl&client_secret=x",
        400,
        "invalid_request",
    ),
    Case("no client", GRANT, 401, "invalid_client"),
    Case("a client without its secret", GRANT | {"client_id": "etl"}, 401, "invalid_client"),
    Case("a client with an empty secret", GRANT | {"client_id": "etl", "client_secret": ""}, 401, "invalid_client"),
    Case("a secret without a client", GRANT | {"client_secret": SECRET}, 401, "invalid_client"),
    Case("a wrong secret in the form", GRANT | {"client_id": "etl", "client_secret": "x"}, 401, "invalid_client"),
    Case("a wrong secret by Basic", GRANT, 401, "invalid_client", headers=by(secret="x"), challenge=True),
    Case("an unknown client by Basic", GRANT, 401, "invalid_client", headers=by("nobody"), challenge=True),
    Case(
        "an unknown client in the form", GRANT | {"client_id": "nobody", "client_secret": SECRET}, 401, "invalid_client"
    ),
    Case("a client in capitals", GRANT, 401, "invalid_client", headers=by("ETL"), challenge=True),
    Case("an empty secret by Basic", GRANT, 401, "invalid_client", headers=by(secret=""), challenge=True),
    Case("an empty client by Basic", GRANT, 401, "invalid_client", headers=_b64(b":x"), challenge=True),
    Case("Basic without a colon", GRANT, 401, "invalid_client", headers=_b64(b"etl"), challenge=True),
    Case(
        "Basic that is no base64", GRANT, 401, "invalid_client", headers={"authorization": "Basic !!"}, challenge=True
    ),
    Case("Basic that is no UTF-8", GRANT, 401, "invalid_client", headers=_b64(b"etl:\xff\xfe"), challenge=True),
    Case(
        "Basic not form-urlencoded first",
        GRANT,
        401,
        "invalid_client",
        headers=_b64(f"etl:{SECRET}".encode()),
        challenge=True,
    ),
    Case("another scheme", GRANT, 401, "invalid_client", headers={"authorization": "Bearer x"}, challenge=True),
    Case("a disabled client", GRANT, 401, "invalid_client", headers=by("asleep"), challenge=True),
    Case("Basic and the form", GRANT | MINE, 400, "invalid_request", headers=by()),
    Case("Basic and another client_id", GRANT | {"client_id": "poor"}, 400, "invalid_request", headers=by()),
    Case("a secret in the address", GRANT, 400, "invalid_request", path=f"{TOKEN}?client_id=etl&client_secret=x"),
    Case("a form that is not UTF-8", b"grant_type=%ff", 400, "invalid_request", headers=by()),
    Case("a form with NUL", b"grant_type=client_credentials%00", 400, "invalid_request", headers=by()),
    Case("a form of 200 fields", b"&".join(b"a%d=1" % n for n in range(200)), 400, "invalid_request", headers=by()),
    Case("a form of 70 KB", b"grant_type=client_credentials&x=" + b"x" * 70_000, 413, "invalid_request", headers=by()),
    Case("no body", b"", 400, "invalid_request", headers=by()),
    Case(
        "plain text",
        b"grant_type=client_credentials",
        400,
        "invalid_request",
        headers=by() | {"content_type": "text/plain"},
    ),
    Case(
        "a multipart form",
        b"--x--",
        400,
        "invalid_request",
        headers=by() | {"content_type": "multipart/form-data; boundary=x"},
    ),
    Case(
        "a form with a charset",
        b"grant_type=client_credentials",
        200,
        headers=by() | {"content_type": f"{FORM}; charset=UTF-8"},
    ),
    Case(
        "JSON, the documented extension",
        b'{"grant_type":"client_credentials"}',
        200,
        headers=by() | {"content_type": JSON_TYPE},
    ),
    Case("JSON with a number", b'{"grant_type":1}', 400, "invalid_request", headers=by() | {"content_type": JSON_TYPE}),
    Case(
        "JSON with a member twice",
        b'{"grant_type":"a","grant_type":"client_credentials"}',
        400,
        "invalid_request",
        headers=by() | {"content_type": JSON_TYPE},
    ),
    Case("JSON that is a list", b"[]", 400, "invalid_request", headers=by() | {"content_type": JSON_TYPE}),
    Case("broken JSON", b"{", 400, "invalid_request", headers=by() | {"content_type": JSON_TYPE}),
    Case("the command line has no rights itself", GRANT | {"client_id": "runbell-cli"}, 400, "unauthorized_client"),
    Case(
        "the command line has no secret",
        GRANT | {"client_id": "runbell-cli", "client_secret": "x"},
        401,
        "invalid_client",
    ),
    Case("refresh without a token", {"grant_type": "refresh_token"}, 400, "invalid_request", headers=by()),
    Case(
        "refresh with nonsense",
        {"grant_type": "refresh_token", "refresh_token": "x"},
        400,
        "invalid_grant",
        headers=by(),
    ),
    Case(
        "a device code that is none",
        {"grant_type": DEVICE_GRANT, "device_code": "x"},
        400,
        "invalid_grant",
        headers=by(),
    ),
    Case("no device code", {"grant_type": DEVICE_GRANT, "client_id": "runbell-cli"}, 400, "invalid_request"),
    Case("a device begins", {"client_id": "runbell-cli"}, 200, path=DEVICE),
    Case("a device of an unknown client", {"client_id": "nobody"}, 401, "invalid_client", path=DEVICE),
    Case("revoke what is unknown", {"token": "x"}, 200, path=REVOKE, headers=by()),
    Case("revoke with an odd hint", {"token": "x", "token_type_hint": "magic"}, 200, path=REVOKE, headers=by()),
    Case("revoke nothing", {}, 400, "invalid_request", path=REVOKE, headers=by()),
    Case("revoke as nobody", {"token": "x"}, 401, "invalid_client", path=REVOKE),
    Case(
        "revoke with a wrong secret",
        {"token": "x"},
        401,
        "invalid_client",
        path=REVOKE,
        headers=by(secret="x"),
        challenge=True,
    ),
    Case("introspect what is unknown", {"token": "x"}, 200, path=INTROSPECT, headers=by(), body={"active": False}),
    Case("introspect nothing", {}, 400, "invalid_request", path=INTROSPECT, headers=by()),
    Case("introspect as nobody", {"token": "x"}, 401, "invalid_client", path=INTROSPECT),
    Case(
        "introspect as the command line",
        {"token": "x", "client_id": "runbell-cli"},
        401,
        "invalid_client",
        path=INTROSPECT,
    ),
)
