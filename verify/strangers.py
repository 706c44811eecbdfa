"""The outside, played: a name server with an answer per case, and a dialler that keeps account of who is dialled."""

# typing.override is newer than Python 3.11.
# mypy: disable-error-code="explicit-override"

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

PUBLIC: Final = ("93.184.216.34", "151.101.1.69", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e")
"""The only addresses that stand for the outside; every other one that is dialled counts as an inner one."""

DEAD: Final = "93.184.215.14"
"""Outside too, and nobody there: a client then tries the next address of the name."""


@dataclass
class NameServer:
    """Answers with a time to live of nothing: each name has its answers in order, the last one for ever."""

    names: dict[str, list[Sequence[str]]] = field(default_factory=dict)

    async def __call__(self, name: str, _: int) -> Sequence[str]:
        """The next answer for this name."""
        answers = self.names.get(name)
        if not answers:
            raise OSError(f"no such name: {name}")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Outside(AsyncNetworkBackend):
    """Connects public addresses to one server on this machine, and writes down whoever else is dialled."""

    names: NameServer
    port: int = 0
    dialled: int = 0
    inside: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    redirect_to: str = ""

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> AsyncNetworkStream:
        """A connection to the one server. A name is looked up, as an operating system does."""
        try:
            address = str(ip_address(host))
        except ValueError:
            address = (await self.names(host, port))[0]
        self.dialled += 1
        if address == DEAD:
            raise httpcore2.ConnectError("nobody there")
        if address not in PUBLIC:
            self.inside.append(address)
            raise httpcore2.ConnectError("reached the inside")
        stream = await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", self.port)
        return _Seeming(stream, address, port)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """The server stands while this is open. It redirects from /go, and answers 200 to all else."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.asked.append(head)
                status = f"302 Found\r\nLocation: {self.redirect_to}" if head.split()[1] == "/go" else "200 OK"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
                await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield


class _Seeming(AsyncNetworkStream):
    """A connection that says it leads to the address that was dialled."""

    def __init__(self, stream: AsyncNetworkStream, address: str, port: int) -> None:
        self._stream, self._peer = stream, (address, port)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(self, *_: Any, **__: Any) -> AsyncNetworkStream:
        raise httpcore2.ConnectError("TLS is not spoken in this play")

    def get_extra_info(self, info: str) -> Any:
        return self._peer if info == "server_addr" else self._stream.get_extra_info(info)
