"""The call that hands in a file for a `file` parameter."""

from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from runbell.client.call import call
from runbell.client.caller import Caller
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow
from runbell.client.exchange import read


class FileReference(Struct, frozen=True, kw_only=True):
    """A file that was handed in: its `id` is the value of a `file` parameter."""

    id: str
    name: str
    size: int
    sha256: str
    created_at: str


class FileCalls(Caller):
    """Hand in files."""

    @call
    def upload(self, content: Path | bytes, name: str | None = None) -> Flow[FileReference]:
        """Hand in a file (a path, or the bytes themselves). What no start names within a day is removed again."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        called = name or ("file" if isinstance(content, bytes) else content.name)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(called, safe='')}",
        }
        ask = Ask(method="POST", path=f"{API}/files", headers=headers, body=data)
        return read((yield from self._send(ask)), FileReference)
