"""Who is asking: the principal behind a key, a client or a user, and what it may do where. All doubts end in a refusal.

At rest there are only digests. A key or a client with a user never reaches beyond that user's roles, as they are now.
"""

import hashlib
import hmac
import secrets
from binascii import crc32
from collections.abc import Iterable
from typing import Final, Literal, NoReturn

from msgspec import Struct, field, structs

from runbell.domain import grants
from runbell.domain.faults import InsufficientScope, InvalidToken, NotFound
from runbell.domain.grants import Held
from runbell.domain.identity import DEFAULT_PROJECT, EVERYWHERE, SCOPES, Actor, Grants
from runbell.domain.principals import ApiKey, Client, Quota, User
from runbell.domain.sight import LOGS, RESULTS, Sight, sight
from runbell.operations.ports import Ports
from runbell.ports.clock import Clock
from runbell.ports.identity_table import PutKey, Use
from runbell.ports.store import Store

PREFIX: Final = "rb_key_"
MIN_PRESET: Final = 20
OVER: Final = "These credentials are not good any more; ask an administrator for new ones."
NO_RIGHTS: Final = "These credentials may do nothing at all; ask an administrator for rights."

Where = Literal["project", "server", "any"]
"""Which project a request is about: the one it acts in; none, since it is about the whole server; or any of them."""


class Principal(Struct, frozen=True):
    """Somebody whose credentials were checked: what it is called, its own project, and its rights in each project.

    `subject` is what its tokens and keys hang on: `key:ID`, `client:ID` or `user:ID`. `user`: the name of whoever it
    acts for.
    """

    client: str
    home: str
    held: Held
    subject: str
    user: str | None = None
    quota: Quota | None = None
    expires_at: int | None = None
    _standings: dict[tuple[str | None, str | None, Where], tuple[str, frozenset[str], frozenset[str] | None, bool]] = (
        field(default_factory=dict)
    )
    _sights: dict[str, tuple[frozenset[str] | None, frozenset[str] | None]] = field(default_factory=dict)

    def acting(
        self, scope: str | None, project: str | None = None, address: str = "", request: str = "",
        where: Where = "project",
    ) -> Actor:  # fmt: skip
        """The actor of one request that needs the right `scope` in `project` (None: its own), or server-wide.

        Raises NotFound for a project that is not there for it, InsufficientScope for a right that it has not.
        """
        known = self._standings.get((scope, project, where))
        if known is None:
            known = self._standings[scope, project, where] = self._standing(scope, project, where)
        place, scopes, jobs, everywhere = known
        return Actor(self.client, place, scopes, jobs, address, request, everywhere)

    def _standing(
        self, scope: str | None, project: str | None, where: Where
    ) -> tuple[str, frozenset[str], frozenset[str] | None, bool]:
        """What of an actor is the same in every request of this kind: worked out once, as the rights do not change."""
        place = EVERYWHERE if where == "server" else project or self.home
        held = grants.within(self.held, place)
        if held is None and where == "project" and project is not None:
            raise no_project(place)
        held = held or {}
        jobs = None
        if scope is not None:
            if scope not in held and not (where == "any" and any(scope in rights for rights in self.held.values())):
                lacks(scope, everywhere=where == "server")
            jobs = held.get(scope, frozenset())
        everywhere = place == EVERYWHERE or (project is None and scope in self.held.get(EVERYWHERE, ()))
        return place, frozenset(held), jobs, everywhere

    def seeing(self, project: str, address: str = "", request: str = "") -> Actor:
        """The actor of a request of which it is not known yet what it is about: it sees what any of its rights reaches.

        Raises NotFound for a project that is not there for it.
        """
        held = grants.within(self.held, project)
        if held is None:
            raise no_project(project)
        narrowed = [jobs for jobs in held.values() if jobs is not None]
        jobs = frozenset().union(*narrowed) if len(narrowed) == len(held) else None
        return Actor(self.client, project, frozenset(held), jobs, address, request)

    def need(self, scope: str, actor: Actor, job: str | None = None) -> Actor:
        """The same actor with the jobs that the right `scope` reaches. Raises InsufficientScope, for `job` too."""
        held = grants.within(self.held, actor.project) or {}
        jobs = held.get(scope)
        if scope not in held or (jobs is not None and job is not None and job not in jobs):
            lacks(scope)
        return structs.replace(actor, jobs=jobs)

    def holds(self, scope: str, project: str, job: str) -> bool:
        """True when it has the right `scope` for that job."""
        held = grants.within(self.held, project) or {}
        jobs = held.get(scope, frozenset())
        return jobs is None or job in jobs

    def sight(self, project: str, job: str) -> Sight:
        """What it is shown of executions of that job."""
        reach = self._sights.get(project)
        if reach is None:
            held = grants.within(self.held, project) or {}
            reach = self._sights[project] = (held.get(RESULTS, frozenset()), held.get(LOGS, frozenset()))
        results, logs = reach
        return sight(results=results is None or job in results, logs=logs is None or job in logs)

    def projects(self, known: Iterable[str]) -> list[str]:
        """Those of the `known` projects in which it has a right."""
        return [project for project in known if grants.within(self.held, project) is not None]

    def reaches(self, scope: str, project: str) -> bool:
        """True when it holds that right, whole, in that project."""
        held = grants.within(self.held, project)
        return held is not None and scope in held and held[scope] is None


