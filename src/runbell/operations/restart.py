"""Restart: a new execution that goes on from what did not finish. Rerun: a new one that runs everything again."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct, structs

from runbell.domain.data import exception_count, output_files, parts
from runbell.domain.execution import DATA_REMOVED, Execution, StepExecution, Trigger
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidField, InvalidParams, NotFinished, NotRestartable
from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.domain.job import Job
from runbell.domain.new_execution import new_execution
from runbell.domain.parameters import coerce
from runbell.domain.pointer import pointer
from runbell.domain.restart import CannotRestart, reused_steps
from runbell.domain.status import Status
from runbell.operations import look
from runbell.operations.call_back import AskedBack, callback
from runbell.operations.idempotency import IdempotencyKey, recall, settle
from runbell.operations.ports import Ports
from runbell.operations.read_data import missing
from runbell.operations.seal import opened, sealed
from runbell.operations.trigger import accept, start_of
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Idempotency, Ref, Started
from runbell.ports.vault import CannotOpen


class Again(Struct, frozen=True):
    """A restart or a rerun, ready to be written: the job, the new execution, and the steps that it takes over."""

    record: JobRecord
    job: Job
    execution: Execution
    reused: tuple[StepExecution, ...] = ()


RESTARTABLE = frozenset({Status.FAILED, Status.STOPPED, Status.LOST})


async def restart(
    ports: Ports, actor: Actor, ref: Ref, from_step: str | None = None, idempotency: IdempotencyKey | None = None,
    surface: str = "native", call_back: AskedBack | None = None,
) -> Started:  # fmt: skip
    """Go on from the first step not done, or from `from_step`, with the recorded version and inputs.

    `surface`: the door that was asked. `call_back`: whom to tell of the new execution; that of the old one is not.
    Raises NotFound, NotFinished, NotRestartable, InvalidField (a `from_step` that cannot be first).
    """
    remember, replay = await _remembered(ports, actor, idempotency)
    if replay is not None:
        return replay
    source = await look.execution(ports, actor, ref)
    made = await draft_restart(ports, actor, source, from_step)
    came_by = structs.replace(made.execution.trigger, surface=surface)
    made = structs.replace(made, execution=structs.replace(made.execution, trigger=came_by))
    return await _begin(ports, actor, source, made, remember, call_back)


async def rerun(
    ports: Ports,
    actor: Actor,
    ref: Ref,
    mode: Literal["exact", "current"] = "exact",
    params: dict[str, Any] | None = None,
    idempotency: IdempotencyKey | None = None,
    call_back: AskedBack | None = None,
) -> Started:
    """Run everything again: `exact` with the recorded version, `current` with today's. `params` overrides values.

    `call_back`: whom to tell of the new execution; whoever was told of the old one is not.
    Raises NotFound, NotFinished, InvalidParams, InvalidField.
    """
    remember, replay = await _remembered(ports, actor, idempotency)
    if replay is not None:
        return replay
    source = await look.execution(ports, actor, ref)
    made = await draft_rerun(ports, actor, source, mode, params)
    return await _begin(ports, actor, source, made, remember, call_back)


async def draft_restart(ports: Ports, actor: Actor, source: Execution, from_step: str | None) -> Again:
    """What a restart of `source` would write. Raises NotFinished, NotRestartable, InvalidField."""
    record, job = await ports.catalogue.of(source)
    reused = await reused_by(ports, source, job, await ports.store.steps(source.number), from_step)
    execution = structs.replace(
        _again(ports, actor, job, source, "restart"), params=_values(ports, job, source), restart_of=source.id,
        exceptions=sum(exception_count(row.data) for row in reused),
        files=sum(len(output_files(row.data)) for row in reused),
    )  # fmt: skip
    return Again(record, job, sealed(ports.vault, job, execution), reused)


async def reused_by(
    ports: Ports, source: Execution, job: Job, rows: Sequence[StepExecution], from_step: str | None = None
) -> tuple[StepExecution, ...]:
    """The steps that a restart takes over. Raises NotFinished, NotRestartable, InvalidField."""
    _check_restartable(source, job)
    try:
        reused = reused_steps(job, rows, source.id, from_step)
    except CannotRestart as refusal:
        problem = Problem("/from_step", "not_possible", str(refusal))
        raise InvalidField(str(refusal), problems=(problem,)) from refusal
    if reused and source.removed & DATA_REMOVED:
        raise NotRestartable(
            f"The data of execution {source.number} was removed when its time was over, and with it what the finished "
            "steps left; rerun it instead."
        )
    if reused:
        await _check_outputs(ports, source, reused)
    return reused


async def draft_rerun(
    ports: Ports, actor: Actor, source: Execution, mode: Literal["exact", "current"], params: dict[str, Any] | None
) -> Again:
    """What a rerun of `source` would write. Raises NotFound, NotFinished, InvalidParams."""
    if not source.status.terminal:
        raise NotFinished(f"Execution {source.number} is {source.status}; wait for its end or stop it first.")
    record, job = await ports.catalogue.of(source)
    before = source
    known = _values(ports, job, source, besides=params)
    if mode == "current":
        recorded = job
        record, job = await ports.catalogue.current(actor.project, source.job)
        still = None if source.scopes is None else tuple(scope for scope in source.scopes if scope in job.scopes)
        source = structs.replace(source, job_version=record.version, scopes=still, includes=None)
        _check_still_secret(recorded, job, known, params or {})
    values = coerce(job.parameters, {**known, **(params or {})})
    execution = structs.replace(_again(ports, actor, job, source, "rerun"), params=values, rerun_of=before.id)
    return Again(record, job, sealed(ports.vault, job, execution))


async def _begin(
    ports: Ports, actor: Actor, source: Execution, made: Again, remember: Idempotency | None, asked: AskedBack | None
) -> Started:
    it = made.execution
    told = None if asked is None else callback(ports, actor, it, asked)
    audit = actor.did(f"executions.{it.trigger.kind}", public(it.id), it.created_at, of=public(source.id))
    new = await start_of(
        ports, made.record, made.job, it, remember=remember, reused=made.reused, audit=audit, told=told
    )
    return await accept(ports, new)


async def _check_outputs(ports: Ports, source: Execution, reused: Sequence[StepExecution]) -> None:
    """What the reused steps left must still be there, or the steps after them would begin without it."""
    files = [row.result.file for row in reused if row.result is not None and row.result.file is not None]
    left = await ports.artifacts.left(source.id, files)
    wrote = bool(files) or (source.error is not None and bool(source.error.log_tail))
    data = [name for row in reused for name in parts(row.data)]
    lost = left.missing or (await missing(ports, source, data) if data else ())
    if lost or (wrote and not left.home):
        raise NotRestartable(
            f"What the finished steps of execution {source.number} left is not kept any more; rerun it instead."
        )


def _again(ports: Ports, actor: Actor, job: Job, source: Execution, kind: str) -> Execution:
    came_by = Trigger(kind, actor.client, "native")
    return structs.replace(
        new_execution(job, source.job_version, ports.clock.now(), source.params, came_by),
        tags=source.tags,
        priority=source.priority,
        scopes=source.scopes,
        timeout_ms=source.timeout_ms,
        includes=source.includes,
        kept=source.kept if kind == "restart" else None,
        about=source.about if kind == "restart" else None,
    )


def _values(ports: Ports, job: Job, source: Execution, besides: dict[str, Any] | None = None) -> dict[str, Any]:
    """What its parameters were; those in `besides` are given anew. Raises NotRestartable for a lost key."""
    kept = {name: value for name, value in source.params.items() if name not in (besides or {})}
    try:
        return opened(ports.vault, job, structs.replace(source, params=kept))
    except CannotOpen as refusal:
        raise NotRestartable(f"{refusal} Or start the job anew.") from None


def _check_still_secret(recorded: Job, today: Job, values: dict[str, Any], given: dict[str, Any]) -> None:
    """A value that was secret is not shown because the job's definition has changed since."""
    problems = tuple(
        Problem(pointer("params", name), "was_secret", "was secret then and is not now; name it, or leave it null")
        for name in recorded.secret_parameters
        if name in values and name not in given and name not in today.secret_parameters
    )
    if problems:
        raise InvalidParams("A parameter that was secret would be shown; see errors.", problems=problems)


def _check_restartable(source: Execution, job: Job) -> None:
    if not source.status.terminal:
        raise NotFinished(f"Execution {source.number} is {source.status}; wait for its end or stop it first.")
    if source.status not in RESTARTABLE:
        raise NotRestartable(
            f"Execution {source.number} is {source.status}; only failed, stopped and lost ones restart."
        )
    if not job.restart:
        raise NotRestartable(f"Job {job.name} says `restart: false`; rerun it instead.")


async def _remembered(
    ports: Ports, actor: Actor, sent: IdempotencyKey | None
) -> tuple[Idempotency | None, Started | None]:
    if sent is None:
        return None, None
    remember = settle(ports, actor, sent)
    return remember, await recall(ports, actor, remember)
