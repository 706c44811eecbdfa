"""Prospects: what holds an execution back, its place in the queue, and when it may begin. Only reads; bounded work."""

from collections.abc import Sequence
from heapq import heapify, heapreplace
from typing import Final

from runbell.domain.execution import Execution
from runbell.domain.explanation import Blocked, Prospect, clock
from runbell.domain.ids import public
from runbell.domain.job import Job, WhenFull
from runbell.domain.status import Status
from runbell.domain.usual import Usual, usual
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref

LAST: Final = 1 << 62
"""The number of an execution that is not on the table yet: it comes after all others."""


async def prospect(ports: Ports, record: JobRecord, execution: Execution) -> Prospect:
    """What keeps a scheduled or queued execution (or one that is only planned) from beginning now."""
    since = execution.created_at
    if execution.predecessor_on is not None:
        return Prospect((await _predecessor(ports, execution),))
    if execution.status is Status.SCHEDULED and execution.start_after is not None:
        said = f"It may not start before {clock(execution.start_after)}."
        way = "Wait until then; or stop it, and start the job without `start_after`."
        return Prospect((Blocked("not_before", said, since, way),), None, execution.start_after)
    since = max(since, execution.start_after or 0)
    blocked = [*_pause(record, since), *_drain(ports, since)]
    held = bool(blocked)
    live = await ports.store.live_of(record.number)
    ahead = await ports.store.ahead(record.number, execution.priority, execution.number or LAST)
    limit = limit_of(await ports.catalogue.version(record, record.version), execution.own_limit)
    if limit is not None and len(live) + ahead >= limit:
        blocked.append(_full(limit, live, ahead, since))
        start = _free_at(live, limit, ahead, await usual_of(ports, record), ports.clock.now())
    elif (other := next((one for one in live if one.kept is not None), None)) and execution.kept is not None:
        blocked.append(_keeping(other, since))
        start = _free_at([other], 1, 0, await usual_of(ports, record), ports.clock.now())
    else:
        blocked += _no_slot(ports, since)
        start = None if blocked else ports.clock.now()
    return Prospect(tuple(blocked), ahead + 1, None if held else start)


async def usual_of(ports: Ports, record: JobRecord) -> Usual | None:
    """How long the job usually takes."""
    return usual(await ports.store.recent_durations(record.number))


def limit_of(job: Job, own: int | None = None) -> int | None:
    """How many executions of the job may run at once, for one that brings a limit of its `own`; None: any number."""
    limits = (None if job.limits.when_full is WhenFull.ALLOW else job.limits.running, own)
    return min((limit for limit in limits if limit is not None), default=None)


async def _predecessor(ports: Ports, execution: Execution) -> Blocked:
    before = await ports.store.execution(execution.project, Ref(id=execution.predecessor))
    which = (
        f"execution {public(execution.predecessor or '')}" if before is None else f"{before.job} {before.number} to end"
    )
    state = "" if before is None else f", which is {before.status}"
    said = f"It waits for {which}{state}; it runs when that ends as `{execution.predecessor_on}`."
    return Blocked("predecessor", said, execution.created_at, "Wait for that execution, or stop this one.")


def _pause(record: JobRecord, since: int) -> list[Blocked]:
    if not record.paused:
        return []
    said = f"Job {record.name} is paused: what was accepted is kept, and nothing of it begins."
    return [Blocked("job_paused", said, since, f"Resume the job {record.name}.")]


def _drain(ports: Ports, since: int) -> list[Blocked]:
    if not ports.engine.stats().draining:
        return []
    said = "The server is going down and begins nothing more; what is queued goes on after its next start."
    return [Blocked("draining", said, since, "Start the server again.")]


def _no_slot(ports: Ports, since: int) -> list[Blocked]:
    stats = ports.engine.stats()
    if stats.busy < stats.slots:
        return []
    said = f"All {stats.slots} slots of the server are busy." if stats.slots > 1 else "The server's one slot is busy."
    way = "Wait for one to be free; or serve with more `--slots`."
    return [Blocked("concurrency_limit", said, since, way)]


def _full(limit: int, live: Sequence[Execution], ahead: int, since: int) -> Blocked:
    most = "one execution" if limit == 1 else f"{limit} executions"
    said = f"At most {most} of the job may run at once"
    if len(live) == 1:
        said += f", and execution {live[0].number} runs"
    elif live:
        said += f", and {', '.join(str(one.number) for one in live[:5])}{' …' if len(live) > 5 else ''} run"
    if ahead:
        said += f"; {ahead} {'goes' if ahead == 1 else 'go'} before it"
    way = "Wait for them; or raise `limits.running` in the definition."
    return Blocked("concurrency_limit", f"{said}.", since, way)


def _keeping(other: Execution, since: int) -> Blocked:
    said = f"It takes a kept value, and execution {other.number}, which runs, may hand back another one first."
    return Blocked("concurrency_limit", said, since, "Wait for that one; such executions of one job never overlap.")


def _free_at(live: Sequence[Execution], limit: int, ahead: int, known: Usual | None, now: int) -> int | None:
    """When its turn comes, if all take what they usually take."""
    if known is None or limit < 1:
        return None
    ends = [max(now, (one.started_at or now) + known.p50) for one in live[:limit]]
    if len(ends) < limit:
        ends += [now] * (limit - len(ends))
    rounds, rest = divmod(ahead, limit)
    heapify(ends)
    for _ in range(rest):
        heapreplace(ends, ends[0] + known.p50)
    return ends[0] + rounds * known.p50
