"""`runbell pause` and `runbell resume`: hold the executions of a job back, and let them go again."""

from runbell.cli.completing import JobName
from runbell.cli.naming import job_named
from runbell.cli.output import put
from runbell.cli.reaching import HERE, Common


def pause(job: JobName, /, *, common: Common = HERE) -> int:
    """Hold the executions of a job back: what is queued waits, what runs goes on."""
    with common.client() as client, job_named(client, job):
        paused = client.pause_job(job)
    put(common.form, paused, lambda: print(f"{job} is paused. Let it go on: runbell resume {job}"))
    return 0


def resume(job: JobName, /, *, common: Common = HERE) -> int:
    """Let the executions of a paused job go again."""
    with common.client() as client, job_named(client, job):
        resumed = client.resume_job(job)
    put(common.form, resumed, lambda: print(f"{job} goes on."))
    return 0
