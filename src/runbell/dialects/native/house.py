"""Endpoints for what goes on in the house: the queue, and the workers."""

from typing import Literal

from msgspec import Struct

from runbell.dialects.native.execution_wire import PREFIX
from runbell.dialects.native.shapes import Moment
from runbell.http.answer import Answer, json_answer
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import queue as waiting
from runbell.operations import workers as working


class WaitingShape(Struct, frozen=True, kw_only=True):
    """A job with executions in the queue; `position`: the place of `first` among all that may start, near the head."""

    job: str
    waiting: int
    waiting_is: Literal["exact", "at_least"]
    first: str
    first_number: int
    oldest_wait_ms: int | None
    position: int | None
    blocked_by: Literal["job_paused", "concurrency_limit", "draining", "no_slot"] | None


class QueuePage(Struct, frozen=True):
    """What waits, job by job."""

    items: list[WaitingShape]


class HeldShape(Struct, frozen=True, kw_only=True):
    """An execution that a worker runs."""

    execution: str
    number: int
    job: str
    started_at: Moment | None
    steps: tuple[str, ...]


class WorkerShape(Struct, frozen=True, kw_only=True):
    """Who runs things: how many steps at once, with how many processes, and what."""

    name: str
    slots: int
    busy: int
    hands: int
    draining: bool
    healthy: bool
    last_seen_at: Moment
    running: list[HeldShape]


class WorkersPage(Struct, frozen=True):
    """Every worker there is."""

    items: list[WorkerShape]


async def queue(request: Request) -> Answer:
    """What waits, and why."""
    now = request.ports.clock.now()
    return json_answer(
        QueuePage(
            [
                WaitingShape(
                    job=one.job.job,
                    waiting=one.job.waiting,
                    waiting_is="at_least" if one.job.more else "exact",
                    first=PREFIX + one.job.first_id,
                    first_number=one.job.first,
                    oldest_wait_ms=None if one.job.oldest_at is None else max(now - one.job.oldest_at, 0),
                    position=one.position,
                    blocked_by=None if one.why == "starting" else one.why,
                )
                for one in await waiting.queue(request.ports, request.actor)
            ]
        )
    )


async def workers(request: Request) -> Answer:
    """Who runs what."""
    return json_answer(
        WorkersPage(
            [
                WorkerShape(
                    name=worker.name, slots=worker.slots, busy=worker.busy, hands=worker.hands,
                    draining=worker.draining, healthy=worker.healthy, last_seen_at=rfc3339(worker.last_seen),
                    running=[
                        HeldShape(
                            execution=PREFIX + held.id, number=held.number, job=held.job,
                            started_at=None if held.started_at is None else rfc3339(held.started_at),
                            steps=held.steps,
                        )
                        for held in worker.running
                    ],
                )
                for worker in await working.workers(request.ports, request.actor)
            ]
        )
    )  # fmt: skip
