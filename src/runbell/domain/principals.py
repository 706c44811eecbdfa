"""Those who can be a caller, as they are kept: projects, people, service accounts, OAuth clients, keys, tokens.

No credential is kept that could be used: secrets, keys and tokens as SHA-256, passwords as argon2id. Times in epoch ms.
"""

from typing import Any, Final, Literal

from msgspec import Struct

from runbell.domain.identity import SCOPES, Grants

READING: Final = ("jobs:read", "executions:read", "logs:read", "results:read")
RUNNING: Final = (*READING, "executions:run", "executions:stop")
AUTHORING: Final = (*RUNNING, "executions:delete", "jobs:write", "schedules:write", "webhooks:write", "secrets:write")


class Role(Struct, frozen=True):
    """A bundle of rights. `api`: who has it may take tokens and keys, and not only look at the console."""

    scopes: tuple[str, ...]
    api: bool = True


ROLES: Final = {
    "guest": Role(READING, api=False),
    "viewer": Role(READING),
    "operator": Role(RUNNING),
    "author": Role(AUTHORING),
    "admin": Role(SCOPES),
}


class Project(Struct, frozen=True, kw_only=True):
    """A place with jobs of its own. `ids`: what clients of a dialect know it by, where they do."""

    name: str
    number: int
    id: str
    title: str = ""
    ids: dict[str, int | str] = {}
    revision: int = 1
    created_at: int


class User(Struct, frozen=True, kw_only=True):
    """Somebody with roles: a person, who signs in with a password, or a service account, which only uses the API.

    `roles` names one role per project, or for `*`. `password` is an argon2id text, None for whoever has none.
    """

    id: str
    name: str
    kind: Literal["person", "service"] = "person"
    title: str = ""
    roles: dict[str, str] = {}
    password: str | None = None
    disabled_at: int | None = None
    revision: int = 1
    created_at: int
    last_used_at: int | None = None


class ClientSecret(Struct, frozen=True, kw_only=True):
    """One of a client's secrets: at most two are good at a time, so that a new one can be rolled out."""

    id: str
    digest: bytes
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None


class Quota(Struct, frozen=True):
    """At most `limit` requests in `window_s` seconds."""

    limit: int
    window_s: int


class Client(Struct, frozen=True, kw_only=True):
    """A program that takes tokens. With a `user` its calls run on behalf of that user, within the user's roles.

    `redirect_uris`: where people whom it sends here for a sign-in may be sent back to. `public`: it cannot keep a
    secret and has none, so it only signs people in. What it does for people is within its own `grants`, too.
    """

    id: str
    name: str
    project: str
    grants: Grants
    secrets: tuple[ClientSecret, ...] = ()
    user: str | None = None
    redirect_uris: tuple[str, ...] = ()
    public: bool = False
    quota: Quota | None = None
    disabled_at: int | None = None
    revision: int = 1
    created_at: int


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key: its public id, the SHA-256 of the whole key, and what it opens. With a `user` it lives and dies with him.

    `grants` None: whatever the user's roles allow. `surfaces` empty: good at every door.
    """

    id: str
    name: str
    project: str
    digest: bytes
    grants: Grants | None
    user: str | None = None
    surfaces: tuple[str, ...] = ()
    quota: Quota | None = None
    revision: int = 1
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None


class Token(Struct, frozen=True, kw_only=True):
    """A token that was given out: for whom, at which door it is good, and until when.

    `subject` is `client:ID` or `user:ID`. `session` binds the tokens of one sign-in together: they are revoked at once.
    `grants` are already cut down to what was asked for. `spent_at`: a refresh token that was used.
    """

    digest: bytes
    kind: Literal["access", "refresh"]
    surface: str
    subject: str
    client: str
    project: str
    grants: Grants
    session: str
    created_at: int
    expires_at: int
    spent_at: int | None = None
    about: dict[str, Any] = {}


class DeviceRequest(Struct, frozen=True, kw_only=True):
    """A sign-in that begins on a device without a browser (RFC 8628). `user` is set once a person approved it."""

    digest: bytes
    user_code: str
    client: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int
    interval_s: int
    polled_at: int | None = None
    user: str | None = None
    denied: bool = False


class AuthorizationCode(Struct, frozen=True, kw_only=True):
    """What a person allowed a client (RFC 6749 §4.1), until the client fetches it.

    `named`: the request named the address itself. `challenge`: the SHA-256 of a secret that only whoever asked can show
    (RFC 7636). `session` is the one of the tokens that it will give; it follows from the code.
    """

    digest: bytes
    client: str
    user: str
    scopes: tuple[str, ...]
    redirect_uri: str
    named: bool
    challenge: str
    session: str
    created_at: int
    expires_at: int
