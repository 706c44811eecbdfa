"""What a door sends back: a whole Answer, or a Stream of pieces. Both speak ASGI directly."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.types import Send

Headers = list[tuple[bytes, bytes]]

JSON_TYPE: Final = (b"content-type", b"application/json")
TEXT_TYPE: Final = (b"content-type", b"text/plain; charset=utf-8")
_encode: Final = msgspec.json.Encoder().encode


class Answer(Struct):
    """A status, headers and the whole body."""

    status: int
    headers: Headers
    body: bytes = b""

    async def send(self, send: Send, *, bodiless: bool, whole: Callable[["Answer"], bool] | None = None) -> None:
        """Write it. `bodiless` (HEAD) keeps the headers, the length among them, and leaves the body out.

        `whole`: how the connection takes it in one piece (`whole_answer.WHOLE`).
        """
        if self.status not in {204, 304}:
            self.headers.append((b"content-length", b"%d" % len(self.body)))
        if whole is not None and whole(self):
            return
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if bodiless else self.body})


class Stream(Struct):
    """A status, headers and a body that comes piece by piece. Never compressed."""

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]

    async def send(self, send: Send, *, bodiless: bool) -> None:
        """Write it piece by piece."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if not bodiless:
            async for piece in self.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def json_answer(value: Any, status: int = 200, headers: Headers | None = None) -> Answer:
    """An Answer with the value as JSON."""
    return Answer(status, [JSON_TYPE, *(headers or ())], _encode(value))


def text_answer(text: str, status: int = 200, headers: Headers | None = None) -> Answer:
    """An Answer in plain text that no browser will take for anything else."""
    return Answer(status, [TEXT_TYPE, (b"x-content-type-options", b"nosniff"), *(headers or ())], text.encode())


def header(name: str, value: str) -> tuple[bytes, bytes]:
    """A response header."""
    return name.encode("ascii"), value.encode("latin-1", "replace")
