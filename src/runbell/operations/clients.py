"""Clients of a project: programs that exchange an id and a secret for tokens. Secrets can overlap, to be rolled out."""

import secrets
from typing import Final
from uuid import uuid4

from msgspec import Struct, structs

from runbell.domain import grants, redirects
from runbell.domain.fault import Problem
from runbell.domain.faults import InUse, InvalidField, NotFound
from runbell.domain.identity import Actor, Grants
from runbell.domain.principals import Client, ClientSecret, Quota
from runbell.operations import hand_on, users
from runbell.operations.client_login import CLI
from runbell.operations.identify import Principal, digest
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutClient, Remove

PREFIX: Final = "rb_cs_"
GOOD_AT_A_TIME: Final = 2


class Wanted(Struct, frozen=True, kw_only=True):
    """A client as somebody wants it; `user` is the name of whoever it acts for."""

    name: str
    grants: Grants
    user: str | None
    redirect_uris: tuple[str, ...]
    quota: Quota | None
    disabled: bool


async def page(ports: Ports, actor: Actor, after: str, limit: int) -> list[Client]:
    """Up to `limit` clients of the actor's project by id, those after the id `after`."""
    return await ports.store.clients(actor.project, after, limit)


async def get(ports: Ports, actor: Actor, client_id: str) -> Client:
    """One client of the actor's project. Raises NotFound."""
    found = await ports.store.client(client_id)
    if found is None or found.project != actor.project:
        raise _no_client(client_id)
    return found


async def create(
    ports: Ports, principal: Principal, actor: Actor, client_id: str | None, wanted: Wanted, secret: str | None,
    *, public: bool = False,
) -> tuple[Client, str | None]:  # fmt: skip
    """A new client and its first secret, seen only this once; a `public` one has none."""
    now = ports.clock.now()
    hand_on.check(principal, hand_on.read(wanted.grants))
    if public and (secret is not None or wanted.user is not None):
        raise _no_secret("/user" if secret is None else "/secret")
    made, text = (None, None) if public else _new_secret(now, None, secret)
    own = str(uuid4()) if client_id is None else hand_on.named(client_id, "/id", "client")
    if own == CLI:
        said = f"{CLI} is the command line's own id; choose another."
        raise InvalidField.at("/id", "taken", said)
    client = Client(
        id=own, name=wanted.name, project=actor.project, grants=wanted.grants, created_at=now, public=public,
        secrets=() if made is None else (made,), redirect_uris=_checked(wanted.redirect_uris),
        user=await _user(ports, actor, wanted.user), quota=wanted.quota, disabled_at=now if wanted.disabled else None,
    )  # fmt: skip
    audit = actor.did(
        "clients.create", own, now, grants=wanted.grants, user=wanted.user, redirect_uris=wanted.redirect_uris
    )
    return await ports.store.put_client(PutClient(client=client, create=True, audit=audit)), text


async def put(
    ports: Ports, principal: Principal, actor: Actor, client_id: str, wanted: Wanted, if_revision: int | None
) -> Client:
    """Change a client; its secrets stay. Raises NotFound, InsufficientScope, InvalidField, RevisionMismatch."""
    standing, now = await get(ports, actor, client_id), ports.clock.now()
    hand_on.check(principal, grants.read(standing.grants), hand_on.read(wanted.grants))
    if standing.public and wanted.user is not None:
        raise _no_secret("/user")
    client = structs.replace(
        standing, name=wanted.name, grants=wanted.grants, quota=wanted.quota,
        redirect_uris=_checked(wanted.redirect_uris), user=await _user(ports, actor, wanted.user),
        disabled_at=(standing.disabled_at or now) if wanted.disabled else None,
    )  # fmt: skip
    audit = actor.did(
        "clients.put", client_id, now, grants=wanted.grants, user=wanted.user, disabled=wanted.disabled,
        redirect_uris=wanted.redirect_uris,
    )  # fmt: skip
    revision = standing.revision if if_revision is None else if_revision
    return await ports.store.put_client(PutClient(client=client, if_revision=revision, audit=audit))


