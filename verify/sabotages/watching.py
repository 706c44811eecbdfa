"""Known bugs of those who watch: the feed, long polls and logs."""

import asyncio
import time
from types import ModuleType
from typing import Any

import msgspec

from verify.sabotages import sabotage

HIDDEN_MS = 40


@sabotage("number-before-commit", "runbell.stores.sqlite.read_events")
def _(module: ModuleType) -> None:
    """An event has its number before it can be seen: every seventh shows a moment after those that follow it."""
    events = module.events

    def seen(db: Any, query: Any) -> Any:
        page = events(db, query)
        now = time.time() * 1_000
        items = [one for one in page.items if one.seq % 7 or now - one.time > HIDDEN_MS]
        return msgspec.structs.replace(page, items=items)

    module.events = seen


@sabotage("feed-jumps", "runbell.operations.tail")
def _(module: ModuleType) -> None:
    """A reader who has fallen behind what is kept in memory goes on with what is there."""
    page = module.Tail.page

    async def jump(self: Any, store: Any, query: Any) -> Any:
        after = max(query.after, self._floor)
        return await page(self, store, msgspec.structs.replace(query, after=after))

    module.Tail.page = jump


@sabotage("read-per-waiter", "runbell.operations.wait")
def _(module: ModuleType) -> None:
    """Everybody who waits looks at the table again and again."""

    async def until(store: Any, watchers: Any, execution: Any, seconds: float, enough: Any) -> Any:
        deadline = time.monotonic() + seconds
        while not enough(execution) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            execution = await store.execution(execution.project, module.Ref(number=execution.number)) or execution
        return execution

    module._until = until


@sabotage("line-torn", "runbell.artifacts.log_page")
def _(module: ModuleType) -> None:
    """A reader at the end of a growing log is given a line of which only half is there."""
    read_page = module.read_page

    def torn(file: int, index: Any, wanted: Any) -> Any:
        page = read_page(file, index, wanted)
        if page.end and len(page.lines) > 1:
            last = page.lines[-1]
            page.lines[-1] = msgspec.structs.replace(last, text=last.text[: len(last.text) // 2])
        return page

    module.read_page = torn
