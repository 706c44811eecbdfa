"""After a restart: every claim of the former process is void. What it ran is swept away, then resolved on the table."""

import logging

from runbell.domain.execution import Error, Execution
from runbell.domain.fault import Fault
from runbell.domain.job import Job
from runbell.domain.status import Status, StepStatus
from runbell.engine import verdicts
from runbell.engine.workshop import Workshop
from runbell.engine.write_down import write_down
from runbell.ports.store import Advance, Lose, Ref, Stale, StopWins, Verdict

log = logging.getLogger(__name__)


async def reconcile(shop: Workshop) -> int:
    """Resolve every execution that a former process left running or stopping; answers how many there were.

    Processes go first: a terminal status is never written while something of the execution lives.
    """
    left = await shop.desk.store.live()
    if not left:
        return 0
    survivors = await shop.runner.sweep([execution.id for execution in left])
    if survivors:
        log.error("leftover_processes", extra={"survivors": survivors})
    for execution in left:
        try:
            await _resolve(shop, execution)
        except StopWins:  # asked for while we looked
            await _resolve(shop, await _again(shop, execution))
        except Stale:
            log.warning("already_resolved", extra={"execution": execution.number})
    log.info("reconciled", extra={"executions": len(left)})
    return len(left)


async def _again(shop: Workshop, execution: Execution) -> Execution:
    fresh = await shop.desk.store.execution(execution.project, Ref(number=execution.number))
    if fresh is None:
        raise Stale
    return fresh


async def _resolve(shop: Workshop, execution: Execution) -> None:
    now = shop.desk.clock.now()
    rows = await shop.desk.store.steps(execution.number)
    lost = [verdicts.lost_row(row, now) for row in rows if row.status is StepStatus.RUNNING]
    after = {row.slot: row for row in [*rows, *lost]}
    job: Job | None = None
    verdict: Verdict
    try:
        _, job = await shop.desk.catalogue.of(execution)
        verdict = verdicts.after_loss(job, execution, after.values(), now)
    except Fault as fault:  # its definition cannot be read any more
        verdict = Lose(Error(code="LOST", detail=fault.detail))
    if execution.status is Status.STOPPING and execution.stop is not None:
        verdict = verdicts.confirmed(execution.stop, [], now)
    ends = verdicts.status_after(execution, verdict).terminal
    steps = [*lost, *(verdicts.called_off(after.values()) if ends else [])]
    advance = Advance(number=execution.number, epoch=execution.epoch, at=now, steps=tuple(steps), verdict=verdict)
    if job is None:
        await shop.desk.store.advance(advance)
    else:
        await write_down(shop, job, execution, after.values(), advance)
