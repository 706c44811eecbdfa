"""Workers: who runs things, and what."""

from msgspec import structs

from runbell.domain.identity import Actor
from runbell.operations.ports import Ports
from runbell.ports.engine import Worker


async def workers(ports: Ports, actor: Actor) -> list[Worker]:
    """Every worker; of what it runs only what the caller may see."""
    return [
        structs.replace(
            worker,
            running=tuple(held for held in worker.running if held.project == actor.project and actor.reaches(held.job)),
        )
        for worker in ports.engine.workers()
    ]
