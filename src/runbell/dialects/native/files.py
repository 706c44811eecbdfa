"""The endpoint for files: handed in before the start that names them."""

import re
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from runbell.domain.faults import BodyTooLarge, UnsupportedMediaType
from runbell.domain.files import reference
from runbell.http.answer import Answer, json_answer
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import hand_in

_EXTENDED: Final = re.compile(r"filename\*\s*=\s*utf-8''([^;\s]+)", re.IGNORECASE)
_PLAIN: Final = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)


class FileShape(Struct, frozen=True, kw_only=True):
    """A file that was handed in; its `id` is the value of a `file` parameter."""

    id: str
    name: str
    size: int
    sha256: str
    created_at: str


class Files:
    """The endpoint, and how large a file may be."""

    def __init__(self, most: int) -> None:
        self._most = most

    async def post(self, request: Request) -> Answer:
        """Keep the body as a file."""
        if request.header(b"content-encoding") not in {None, "", "identity"}:
            raise UnsupportedMediaType("Send the file as it is; compressed request bodies are not taken.")
        announced = request.headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > self._most:
            raise BodyTooLarge(f"A file may have {self._most} bytes; this one has {announced[:20].decode()}.")
        name = file_name(request.header(b"content-disposition"))
        file = await hand_in.hand_in(request.ports, request.actor, name, request.pieces(), self._most)
        shape = FileShape(
            id=reference(file.id), name=file.name, size=file.size, sha256=file.sha256,
            created_at=rfc3339(file.created_at),
        )  # fmt: skip
        return json_answer(shape, 201)


def file_name(disposition: str | None) -> str:
    """The name in a Content-Disposition header (RFC 6266), empty when there is none."""
    text = disposition or ""
    if extended := _EXTENDED.search(text):
        return unquote(extended[1], errors="replace")
    plain = _PLAIN.search(text)
    if plain is None:
        return ""
    quoted, bare = plain.groups()
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
