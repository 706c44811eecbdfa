"""A crowd of callers that wait: thousands of long polls and event streams from one process of its own.

`python -m bench.crowd` reads one line of JSON (a Crowd), opens its connections, and says in one line of JSON how it
stands once all have sent their request; after any further line on its input it says so again, and leaves at its end.
"""

import asyncio
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import Final

import msgspec
from msgspec import Struct

AT_ONCE: Final = 150
SPARE_FILES: Final = 100


class Crowd(Struct, frozen=True, kw_only=True):
    """So many connections; the request of each is taken from `requests` in turn, and sent again when it is answered."""

    host: str
    port: int
    callers: int
    requests: list[str]


class Standing(Struct, frozen=True, kw_only=True):
    """How a crowd stands. `errors`: refused, dropped or answered with an error; `limit`: what this process may open."""

    connected: int
    errors: int
    answers: int
    streamed: int
    statuses: dict[str, int]
    limit: int


class _Caller(asyncio.Protocol):
    def __init__(self, crowd: "_Callers", request: bytes) -> None:
        self._crowd = crowd
        self._request = request
        self._rest = b""
        self._streaming = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._crowd.connected += 1
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self._streaming:
            self._crowd.streamed += data.count(b"\ndata: ")
            return
        data = self._rest + data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            self._rest = data
            return
        lower = data[:head].lower()
        length = lower.find(b"content-length: ")
        if length >= 0:
            size = int(lower[length + 16 :].partition(b"\r")[0])
            if len(data) < head + 4 + size:
                self._rest = data
                return
        self._rest = b""
        self._crowd.statuses[data[9:12].decode()] += 1
        self._streaming = length < 0
        if not data.startswith(b"HTTP/1.1 2"):
            self._crowd.errors += 1
        elif not self._streaming:
            self._transport.write(self._request)  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._crowd.connected -= 1
        self._crowd.errors += 1


class _Callers:
    def __init__(self, order: Crowd) -> None:
        self._order = order
        self.connected = self.errors = self.streamed = 0
        self.statuses: Counter[str] = Counter()
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def gather(self) -> None:
        await asyncio.gather(*(self._call(place) for place in range(self._order.callers)))

    async def _call(self, place: int) -> None:
        requests = self._order.requests
        request = requests[place % len(requests)].encode()
        loop = asyncio.get_running_loop()
        async with self._gate:
            try:
                async with asyncio.timeout(30):
                    await loop.create_connection(lambda: _Caller(self, request), self._order.host, self._order.port)
            except (OSError, TimeoutError):
                self.errors += 1

    def standing(self) -> Standing:
        return Standing(
            connected=self.connected,
            errors=self.errors,
            answers=self.statuses.total(),
            streamed=self.streamed,
            statuses=dict(self.statuses),
            limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        )


def _open_more_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))


async def _main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Crowd)
    _open_more_files(order.callers + SPARE_FILES)
    callers = _Callers(order)
    await callers.gather()
    while True:
        print(msgspec.json.encode(callers.standing()).decode(), flush=True)
        if not await asyncio.to_thread(sys.stdin.buffer.readline):
            return


class Gathered:
    """A crowd that stands there, seen from the process that called it."""

    def __init__(self, process: "Popen[bytes]", standing: Standing) -> None:
        self._process = process
        self.at_first = standing

    def ask(self) -> Standing:
        """How it stands now."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return _heard(self._process)


@contextmanager
def gathered(order: Crowd) -> Iterator[Gathered]:
    """A crowd in a process of its own, once all its requests are sent."""
    with Popen([sys.executable, "-m", "bench.crowd"], stdin=PIPE, stdout=PIPE) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()
            yield Gathered(process, _heard(process))
        finally:
            process.kill()


def _heard(process: "Popen[bytes]") -> Standing:
    assert process.stdout is not None
    return msgspec.json.decode(process.stdout.readline(), type=Standing)


if __name__ == "__main__":
    asyncio.run(_main())
