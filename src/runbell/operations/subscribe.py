"""Subscribe: make webhooks, look at them, change them, give them new secrets, delete them."""

import re
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType, structs

from runbell.domain import signing_secret
from runbell.domain.endpoint import BY_HAND, ENDS, OWN_FORMAT, Endpoint
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.ids import LENGTH, is_id, new_id
from runbell.operations.call_back import ENDPOINT, check_events, check_secret, check_url
from runbell.operations.ports import Ports
from runbell.ports.webhook_table import Keys, PutEndpoint, RemoveEndpoint

PREFIX: Final = "wh_"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Wanted(Struct, frozen=True, kw_only=True):
    """A webhook as somebody wants it."""

    name: str
    url: str
    job: str | None = None
    only_named: bool = False
    events: tuple[str, ...] | UnsetType = UNSET
    format: str = OWN_FORMAT
    cloud_events: bool = False
    description: str = ""
    enabled: bool = True


class Secret(Struct, frozen=True):
    """The secret of a webhook, shown once; of ed25519 only the half that verifies. `old_until`: how long the one before
    signs beside it."""

    secret: str | None
    public_key: str | None
    old_until: int | None = None


async def create(
    ports: Ports, actor: Actor, wanted: Wanted, signature: Literal["v1", "v1a"], secret: str | None
) -> tuple[Endpoint, Secret]:
    """A new webhook. Raises InvalidField, NotFound for a job out of reach."""
    _check(ports, actor, wanted)
    now = ports.clock.now()
    id_ = new_id(now)
    text = _secret(signature, secret)
    public = _public(ports, text)
    endpoint = structs.replace(
        _endpoint(actor, wanted, id_, now), signature=signature, public_key=public,
        **({} if wanted.enabled else {"disabled_at": now, "disabled_why": BY_HAND}),
    )  # fmt: skip
    put = PutEndpoint(
        endpoint=endpoint, keys=Keys(ports.vault.seal(ENDPOINT, (actor.project, id_), text.encode())),
        most=ports.telling.most,
        audit=actor.did(
            "webhooks.create", PREFIX + id_, now, name=wanted.name, host=_host(wanted.url), events=endpoint.events
        ),
    )  # fmt: skip
    return await ports.store.put_endpoint(put), Secret(None if public else text, public)


async def change(ports: Ports, actor: Actor, standing: Endpoint, wanted: Wanted) -> Endpoint:
    """Change a webhook at the revision that it was read at. Enabled again, it has never failed.

    Raises InvalidField, NotFound, RevisionMismatch.
    """
    _check(ports, actor, wanted)
    now = ports.clock.now()
    stays = wanted.enabled == (standing.disabled_at is None)
    changed = structs.replace(
        _endpoint(actor, wanted, standing.id, now), number=standing.number, revision=standing.revision,
        signature=standing.signature, public_key=standing.public_key, created_at=standing.created_at,
        created_by=standing.created_by, failing_since=standing.failing_since if stays else None,
        disabled_at=standing.disabled_at if stays else None if wanted.enabled else now,
        disabled_why=standing.disabled_why if stays else None if wanted.enabled else BY_HAND,
    )  # fmt: skip
    audit = actor.did(
        "webhooks.change", PREFIX + standing.id, now, name=wanted.name, host=_host(wanted.url), enabled=wanted.enabled
    )
    return await ports.store.put_endpoint(PutEndpoint(endpoint=changed, audit=audit))


async def rotate(ports: Ports, actor: Actor, name: str, secret: str | None, overlap_ms: int) -> Secret:
    """A new secret; the one before signs beside it for so long. Raises NotFound, InvalidField, RevisionMismatch."""
    standing = await one(ports, actor, name)
    keys = await ports.store.endpoint_keys(standing.number)
    if keys is None:
        raise absent(name)
    now = ports.clock.now()
    text = _secret(standing.signature, secret)
    public = _public(ports, text)
    old_until = now + overlap_ms if overlap_ms else None
    sealed = ports.vault.seal(ENDPOINT, (standing.project, standing.id), text.encode())
    await ports.store.put_endpoint(
        PutEndpoint(
            endpoint=structs.replace(standing, public_key=public, updated_at=now),
            keys=Keys(sealed, keys.sealed if old_until else None, old_until),
            audit=actor.did("webhooks.rotate", PREFIX + standing.id, now, overlap_ms=overlap_ms),
        )
    )
    return Secret(None if public else text, public, old_until)


