"""Explain: why an execution stands where it stands, and what can be done. It reads a bounded number of rows."""

from collections.abc import Sequence

from msgspec import Struct, structs

from runbell.domain.comparison import differing
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.explanation import Changed, Prospect, RestartOutlook, StepNow, summary
from runbell.domain.identity import Actor
from runbell.domain.secrecy import shown
from runbell.domain.status import Status, StepStatus
from runbell.domain.usual import Usual, slower_than, usual
from runbell.operations import look, prospects, restarting
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref

BADLY = frozenset({Status.FAILED, Status.STOPPED, Status.LOST})
IN_FLIGHT = (StepStatus.RUNNING, StepStatus.WAITING)
BROKEN = (StepStatus.FAILED, StepStatus.LOST, StepStatus.STOPPED)


class Explanation(Struct, frozen=True, kw_only=True):
    """The sentence, and what it was made of. Members that mean nothing for the status are None or empty."""

    execution: Execution
    summary: str
    prospect: Prospect = Prospect()
    usual: Usual | None = None
    slower_than_usual: bool | None = None
    step: StepNow | None = None
    first_failed_step: str | None = None
    log_tail: tuple[str, ...] = ()
    changed: Changed | None = None
    restart: RestartOutlook | None = None
    next_fire: int | None = None


async def explain(ports: Ports, actor: Actor, ref: Ref) -> Explanation:
    """Why it stands where it stands, and when its job starts by itself again. Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    record = await ports.catalogue.record(execution.project, execution.job)
    fires = await ports.store.next_fires([record.number])
    return structs.replace(await _explained(ports, record, execution), next_fire=fires.get(record.number))


async def _explained(ports: Ports, record: JobRecord, execution: Execution) -> Explanation:
    if execution.status in (Status.SCHEDULED, Status.QUEUED):
        return await _waiting(ports, record, execution)
    now = ports.clock.now()
    rows = await ports.store.steps(execution.number)
    step = await _step_that_counts(ports, record, execution, rows)
    said = summary(execution, now, Prospect(), step)
    known = await prospects.usual_of(ports, record)
    if execution.status not in BADLY:
        began = execution.started_at
        took = None if began is None else (execution.ended_at or now) - began
        slower = None if took is None else slower_than(known, took)
        return Explanation(execution=execution, summary=said, usual=known, slower_than_usual=slower, step=step)
    error = execution.error
    failed = _first(rows, BROKEN)
    return Explanation(
        execution=execution,
        summary=said,
        usual=known,
        step=step,
        first_failed_step=failed.name if failed is not None else error.step if error is not None else None,
        log_tail=error.log_tail if error is not None else (),
        changed=await _changed(ports, record, execution),
        restart=await restarting.outlook(ports, execution, rows),
    )


async def _waiting(ports: Ports, record: JobRecord, execution: Execution) -> Explanation:
    prospect = await prospects.prospect(ports, record, execution)
    return Explanation(
        execution=execution,
        summary=summary(execution, ports.clock.now(), prospect, None),
        prospect=prospect,
        usual=await prospects.usual_of(ports, record),
    )


async def _step_that_counts(
    ports: Ports, record: JobRecord, execution: Execution, rows: Sequence[StepExecution]
) -> StepNow | None:
    """The oldest step in flight; of one that ended badly, the first that did so."""
    row = _first(rows, IN_FLIGHT if not execution.status.terminal else BROKEN)
    if row is None:
        return None
    return StepNow(row, usual(await ports.store.recent_step_durations(record.number, row.name)))


def _first(rows: Sequence[StepExecution], among: tuple[StepStatus, ...]) -> StepExecution | None:
    """The first in time whose last attempt is among these; an inner step says more than the one around it."""
    last = {(row.name, row.scope): row for row in rows}
    found = [row for row in last.values() if row.status in among]
    inner = [row for row in found if row.inner]
    return min(inner or found, key=lambda row: row.ended_at or row.started_at or row.not_before or 0, default=None)


async def _changed(ports: Ports, record: JobRecord, execution: Execution) -> Changed | None:
    before = await ports.store.last_success(record.number, execution)
    if before is None:
        return None
    definition: tuple[str, ...] = ()
    if before.job_version != execution.job_version:
        then = await _definition(ports, record, before.job_version)
        now = await _definition(ports, record, execution.job_version)
        definition = tuple(each.pointer for each in differing(then or {}, now or {})) or ("",)
    then, now_given = shown(before.params), shown(execution.params)
    return Changed(
        execution=before.id,
        number=before.number,
        definition=definition,
        params=tuple(sorted(name for name in then | now_given if then.get(name) != now_given.get(name))),
        host=_host(before) != _host(execution) and None not in (before.claimed_by, execution.claimed_by),
    )


async def _definition(ports: Ports, record: JobRecord, version: int) -> dict[str, object] | None:
    if version == record.version:
        return record.definition
    return await ports.store.definition(record.number, version)


def _host(execution: Execution) -> str:
    return (execution.claimed_by or "").rpartition(":")[0]
