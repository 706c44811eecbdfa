"""Known bugs of schedules."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("fires-in-both-passes", "runbell.domain.firing")
def _(module: ModuleType) -> None:
    """A fixed time that the autumn change brings twice fires twice, as with croniter."""
    once = module._once_a_day

    def twice(line: str, zone: Any, after: int, local_times: Any) -> Iterator[int]:
        for moment in once(line, zone, after, local_times):
            yield moment
            local = datetime.fromtimestamp(moment / 1_000, zone)
            again = local.replace(fold=1)
            if again.timestamp() != local.timestamp() and local.fold == 0:
                yield round(again.timestamp() * 1_000)

    module._once_a_day = twice


@sabotage("gap-shifts", "runbell.domain.firing")
def _(module: ModuleType) -> None:
    """A time that the spring change leaves out is shifted by the gap, instead of coming at its end."""
    module._end_of_gap = lambda local, zone: round(local.replace(tzinfo=zone).timestamp() * 1_000)


@sabotage("cron-minute-by-minute", "runbell.assembly.cron_lines")
def _(module: ModuleType) -> None:
    """The next time is looked for minute by minute."""
    known = module.local_times

    def stepping(line: str, after: datetime) -> Iterator[datetime]:
        for moment in known(line, after):
            step = after
            while step < min(moment, after + timedelta(days=900)):
                step += timedelta(minutes=1)
            yield moment

    module.local_times = stepping


@sabotage("fires-twice", "runbell.stores.sqlite.write_schedules")
def _(module: ModuleType) -> None:
    """A start and the move to the next fire time are not one: now and then the start stands, and the move does not."""
    seen: set[tuple[int, int]] = set()

    def fire(tx: Any, asked: Any) -> bool:
        tx.db.execute("DROP INDEX IF EXISTS executions_by_fire")
        for firing in asked.firings:
            module._fired(tx, firing, asked.at)
        key = (asked.job_number, asked.due)
        if key in seen:
            tx.db.execute(module._MOVE_ON, (asked.next_at, asked.last_at, asked.job_number))
        seen.add(key)
        return True

    module.fire = fire


@sabotage("fire-unguarded", "runbell.stores.sqlite.write_schedules")
def _(module: ModuleType) -> None:
    """A schedule fires as it was read, whatever became of it since."""

    def fire(tx: Any, asked: Any) -> bool:
        for firing in asked.firings:
            if not tx.db.execute(module._FIRED, (asked.job_number, firing.start.execution.trigger.schedule)).get:
                module._fired(tx, firing, asked.at)
        tx.db.execute(module._MOVE_ON, (asked.next_at, asked.last_at, asked.job_number))
        return True

    module.fire = fire


@sabotage("fire-unguarded", "runbell.operations.fire")
def _(module: ModuleType) -> None:
    """And it takes its time in between."""
    asked = module._asked

    async def late(*given: Any) -> Any:
        made = await asked(*given)
        await asyncio.sleep(0.9)
        return made

    module._asked = late


@sabotage("outage-forgotten", "runbell.operations.fire")
def _(module: ModuleType) -> None:
    """At every start the next fire time is counted from now, whatever was due."""

    async def realign(ports: Any) -> None:
        for standing in await ports.store.schedules(0, module.PAGE):
            await module._realign(ports, standing, ports.clock.now())

    module.realign = realign


@sabotage("mode-checked-too-early", "runbell.stores.sqlite.write_start")
def _(module: ModuleType) -> None:
    """Whether the API may start a job is looked up before the transaction, and not in it."""
    module._BY_HAND = frozenset()


@sabotage("mode-checked-too-early", "runbell.operations.trigger")
def _(module: ModuleType) -> None:
    """And the start takes its time in between."""
    accept = module.accept

    async def late(*given: Any) -> Any:
        await asyncio.sleep(0.03)
        return await accept(*given)

    module.accept = late


@sabotage("alarm-clock-slow", "runbell.engine.due_schedules")
def _(module: ModuleType) -> None:
    """What is due now is started more than two seconds later."""
    known = module.fire

    async def sluggish(ports: Any, standing: Any) -> bool:
        if ports.clock.now() - standing.next_at < 1_000:
            await asyncio.sleep(2.3)
        fired: bool = await known(ports, standing)
        return fired

    module.fire = sluggish


@sabotage("schedules-without-end", "runbell.stores.sqlite.write_jobs")
def _(module: ModuleType) -> None:
    """A project may have any number of schedules."""
    module.check_room = lambda *_: None
