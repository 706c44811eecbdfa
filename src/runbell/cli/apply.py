"""`runbell apply`: define the jobs of files on the server. Typing it twice changes nothing."""

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from msgspec import Struct

from runbell.cli.definitions import FileJob, difference, read_files
from runbell.cli.inert import inert
from runbell.cli.output import note, put
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import paint
from runbell.cli.trouble import FAULT

if TYPE_CHECKING:
    from runbell.client import Client, Job

DIFF_COLOURS = {"+": "32", "-": "31", "@": "36"}


class Applied(Struct, frozen=True):
    """What came, or would come, of one job: created, changed or unchanged."""

    job: str
    file: str
    outcome: str
    version: int | None
    diff: list[str]


def apply(
    files: list[Path],
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    common: Common = HERE,
) -> int:
    """Define the jobs of YAML or JSON files on the server. The same content again changes nothing.

    Nothing is applied when one of the files has a problem.

    Parameters
    ----------
    files
        Job files, or folders of them.
    dry_run
        Only show what would change.
    """
    read = read_files(files)
    for problem in read.problems:
        note(problem.text)
    if read.problems:
        note("Nothing was applied. Correct this first; runbell jobs validate FILE checks without a server.")
        return FAULT
    with common.client() as client:
        done = [_would(client, job) if dry_run else _apply(client, job) for job in read.jobs]
    put(common.form, done, lambda: _people(done, dry_run=dry_run))
    return 0


def _would(client: "Client", job: FileJob) -> Applied:
    before = known_job(client, job.name)
    definition: dict[str, Any] = before.definition if before else {}
    lines = difference(definition, job.definition, f"server/{job.name}", f"file/{job.name}")
    outcome = "created" if before is None else "changed" if lines or before.retired_at else "unchanged"
    return Applied(job.name, job.file, outcome, before.version if before else None, lines)


def _apply(client: "Client", job: FileJob) -> Applied:
    before = known_job(client, job.name)
    after = client.put_job(job.definition)
    for warning in after.warnings:
        note(f"{job.name}: {warning}")
    same = before is not None and before.version == after.version and before.retired_at == after.retired_at
    outcome = "created" if before is None else "unchanged" if same else "changed"
    return Applied(job.name, job.file, outcome, after.version, [])


def known_job(client: "Client", name: str) -> "Job | None":
    """The job of that name; None when there is none."""
    from runbell.client import ProblemError

    try:
        return client.job(name)
    except ProblemError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def _people(done: list[Applied], *, dry_run: bool) -> None:
    for one in done:
        outcome = f"would be {one.outcome}" if dry_run and one.outcome != "unchanged" else one.outcome
        version = f" (version {one.version})" if one.version is not None and not dry_run else ""
        print(f"{one.job}: {outcome}{version}")
        for line in one.diff:
            print("  " + paint(inert(line), DIFF_COLOURS.get(line[:1], "0")))
