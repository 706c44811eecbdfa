"""What is asked of a database about files that callers hand in."""

from typing import Protocol

from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.files import StoredFile


class PutFile(Struct, frozen=True, kw_only=True):
    """Keep a file that lies on disk already."""

    file: StoredFile
    audit: Entry | None = None


class ForgetFiles(Struct, frozen=True):
    """Forget files that were made before a moment and that no execution was given, at most so many."""

    before: int
    limit: int


class FileTable(Protocol):
    """Files and who was given them. The uses are written with the executions, and go with them."""

    async def put_file(self, put: PutFile) -> None: ...
    async def file(self, project: str, file_id: str) -> StoredFile | None: ...
    async def forget_files(self, before: int, limit: int) -> list[str]: ...
