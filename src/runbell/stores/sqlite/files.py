"""Files that callers hand in, in the tables."""

from typing import Final

import apsw

from runbell.domain.files import StoredFile
from runbell.ports.file_table import ForgetFiles, PutFile
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.ends import Ends
from runbell.stores.sqlite.transaction import Transaction

_COLUMNS: Final = "id, project, name, size, sha256, created_at, created_by"
_PUT: Final = f"INSERT INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_FILE: Final = f"SELECT {_COLUMNS} FROM files WHERE id = ? AND project = ?"
_UNUSED: Final = """
    SELECT id FROM files INDEXED BY files_by_age
    WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM file_uses WHERE file = id) ORDER BY created_at LIMIT ?
"""


def put_file(tx: Transaction, put: PutFile) -> None:
    """Keep a file."""
    one = put.file
    tx.db.execute(_PUT, (one.id, one.project, one.name, one.size, one.sha256, one.created_at, one.created_by))
    tx.audited(put.audit)


def forget_files(tx: Transaction, asked: ForgetFiles) -> list[str]:
    """Forget what nobody uses; which files those were."""
    unused = [file_id for (file_id,) in rows.fetch(tx.db, _UNUSED, (asked.before, asked.limit))]
    tx.db.executemany("DELETE FROM files WHERE id = ?", [(file_id,) for file_id in unused])
    return unused


def file(db: apsw.Connection, project: str, file_id: str) -> StoredFile | None:
    """A file of a project."""
    row = db.execute(_FILE, (file_id, project)).fetchone()
    return None if row is None else StoredFile(**dict(zip(_COLUMNS.split(", "), row, strict=True)))


class FileRows(Ends):
    """Implements `ports.file_table.FileTable`."""

    async def put_file(self, put: PutFile) -> None:
        await self._link.ask(put)

    async def file(self, project: str, file_id: str) -> StoredFile | None:
        return file(self._db, project, file_id)

    async def forget_files(self, before: int, limit: int) -> list[str]:
        forgotten: list[str] = await self._link.ask(ForgetFiles(before, limit))
        return forgotten
