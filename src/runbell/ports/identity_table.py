"""What is asked of a database about projects, users, clients, keys, tokens and sign-ins.

A change names the revision that it was made on (`if_revision`, None: any) and carries its line for the audit log, which
is written in the same commit. Names are unique: users in the server, clients and keys by their ids. Times in epoch ms.
"""

from typing import Literal, Protocol

from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.principals import ApiKey, AuthorizationCode, Client, DeviceRequest, Project, Token, User


class PutProject(Struct, frozen=True, kw_only=True):
    """Make or change a project. A foreign id that another project has is refused."""

    project: Project
    if_revision: int | None = None
    audit: Entry | None = None


class PutUser(Struct, frozen=True, kw_only=True):
    """Make or change a user. `create`: refuse a name that is taken. A new password, or none, ends the user's tokens."""

    user: User
    create: bool = False
    if_revision: int | None = None
    audit: Entry | None = None


class PutClient(Struct, frozen=True, kw_only=True):
    """Make or change a client. A secret that is not among its secrets any more ends the tokens it was used for."""

    client: Client
    create: bool = False
    if_revision: int | None = None
    audit: Entry | None = None


class PutKey(Struct, frozen=True, kw_only=True):
    """Keep a key; one of the same id is replaced. `create`: refuse a name that another key of its project has."""

    key: ApiKey
    create: bool = False
    if_revision: int | None = None
    audit: Entry | None = None


class PutToken(Struct, frozen=True, kw_only=True):
    """Keep a token. `spends`: the digest of the refresh token that it was given for, spent in the same commit.

    Spending one again more than `grace_ms` after its first use is a theft: the whole session is revoked, and the
    answer is False. `code`: the digest of the authorization code that it was given for, taken away in the same commit;
    when that is not there any more, the code was used twice, and the session is revoked as well.
    """

    tokens: tuple[Token, ...]
    at: int
    spends: bytes | None = None
    code: bytes | None = None
    grace_ms: int = 0
    audit: Entry | None = None


class Revoke(Struct, frozen=True, kw_only=True):
    """End tokens: exactly one of the four says which."""

    digest: bytes | None = None
    session: str | None = None
    subject: str | None = None
    client: str | None = None
    audit: Entry | None = None


class PutDevice(Struct, frozen=True, kw_only=True):
    """Keep a sign-in of a device, or what has become of it; the answer is False when the step comes too late.

    `poll` and `decide` change it only while nobody has decided; `redeem` takes it away, so it is redeemed once.
    """

    device: DeviceRequest
    step: Literal["offer", "poll", "decide", "redeem"] = "offer"
    audit: Entry | None = None


class PutCode(Struct, frozen=True, kw_only=True):
    """Keep an authorization code, or with `burn` take it away unused."""

    code: AuthorizationCode
    burn: bool = False
    audit: Entry | None = None


class Remove(Struct, frozen=True, kw_only=True):
    """Delete a project (only without jobs), a user, a client or a key: with it all tokens and keys that hang on it."""

    kind: Literal["project", "user", "client", "key"]
    name: str
    if_revision: int | None = None
    audit: Entry | None = None


class Use(Struct, frozen=True):
    """Something was used: `kind` key, secret or user, with its id. Written in batches, never awaited by a request."""

    kind: Literal["key", "secret", "user"]
    id: str
    at: int


class IdentityTable(Protocol):
    """Those who can be a caller."""

    async def put_project(self, put: PutProject) -> Project: ...
    async def project(self, name: str) -> Project | None: ...
    async def project_by_id(self, dialect: str, value: str) -> Project | None: ...
    async def projects(self, after: str, limit: int) -> list[Project]: ...

    async def put_user(self, put: PutUser) -> User: ...
    async def user(self, user_id: str) -> User | None: ...
    async def user_by_name(self, name: str) -> User | None: ...
    async def users(self, after: str, limit: int) -> list[User]: ...

    async def put_client(self, put: PutClient) -> Client: ...
    async def client(self, client_id: str) -> Client | None: ...
    async def clients(self, project: str, after: str, limit: int) -> list[Client]: ...

    async def put_key(self, put: PutKey) -> ApiKey: ...
    async def key(self, key_id: str) -> ApiKey | None: ...
    async def key_by_digest(self, digest: bytes) -> ApiKey | None: ...
    async def keys(self, project: str, after: str, limit: int) -> list[ApiKey]: ...
    async def keys_of(self, user_id: str) -> list[ApiKey]: ...
    async def any_key(self) -> bool: ...

    async def put_token(self, put: PutToken) -> bool: ...
    async def token(self, digest: bytes) -> Token | None: ...
    async def sessions(self, subject: str | None, after: str, limit: int) -> list[Token]: ...
    async def token_of(self, session: str) -> Token | None: ...
    async def revoke(self, which: Revoke) -> int: ...

    async def put_device(self, put: PutDevice) -> bool: ...
    async def device(self, digest: bytes) -> DeviceRequest | None: ...
    async def device_by_code(self, user_code: str) -> DeviceRequest | None: ...

    async def put_code(self, put: PutCode) -> None: ...
    async def code(self, digest: bytes) -> AuthorizationCode | None: ...

    async def remove(self, what: Remove) -> bool: ...
    async def used(self, uses: list[Use]) -> None: ...
