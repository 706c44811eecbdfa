"""Queue: what waits, job by job, and in a word why it does not start."""

from typing import Final, Literal

from msgspec import Struct

from runbell.domain.identity import Actor
from runbell.operations.ports import Ports
from runbell.ports.queue_table import WaitingJob

MOST: Final = 1_000
AHEAD: Final = 200
"""Places at the head of the queue that are told; further back a place says little."""

Why = Literal["job_paused", "concurrency_limit", "draining", "no_slot", "starting"]


class Waiting(Struct, frozen=True):
    """A job with executions in the queue: why the first of them waits, and its place among all that may start."""

    job: WaitingJob
    why: Why
    position: int | None


async def queue(ports: Ports, actor: Actor) -> list[Waiting]:
    """The jobs that have something waiting, by job number, at most MOST; only those that the caller may see."""
    jobs = [job for job in await ports.store.waiting(actor.project, 0, MOST) if actor.reaches(job.job)]
    places = {one.number: place for place, one in enumerate(await ports.store.queue(AHEAD), 1)}
    stats = ports.engine.stats()
    free: Why = "draining" if stats.draining else "no_slot" if stats.busy >= stats.slots else "starting"
    return [Waiting(job, _why(job, free), places.get(job.first)) for job in jobs]


def _why(job: WaitingJob, otherwise: Why) -> Why:
    if job.paused:
        return "job_paused"
    return "concurrency_limit" if job.room == 0 else otherwise
