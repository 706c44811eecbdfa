"""`runbell schedule`: when jobs start by themselves: show, set, clear, foretell, pause and resume."""

from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from runbell.cli.completing import JobName
from runbell.cli.given import read_given, settle
from runbell.cli.naming import job_named
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import USAGE, Refusal

if TYPE_CHECKING:
    from runbell.client.schedules import FireTimes, Schedule

Cron = Annotated[
    str | None, Parameter(help='Five fields by the rules of Debian\'s cron ("30 2 * * *"), or @hourly ... @yearly.')
]
Every = Annotated[str | None, Parameter(help="An interval, like 15m.")]
From = Annotated[
    str | None,
    Parameter(
        name="--from",
        help="What the interval is counted from (RFC 3339); it fires itself. Default: when it is set, which does not.",
    ),
]
At = Annotated[str | None, Parameter(help="Once, at that moment (RFC 3339).")]
Timezone = Annotated[str | None, Parameter(help="Whose clock a cron line goes by, like Europe/Berlin. Default: UTC.")]

schedule: Final = App(name="schedule", help="When jobs start by themselves: show, set, clear, foretell, pause, resume.")


@schedule.command
def ls(*, common: Common = HERE) -> int:
    """List the jobs that fire, the next one first."""
    with common.client() as client:
        found = sorted((job for job in client.jobs() if job.next_fire), key=lambda job: job.next_fire or "")
    rows = ((cell(job.name), str(job.next_fire), ago(job.next_fire)) for job in found)
    nothing = "No job fires. Try: runbell schedule set JOB --cron '0 2 * * *'"
    put(common.form, found, lambda: put_table(("JOB", "NEXT", ""), rows, nothing))
    return 0


@schedule.command
def show(job: JobName, /, *, common: Common = HERE) -> int:
    """Show the schedule of a job."""
    with common.client() as client, job_named(client, job):
        found = client.schedule(job)
    put(common.form, found, lambda: _people(found))
    return 0


@schedule.command(name="set")
def set_(
    job: JobName,
    /,
    *,
    cron: Cron = None,
    every: Every = None,
    from_: From = None,
    at: At = None,
    timezone: Timezone = None,
    missed: str | None = None,
    param: Annotated[list[str] | None, Parameter(name=("--param", "-p"), negative="")] = None,
    common: Common = HERE,
) -> int:
    """Set the schedule of a job. From then on it runs on that alone, unless its definition says `starts: both`.

    Parameters
    ----------
    missed
        What becomes of fire times while the server was away: skip, run_once (default), run_all.
    param
        A parameter of each start: name=text, name:=JSON.
    """
    wanted = _wanted(cron, every, from_, at, timezone, missed)
    if not {"cron", "every", "at"} & wanted.keys():
        raise Refusal("When? Name one of --cron, --every and --at.", then="Try: --cron '0 2 * * *'", code=USAGE)
    given = read_given(param, None)
    with common.client() as client, job_named(client, job):
        values = settle(given, client.job(job).definition) if given.texts else given.values
        made = client.put_schedule(job, wanted | ({"parameters": values} if values else {}))
    put(common.form, made, lambda: _people(made))
    return 0


@schedule.command
def clear(job: JobName, /, *, keep: Annotated[bool, Parameter(negative="")] = False, common: Common = HERE) -> int:
    """End the schedule of a job. From then on it is started over the API.

    Parameters
    ----------
    keep
        Leave the schedule in the definition, switched off (`starts: api`).
    """
    with common.client() as client, job_named(client, job):
        cleared = client.clear_schedule(job, keep=keep)
    put(common.form, cleared, lambda: print(f"{job} fires no more. Start it: runbell run {job}"))
    return 0


@schedule.command(name="next")
def next_(
    job: JobName,
    /,
    *,
    number: Annotated[int, Parameter(name=("--number", "-n"))] = 10,
    after: str | None = None,
    cron: Cron = None,
    every: Every = None,
    from_: From = None,
    at: At = None,
    timezone: Timezone = None,
    common: Common = HERE,
) -> int:
    """Say when a job fires next; with --cron, --every or --at, when it would with that, and nothing is saved.

    Parameters
    ----------
    number
        How many times.
    after
        Those after that moment (RFC 3339). Default: now.
    """
    wanted = _wanted(cron, every, from_, at, timezone, None)
    with common.client() as client, job_named(client, job):
        if wanted:  # what the job's own schedule hands over stands in for it
            own = client.job(job).definition.get("schedule") or {}
            wanted |= {"parameters": own["parameters"]} if "parameters" in own else {}
        found = client.next_fires(job, wanted or None, count=number, since=after)
    put(common.form, found, lambda: _foretold(found))
    return 0


@schedule.command
def pause(job: JobName, /, *, common: Common = HERE) -> int:
    """Hold the schedule of a job: it fires no more until it is resumed. What was started goes on."""
    with common.client() as client, job_named(client, job):
        held = client.pause_schedule(job)
    put(
        common.form,
        held,
        lambda: print(f"The schedule of {job} is paused. Let it go on: runbell schedule resume {job}"),
    )
    return 0


@schedule.command
def resume(job: JobName, /, *, common: Common = HERE) -> int:
    """Let the schedule of a job go on. What fell into the pause is not made up for."""
    with common.client() as client, job_named(client, job):
        going = client.resume_schedule(job)
    put(common.form, going, lambda: _people(going))
    return 0


def _wanted(
    cron: str | None, every: str | None, from_: str | None, at: str | None, timezone: str | None, missed: str | None
) -> dict[str, Any]:
    said = {"cron": cron, "every": every, "from": from_, "at": at, "timezone": timezone, "missed": missed}
    return {name: value for name, value in said.items() if value is not None}


def _people(it: "Schedule") -> None:
    written = it.schedule
    kind = next((name for name in ("cron", "every", "at") if name in written), "")
    zone = f" ({written.get('timezone', 'UTC')})" if kind == "cron" else f" from {it.anchor}" if kind == "every" else ""
    state = "paused" if it.paused else "on" if it.on else "off: the job is disabled, or started over the API only"
    given = ", ".join(f"{name}={value}" for name, value in (written.get("parameters") or {}).items())
    put_members(
        [
            ("job", cell(it.job)),
            (kind or "schedule", cell(f"{written.get(kind, '')}{zone}")),
            ("missed", cell(written.get("missed", "run_once"))),
            ("parameters", cell(given) if given else ""),
            ("state", state),
            ("next", f"{it.next_fire} ({ago(it.next_fire)})" if it.next_fire else ""),
            ("last", f"{it.last_fire} ({ago(it.last_fire)})" if it.last_fire else ""),
        ]
    )  # fmt: skip


def _foretold(found: "FireTimes") -> None:
    rows = ((one.at, cell(one.local), ago(one.at)) for one in found.items)
    put_table(("UTC", cell(found.timezone), ""), rows, "It fires no more.")
