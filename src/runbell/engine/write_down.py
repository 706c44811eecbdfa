"""A worker's write to the table, with what a verdict means for the follow-ups. A full disk is waited out."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from msgspec import structs

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import StorageFull, Unavailable
from runbell.domain.fill_in import Filling
from runbell.domain.job import Job
from runbell.engine.order import filling
from runbell.engine.verdicts import status_after
from runbell.engine.workshop import Workshop
from runbell.operations.follow_ups import settle_follow_ups
from runbell.operations.ports import Desk
from runbell.operations.seal import opened
from runbell.ports.artifacts import LogFilter
from runbell.ports.store import Advance, FollowUpPlan, Lose, Requeue, Verdict

FULL_PAUSE_S: Final = 1.0
LAST_LINES: Final = 20
log = logging.getLogger(__name__)


async def write_down(
    shop: Workshop, job: Job, execution: Execution, rows: Iterable[StepExecution], advance: Advance
) -> Execution:
    """Save what a worker has to say. Raises Stale, StopWins, Unavailable; waits while the disk is full."""
    desk = shop.desk
    if isinstance(advance.verdict, Lose):
        advance = structs.replace(advance, verdict=await _with_last_words(shop, execution, advance.verdict))
    if advance.verdict is not None and job.then:
        advance = structs.replace(advance, follow_ups=await _follow_ups(desk, job, execution, rows, advance.verdict))
    while True:
        try:
            return await desk.store.advance(advance)
        except StorageFull:
            log.warning("disk_full", extra={"execution": execution.number, "waiting_s": FULL_PAUSE_S})
            await asyncio.sleep(FULL_PAUSE_S)


async def _with_last_words(shop: Workshop, execution: Execution, verdict: Lose) -> Lose:
    """No hand is left to say what the step wrote last: the log still knows."""
    try:
        page = await shop.artifacts.log(execution.id, LogFilter(tail=LAST_LINES, step=verdict.error.step))
    except OSError:
        log.exception("log_unreadable", extra={"execution": execution.number})
        return verdict
    return Lose(structs.replace(verdict.error, log_tail=tuple(line.text for line in page.lines)))


async def _follow_ups(
    desk: Desk, job: Job, execution: Execution, rows: Iterable[StepExecution], verdict: Verdict
) -> FollowUpPlan | None:
    status = status_after(execution, verdict)
    if isinstance(verdict, Requeue) and not status.terminal:
        return None
    try:
        return await settle_follow_ups(desk, job, execution, status, _values(desk, job, execution, rows))
    except Unavailable:
        raise
    except Exception:  # a follow-up that cannot be made must not keep its predecessor from ending
        log.exception("follow_ups_defect", extra={"execution": execution.number})
        return None


def _values(desk: Desk, job: Job, execution: Execution, rows: Iterable[StepExecution]) -> Filling:
    return filling(execution, rows, params=opened(desk.vault, job, execution))