async def identify(ports: Ports, presented: str, surface: str = "native") -> Principal:
    """The principal behind an API key, at the door `surface`.

    Raises InvalidToken for one that is unknown, mistyped, expired or meant for other doors, and when its user is gone.
    """
    key = await _find(ports.store, presented)
    now = ports.clock.now()
    if key is None or not hmac.compare_digest(key.digest, digest(presented)):
        raise InvalidToken("The API key is not known here; check it, or ask an administrator for a new one.")
    if _over(ports, key):
        raise InvalidToken("The API key has expired; ask an administrator for a new one.")
    if key.surfaces and surface not in key.surfaces:
        raise InvalidToken(f"This API key is not good here, only for {', '.join(key.surfaces)}; use another key.")
    principal = await _of_key(ports, key)
    ports.uses.note(ports.store, Use("key", key.id, now), key.last_used_at)
    return principal


async def principal_of(
    ports: Ports, subject: str, *, granted: Grants | None = None, api: bool = True, expires_at: int | None = None
) -> Principal:
    """The principal of a token, or of a link that was given out: `key:ID`, `client:ID` or `user:ID` as it stands now,
    cut down to what was `granted` (None: all).

    `api`: False for the console, where roles that may not use the API may look. Raises InvalidToken when the subject,
    or the user whom a client acts for, is not there, disabled, or has no right left.
    """
    kind, _, name = subject.partition(":")
    if kind == "client":
        principal = await _of_client(ports, await ports.store.client(name))
    elif kind == "user":
        principal = _of_user(await _user(ports, name), api=api)
    elif kind == "key" and (key := await ports.store.key(name)) is not None and not _over(ports, key):
        principal = await _of_key(ports, key)
    else:
        raise InvalidToken(OVER)
    held = principal.held if granted is None else grants.cut(principal.held, grants.read(granted))
    return _sound(
        Principal(principal.client, principal.home, held, subject, principal.user, principal.quota, expires_at)
    )


def lacks(scope: str, *, everywhere: bool = False) -> NoReturn:
    """Refuse for want of a right. Raises InsufficientScope."""
    said = f"This needs the right {scope}{' for every project' if everywhere else ''}, which these credentials do not"
    raise InsufficientScope(f"{said} have.", about={"scope": scope})


def no_project(name: str) -> NotFound:
    """The refusal for a project that is not there, or that the caller may not see: nobody can tell which."""
    return NotFound(f"There is no project {name[:100]} here for these credentials.")


