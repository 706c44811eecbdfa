"""Keep the secrets of a project: set, look at (never at the value), delete. Jobs name them in `secrets`."""

import re
from typing import Final

from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.operations.ports import Ports
from runbell.operations.seal import SECRET
from runbell.ports.secret_table import PutSecret, RemoveSecret, SecretPut, SecretRecord

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MOST_BYTES: Final = 64 << 10


async def put(ports: Ports, actor: Actor, name: str, value: str, *, if_revision: int | None = None) -> SecretPut:
    """Set a secret. Raises InvalidField, RevisionMismatch."""
    _check_name(name)
    raw = value.encode("utf-8", "surrogatepass")
    if not raw or len(raw) > MOST_BYTES or "\0" in value:
        raise InvalidField.at("/value", "invalid", f"A secret is a text of 1 to {MOST_BYTES} bytes without NUL.")
    now = ports.clock.now()
    return await ports.store.put_secret(
        PutSecret(
            project=actor.project,
            name=name,
            sealed=ports.vault.seal(SECRET, (actor.project, name), raw),
            at=now,
            actor=actor.client,
            if_revision=if_revision,
            audit=actor.did("secrets.put", name, now),
        )
    )


async def remove(ports: Ports, actor: Actor, name: str, *, if_revision: int | None = None) -> None:
    """Delete a secret; the next step that needs it fails. Raises NotFound, RevisionMismatch."""
    _there(name)
    audit = actor.did("secrets.delete", name, ports.clock.now())
    await ports.store.remove_secret(
        RemoveSecret(project=actor.project, name=name, if_revision=if_revision, audit=audit)
    )


async def one(ports: Ports, actor: Actor, name: str) -> SecretRecord:
    """A secret without its value. Raises NotFound."""
    _there(name)
    found = await ports.store.project_secret(actor.project, name)
    if found is None:
        raise _absent(name)
    return found


async def page(ports: Ports, actor: Actor, after: str, limit: int) -> list[SecretRecord]:
    """The secrets of the actor's project by name, from after that name on."""
    return await ports.store.project_secrets(actor.project, after, limit)


def _there(name: str) -> None:
    if not NAME.fullmatch(name):
        raise _absent(name)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise InvalidField.at(
            "", "pattern", "A secret's name has 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit."
        )


def _absent(name: str) -> NotFound:
    return NotFound(f"There is no secret {name[:100]}; list the secrets to see those there are.")
