"""Start a job: check everything that can be checked, then write it down once. Accepted means durable."""

from typing import Any

from msgspec import UNSET, Struct, structs

from runbell.domain.audit import Entry
from runbell.domain.durations import LATEST
from runbell.domain.endpoint import Callback
from runbell.domain.execution import Execution, StepExecution, Trigger
from runbell.domain.fault import Fault
from runbell.domain.faults import IdempotencyKeyRequired, InvalidField, JobDisabled, JobScheduled
from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.domain.job import Job, WhenFull
from runbell.domain.marks import marks
from runbell.domain.new_execution import new_execution
from runbell.domain.parameters import coerce
from runbell.domain.pointer import pointer
from runbell.domain.status import Status
from runbell.operations import key_claims
from runbell.operations.call_back import AskedBack, callback
from runbell.operations.catalogue import no_job
from runbell.operations.follow_ups import waiting_follow_ups
from runbell.operations.hand_in import check_files
from runbell.operations.handed_back import handed_back
from runbell.operations.idempotency import IdempotencyKey, once, recall, settle
from runbell.operations.ports import Desk, Ports
from runbell.operations.seal import sealed
from runbell.ports.job_table import JobRecord
from runbell.ports.key_table import KeyClaim
from runbell.ports.store import Idempotency, KeyPolicy, Start, Started


class Asked(Struct, frozen=True, kw_only=True):
    """What a caller asks of a start. Times in epoch ms; None means: as the job says.

    `overlap` is what a dialect does when the job itself has no rule for a start while another one runs; the limit is
    then one execution, unless the job says how many may run. `nameless`: a start that cannot name parameters at all;
    a default then serves a required one, too. `key_for` is the request that the key stands for: sent again by the same
    caller it is the same execution. UNSET: a key is given once, or as `key_policy` says.
    `about`: what a dialect wants to find again on the execution. `call_back`: whom to tell of it.
    """

    job: str
    params: dict[str, Any] | None = None
    key: str | None = None
    key_policy: KeyPolicy = KeyPolicy()
    key_for: Any = UNSET
    start_after: int | None = None
    start_by: int | None = None
    kept: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    version: int | None = None
    priority: int | None = None
    tags: tuple[str, ...] = ()
    timeout_ms: int | None = None
    idempotency: IdempotencyKey | None = None
    surface: str = "native"
    kind: str = "api"
    traceparent: str | None = None
    overlap: WhenFull | None = None
    nameless: bool = False
    about: dict[str, Any] | None = None
    call_back: AskedBack | None = None


async def trigger(ports: Ports, actor: Actor, asked: Asked) -> Started:
    """Accept a start, or find the execution that the same request made before, whatever has become of its job since.

    The store looks for that one itself; only a start that is refused, perhaps before it got there, asks again.

    Raises NotFound, JobDisabled, JobPaused, InvalidParams, InvalidField, KeyTaken, AlreadyRunning, QueueFull,
    IdempotencyKeyRequired, IdempotencyInProgress, IdempotencyKeyReused, Gone, StorageFull, Unavailable.
    """
    if asked.idempotency is None:
        return await _start(ports, actor, asked, None)
    remember = settle(ports, actor, asked.idempotency)
    try:
        return await _start(ports, actor, asked, remember)
    except Fault:
        replay = await recall(ports, actor, remember)
        if replay is None:
            raise
        return replay


async def _start(ports: Ports, actor: Actor, asked: Asked, remember: Idempotency | None) -> Started:
    claim = None
    if asked.key is not None and asked.key_for is not UNSET:
        claim = key_claims.claim(ports, actor, asked.key_for)
        replay = await key_claims.recall(ports, actor, asked.key, claim)
        if replay is not None:
            return replay
    record, job = await job_of(ports, actor, asked)
    refuse(record, job, asked)
    kept = await handed_back(ports, record, job, asked.kept, asked.params or ())
    execution = draft(ports, actor, record, job, asked, kept)
    traced = {} if asked.traceparent is None else {"traceparent": asked.traceparent}
    told = None if asked.call_back is None else callback(ports, actor, execution, asked.call_back)
    audit = actor.did("executions.start", public(execution.id), execution.created_at, job=job.name, **traced)
    new = await start_of(
        ports, record, job, execution, key_policy=asked.key_policy, remember=remember, audit=audit,
        overlap=asked.overlap, claim=claim, told=told,
    )  # fmt: skip
    return await accept(ports, new)


async def job_of(ports: Ports, actor: Actor, asked: Asked) -> tuple[JobRecord, Job]:
    """The job that is to start, in the version that was asked for. Raises NotFound."""
    if not actor.reaches(asked.job):
        raise no_job(asked.job)
    record, job = await ports.catalogue.current(actor.project, asked.job)
    if asked.version is not None:
        job = await ports.catalogue.version(record, asked.version)
    return record, job


