"""Stop: an intent on the table, then a proof. Only whoever holds the claim ends the run."""

from typing import Literal

from runbell.domain.execution import Execution
from runbell.domain.faults import InvalidDefinition, NotFound
from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.domain.job import Limits
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.store import AskToStop, Ref


async def stop(
    ports: Ports, actor: Actor, ref: Ref, mode: Literal["graceful", "kill"] = "graceful", reason: str = ""
) -> Execution:
    """Ask an execution to stop. One that has ended comes back as it is; a second request may only shorten the grace.

    Raises NotFound, Gone.
    """
    execution = await look.execution(ports, actor, ref)
    if execution.status.terminal:
        return execution
    try:
        grace_ms = (await ports.catalogue.of(execution))[1].limits.grace_ms
    except (NotFound, InvalidDefinition):  # its definition cannot be read any more; it can be stopped all the same
        grace_ms = Limits().grace_ms
    now = ports.clock.now()
    return await ports.store.ask_to_stop(
        AskToStop(
            number=execution.number,
            mode=mode,
            reason=reason,
            actor=actor.client,
            grace_ms=grace_ms,
            at=now,
            audit=actor.did("executions.stop", public(execution.id), now, mode=mode),
        )
    )
