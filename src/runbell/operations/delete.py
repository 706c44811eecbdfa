"""Delete: only what has ended, with everything that belongs to it."""

from runbell.domain.identity import Actor
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.store import Ref


async def delete(ports: Ports, actor: Actor, ref: Ref) -> None:
    """Remove a finished execution, its steps, log and files. Raises NotFound, Gone, NotFinished."""
    execution = await look.execution(ports, actor, ref)
    await ports.store.delete(execution.number, ports.clock.now())
    await ports.artifacts.delete([execution.id])
