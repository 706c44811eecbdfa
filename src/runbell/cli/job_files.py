"""`runbell jobs export, diff`: definitions taken out of a server, and compared."""

import shlex
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from msgspec import Struct

from runbell.cli.apply import DIFF_COLOURS
from runbell.cli.completing import JobName
from runbell.cli.definitions import as_yaml, difference, read_files
from runbell.cli.inert import inert
from runbell.cli.naming import job_named
from runbell.cli.output import note, put, put_text
from runbell.cli.phrases import count
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import paint
from runbell.cli.trouble import FAULT, NOT_FOUND, Refusal

if TYPE_CHECKING:
    from runbell.client import Client

PYTHON: Final = "python"
SUFFIXES: Final = (".yaml", ".yml", ".json")


class Difference(Struct, frozen=True):
    """What differs between two definitions of a job, as lines of a unified diff."""

    job: str
    before: str
    after: str
    diff: list[str]


def export(
    names: Annotated[list[JobName] | None, Parameter(name="jobs", negative="")] = None,
    /,
    *,
    to: Path | None = None,
    common: Common = HERE,
) -> int:
    """Print definitions as YAML that applies back unchanged; without a name, all of them that are not retired.

    Parameters
    ----------
    names
        Names of jobs.
    to
        Write one file per job into this folder instead.
    """
    with common.client() as client:
        found = [_definition(client, name) for name in names] if names else _all(client)
    if to is not None:
        return _written(found, to)
    form = "yaml" if common.form == "table" else common.form
    if form == "yaml":
        put_text("---\n".join(map(as_yaml, found)))
    else:
        put(form, found, lambda: None)
    return 0


def diff(
    job: Annotated[JobName, Parameter(help="Its name; or a file, whose jobs are compared with those of the server.")],
    /,
    *,
    old: Annotated[int | None, Parameter(name="--from")] = None,
    new: Annotated[int | None, Parameter(name="--to")] = None,
    common: Common = HERE,
) -> int:
    """Show what changed between two versions of a job, or between the server and a job file.

    Parameters
    ----------
    old
        The version to begin with. Default: the one before the current one.
    new
        The version to end with. Default: the current one.
    """
    with common.client() as client:
        found = _of_file(client, Path(job)) if job.endswith(SUFFIXES) else [_of_versions(client, job, old, new)]
    put(common.form, found, lambda: _people(found))
    return 0


def _definition(client: "Client", name: str) -> dict[str, Any]:
    with job_named(client, name):
        job = client.job(name)
    if job.source == PYTHON:
        raise Refusal(f"{name} is a function in a Python file, which is its definition; copy that file.", code=FAULT)
    return job.definition


def _all(client: "Client") -> list[dict[str, Any]]:
    known = [job for job in client.jobs() if job.retired_at is None]
    if (left_out := sum(job.source == PYTHON for job in known)) > 0:
        note(f"left out: {count(left_out, 'job')} of Python files, which are their own definitions")
    return [_definition(client, job.name) for job in known if job.source != PYTHON]


def _written(found: list[dict[str, Any]], to: Path) -> int:
    try:
        to.mkdir(parents=True, exist_ok=True)
        for one in found:
            (to / f"{one['job']}.yaml").write_text(as_yaml(one))
    except OSError as error:
        raise Refusal(f"{to} cannot be written: {error.strerror}.", code=FAULT) from None
    note(f"wrote {len(found)} to {to}. Apply them elsewhere: runbell apply {shlex.quote(str(to))} --profile NAME")
    return 0


def _of_versions(client: "Client", job: str, old: int | None, new: int | None) -> Difference:
    with job_named(client, job):
        kept = sorted(one.version for one in client.versions(job))
        after = kept[-1] if new is None else new
        earlier = {later: before for before, later in pairwise(kept)}
        before = earlier.get(after) if old is None else old
        if before is None:
            raise Refusal(
                f"{job} has no version before {after}.", then=f"Try: runbell jobs versions {job}", code=NOT_FOUND
            )
        lines = difference(
            client.version(job, before).definition,
            client.version(job, after).definition,
            f"version {before}/{job}",
            f"version {after}/{job}",
        )
    return Difference(job, f"version {before}", f"version {after}", lines)


def _of_file(client: "Client", file: Path) -> list[Difference]:
    from runbell.cli.apply import known_job

    read = read_files([file])
    if read.problems:
        raise Refusal(read.problems[0].text, then=f"Try: runbell jobs validate {file}", code=FAULT)
    found = []
    for one in read.jobs:
        before = known_job(client, one.name)
        lines = difference(
            before.definition if before else {}, one.definition, f"server/{one.name}", f"file/{one.name}"
        )
        found.append(Difference(one.name, "server", one.file, lines))
    return found


def _people(found: list[Difference]) -> None:
    for one in found:
        if not one.diff:
            note(f"{one.job}: no difference between {one.before} and {one.after}.")
        for line in one.diff:
            print(paint(inert(line), DIFF_COLOURS.get(line[:1], "0")))
