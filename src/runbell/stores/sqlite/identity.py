"""Those who can be a caller, as the store offers them."""

from typing import Any, TypeVar

import msgspec

from runbell.domain.principals import ApiKey, AuthorizationCode, Client, DeviceRequest, Project, Token, User
from runbell.ports.identity_table import (
    PutClient,
    PutCode,
    PutDevice,
    PutKey,
    PutProject,
    PutToken,
    PutUser,
    Remove,
    Revoke,
    Use,
)
from runbell.stores.sqlite import read_identity
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.protocol import Request, Uses

T = TypeVar("T")


class IdentityRows(Ends):
    """Implements `ports.identity_table.IdentityTable`."""

    async def put_project(self, put: PutProject) -> Project:
        return await self._made(put, Project)

    async def project(self, name: str) -> Project | None:
        return read_identity.project(self._db, name)

    async def project_by_id(self, dialect: str, value: str) -> Project | None:
        return read_identity.project_by_id(self._db, dialect, value)

    async def projects(self, after: str, limit: int) -> list[Project]:
        return read_identity.projects(self._db, after, limit)

    async def put_user(self, put: PutUser) -> User:
        return await self._made(put, User)

    async def user(self, user_id: str) -> User | None:
        return read_identity.user(self._db, user_id)

    async def user_by_name(self, name: str) -> User | None:
        return read_identity.user_by_name(self._db, name)

    async def users(self, after: str, limit: int) -> list[User]:
        return read_identity.users(self._db, after, limit)

    async def put_client(self, put: PutClient) -> Client:
        return await self._made(put, Client)

    async def client(self, client_id: str) -> Client | None:
        return read_identity.client(self._db, client_id)

    async def clients(self, project: str, after: str, limit: int) -> list[Client]:
        return read_identity.clients(self._db, project, after, limit)

    async def put_key(self, put: PutKey) -> ApiKey:
        return await self._made(put, ApiKey)

    async def key(self, key_id: str) -> ApiKey | None:
        return read_identity.key(self._db, key_id)

    async def key_by_digest(self, digest: bytes) -> ApiKey | None:
        return read_identity.key_by_digest(self._db, digest)

    async def keys(self, project: str, after: str, limit: int) -> list[ApiKey]:
        return read_identity.keys(self._db, project, after, limit)

    async def keys_of(self, user_id: str) -> list[ApiKey]:
        return read_identity.keys_of(self._db, user_id)

    async def any_key(self) -> bool:
        return read_identity.any_key(self._db)

    async def put_token(self, put: PutToken) -> bool:
        return bool(await self._link.ask(put))

    async def token(self, digest: bytes) -> Token | None:
        return read_identity.token(self._db, digest)

    async def sessions(self, subject: str | None, after: str, limit: int) -> list[Token]:
        return read_identity.sessions(self._db, subject, after, limit)

    async def token_of(self, session: str) -> Token | None:
        return read_identity.token_of(self._db, session)

    async def revoke(self, which: Revoke) -> int:
        return int(await self._link.ask(which))

    async def put_device(self, put: PutDevice) -> bool:
        return bool(await self._link.ask(put))

    async def device(self, digest: bytes) -> DeviceRequest | None:
        return read_identity.device(self._db, digest)

    async def device_by_code(self, user_code: str) -> DeviceRequest | None:
        return read_identity.device_by_code(self._db, user_code)

    async def put_code(self, put: PutCode) -> None:
        await self._link.ask(put)

    async def code(self, digest: bytes) -> AuthorizationCode | None:
        return read_identity.code(self._db, digest)

    async def remove(self, what: Remove) -> bool:
        return bool(await self._link.ask(what))

    async def used(self, uses: list[Use]) -> None:
        await self._link.ask(Uses(uses))

    async def _made(self, put: Request, shape: type[T]) -> T:
        made: Any = await self._link.ask(put)
        return msgspec.convert(made, shape)
