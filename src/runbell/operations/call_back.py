"""Call back: whom a start asks to be told of its execution, checked and sealed; and the secrets that sign."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from runbell.domain import signing_secret
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.endpoint import ENDS, OWN_FORMAT, Callback
from runbell.domain.event import EVENT_TYPES
from runbell.domain.execution import Execution
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidField
from runbell.domain.identity import Actor
from runbell.domain.signing_secret import NotASecret
from runbell.egress.destination import read_url
from runbell.egress.policy import Policy
from runbell.egress.trouble import Refused
from runbell.operations.ports import Ports
from runbell.ports.notifier import Format
from runbell.ports.vault import Vault
from runbell.ports.webhook_table import Keys, Parcel

ENDPOINT: Final = "webhook"
CALLBACK: Final = "callback"
_OWN: Final = "signing of callbacks"


class AskedBack(Struct, frozen=True, kw_only=True):
    """What a start says of its callback. `events` None: the ends. `secret` None: the caller's own.

    `vetted`: an address that can be seen to be out of bounds refuses the start; else it only fails the delivery.
    """

    url: str
    events: tuple[str, ...] | None = None
    secret: str | None = None
    format: str = OWN_FORMAT
    vetted: bool = True


def callback(ports: Ports, actor: Actor, of: Execution, asked: AskedBack) -> Callback:
    """The callback of an execution that is being started. Raises InvalidField."""
    events = ENDS if asked.events is None else asked.events
    if asked.vetted:
        check_url(ports.telling.policy, asked.url, "/callback/url")
        check_events(ports.telling.formats, asked.format, events, "/callback")
    secret = own_secret(ports.vault, actor.client) if asked.secret is None else asked.secret
    check_secret(secret, "/callback/secret")
    return Callback(
        url=asked.url, destination=line_of(asked.url), events=events, format=asked.format,
        sealed=ports.vault.seal(CALLBACK, (of.project, of.id), secret.encode()),
    )  # fmt: skip


def own_secret(vault: Vault, client: str) -> str:
    """The secret that signs a caller's callbacks when it gives none; the same for as long as the server has its key."""
    return signing_secret.of_bytes(hmac.digest(vault.digest_key(_OWN), client.encode(), hashlib.sha256))


def opened(vault: Vault, parcel: Parcel, now: int) -> tuple[str, ...]:
    """The secrets that sign a parcel now: the newest first, and the one before while it is still good. CannotOpen."""
    it, found = parcel.delivery, parcel.callback
    if found is not None:
        return (vault.open(CALLBACK, (it.project, it.told.execution), found.sealed).decode(),)
    if parcel.endpoint is None or parcel.keys is None:
        return ()
    place = (it.project, parcel.endpoint.id)
    return tuple(vault.open(ENDPOINT, place, sealed).decode() for sealed in good(parcel.keys, now))


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
        raise wrong(pointer, "invalid_url", str(refusal)) from None


def check_secret(secret: str, pointer: str) -> None:
    """Refuse what cannot sign. Raises InvalidField."""
    try:
        signing_secret.read(secret)
    except NotASecret as refusal:
        raise wrong(pointer, "invalid_secret", str(refusal)) from None


def check_events(formats: Mapping[str, Format], name: str, events: tuple[str, ...], pointer: str) -> None:
    """Refuse events that there are not, and those that the format cannot tell of. Raises InvalidField."""
    known = {OWN_FORMAT, *formats}
    if name not in known:
        said = f"There is no format {name}{did_you_mean(name, known) or '.'} There are {', '.join(sorted(known))}."
        raise wrong(f"{pointer}/format", "unknown_format", said)
    if not events:
        raise wrong(f"{pointer}/events", "too_few", "Name at least one event, or leave `events` out.")
    able = formats[name].events if name in formats else None
    for place, event in enumerate(events):
        if event not in EVENT_TYPES:
            hint = did_you_mean(event, EVENT_TYPES) or "."
            said = f"There is no event {event}{hint} There are {', '.join(EVENT_TYPES)}."
            raise wrong(f"{pointer}/events/{place}", "unknown_event", said)
        if able is not None and event not in able:
            said = f"The format {name} does not tell of {event}; it tells of {', '.join(sorted(able))}."
            raise wrong(f"{pointer}/events/{place}", "not_in_format", said)


def wrong(pointer: str, code: str, said: str) -> InvalidField:
    """The refusal of one member."""
    return InvalidField(said, problems=(Problem(pointer, code, said),))
