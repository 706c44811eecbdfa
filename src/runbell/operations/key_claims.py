"""Keys that stand for a request: the same one again from the same caller is the execution that it made."""

from typing import Any, Final

from runbell.domain.canonical import fingerprint
from runbell.domain.faults import KeyTaken
from runbell.domain.identity import Actor
from runbell.operations.ports import Ports
from runbell.ports.key_table import KeyClaim
from runbell.ports.store import Ref, Started

_PURPOSE: Final = "idempotency"


def claim(ports: Ports, actor: Actor, request: Any) -> KeyClaim:
    """What is remembered of whoever gives a key, and of what it is given for: a keyed digest, never the values."""
    return KeyClaim(actor.client, fingerprint(ports.vault.digest_key(_PURPOSE), "KEY", request))


async def recall(ports: Ports, actor: Actor, key: str, mine: KeyClaim) -> Started | None:
    """The execution that the same request made before, whatever has become of its job since; None when the key is free.

    Raises KeyTaken when somebody else has the key, or when it was for another request. An answer of now: between it
    and the start somebody may come, so the store decides again.
    """
    execution = await ports.store.execution(actor.project, Ref(key=key))
    if execution is None:
        return None
    if await ports.store.key_claim(actor.project, key) != mine:
        raise KeyTaken(f"The key {key} belongs to another execution; choose another key.", execution=execution.id)
    return Started(execution, replayed=True)
