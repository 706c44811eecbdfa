"""What an execution left behind: its log and its result."""

from pathlib import Path

from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.artifacts import LogFilter, LogPage
from runbell.ports.store import Ref


async def logs(ports: Ports, actor: Actor, ref: Ref, wanted: LogFilter) -> tuple[Execution, LogPage]:
    """Lines of the log, while it runs and after. Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    return execution, await ports.artifacts.log(execution.id, wanted)


async def log_file(ports: Ports, actor: Actor, ref: Ref) -> tuple[Execution, Path | None]:
    """The stored log as a file, None when nothing was written. Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    return execution, ports.artifacts.log_file(execution.id)


async def result(ports: Ports, actor: Actor, ref: Ref) -> tuple[Execution, bytes | None]:
    """The result as JSON text, None when there is none (yet). Raises NotFound, Gone."""
    execution = await look.execution(ports, actor, ref)
    held = execution.result
    if held is None:
        return execution, None
    if held.inline is not None:
        return execution, held.inline.encode()
    return execution, await ports.artifacts.result(execution.id, held.file or "")