async def _of_key(ports: Ports, key: ApiKey) -> Principal:
    held, user = grants.read(key.grants or {}), None
    if key.user is not None:
        owner = await _user(ports, key.user)
        roles, user = grants.of_roles(owner.roles), owner.name
        held = roles if key.grants is None else grants.cut(roles, held)
    name = key.name if key.project == DEFAULT_PROJECT else f"{key.project}/{key.name}"
    return _sound(Principal(f"key:{name}", key.project, held, f"key:{key.id}", user, key.quota, key.expires_at))


async def _of_client(ports: Ports, client: Client | None) -> Principal:
    if client is None or client.disabled_at is not None:
        raise InvalidToken(OVER)
    held, user = grants.read(client.grants), None
    if client.user is not None:
        owner = await _user(ports, client.user)
        held, user = grants.cut(grants.of_roles(owner.roles), held), owner.name
    return Principal(f"client:{client.id}", client.project, held, f"client:{client.id}", user, client.quota)


def _over(ports: Ports, key: ApiKey) -> bool:
    return key.expires_at is not None and key.expires_at <= ports.clock.now()


def _of_user(user: User, *, api: bool) -> Principal:
    held = grants.of_roles(user.roles, api=api)
    home = DEFAULT_PROJECT if not held or grants.within(held, DEFAULT_PROJECT) else min(held)
    return Principal(f"user:{user.name}", home, held, f"user:{user.id}", user.name)


async def _user(ports: Ports, user_id: str) -> User:
    user = await ports.store.user(user_id)
    if user is None or user.disabled_at is not None:
        raise InvalidToken(OVER)
    return user


def _sound(principal: Principal) -> Principal:
    """Whoever has no right at all is nobody."""
    if not principal.held:
        raise InvalidToken(NO_RIGHTS)
    return principal


async def make_key(
    store: Store, clock: Clock, name: str, *, scopes: tuple[str, ...] = SCOPES, project: str = DEFAULT_PROJECT,
    everywhere: bool = False, expires_at: int | None = None, preset: str | None = None,
) -> str:  # fmt: skip
    """A new API key, `rb_key_<id>_<secret>_<crc32>`, seen only this once. `preset` gives the text itself."""
    key_id, text = new_secret()
    text = preset or text
    granted = {EVERYWHERE if everywhere else project: scopes}
    key = ApiKey(id=key_id, name=name, project=project, digest=digest(text), grants=granted, created_at=clock.now(),
                 expires_at=expires_at)  # fmt: skip
    await store.put_key(PutKey(key=key))
    return text


def new_secret() -> tuple[str, str]:
    """The public id and the whole text of a fresh API key."""
    key_id = secrets.token_hex(8)
    body = f"{PREFIX}{key_id}_{secrets.token_hex(24)}"
    return key_id, f"{body}_{crc32(body.encode()):08x}"


async def first_key(store: Store, clock: Clock, preset: str | None) -> str | None:
    """At the start of a server: the first admin key, or None when there are keys already.

    `preset` (RUNBELL_ADMIN_KEY) is admitted as a key whenever it is given; it must be at least 20 visible characters
    without blanks, else ValueError: an empty or short secret never opens a server.
    """
    if preset is not None:
        if len(preset) < MIN_PRESET or not preset.isascii() or not preset.isprintable() or " " in preset:
            raise ValueError(f"RUNBELL_ADMIN_KEY must be at least {MIN_PRESET} visible characters without blanks.")
        if await store.key_by_digest(digest(preset)) is None:
            await make_key(store, clock, "admin", everywhere=True, preset=preset)
        return None
    return None if await store.any_key() else await make_key(store, clock, "admin", everywhere=True)


async def _find(store: Store, presented: str) -> ApiKey | None:
    if presented.startswith(PREFIX):
        body, _, check = presented.rpartition("_")
        if check != f"{crc32(body.encode()):08x}":
            return None
        return await store.key(presented.removeprefix(PREFIX).partition("_")[0])
    return await store.key_by_digest(digest(presented))


def digest(text: str) -> bytes:
    """The SHA-256 of a credential: all that is kept of it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
