"""Look at what the steps of an execution left: row sets, exception records and files, by the names they go by."""

from typing import Final, TypeVar

from runbell.domain.data import OutputFile, RowSet
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound
from runbell.domain.identity import Actor
from runbell.domain.yielded import AllLeft, LeftFile, LeftRows, all_left
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.store import Ref

RESULT_SETS: Final = "result set"
EXCEPTION_SETS: Final = "set of exception records"
FILES: Final = "file"
Left = LeftRows | LeftFile
Thing = TypeVar("Thing", LeftRows, LeftFile)


async def data(ports: Ports, actor: Actor, ref: Ref) -> tuple[Execution, AllLeft]:
    """All that an execution left so far; what is on record stays so when retention took the data itself.

    Raises NotFound, Gone.
    """
    execution = await look.execution(ports, actor, ref)
    return execution, await data_of(ports, execution)


async def data_of(ports: Ports, execution: Execution) -> AllLeft:
    """The same of an execution that was looked at already."""
    return all_left(await look.steps(ports, execution))


async def result_set(ports: Ports, actor: Actor, ref: Ref, name: str) -> tuple[Execution, LeftRows]:
    """One result set. Raises NotFound, Gone."""
    execution, left = await data(ports, actor, ref)
    return execution, chosen(left.results, name, RESULT_SETS, execution)


async def exception_set(ports: Ports, actor: Actor, ref: Ref, name: str) -> tuple[Execution, LeftRows]:
    """One set of exception records. Raises NotFound, Gone."""
    execution, left = await data(ports, actor, ref)
    return execution, chosen(left.exceptions, name, EXCEPTION_SETS, execution)


async def file(ports: Ports, actor: Actor, ref: Ref, name: str) -> tuple[Execution, LeftFile]:
    """One file. Raises NotFound, Gone."""
    execution, left = await data(ports, actor, ref)
    return execution, chosen(left.files, name, FILES, execution)


def chosen(left: tuple[Thing, ...], name: str, kind: str, execution: Execution) -> Thing:
    """The one of that name. Raises NotFound, with a sentence that names those there are."""
    for one in left:
        if one.name == name:
            return one
    names = [one.name for one in left]
    if not names:
        raise NotFound(f"Execution {execution.number} has no {kind}{'' if execution.status.terminal else ' yet'}.")
    raise NotFound(f"Execution {execution.number} has no {kind} {name[:100]}{did_you_mean(name, names) or '.'}")


def artifact_of(left: AllLeft, artifact: str) -> Left | None:
    """What lies under this name of the house in the execution's data."""
    for one in (*left.results, *left.exceptions):
        if one.rows.file == artifact:
            return one
    return next((one for one in left.files if one.file.file == artifact), None)


def stored(left: Left) -> RowSet | OutputFile:
    """The thing itself."""
    return left.rows if isinstance(left, LeftRows) else left.file
