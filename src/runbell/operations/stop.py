"""Stop: an intent on the table, then a proof. Only whoever holds the claim ends the run."""

from typing import Literal

from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
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
    _, job = await ports.catalogue.of(execution)
    return await ports.store.ask_to_stop(
        AskToStop(
            number=execution.number,
            mode=mode,
            reason=reason,
            actor=actor.client,
            grace_ms=job.limits.grace_ms,
            at=ports.clock.now(),
        )
    )
