"""What is asked of a database about the secrets of projects: sealed texts, which it cannot open. Times in epoch ms."""

from typing import Protocol

from msgspec import Struct

from runbell.domain.audit import Entry


class SecretRecord(Struct, frozen=True, kw_only=True):
    """A secret as it is shown: everything but its value. `jobs` are those whose current version names it."""

    project: str
    name: str
    revision: int
    created_at: int
    updated_at: int
    updated_by: str
    last_used_at: int | None
    jobs: tuple[str, ...] = ()


class PutSecret(Struct, frozen=True, kw_only=True):
    """Make or change a secret. `sealed` is its value, sealed for its project and name."""

    project: str
    name: str
    sealed: str
    at: int
    actor: str
    if_revision: int | None = None
    audit: Entry | None = None


class SecretPut(Struct, frozen=True):
    """What came of it."""

    secret: SecretRecord
    created: bool


class RemoveSecret(Struct, frozen=True, kw_only=True):
    """Delete a secret."""

    project: str
    name: str
    if_revision: int | None = None
    audit: Entry | None = None


class SecretUses(Struct, frozen=True):
    """When secrets were last handed to a step. Written in batches, awaited by nobody."""

    project: str
    names: tuple[str, ...]
    at: int


class KeepSealingKey(Struct, frozen=True):
    """From now on values may be sealed with the key of that id."""

    id: str


class SecretTable(Protocol):
    """The secrets of projects, and the ids of the keys that seal."""

    async def put_secret(self, put: PutSecret) -> SecretPut: ...
    async def remove_secret(self, asked: RemoveSecret) -> None: ...
    async def secrets_used(self, uses: SecretUses) -> None: ...
    async def project_secret(self, project: str, name: str) -> SecretRecord | None: ...
    async def project_secrets(self, project: str, after: str, limit: int) -> list[SecretRecord]: ...
    async def sealed_secrets(self, project: str, names: tuple[str, ...]) -> dict[str, str]: ...
    async def sealing_keys(self) -> tuple[str, ...]: ...
    async def keep_sealing_key(self, key_id: str) -> None: ...
