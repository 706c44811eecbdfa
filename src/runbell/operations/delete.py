"""Delete: only what has ended, with everything that belongs to it."""

from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.store import Delete, Ref


async def delete(ports: Ports, actor: Actor, ref: Ref) -> None:
    """Remove a finished execution, its steps, log and files. Raises NotFound, Gone, NotFinished."""
    execution = await look.execution(ports, actor, ref)
    now = ports.clock.now()
    audit = actor.did("executions.delete", public(execution.id), now)
    await ports.store.delete(Delete(number=execution.number, at=now, audit=audit))
    await ports.artifacts.delete([execution.id])