def draft(ports: Ports, actor: Actor, record: JobRecord, job: Job, asked: Asked, kept: dict[str, Any]) -> Execution:
    """The execution that this start would make, its secret parameters sealed, not yet on the table.

    Raises InvalidField, InvalidParams.
    """
    _check_scopes(job, asked.scopes or ())
    params = coerce(job.parameters, {**kept, **(asked.params or {})}, can_name_none=not asked.nameless)
    now = ports.clock.now()
    came_by = Trigger(asked.kind, actor.client, asked.surface)
    execution = structs.replace(
        new_execution(job, asked.version or record.version, now, params, came_by),
        key=asked.key,
        tags=asked.tags,
        scopes=asked.scopes,
        traceparent=asked.traceparent,
        kept=asked.kept or None,
        own_limit=_own_limit(job, asked.overlap),
        about=asked.about,
        **_when(asked, job, now),
    )
    return sealed(ports.vault, job, execution)


async def accept(ports: Desk, new: Start) -> Started:
    """Write a new execution with all that belongs to it in one transaction; the same request at the same time waits."""
    if new.idempotency is None:
        return await ports.store.start(new)
    return await once(ports.store, new.idempotency, lambda: ports.store.start(new))


async def start_of(
    ports: Desk,
    record: JobRecord,
    job: Job,
    execution: Execution,
    *,
    key_policy: KeyPolicy = KeyPolicy(),  # noqa: B008 - frozen
    remember: Idempotency | None = None,
    reused: tuple[StepExecution, ...] = (),
    audit: Entry | None = None,
    overlap: WhenFull | None = None,
    claim: KeyClaim | None = None,
    told: Callback | None = None,
) -> Start:
    """All that is written with a new execution. Raises what keeps it from starting, as far as it is known before."""
    await check_files(ports, job, execution)
    limits = job.limits
    when_full = limits.when_full or overlap or WhenFull.QUEUE
    limit = limits.running if limits.when_full is not None or overlap is None else limits.running or 1
    if job.included:
        includes = execution.includes or await ports.catalogue.inclusions(job)
        await ports.catalogue.whole(job, includes, execution.scopes)
        execution = structs.replace(execution, includes=includes)
    return Start(
        execution=execution,
        job_number=record.number,
        limit=None if when_full is WhenFull.ALLOW else limit,
        when_full=when_full,
        grace_ms=limits.grace_ms,
        key_policy=key_policy,
        claim=claim,
        idempotency=remember,
        follow_ups=await waiting_follow_ups(ports, job, execution) if job.then else (),
        reused=reused,
        marks=marks(job.parameters, execution.params),
        holds=limits.when_paused == "hold",
        callback=told,
        audit=audit,
    )


def _own_limit(job: Job, overlap: WhenFull | None) -> int | None:
    """A start that waits by a rule of its dialect waits for every execution of the job."""
    waits = overlap is WhenFull.QUEUE and job.limits.when_full is None and job.limits.running is None
    return 1 if waits else None


def refuse(record: JobRecord, job: Job, asked: Asked) -> None:
    """Raise what the job itself says to such a start: JobDisabled, IdempotencyKeyRequired."""
    if not record.enabled:
        raise JobDisabled(f"Job {record.name} is disabled; set `enabled: true` in its definition to start it.")
    if not record.by_api:
        raise JobScheduled.of(record.name)
    if job.require_key and asked.key is None and asked.idempotency is None:
        raise IdempotencyKeyRequired(f"Job {record.name} needs an Idempotency-Key header or a `key` on every start.")


def hindrance(record: JobRecord, job: Job) -> str | None:
    """Why any start over the API would be refused as the job stands, None when none would be for that."""
    if record.retired_at is not None:
        return f"Job {record.name} was retired; PUT its definition again to revive it."
    try:
        refuse(record, job, Asked(job=record.name, key="any"))
    except Fault as fault:
        return fault.detail
    if record.paused and job.limits.when_paused == "reject":
        return f"Job {record.name} is paused and refuses starts meanwhile; resume it."
    return None


def _check_scopes(job: Job, scopes: tuple[str, ...]) -> None:
    unknown = [scope for scope in scopes if scope not in job.scopes]
    if unknown:
        said = f"The job has no scope {', '.join(unknown)}; it has {', '.join(job.scopes) or 'none'}."
        raise InvalidField.at("/scopes", "unknown_scope", said)
    for place, scope in enumerate(scopes):
        if scope in scopes[:place]:
            said = f"The scope {scope} is there twice; take one out."
            raise InvalidField.at(pointer("scopes", place), "duplicate", said)


def _when(asked: Asked, job: Job, now: int) -> dict[str, Any]:
    """The members that say when it may start, how urgent it is and how long it may take."""
    base = now if asked.start_after is None else max(asked.start_after, now)
    start_by = asked.start_by if asked.start_by is not None else min(base + job.limits.start_by_ms, LATEST)
    if start_by <= base:
        said = "`start_by` must be later than now and than `start_after`."
        raise InvalidField.at("/start_by", "too_early", said)
    timeout_ms, longest_ms = asked.timeout_ms, job.limits.timeout_ms
    if timeout_ms is None or (longest_ms is not None and longest_ms < timeout_ms):
        timeout_ms = longest_ms
    return {
        "status": Status.QUEUED if base == now else Status.SCHEDULED,
        "start_after": asked.start_after,
        "start_by": start_by,
        "priority": job.limits.priority if asked.priority is None else asked.priority,
        "timeout_ms": timeout_ms,
    }
