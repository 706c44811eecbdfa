"""`runbell jobs`: list, show, check and retire jobs."""

from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from runbell.cli.completing import JobName
from runbell.cli.definitions import as_yaml, read_files
from runbell.cli.naming import job_named
from runbell.cli.output import cell, note, put, put_members, put_table, put_text
from runbell.cli.phrases import ago, count
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import FAULT

jobs: Final = App(name="jobs", help="List, show, compare, check, export and retire jobs.")
for name in ("export", "diff"):
    jobs.command(f"runbell.cli.job_files:{name}", name=name)
jobs.command("runbell.cli.job_urls:urls", name="urls")


@jobs.command
def ls(*, retired: Annotated[bool, Parameter(negative="", show_default=False)] = False, common: Common = HERE) -> int:
    """List the jobs of the server.

    Parameters
    ----------
    retired
        Those that were retired, too.
    """
    with common.client() as client:
        found = [job for job in client.jobs() if retired or job.retired_at is None]

    def people() -> None:
        rows = (
            (cell(job.name), str(job.version), _state(job.enabled, job.retired_at), job.source, ago(job.updated_at),
             ago(job.next_fire))
            for job in found
        )  # fmt: skip
        put_table(("NAME", "VERSION", "STATE", "FROM", "CHANGED", "FIRES"), rows, "No jobs. Try: runbell apply FILE")

    put(common.form, found, people)
    return 0


@jobs.command
def show(job: JobName, /, *, version: int | None = None, common: Common = HERE) -> int:
    """Show a job and its definition.

    Parameters
    ----------
    version
        The definition of this version.
    """
    with common.client() as client, job_named(client, job):
        one = client.job(job)
        definition = one.definition if version is None else client.version(job, version).definition

    def people() -> None:
        put_members(
            [
                ("name", cell(one.name)),
                ("version", str(version or one.version)),
                ("state", _state(one.enabled, one.retired_at)),
                ("from", one.source),
                ("changed", f"{one.updated_at} ({ago(one.updated_at)})"),
                ("fires next", f"{one.next_fire} ({ago(one.next_fire)})" if one.next_fire else ""),
            ]
        )
        print()
        put_text(as_yaml(definition))

    put(common.form, one, people)
    return 0


@jobs.command
def versions(job: JobName, /, *, common: Common = HERE) -> int:
    """List the versions of a job that are kept."""
    with common.client() as client, job_named(client, job):
        found = list(client.versions(job))
    rows = ((str(one.version), ago(one.created_at), cell(one.created_by)) for one in found)
    put(common.form, found, lambda: put_table(("VERSION", "CREATED", "BY"), rows, "No versions."))
    return 0


@jobs.command
def validate(files: list[Path], /, *, common: Common = HERE) -> int:
    """Check job files without a server: every problem with its line and its remedy.

    Parameters
    ----------
    files
        Job files, or folders of them.
    """
    found = read_files(files)

    def people() -> None:
        for problem in found.problems:
            note(problem.text)
        if not found.problems:
            print(f"{count(len(found.jobs), 'job')}, no problems.")

    put(common.form, found.problems, people)
    return FAULT if found.problems else 0


@jobs.command
def retire(job: JobName, /, *, common: Common = HERE) -> int:
    """Retire a job: no new starts; its executions stay. Applying it again revives it."""
    with common.client() as client, job_named(client, job):
        client.retire_job(job)
        one = client.job(job)
    put(common.form, one, lambda: print(f"{one.name} is retired. Its executions stay; runbell apply FILE revives it."))
    return 0


def _state(enabled: bool, retired_at: str | None) -> str:
    return "retired" if retired_at else "enabled" if enabled else "disabled"
