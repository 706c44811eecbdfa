"""Label: the tags of an execution, and the pin that keeps retention away from it."""

from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.store import Ref
from runbell.ports.upkeep_table import Label


async def label(
    ports: Ports, actor: Actor, ref: Ref, *, tags: tuple[str, ...] | None, pinned: bool | None, if_revision: int | None
) -> Execution:
    """The execution with other tags, or (un)pinned; None leaves it. Raises NotFound, Gone, RevisionMismatch."""
    execution = await look.execution(ports, actor, ref)
    now = ports.clock.now()
    said = {} if tags is None else {"tags": list(tags)}
    audit = actor.did("executions.label", public(execution.id), now, **said, pinned=pinned)
    return await ports.store.label(
        Label(number=execution.number, at=now, tags=tags, pinned=pinned, if_revision=if_revision, audit=audit)
    )
