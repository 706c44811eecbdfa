"""Waiting for an execution to change: one waiter is one notification, never a loop over the database."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound
from runbell.ports.store import Notice, Ref, Store


class Watchers:
    """Wakes whoever waits for an execution when the store says that something about it was committed."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    def notice(self, notice: Notice) -> None:
        """The store's listener."""
        for change in self._waiting.get(notice.number, ()):
            change.set()

    def enter(self, number: int) -> asyncio.Event:
        """From now on the event is set at every change of that execution."""
        change = asyncio.Event()
        self._waiting[number].add(change)
        return change

    def leave(self, number: int, change: asyncio.Event) -> None:
        """Nobody waits on this event any more."""
        self._waiting[number].discard(change)
        if not self._waiting[number]:
            del self._waiting[number]


async def until_terminal(store: Store, watchers: Watchers, execution: Execution, seconds: float) -> Execution:
    """The execution once it has ended, or as it is after so many seconds. Raises NotFound if deleted meanwhile."""
    return await _until(store, watchers, execution, seconds, lambda it: it.status.terminal)


async def until_changed(
    store: Store, watchers: Watchers, execution: Execution, revision: int, seconds: float
) -> Execution:
    """The execution once its revision is another than `revision`, or as it is after so many seconds."""
    return await _until(store, watchers, execution, seconds, lambda it: it.revision != revision)


async def _until(
    store: Store, watchers: Watchers, execution: Execution, seconds: float, enough: Callable[[Execution], bool]
) -> Execution:
    change = watchers.enter(execution.number)  # before the row is read again: no change falls in between
    try:
        async with asyncio.timeout(seconds):
            while not enough(execution):
                change.clear()
                fresh = await store.execution(execution.project, Ref(number=execution.number))
                if fresh is None:
                    raise NotFound(f"Execution {execution.number} was deleted meanwhile.")
                if not enough(fresh):
                    await change.wait()
                execution = fresh
    except TimeoutError:
        return await store.execution(execution.project, Ref(number=execution.number)) or execution
    finally:
        watchers.leave(execution.number, change)
    return execution
