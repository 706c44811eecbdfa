"""`runbell queue` and `runbell workers`: what waits and why, who works and on what."""

from typing import Final

from runbell.cli.output import cell, put, put_table
from runbell.cli.phrases import between, duration
from runbell.cli.reaching import HERE, Common

WHY: Final = {
    "job_paused": "the job is paused",
    "concurrency_limit": "as many run as the job allows",
    "no_slot": "every slot is taken",
    "draining": "the server is going down",
    None: "it is about to start",
}


def queue(*, common: Common = HERE) -> int:
    """What waits, job by job, and why it does not start."""
    with common.client() as client:
        found = client.queue()

    def people() -> None:
        rows = (
            (
                cell(one.job), f"{one.waiting}{'+' if one.waiting_is != 'exact' else ''}",
                duration(one.oldest_wait_ms), str(one.first_number),
                "-" if one.position is None else str(one.position), WHY.get(one.blocked_by, cell(one.blocked_by)),
            )
            for one in found
        )  # fmt: skip
        put_table(("JOB", "WAITING", "OLDEST", "FIRST", "PLACE", "WHY"), rows, "Nothing waits.")

    put(common.form, found, people)
    return 0


def workers(*, common: Common = HERE) -> int:
    """Who runs things, and what."""
    with common.client() as client:
        found = client.workers()

    def people() -> None:
        rows = (
            (cell(one.name), f"{one.busy}/{one.slots}", str(one.hands), _state(one.draining, one.healthy))
            for one in found
        )
        put_table(("WORKER", "BUSY", "HANDS", "STATE"), rows, "No workers.")
        held = [(worker, one) for worker in found for one in worker.running]
        if held:
            print()
            put_table(
                ("NUMBER", "JOB", "STEP", "FOR"),
                (
                    (
                        str(one.number),
                        cell(one.job),
                        cell(", ".join(one.steps)),
                        between(one.started_at, w.last_seen_at),
                    )
                    for w, one in held
                ),
                "",
            )

    put(common.form, found, people)
    return 0


def _state(draining: bool, healthy: bool) -> str:
    return "a process cannot be killed" if not healthy else "going down" if draining else "well"
