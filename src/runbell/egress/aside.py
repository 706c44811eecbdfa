"""Work that blocks, in threads of its own: at most so many, and when the house closes nobody waits for one.

An executor's threads are waited for when the interpreter ends: one mail server or name server that says nothing would
hold up the server's end for as long as it is silent.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Aside:
    """Room for so many threads. It is given back when the work ends, not when somebody stops waiting for it."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._room = asyncio.Semaphore(most)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of the work, or what it raises. Whoever is cancelled meanwhile leaves it to itself."""
        await self._room.acquire()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            self._room.release()
            if ended.done():
                return
            if error is None:
                ended.set_result(result)
            else:
                ended.set_exception(error)

        def go() -> None:
            result, wrong = None, None
            try:
                result = work()
            except BaseException as error:
                wrong = error
            with suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(settle, result, wrong)

        thread = Thread(target=go, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._room.release()
            raise
        try:
            return await ended
        finally:
            if ended.done() and not ended.cancelled():
                thread.join()  # it has nothing left to do; whoever counts threads shall find none
