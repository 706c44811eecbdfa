"""Users: people and service accounts, with a role per project. They belong to the server, not to a project."""

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from runbell.domain import grants
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.principals import User
from runbell.operations import hand_on
from runbell.operations.identify import Principal
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutUser, Remove
from runbell.ports.revisions import ABSENT, PRESENT

SHORTEST_PASSWORD: Final = 12


class Wanted(Struct, frozen=True, kw_only=True):
    """A user as somebody wants it. A password that is not given stays; None takes it away."""

    kind: Literal["person", "service"]
    title: str
    roles: dict[str, str]
    disabled: bool
    password: str | UnsetType | None = UNSET


async def page(ports: Ports, after: str, limit: int) -> list[User]:
    """Up to `limit` users by name, those after the name `after`."""
    return await ports.store.users(after, limit)


async def get(ports: Ports, name: str) -> User:
    """One user. Raises NotFound."""
    found = await ports.store.user_by_name(name)
    if found is None:
        raise _no_user(name)
    return found


async def put(
    ports: Ports, principal: Principal, actor: Actor, name: str, wanted: Wanted, if_revision: int | None
) -> User:
    """Make or change a user; the revision 1 is a new one. Raises InsufficientScope, InvalidField, RevisionMismatch."""
    now = ports.clock.now()
    standing = await ports.store.user_by_name(name)
    if standing is None:
        if if_revision not in (None, ABSENT, PRESENT):
            raise _no_user(name)
        standing_or_new = User(id=_id(), name=hand_on.named(name, "/name", "user"), created_at=now)
    else:
        standing_or_new = standing
    hand_on.check(principal, _allowed(standing_or_new.roles), _allowed(wanted.roles))
    disabled_at = (standing_or_new.disabled_at or now) if wanted.disabled else None
    user = structs.replace(
        standing_or_new, kind=wanted.kind, title=wanted.title, roles=wanted.roles, disabled_at=disabled_at,
        password=await _password(ports, wanted, standing_or_new),
    )  # fmt: skip
    detail = {"roles": user.roles, "disabled": wanted.disabled, "password_set": isinstance(wanted.password, str)}
    audit = actor.did("users.put", user.name, now, **detail)
    return await ports.store.put_user(PutUser(user=user, create=standing is None, if_revision=if_revision, audit=audit))


async def delete(ports: Ports, actor: Actor, name: str, if_revision: int | None) -> None:
    """Delete a user with all that hangs on it: sign-ins, keys, clients. Raises NotFound, RevisionMismatch."""
    user = await get(ports, name)
    audit = actor.did("users.delete", user.name, ports.clock.now())
    if not await ports.store.remove(Remove(kind="user", name=user.id, if_revision=if_revision, audit=audit)):
        raise _no_user(name)


async def acting_in(ports: Ports, name: str, project: str) -> User:
    """The user for whom a client or a key of that project may act. Raises InvalidField.

    Whoever has no role there that may use the API is as unknown as somebody who does not exist.
    """
    user = await ports.store.user_by_name(name)
    if user is None or user.disabled_at is not None or not grants.within(grants.of_roles(user.roles), project):
        said = f"There is no user {name[:100]} with a role in project {project} that may use the API."
        raise InvalidField.at("/user", "unknown_user", said)
    return user


async def _password(ports: Ports, wanted: Wanted, standing: User) -> str | None:
    """A service account's password is good only at the doors of vendors whose clients log it in so."""
    if wanted.password is UNSET:
        return standing.password if wanted.kind == standing.kind else None
    if wanted.password is None:
        return None
    if len(wanted.password) < SHORTEST_PASSWORD:
        said = f"A password has at least {SHORTEST_PASSWORD} characters; a few words in a row are easy to remember."
        raise InvalidField.at("/password", "too_short", said)
    return await ports.passwords.hash(wanted.password)


def _allowed(roles: dict[str, str]) -> grants.Held:
    return grants.of_roles(roles, api=False)


def _no_user(name: str) -> NotFound:
    return NotFound(f"There is no user {name[:100]}; list the users to see those there are.")


def _id() -> str:
    from uuid import uuid4

    return str(uuid4())
