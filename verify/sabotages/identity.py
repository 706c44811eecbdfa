"""Known bugs of who may what."""

from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("project-unchecked", "runbell.stores.sqlite.read_executions")
def _(module: ModuleType) -> None:
    """An execution is found by its id alone."""
    for name in ("_EXECUTION", "_STANDING"):
        known = getattr(module, name)
        setattr(module, name, {by: sql.replace("AND project = ?", "AND ? IS NOT NULL") for by, sql in known.items()})


@sabotage("reach-unchecked", "runbell.domain.identity")
def _(module: ModuleType) -> None:
    """A right for one job opens all of them."""
    module.Actor.reaches = lambda self, job: True


@sabotage("foreign-is-forbidden", "runbell.operations.clients")
def _(module: ModuleType) -> None:
    """A client of another project is refused instead of being unknown."""
    get = module.get

    async def tell(ports: Any, actor: Any, client_id: str) -> Any:
        found = await ports.store.client(client_id)
        if found is not None and found.project != actor.project:
            raise module.NotFound("That client belongs to another project.")
        return await get(ports, actor, client_id)

    module.get = tell
