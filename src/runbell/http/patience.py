"""Long waits that end early: when the caller goes away, or when the server goes down."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")


class Patience:
    """All waits of a server, so that going down can answer every one of them at once."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self.over = False

    def end(self) -> None:
        """The server goes down: every wait ends now, and no new one begins."""
        self.over = True
        for limit in self._limits:
            self._cut(limit)

    async def wait(self, receive: Receive, waiting: Awaitable[T], otherwise: T) -> T:
        """What `waiting` answers; `otherwise` when the caller hangs up or the server goes down before."""
        limit = asyncio.timeout(0 if self.over else None)
        self._limits.add(limit)
        try:
            async with limit:
                gone = asyncio.ensure_future(_disconnected(receive))
                gone.add_done_callback(lambda _: self._cut(limit))
                try:
                    return await waiting
                finally:
                    gone.cancel()
        except TimeoutError:
            return otherwise
        finally:
            self._limits.discard(limit)

    def _cut(self, limit: asyncio.Timeout) -> None:
        if limit in self._limits and not limit.expired():
            limit.reschedule(0)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
