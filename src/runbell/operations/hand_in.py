"""Hand in a file for a `file` parameter, and let go of those that nobody used."""

from collections.abc import AsyncIterator
from typing import Final

from runbell.domain import ids
from runbell.domain.execution import Execution
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidParams
from runbell.domain.files import StoredFile, plain_name, reference, referred
from runbell.domain.identity import Actor
from runbell.domain.job import DAY_MS, Job
from runbell.operations.ports import Desk, Ports
from runbell.ports.file_table import PutFile

UNUSED_MS: Final = DAY_MS
BATCH: Final = 200


async def hand_in(ports: Ports, actor: Actor, name: str, pieces: AsyncIterator[bytes], most: int) -> StoredFile:
    """Keep a file; its reference is then a value for a `file` parameter. Raises BodyTooLarge, StorageFull."""
    now = ports.clock.now()
    file_id = ids.new_id(now)
    received = await ports.artifacts.uploads.receive(file_id, pieces, most)
    file = StoredFile(
        id=file_id, project=actor.project, name=plain_name(name), size=received.size, sha256=received.sha256,
        created_at=now, created_by=actor.client,
    )  # fmt: skip
    audit = actor.did("files.put", reference(file_id), now, size=received.size)
    try:
        await ports.store.put_file(PutFile(file=file, audit=audit))
    except BaseException:
        await ports.artifacts.uploads.remove([file_id])
        raise
    return file


async def check_files(ports: Desk, job: Job, execution: Execution) -> None:
    """Every file that its parameters name is there. Raises InvalidParams with one problem for each that is not."""
    if not job.file_parameters:
        return
    problems = []
    for name in job.file_parameters:
        file_id = referred(execution.params.get(name))
        if file_id is not None and await ports.store.file(execution.project, file_id) is None:
            said = f"There is no file {reference(file_id)} here; unused files go after a day: hand it in again."
            problems.append(Problem(f"/params/{name}", "unknown_file", said))
    if problems:
        raise InvalidParams(problems[0].detail, problems=tuple(problems))


async def let_go(ports: Ports) -> int:
    """Remove the files that are older than a day and that no execution was given; how many there were."""
    gone = 0
    while True:
        files = await ports.store.forget_files(ports.clock.now() - UNUSED_MS, BATCH)
        await ports.artifacts.uploads.remove(files)
        gone += len(files)
        if len(files) < BATCH:
            return gone
