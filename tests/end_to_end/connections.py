"""A server on a real socket, and connections to it whose every byte a test says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbell.domain.fault import Fault
from runbell.http.answer import Answer as Reply
from runbell.http.deadlines import EdgeLimits
from runbell.http.server import listen, serve
from tests.dialects.native.visit import Visit, a_visit

CALM = EdgeLimits(sweep_s=0.05)


@dataclass
class Answer:
    """What came back over the wire."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)

    async def closed_within(self, seconds: float) -> bool:
        """Whether the server hangs up, whatever it says before."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@dataclass
class Serving:
    """A server on a free port, its house, and the switch that takes it down."""

    visit: Visit
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]
    lines: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        """Another connection, closed at the end of the test at the latest."""
        self.lines.append(Line(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.lines[-1]

    def request(self, path: str, *, method: str = "GET", body: bytes = b"", key: bool = True) -> bytes:
        auth = f"Authorization: Bearer {self.visit.call.key}\r\n" if key else ""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{auth}{kind}\r\n".encode() + body


@asynccontextmanager
async def a_server(
    data: Path, limits: EdgeLimits = CALM, told: list[tuple[str, bytes]] | None = None, **house: Any
) -> AsyncIterator[Serving]:
    """Serve the native door of a house. `told` hears the method and the path of what never became a request."""
    async with a_visit(data, **house) as visit:

        def refuse(fault: Fault, method: str, path: bytes) -> Reply:
            if told is not None:
                told.append((method, path))
            return visit.door.refuse(fault, method, path)

        with listen("127.0.0.1", 0) as listener:
            stop, up = asyncio.Event(), asyncio.Event()
            task = asyncio.create_task(
                serve(
                    visit.door.app, listener, refuse=refuse, stop=stop, limits=limits,
                    on_listening=up.set, on_stopping=visit.door.hurry, drain_s=5,
                )
            )  # fmt: skip
            await up.wait()
            server = Serving(visit, listener.getsockname()[1], stop, task)
            try:
                yield server
            finally:
                stop.set()
                await task
                for line in server.lines:
                    line.writer.close()
                    with suppress(ConnectionError):
                        await line.writer.wait_closed()