async def delete(ports: Ports, actor: Actor, client_id: str, if_revision: int | None) -> None:
    """Delete a client and end its tokens. Raises NotFound, RevisionMismatch."""
    await get(ports, actor, client_id)
    audit = actor.did("clients.delete", client_id, ports.clock.now())
    if not await ports.store.remove(Remove(kind="client", name=client_id, if_revision=if_revision, audit=audit)):
        raise _no_client(client_id)


async def add_secret(
    ports: Ports, principal: Principal, actor: Actor, client_id: str, *, expires_at: int | None,
    others_expire_at: int | None, secret: str | None,
) -> tuple[ClientSecret, str]:  # fmt: skip
    """One more secret, seen only this once; the others end at `others_expire_at`, if that is given.

    Raises InUse when two are good already, InsufficientScope when the client may what the caller may not.
    """
    standing, now = await get(ports, actor, client_id), ports.clock.now()
    hand_on.check(principal, grants.read(standing.grants))
    if standing.public:
        raise _no_secret("")
    good = [one for one in standing.secrets if one.expires_at is None or one.expires_at > now]
    if len(good) >= GOOD_AT_A_TIME:
        raise InUse(f"Client {client_id} has two good secrets already; delete one, then make a new one.")
    if others_expire_at is not None:
        good = [_ended(one, others_expire_at) for one in good]
    made, text = _new_secret(now, expires_at, secret)
    audit = actor.did("clients.add_secret", client_id, now, secret=made.id)
    client = structs.replace(standing, secrets=(*good, made))
    await ports.store.put_client(PutClient(client=client, if_revision=standing.revision, audit=audit))
    return made, text


async def remove_secret(ports: Ports, actor: Actor, client_id: str, secret_id: str) -> None:
    """End a secret at once, and every token it was used for. Raises NotFound."""
    standing, now = await get(ports, actor, client_id), ports.clock.now()
    left = tuple(one for one in standing.secrets if one.id != secret_id)
    if len(left) == len(standing.secrets):
        raise NotFound(
            f"There is no secret {secret_id[:100]} of this client; look at the client to see those there are."
        )
    audit = actor.did("clients.remove_secret", client_id, now, secret=secret_id)
    client = structs.replace(standing, secrets=left)
    await ports.store.put_client(PutClient(client=client, if_revision=standing.revision, audit=audit))


def _ended(one: ClientSecret, at: int) -> ClientSecret:
    return structs.replace(one, expires_at=at if one.expires_at is None else min(at, one.expires_at))


def _new_secret(now: int, expires_at: int | None, given: str | None) -> tuple[ClientSecret, str]:
    text = given or f"{PREFIX}{secrets.token_hex(24)}"
    return ClientSecret(id=secrets.token_hex(8), digest=digest(text), created_at=now, expires_at=expires_at), text


def _checked(uris: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses to send people back to, each once. Raises InvalidField that names each one that cannot be."""
    wrong = [
        Problem(f"/redirect_uris/{place}", "invalid_redirect_uri", said)
        for place, uri in enumerate(uris)
        if (said := redirects.problem_with(uri)) is not None
    ]
    if wrong:
        raise InvalidField(wrong[0].detail, problems=tuple(wrong))
    return tuple(dict.fromkeys(uris))


def _no_secret(pointer: str) -> InvalidField:
    said = "A public client has no secret and acts for nobody by itself; it only signs people in."
    return InvalidField.at(pointer, "public_client", said)


async def _user(ports: Ports, actor: Actor, name: str | None) -> str | None:
    return None if name is None else (await users.acting_in(ports, name, actor.project)).id


def _no_client(client_id: str) -> NotFound:
    return NotFound(f"There is no client {client_id[:100]}; list the clients to see those there are.")
