"""Plan: what a start would do, before anything is stored. It checks what a start checks, and writes nothing."""

from collections.abc import Container
from typing import Any, Literal

from msgspec import Struct

from runbell.domain.execution import Execution
from runbell.domain.explanation import Difference, Prospect
from runbell.domain.fault import Fault
from runbell.domain.faults import AlreadyRunning, Gone, IdempotencyKeyReused, JobDisabled, JobPaused, KeyTaken
from runbell.domain.identity import Actor
from runbell.domain.job import Job, WhenFull
from runbell.domain.usual import Usual
from runbell.operations import prospects
from runbell.operations.call_back import callback
from runbell.operations.follow_ups import waiting_follow_ups
from runbell.operations.hand_in import check_files
from runbell.operations.handed_back import handed_back
from runbell.operations.idempotency import IdempotencyKey, recall, settle
from runbell.operations.ports import Ports
from runbell.operations.trigger import Asked, draft, job_of, refuse
from runbell.ports.job_table import JobRecord
from runbell.ports.store import KeyPolicy, Ref

LOWEST = -(1 << 31)


class Value(Struct, frozen=True):
    """What the job would receive, and where it comes from: request, default, kept, execution."""

    value: Any
    source: str


class Plan(Struct, frozen=True, kw_only=True):
    """What would happen. `code` and `why` say what refuses it or keeps it waiting; `execution` the one it meets.

    `would` is start (now), queue, reject, or replay (an earlier request made it: nothing new would begin).
    """

    job: str
    job_version: int
    params: dict[str, Value]
    would: Literal["start", "queue", "reject", "replay"]
    code: str | None = None
    why: str = ""
    expected_start: int | None = None
    usual: Usual | None = None
    idempotency: Literal["new", "replay", "conflict"] = "new"
    execution: str | None = None
    reused_steps: tuple[str, ...] | None = None
    rerun_steps: tuple[str, ...] | None = None
    diff: tuple[Difference, ...] | None = None


class Met(Struct, frozen=True):
    """What the request's keys lead to: an execution that answers it, or the fault that refuses it."""

    idempotency: Literal["new", "replay", "conflict"] = "new"
    execution: str | None = None
    refusal: Fault | None = None


async def plan_start(ports: Ports, actor: Actor, asked: Asked) -> Plan:
    """What that start would do. Raises NotFound, InvalidParams, InvalidField as the start itself would."""
    record, job = await job_of(ports, actor, asked)
    met = await known_by(ports, actor, asked.idempotency)
    kept = await handed_back(ports, record, job, asked.kept, asked.params or ())
    execution = draft(ports, actor, record, job, asked, kept)
    if asked.call_back is not None:
        callback(ports, actor, execution, asked.call_back)
    if met.idempotency == "new":
        met = await _by_key(ports, actor, asked.key, asked.key_policy)
    refusal = met.refusal or _refusal(record, job, asked)
    last = await ports.store.kept(record.number) if asked.kept else {}
    taken = {name for name in asked.kept if name in last}
    return await planned(ports, record, job, execution, met, refusal, _sources(execution, asked.params or {}, taken))


async def planned(
    ports: Ports,
    record: JobRecord,
    job: Job,
    execution: Execution,
    met: Met,
    refusal: Fault | None,
    params: dict[str, Value],
) -> Plan:
    """The plan for an execution that is ready to be written. Raises InvalidDefinition as its start would."""
    await check_files(ports, job, execution)
    if job.included:
        includes = execution.includes or await ports.catalogue.inclusions(job)
        await ports.catalogue.whole(job, includes, execution.scopes)
    if job.then:
        await waiting_follow_ups(ports, job, execution)
    refusal = refusal or await full(ports, record, job)
    if met.execution is not None and met.refusal is None:
        would, code, why, start = "replay", None, "This request was sent before: it answers that execution.", None
    elif refusal is not None:
        would, code, why, start = "reject", refusal.code, refusal.detail, None
    else:
        would, code, why, start = _said(await prospects.prospect(ports, record, execution))
    return Plan(
        job=job.name,
        job_version=execution.job_version,
        params=params,
        would=would,  # type: ignore[arg-type]
        code=code,
        why=why,
        expected_start=start,
        usual=await prospects.usual_of(ports, record),
        idempotency=met.idempotency,
        execution=met.execution or (None if refusal is None else refusal.execution),
    )


def _sources(execution: Execution, given: Container[str], kept: Container[str]) -> dict[str, Value]:
    return {
        name: Value(value, "request" if name in given else "kept" if name in kept else "default")
        for name, value in execution.params.items()
    }


async def known_by(ports: Ports, actor: Actor, sent: IdempotencyKey | None) -> Met:
    """What an earlier request with the same Idempotency-Key left."""
    if sent is None:
        return Met()
    try:
        found = await recall(ports, actor, settle(ports, actor, sent))
    except IdempotencyKeyReused as reused:
        return Met("conflict", reused.execution, reused)
    except Gone as gone:
        return Met("replay", gone.execution, gone)
    return Met() if found is None else Met("replay", found.execution.id)


async def full(ports: Ports, record: JobRecord, job: Job) -> Fault | None:
    """The refusal of a job that takes no start while it is full."""
    limit = prospects.limit_of(job)
    if limit is None or job.limits.when_full is not WhenFull.REJECT:
        return None
    alive = await ports.store.live_of(record.number)
    waiting = await ports.store.ahead(record.number, LOWEST, prospects.LAST)
    if len(alive) + waiting < limit:
        return None
    said = "The job is running or queued as often as it may; start it again when that execution has ended."
    return AlreadyRunning(said, execution=alive[0].id if alive else None)


def closed(record: JobRecord, job: Job) -> Fault | None:
    """The refusal of a job that takes no starts at all."""
    if not record.enabled:
        return JobDisabled(f"Job {record.name} is disabled; set `enabled: true` in its definition to start it.")
    if record.paused and job.limits.when_paused == "reject":
        return JobPaused(f"The job {record.name} is paused and takes no starts meanwhile; start it when it is resumed.")
    return None


def _refusal(record: JobRecord, job: Job, asked: Asked) -> Fault | None:
    try:
        refuse(record, job, asked)
    except Fault as refusal:
        return refusal
    return closed(record, job)


async def _by_key(ports: Ports, actor: Actor, key: str | None, policy: KeyPolicy) -> Met:
    holder = None if key is None else await ports.store.execution(actor.project, Ref(key=key))
    if holder is None or (says := policy.says(holder.status)) == "allow":
        return Met()
    if says == "existing":
        return Met("new", holder.id)
    said = f"The key {key} belongs to an execution that is {holder.status}; choose another key."
    return Met("new", holder.id, KeyTaken(said, execution=holder.id))


def _said(prospect: Prospect) -> tuple[str, str | None, str, int | None]:
    if not prospect.blocked_by:
        return "start", None, "A slot is free: it would begin at once.", prospect.expected_start
    first = prospect.blocked_by[0]
    return "queue", first.code, first.detail, prospect.expected_start
