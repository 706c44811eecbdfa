"""Foresee a restart or a rerun: whether it can be, whether that is safe, what runs again, and what differs."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import structs

from runbell.domain.comparison import differing
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.explanation import Difference, RestartOutlook
from runbell.domain.fault import Fault
from runbell.domain.faults import NotFinished, NotFound, NotRestartable
from runbell.domain.identity import Actor
from runbell.domain.job import Job, OnLost
from runbell.domain.secrecy import shown
from runbell.domain.status import TIMEOUT, StepStatus
from runbell.operations import look
from runbell.operations.call_back import AskedBack, callback
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.plan_start import Plan, Value, closed, known_by, planned
from runbell.operations.ports import Ports
from runbell.operations.restart import Again, draft_rerun, draft_restart, reused_by
from runbell.ports.store import Ref

CUT_OFF = frozenset({StepStatus.LOST, StepStatus.STOPPED})


async def outlook(ports: Ports, source: Execution, rows: Sequence[StepExecution]) -> RestartOutlook:
    """Whether a restart from the first step not done is possible and safe."""
    try:
        record, job = await ports.catalogue.of(source)
        reused = await reused_by(ports, source, job, rows)
    except Fault as refusal:
        return RestartOutlook(possible=False, safe=False, why=refusal.detail)
    kept, again = parted(job, reused)
    shut = closed(record, job) or _retired(record.name, record.retired_at)
    if shut is not None:
        return RestartOutlook(possible=False, safe=False, why=shut.detail, reused_steps=kept, rerun_steps=again)
    risky = [row.name for row in rows if _cut_off(row) and _on_lost(job, row) is not OnLost.RERUN]
    if risky:
        said = (
            f"Step {risky[0]} was cut off while it ran, and does not say `on_lost: rerun`; look at what it had done, "
            "then restart it."
        )
        return RestartOutlook(possible=True, safe=False, why=said, reused_steps=kept, rerun_steps=again)
    some = f"what finished ({', '.join(kept)}) is reused" if kept else "nothing had finished"
    runs = "runs" if len(again) == 1 else "run"
    said = f"{some[0].upper()}{some[1:]}, and {', '.join(again)} {runs} again."
    return RestartOutlook(possible=True, safe=True, why=said, reused_steps=kept, rerun_steps=again)


async def plan_restart(
    ports: Ports, actor: Actor, ref: Ref, from_step: str | None, key: IdempotencyKey | None, told: AskedBack | None
) -> Plan:
    """What a restart would do. Raises NotFound, InvalidField as the restart itself would."""
    source = await look.execution(ports, actor, ref)
    try:
        made = await draft_restart(ports, actor, source, from_step)
    except (NotFinished, NotRestartable) as refusal:
        return _refused(source, refusal)
    if told is not None:
        callback(ports, actor, made.execution, told)
    return await _planned(ports, actor, source, made, key, ())


async def plan_rerun(
    ports: Ports,
    actor: Actor,
    ref: Ref,
    mode: Literal["exact", "current"],
    params: dict[str, Any],
    key: IdempotencyKey | None,
    told: AskedBack | None,
) -> Plan:
    """What a rerun would do. Raises NotFound, InvalidParams, InvalidField as the rerun itself would."""
    source = await look.execution(ports, actor, ref)
    try:
        made = await draft_rerun(ports, actor, source, mode, params)
    except NotFinished as refusal:
        return _refused(source, refusal)
    if told is not None:
        callback(ports, actor, made.execution, told)
    return await _planned(ports, actor, source, made, key, tuple(params))


def parted(job: Job, reused: Sequence[StepExecution]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The declared steps that are reused whole, and those of which something runs again."""
    scopes: dict[str, int] = {}
    for row in reused:
        if not row.inner:
            scopes[row.name] = scopes.get(row.name, 0) + 1
    kept = tuple(step.name for step in job.steps if step.name in scopes)
    return kept, tuple(step.name for step in job.steps if step.name not in scopes)


async def _planned(
    ports: Ports, actor: Actor, source: Execution, made: Again, key: IdempotencyKey | None, named: tuple[str, ...]
) -> Plan:
    met = await known_by(ports, actor, key)
    refusal = met.refusal or closed(made.record, made.job) or _retired(made.record.name, made.record.retired_at)
    params = {
        name: Value(value, "request" if name in named else "execution" if name in source.params else "default")
        for name, value in made.execution.params.items()
    }
    plan = await planned(ports, made.record, made.job, made.execution, met, refusal, params)
    job = made.job
    if job.included and made.execution.includes is None:
        job = await ports.catalogue.whole(job, await ports.catalogue.inclusions(job), made.execution.scopes)
    kept, again = parted(job, made.reused)
    diff = await _differences(ports, source, made)
    return structs.replace(plan, reused_steps=kept, rerun_steps=again, diff=diff)


async def _differences(ports: Ports, source: Execution, made: Again) -> tuple[Difference, ...]:
    """What is different from the source: members of the definition, then parameters."""
    found: tuple[Difference, ...] = ()
    if made.execution.job_version != source.job_version:
        then = await ports.store.definition(made.record.number, source.job_version)
        now = await ports.store.definition(made.record.number, made.execution.job_version)
        found = differing(then or {}, now or {}, "/definition")
    return found + differing(shown(source.params), shown(made.execution.params), "/params")


def _refused(source: Execution, refusal: Fault) -> Plan:
    params = {name: Value(value, "execution") for name, value in source.params.items()}
    return Plan(
        job=source.job, job_version=source.job_version, params=params, would="reject", code=refusal.code,
        why=refusal.detail, reused_steps=(), rerun_steps=(), diff=(),
    )  # fmt: skip


def _retired(name: str, retired_at: int | None) -> Fault | None:
    return None if retired_at is None else NotFound(f"Job {name} was retired; PUT its definition again to revive it.")


def _cut_off(row: StepExecution) -> bool:
    return row.status in CUT_OFF or (row.error is not None and row.error.code == TIMEOUT)


def _on_lost(job: Job, row: StepExecution) -> OnLost:
    step = job.step(row.name)
    return step.on_lost if step is not None else row.on_lost or OnLost.FAIL
