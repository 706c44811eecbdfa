"""The secrets of projects, as the store offers them."""

import msgspec

from runbell.ports.secret_table import KeepSealingKey, PutSecret, RemoveSecret, SecretPut, SecretRecord, SecretUses
from runbell.stores.sqlite import read_secrets
from runbell.stores.sqlite.ends import Ends


class SecretRows(Ends):
    """Implements `ports.secret_table.SecretTable`."""

    async def put_secret(self, put: PutSecret) -> SecretPut:
        return msgspec.convert(await self._link.ask(put), SecretPut)

    async def remove_secret(self, asked: RemoveSecret) -> None:
        await self._link.ask(asked)

    async def secrets_used(self, uses: SecretUses) -> None:
        await self._link.ask(uses)

    async def project_secret(self, project: str, name: str) -> SecretRecord | None:
        return read_secrets.secret(self._db, project, name)

    async def project_secrets(self, project: str, after: str, limit: int) -> list[SecretRecord]:
        return read_secrets.secrets(self._db, project, after, limit)

    async def sealed_secrets(self, project: str, names: tuple[str, ...]) -> dict[str, str]:
        return read_secrets.sealed(self._db, project, names)

    async def sealing_keys(self) -> tuple[str, ...]:
        return read_secrets.sealing_keys(self._db)

    async def keep_sealing_key(self, key_id: str) -> None:
        await self._link.ask(KeepSealingKey(key_id))
