"""API keys of a project: make, look, change, delete. The key itself is seen once, when it is made."""

from msgspec import Struct, structs

from runbell.domain import grants
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.grants import Held
from runbell.domain.identity import Actor, Grants
from runbell.domain.pointer import pointer
from runbell.domain.principals import ApiKey, Quota
from runbell.operations import hand_on, users
from runbell.operations.delegated import NATIVE
from runbell.operations.identify import Principal, digest, new_secret
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutKey, Remove


class Wanted(Struct, frozen=True, kw_only=True):
    """A key as somebody wants it. `grants` None: whatever the roles of its user allow."""

    name: str
    grants: Grants | None
    user: str | None
    surfaces: tuple[str, ...]
    quota: Quota | None
    expires_at: int | None


async def page(ports: Ports, actor: Actor, after: str, limit: int) -> list[ApiKey]:
    """Up to `limit` keys of the actor's project by id, those after the id `after`."""
    return await ports.store.keys(actor.project, after, limit)


async def get(ports: Ports, actor: Actor, key_id: str) -> ApiKey:
    """One key of the actor's project. Raises NotFound."""
    found = await ports.store.key(key_id)
    if found is None or found.project != actor.project:
        raise _no_key(key_id)
    return found


async def create(ports: Ports, principal: Principal, actor: Actor, wanted: Wanted) -> tuple[ApiKey, str]:
    """A new key and its text, seen only this once. Raises InsufficientScope, InvalidField."""
    now, (key_id, text) = ports.clock.now(), new_secret()
    _check_surfaces(ports, wanted)
    user_id, held = await _opened(ports, actor, wanted)
    hand_on.check(principal, held)
    key = ApiKey(
        id=key_id, name=hand_on.named(wanted.name, "/name", "key"), project=actor.project, digest=digest(text),
        grants=wanted.grants, user=user_id, surfaces=wanted.surfaces, quota=wanted.quota, created_at=now,
        expires_at=wanted.expires_at,
    )  # fmt: skip
    audit = actor.did("keys.create", key_id, now, name=key.name, grants=wanted.grants, user=wanted.user)
    return await ports.store.put_key(PutKey(key=key, create=True, audit=audit)), text


async def change(
    ports: Ports, principal: Principal, actor: Actor, key_id: str, wanted: Wanted, if_revision: int | None
) -> ApiKey:
    """Change what a key is called, opens, and how long; whose it is stays. Raises as `create`, and RevisionMismatch."""
    standing, now = await get(ports, actor, key_id), ports.clock.now()
    _check_surfaces(ports, wanted)
    before = await _reached(ports, standing)
    user_id, held = await _opened(ports, actor, wanted)
    hand_on.check(principal, before, held)
    if user_id != standing.user:
        raise InvalidField.at("/user", "fixed", "A key stays its user's; make another key.")
    key = structs.replace(
        standing, name=hand_on.named(wanted.name, "/name", "key"), grants=wanted.grants, surfaces=wanted.surfaces,
        quota=wanted.quota, expires_at=wanted.expires_at,
    )  # fmt: skip
    audit = actor.did("keys.change", key_id, now, name=key.name, grants=wanted.grants)
    revision = standing.revision if if_revision is None else if_revision
    return await ports.store.put_key(PutKey(key=key, if_revision=revision, audit=audit))


async def delete(ports: Ports, actor: Actor, key_id: str, if_revision: int | None) -> None:
    """Delete a key: it opens nothing any more. Raises NotFound, RevisionMismatch."""
    key = await get(ports, actor, key_id)
    audit = actor.did("keys.delete", key_id, ports.clock.now(), name=key.name)
    if not await ports.store.remove(Remove(kind="key", name=key_id, if_revision=if_revision, audit=audit)):
        raise _no_key(key_id)


def _check_surfaces(ports: Ports, wanted: Wanted) -> None:
    """Every door that the key is to be good at is one that there is. Raises InvalidField."""
    for place, surface in enumerate(wanted.surfaces):
        hand_on.among(surface, (NATIVE, *ports.vocabulary), pointer("surfaces", place), "door")


async def _opened(ports: Ports, actor: Actor, wanted: Wanted) -> tuple[str | None, Held]:
    """The user of the wanted key, and all that it would open."""
    if wanted.user is None:
        granted = hand_on.read(wanted.grants or {})
        if not granted:
            said = "Say what the key may do: `scopes`, or `grants` per project, or a `user` whose roles it has."
            raise InvalidField.at("/scopes", "required", said)
        return None, granted
    user = await users.acting_in(ports, wanted.user, actor.project)
    return user.id, grants.of_roles(user.roles) if wanted.grants is None else hand_on.read(wanted.grants)


async def _reached(ports: Ports, key: ApiKey) -> Held:
    if key.grants is not None:
        return grants.read(key.grants)
    user = await ports.store.user(key.user or "")
    return grants.NOTHING if user is None else grants.of_roles(user.roles)


def _no_key(key_id: str) -> NotFound:
    return NotFound(f"There is no key {key_id[:100]}; list the keys to see those there are.")
