"""A TCP proxy that cuts connections after a random number of bytes, so that replies get lost (H-5)."""

import asyncio
import threading
from random import Random

LONGEST = 1_500


class CuttingProxy:
    """Stands before a port that may change. Each connection is cut with probability `chance`."""

    def __init__(self, random: Random, chance: float) -> None:
        self.port = 0
        self.target = 0
        self.cuts = 0
        self.chance = chance
        self._random = random
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> "CuttingProxy":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = self._random.random() < self.chance
        left = [self._random.randrange(1, LONGEST) if cut else 1 << 60]
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.ensure_future(self._pump(reader, there[1], [1 << 60])),
            asyncio.ensure_future(self._pump(there[0], writer, left)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        self.cuts += left[0] <= 0
        for end in (writer, there[1]):
            end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, left: list[int]) -> None:
        """Hand on what comes until the budget is used up; the last bytes go out before the cut."""
        try:
            while left[0] > 0 and (data := await source.read(65_536)):
                sink.write(data[: left[0]])
                left[0] -= len(data)
                await sink.drain()
        except (OSError, asyncio.CancelledError):
            return