async def remove(ports: Ports, actor: Actor, name: str, if_revision: int | None) -> None:
    """Delete a webhook; what is on its way to it is given up. Raises NotFound, RevisionMismatch."""
    standing = await one(ports, actor, name)
    now = ports.clock.now()
    audit = actor.did("webhooks.delete", PREFIX + standing.id, now, name=standing.name)
    await ports.store.remove_endpoint(
        RemoveEndpoint(number=standing.number, at=now, if_revision=if_revision, audit=audit)
    )


async def one(ports: Ports, actor: Actor, name: str) -> Endpoint:
    """A webhook by its name or its id. Raises NotFound, also for one of a job that is out of reach."""
    bare = name.removeprefix(PREFIX)
    text = bare if name.startswith(PREFIX) and len(bare) == LENGTH and is_id(bare) else name
    found = await ports.store.endpoint(actor.project, text)
    if found is None or not reaches(actor, found):
        raise absent(name)
    return found


async def page(ports: Ports, actor: Actor, after: str, limit: int) -> list[Endpoint]:
    """The webhooks that the actor sees, by name, from after that name on."""
    found: list[Endpoint] = []
    while len(found) < limit:
        piece = await ports.store.endpoints(actor.project, after, limit)
        found += [endpoint for endpoint in piece if reaches(actor, endpoint)]
        if len(piece) < limit:
            break
        after = piece[-1].name
    return found[:limit]


def reaches(actor: Actor, endpoint: Endpoint) -> bool:
    """Whether the actor may touch it: one of the whole project only with the right for the whole project."""
    return actor.jobs is None or (endpoint.job is not None and actor.reaches(endpoint.job))


def absent(name: str) -> NotFound:
    """The refusal for one that is not there."""
    return NotFound(f"There is no webhook {name[:100]}; list the webhooks to see those there are.")


def _check(ports: Ports, actor: Actor, wanted: Wanted) -> None:
    if not _NAME.fullmatch(wanted.name):
        said = "A webhook's name has 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit."
        raise InvalidField.at("/name", "pattern", said)
    check_url(ports.telling.policy, wanted.url, "/url")
    check_events(ports.telling.formats, wanted.format, _events(wanted), "")
    if actor.jobs is not None and (wanted.job is None or not actor.reaches(wanted.job)):
        said = f"Your right is for single jobs; name one of them as `job`: {', '.join(sorted(actor.jobs))}."
        raise InvalidField.at("/job", "out_of_reach", said)
    if wanted.only_named and wanted.job is not None:
        said = "`only_named` and `job` exclude each other: either jobs choose the webhook, or it chooses a job."
        raise InvalidField.at("/only_named", "excluded", said)


def _events(wanted: Wanted) -> tuple[str, ...]:
    return ENDS if wanted.events is UNSET else tuple(dict.fromkeys(wanted.events))


def _endpoint(actor: Actor, wanted: Wanted, id_: str, now: int) -> Endpoint:
    return Endpoint(
        id=id_, project=actor.project, name=wanted.name, url=wanted.url, job=wanted.job, only_named=wanted.only_named,
        events=_events(wanted), format=wanted.format, cloud_events=wanted.cloud_events, description=wanted.description,
        created_at=now, created_by=actor.client, updated_at=now,
    )  # fmt: skip


def _secret(signature: Literal["v1", "v1a"], given: str | None) -> str:
    if given is None:
        return signing_secret.fresh(signature)
    check_secret(given, "/secret")
    if given.startswith(signing_secret.PRIVATE) != (signature == "v1a"):
        kind = signing_secret.PRIVATE if signature == "v1a" else signing_secret.SYMMETRIC
        said = f"This webhook signs by {signature}: its secret begins with {kind}."
        raise InvalidField.at("/secret", "invalid_secret", said)
    return given


def _public(ports: Ports, secret: str) -> str | None:
    return ports.telling.public_key(secret) if secret.startswith(signing_secret.PRIVATE) else None


def _host(url: str) -> str:
    """Whom it leads to, without the path: that is a secret with many receivers."""
    return urlsplit(url).hostname or ""
