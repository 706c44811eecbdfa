"""A server that somebody else runs: it answers what the test wrote down, and keeps what it was sent."""

# typing.override is newer than Python 3.11.
# mypy: disable-error-code="explicit-override"

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore2

Answering = Callable[[bytes], bytes | None]


@dataclass
class Stranger:
    """Where it stands, and what came: one text per request, head and body."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    closed: int = 0


def answer(status: int = 200, body: bytes = b"", *headers: str) -> bytes:
    """An HTTP/1.1 answer."""
    lines = [f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def a_stranger(
    answering: Answering | bytes, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Stranger]:
    """A server on this machine; what `answering` gives back is written as it is, and None is silence."""
    stranger = Stranger()
    held: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length")
                    ),
                    0,
                )
                body = await reader.readexactly(length)
                stranger.requests.append((head + body).decode("latin-1"))
                said = answering if isinstance(answering, bytes) else answering(head + body)
                if said is not None:
                    writer.write(said)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            stranger.closed += 1
        finally:
            writer.close()

    def named(_: ssl.SSLSocket | ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        stranger.names.append(name)

    if tls is not None:
        tls.sni_callback = named
    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    stranger.port = server.sockets[0].getsockname()[1]
    try:
        yield stranger
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()
        await server.wait_closed()


class Names:
    """A resolver of the test's own: what each name leads to, one answer after the other, the last one for ever."""

    def __init__(self, **names: Sequence[str | Sequence[str]]) -> None:
        self._names = {name.replace("_", "."): list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str, _: int) -> Sequence[str]:
        self.asked.append(name)
        answers = self._names.get(name)
        if not answers:
            raise OSError(f"no such name: {name}")
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        return [said] if isinstance(said, str) else said


class Recording(httpcore2.AsyncNetworkBackend):
    """Writes down who was dialled, and connects to nobody, or to one address whatever was asked for."""

    def __init__(self, instead: str | None = None) -> None:
        self._instead = instead
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        self.dialled.append((host, port))
        if self._instead is None:
            raise httpcore2.ConnectError("nobody there")
        return await httpcore2.AnyIOBackend().connect_tcp(self._instead, port)
