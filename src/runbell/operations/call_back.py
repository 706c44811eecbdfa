"""Call back: whom a start asks to be told of its execution, checked and sealed; and the secrets that sign."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, structs

from runbell.domain import signing_secret
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.endpoint import ENDS, OWN_FORMAT, Callback
from runbell.domain.event import EVENT_TYPES
from runbell.domain.execution import Execution
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.signing_secret import NotASecret
from runbell.egress.destination import read_url
from runbell.egress.policy import Policy
from runbell.egress.trouble import Refused
from runbell.operations.ports import Ports
from runbell.ports.notifier import Format
from runbell.ports.vault import CannotOpen, Vault
from runbell.ports.webhook_table import Keys, Parcel, PutCallbackSecret

ENDPOINT: Final = "webhook"
CALLBACK: Final = "callback"
OWN: Final = "callbacks"
_FIRST: Final = "signing of callbacks"


class AskedBack(Struct, frozen=True, kw_only=True):
    """What a start says of its callback. `events` None: the ends. `secret` None: the caller's own.

    `vetted`: an address that can be seen to be out of bounds refuses the start; else it only fails the delivery.
    """

    url: str
    events: tuple[str, ...] | None = None
    secret: str | None = None
    format: str = OWN_FORMAT
    vetted: bool = True


class OwnSecret(Struct, frozen=True):
    """What signs the callbacks of a client. `old_until`: how long the one before signs beside it."""

    secret: str
    old_until: int | None = None


def callback(ports: Ports, actor: Actor, of: Execution, asked: AskedBack) -> Callback:
    """The callback of an execution that is being started. Raises InvalidField."""
    events = ENDS if asked.events is None else asked.events
    if asked.vetted:
        check_url(ports.telling.policy, asked.url, "/callback/url")
        check_events(ports.telling.formats, asked.format, events, "/callback")
    made = Callback(url=asked.url, destination=line_of(asked.url), events=events, format=asked.format)
    if asked.secret is None:
        return structs.replace(made, own=actor.client)
    check_secret(asked.secret, "/callback/secret")
    return structs.replace(made, sealed=ports.vault.seal(CALLBACK, (of.project, of.id), asked.secret.encode()))


async def own(ports: Ports, actor: Actor) -> OwnSecret:
    """What signs this caller's callbacks when its starts name no secret. Raises NotFound when no key here opens it."""
    now = ports.clock.now()
    keys = await ports.store.callback_keys(actor.client)
    try:
        secret = _own(ports.vault, actor.client, keys, now)[0]
    except CannotOpen as why:
        raise NotFound(f"Your secret cannot be read. {why} POST here makes a new one.") from None
    return OwnSecret(secret, None if keys is None or len(good(keys, now)) == 1 else keys.old_until)


async def rotate_own(ports: Ports, actor: Actor, secret: str | None, overlap_ms: int) -> OwnSecret:
    """Replace it, also for what is on its way; the one before signs beside it for so long. Raises InvalidField."""
    now = ports.clock.now()
    if secret is not None and not secret.startswith(signing_secret.SYMMETRIC):
        said = f"Callbacks are signed by v1: the secret begins with {signing_secret.SYMMETRIC}."
        raise InvalidField.at("/secret", "invalid_secret", said)
    text = signing_secret.fresh("v1") if secret is None else secret
    check_secret(text, "/secret")
    place, old_until = (actor.client,), now + overlap_ms if overlap_ms else None
    await ports.store.put_callback_secret(
        PutCallbackSecret(
            client=actor.client, sealed=ports.vault.seal(OWN, place, text.encode()),
            first=ports.vault.seal(OWN, place, own_secret(ports.vault, actor.client).encode()), old_until=old_until,
            audit=actor.did("callbacks.rotate", actor.client, now, overlap_ms=overlap_ms),
        )
    )  # fmt: skip
    return OwnSecret(text, old_until)


def own_secret(vault: Vault, client: str) -> str:
    """What signs a caller's callbacks until it is replaced; the same for as long as the server has its key."""
    return signing_secret.of_bytes(hmac.digest(vault.digest_key(_FIRST), client.encode(), hashlib.sha256))


def opened(vault: Vault, parcel: Parcel, now: int) -> tuple[str, ...]:
    """The secrets that sign a parcel now: the newest first, and the one before while it is still good. CannotOpen."""
    it, found = parcel.delivery, parcel.callback
    if found is not None and found.own:
        return _own(vault, found.own, parcel.keys, now)
    if found is not None:
        return (vault.open(CALLBACK, (it.project, it.told.execution), found.sealed).decode(),)
    if parcel.endpoint is None or parcel.keys is None:
        return ()
    place = (it.project, parcel.endpoint.id)
    return tuple(vault.open(ENDPOINT, place, sealed).decode() for sealed in good(parcel.keys, now))


def _own(vault: Vault, client: str, keys: Keys | None, now: int) -> tuple[str, ...]:
    if keys is None:
        return (own_secret(vault, client),)
    return tuple(vault.open(OWN, (client,), sealed).decode() for sealed in good(keys, now))


def good(keys: Keys, now: int) -> tuple[str, ...]:
    """The sealed secrets that sign at that moment."""
    old = keys.old if keys.old is not None and keys.old_until is not None and now < keys.old_until else None
    return (keys.sealed,) if old is None else (keys.sealed, old)


def line_of(url: str) -> str:
    """Who shares a line with this address when the receiver is slow: host and port."""
    try:
        found = read_url(url)
    except Refused:
        return "nowhere"
    return f"{found.host}:{found.port}"


def check_url(policy: Policy, url: str, pointer: str) -> None:
    """Refuse what can be seen to be out of bounds. Where names lead is vetted with every call. Raises InvalidField."""
    try:
        policy.read(url)
    except Refused as refusal:
        raise InvalidField.at(pointer, "invalid_url", str(refusal)) from None


def check_secret(secret: str, pointer: str) -> None:
    """Refuse what cannot sign. Raises InvalidField."""
    try:
        signing_secret.read(secret)
    except NotASecret as refusal:
        raise InvalidField.at(pointer, "invalid_secret", str(refusal)) from None


def check_events(formats: Mapping[str, Format], name: str, events: tuple[str, ...], pointer: str) -> None:
    """Refuse events that there are not, and those that the format cannot tell of. Raises InvalidField."""
    known = {OWN_FORMAT, *formats}
    if name not in known:
        said = f"There is no format {name}{did_you_mean(name, known) or '.'} There are {', '.join(sorted(known))}."
        raise InvalidField.at(f"{pointer}/format", "unknown_format", said)
    if not events:
        raise InvalidField.at(f"{pointer}/events", "too_few", "Name at least one event, or leave `events` out.")
    able = formats[name].events if name in formats else None
    for place, event in enumerate(events):
        if event not in EVENT_TYPES:
            hint = did_you_mean(event, EVENT_TYPES) or "."
            said = f"There is no event {event}{hint} There are {', '.join(EVENT_TYPES)}."
            raise InvalidField.at(f"{pointer}/events/{place}", "unknown_event", said)
        if able is not None and event not in able:
            said = f"The format {name} does not tell of {event}; it tells of {', '.join(sorted(able))}."
            raise InvalidField.at(f"{pointer}/events/{place}", "not_in_format", said)
