"""Waiting for an execution to change: one waiter is one notification, never a loop over the database."""

import asyncio
from collections import defaultdict
from contextlib import suppress

from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound
from runbell.ports.store import Notice, Ref, Store


class Watchers:
    """Wakes whoever waits for an execution when the store says that something about it was committed."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[asyncio.Future[None]]] = defaultdict(set)

    def notice(self, notice: Notice) -> None:
        """The store's listener."""
        for waiter in self._waiting.pop(notice.number, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def next(self, number: int, seconds: float) -> None:
        """Return at the next change of that execution, or after so many seconds."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[number].add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._forget(number, waiter)

    def _forget(self, number: int, waiter: asyncio.Future[None]) -> None:
        with suppress(KeyError):
            self._waiting[number].discard(waiter)
            if not self._waiting[number]:
                del self._waiting[number]


async def until_terminal(store: Store, watchers: Watchers, execution: Execution, seconds: float) -> Execution:
    """The execution once it has ended, or as it is after so many seconds."""
    return await _until(store, watchers, execution, seconds, revision=None)


async def until_changed(store: Store, watchers: Watchers, execution: Execution, revision: int, seconds: float) -> Execution:
    """The execution once its revision is another than `revision`, or as it is after so many seconds."""
    return await _until(store, watchers, execution, seconds, revision=revision)


async def _until(
    store: Store, watchers: Watchers, execution: Execution, seconds: float, revision: int | None
) -> Execution:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        done = execution.status.terminal if revision is None else execution.revision != revision
        left = deadline - loop.time()
        if done or left <= 0:
            return execution
        waiter = asyncio.ensure_future(watchers.next(execution.number, left))
        await asyncio.sleep(0)  # the waiter is registered before the row is read: no change can fall in between
        fresh = await store.execution(execution.project, Ref(number=execution.number))
        if fresh is None:
            waiter.cancel()
            raise NotFound(f"Execution {execution.number} was deleted meanwhile.")
        if fresh.revision != execution.revision:
            waiter.cancel()
            execution = fresh
            continue
        await waiter
        execution = await store.execution(execution.project, Ref(number=execution.number)) or execution
