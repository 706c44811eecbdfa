"""Can this server take work, and does it do its work?"""

from runbell.domain.faults import Unavailable
from runbell.operations.ports import Ports


async def ready(ports: Ports) -> list[str]:
    """The reasons why starts should not be sent here now; empty when there are none."""
    reasons = []
    try:
        await ports.store.counts()
    except Unavailable as fault:
        reasons.append(fault.detail)
    stats = ports.engine.stats()
    if stats.draining:
        reasons.append("The server is shutting down.")
    if not stats.healthy:
        reasons.append("A process of a stopped execution cannot be killed; look at this machine.")
    return reasons
