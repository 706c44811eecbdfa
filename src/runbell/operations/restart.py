"""Restart: a new execution that goes on from what did not finish. Rerun: a new one that runs everything again."""

from typing import Any, Literal

from msgspec import structs

from runbell.domain.execution import Execution, Trigger
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidField, NotFinished, NotRestartable
from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.domain.job import Job
from runbell.domain.new_execution import new_execution
from runbell.domain.parameters import coerce
from runbell.domain.restart import CannotRestart, reused_steps
from runbell.domain.status import Status
from runbell.operations import look
from runbell.operations.idempotency import IdempotencyKey, recall, settle
from runbell.operations.ports import Ports
from runbell.operations.trigger import begin
from runbell.ports.store import Idempotency, Ref, Started

RESTARTABLE = frozenset({Status.FAILED, Status.STOPPED, Status.LOST})


async def restart(
    ports: Ports, actor: Actor, ref: Ref, from_step: str | None = None, idempotency: IdempotencyKey | None = None
) -> Started:
    """Go on from the first step not done, or from `from_step`, with the recorded version and inputs.

    Raises NotFound, NotFinished, NotRestartable, InvalidField (a `from_step` that cannot be first).
    """
    remember, replay = await _remembered(ports, actor, idempotency)
    if replay is not None:
        return replay
    source = await look.execution(ports, actor, ref)
    record, job = await ports.catalogue.of(source)
    _check_restartable(source, job)
    rows = await ports.store.steps(source.number)
    try:
        reused = reused_steps(job, rows, source.id, from_step)
    except CannotRestart as refusal:
        problem = Problem("/from_step", "not_possible", str(refusal))
        raise InvalidField(str(refusal), problems=(problem,)) from refusal
    execution = structs.replace(_again(ports, actor, job, source, "restart"), restart_of=source.id)
    audit = actor.did("executions.restart", public(execution.id), execution.created_at, of=public(source.id))
    return await begin(ports, record, job, execution, remember=remember, reused=reused, audit=audit)


async def rerun(
    ports: Ports,
    actor: Actor,
    ref: Ref,
    mode: Literal["exact", "current"] = "exact",
    params: dict[str, Any] | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Started:
    """Run everything again: `exact` with the recorded version, `current` with today's. `params` overrides values.

    Raises NotFound, NotFinished, InvalidParams.
    """
    remember, replay = await _remembered(ports, actor, idempotency)
    if replay is not None:
        return replay
    source = await look.execution(ports, actor, ref)
    if not source.status.terminal:
        raise NotFinished(f"Execution {source.number} is {source.status}; wait for its end or stop it first.")
    record, job = await ports.catalogue.of(source)
    if mode == "current":
        record, job = await ports.catalogue.current(actor.project, source.job)
        still = None if source.scopes is None else tuple(scope for scope in source.scopes if scope in job.scopes)
        source = structs.replace(source, job_version=record.version, scopes=still, includes=None)
    values = coerce(job.parameters, {**source.params, **(params or {})})
    execution = structs.replace(_again(ports, actor, job, source, "rerun"), params=values, rerun_of=source.id)
    audit = actor.did("executions.rerun", public(execution.id), execution.created_at, of=public(source.id))
    return await begin(ports, record, job, execution, remember=remember, audit=audit)


def _again(ports: Ports, actor: Actor, job: Job, source: Execution, kind: str) -> Execution:
    came_by = Trigger(kind, actor.client, "native")
    return structs.replace(
        new_execution(job, source.job_version, ports.clock.now(), source.params, came_by),
        tags=source.tags,
        priority=source.priority,
        scopes=source.scopes,
        timeout_ms=source.timeout_ms,
        includes=source.includes,
    )


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
    remember = await settle(ports, actor, sent)
    return remember, await recall(ports, actor, remember)
