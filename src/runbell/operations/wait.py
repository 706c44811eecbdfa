"""Waiting for an execution to change: one waiter is one notification, never a loop over the database."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound
from runbell.operations.log_watch import LogWatch
from runbell.operations.stories import Stories
from runbell.operations.tail import Tail
from runbell.ports.store import Notice, Ref, Store


class Change(asyncio.Event):
    """Set when something about an execution was committed; `notice` is what was said of it last."""

    notice: Notice | None = None


class Watchers:
    """Wakes whoever waits when the store says that something was committed: about an execution, or at all (`tail`).

    `logs` wakes those who read a log that grows.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[Change]] = defaultdict(set)
        self.tail = Tail()
        self.logs = LogWatch()
        self.stories = Stories()

    def notice(self, notice: Notice) -> None:
        """The store's listener."""
        self.tail.notice()
        self.logs.notice(notice)
        self.stories.forget(notice.number)
        for change in self._waiting.get(notice.number, ()):
            change.notice = notice
            change.set()

    def enter(self, number: int) -> Change:
        """From now on the event is set at every change of that execution."""
        change = Change()
        self._waiting[number].add(change)
        return change

    def leave(self, number: int, change: Change) -> None:
        """Nobody waits on this event any more."""
        self._waiting[number].discard(change)
        if not self._waiting[number]:
            del self._waiting[number]
            self.stories.forget(number)


async def until_terminal(store: Store, watchers: Watchers, execution: Execution, seconds: float) -> Execution:
    """The execution once it has ended, or as it is after so many seconds. Raises NotFound if deleted meanwhile."""
    return await _until(store, watchers, execution, seconds, lambda it: it.status.terminal)


async def until_changed(
    store: Store, watchers: Watchers, execution: Execution, revision: int, seconds: float
) -> Execution:
    """The execution once its revision is another than `revision`, or as it is after so many seconds."""
    return await _until(store, watchers, execution, seconds, lambda it: it.revision != revision)


async def _until(
    store: Store,
    watchers: Watchers,
    execution: Execution,
    seconds: float,
    enough: Callable[[Execution | Notice], bool],
) -> Execution:
    change = watchers.enter(execution.number)  # before the row is read again: no change falls in between
    try:
        async with asyncio.timeout(seconds):
            while not enough(execution):
                change.clear()
                fresh = await store.execution(execution.project, Ref(number=execution.number))
                if fresh is None:
                    raise NotFound(f"Execution {execution.number} was deleted meanwhile.")
                while not enough(fresh):  # the row is read again only when the notice says that it is worth it
                    await change.wait()
                    change.clear()
                    if change.notice is not None and enough(change.notice):
                        break
                execution = fresh
    except TimeoutError:
        return await store.execution(execution.project, Ref(number=execution.number)) or execution
    finally:
        watchers.leave(execution.number, change)
    return execution
