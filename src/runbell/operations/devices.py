"""The device grant (RFC 8628): a program without a browser asks, a person allows or denies it, the program polls."""

import secrets
from typing import Final

import msgspec
from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.principals import DeviceRequest
from runbell.domain.token_refused import TokenRefused
from runbell.operations.client_login import LoggedIn
from runbell.operations.identify import digest
from runbell.operations.ports import Ports
from runbell.operations.sign_in import CannotSignIn, person
from runbell.operations.tokens import Issued, Terms, Whence, issue
from runbell.ports.identity_table import PutDevice

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants (RFC 8628 §6.1): 8 of them are 34 bits, for ten minutes, against ten guesses a minute."""
LETTERS_IN_CODE: Final = 8
LIFETIME_S: Final = 600
INTERVAL_S: Final = 5
SLOWEST_S: Final = 60


class Offered(Struct, frozen=True, kw_only=True):
    """What the program is given: its own code, and the one that a person types."""

    device_code: str
    user_code: str
    expires_in: int = LIFETIME_S
    interval: int = INTERVAL_S


class CannotAllow(Exception):  # noqa: N818 - a state of affairs, not a defect
    """Nothing was allowed; the sentence says why, to a person."""


async def ask(ports: Ports, client: LoggedIn, scopes: tuple[str, ...] | None, address: str) -> Offered:
    """Begin a sign-in for that client. Raises QuotaExceeded when an address begins too many."""
    ports.guesses.count("sign-ins begun", address, ports.clock.monotonic())
    now = ports.clock.now()
    code, typed = secrets.token_urlsafe(32), "".join(secrets.choice(LETTERS) for _ in range(LETTERS_IN_CODE))
    device = DeviceRequest(
        digest=digest(code), user_code=typed, client=client.id, scopes=scopes or (), created_at=now,
        expires_at=now + LIFETIME_S * 1_000, interval_s=INTERVAL_S,
    )  # fmt: skip
    await ports.store.put_device(PutDevice(device=device))
    return Offered(device_code=code, user_code=f"{typed[:4]}-{typed[4:]}")


async def redeem(ports: Ports, client: LoggedIn, presented: str, terms: Terms, whence: Whence) -> Issued:
    """The tokens of a sign-in that was allowed, once. Raises TokenRefused, with authorization_pending before that."""
    device, now = await ports.store.device(digest(presented)), ports.clock.now()
    if device is None or device.client != client.id:
        raise TokenRefused(
            "invalid_grant", "There is no sign-in with this device code; begin a new one.", who=client.id
        )
    if device.expires_at <= now:
        raise TokenRefused("expired_token", "Nobody allowed it in time; begin a new sign-in.", who=client.id)
    if device.denied:
        raise TokenRefused("access_denied", "The sign-in was denied; begin a new one.", who=client.id)
    if device.user is None:
        raise await _pending(ports, device, now)
    if not await ports.store.put_device(PutDevice(device=device, step="redeem")):
        raise TokenRefused("invalid_grant", "The device code was used already; begin a new sign-in.", who=client.id)
    return await issue(ports, f"user:{device.user}", client, device.scopes or None, terms, whence)


async def waiting(ports: Ports, typed: str, address: str) -> DeviceRequest:
    """The sign-in of the code that a person typed. Raises CannotAllow, QuotaExceeded after too many wrong codes."""
    device = await ports.store.device_by_code(_letters(typed))
    if device is None or device.expires_at <= ports.clock.now() or device.user is not None or device.denied:
        ports.guesses.count("codes typed", address, ports.clock.monotonic())
        raise CannotAllow("There is no sign-in waiting with this code. Check the code, or begin anew.")
    return device


async def decide(
    ports: Ports, typed: str, name: str, password: str, *, allow: bool, whence: Whence
) -> DeviceRequest:  # fmt: skip
    """Allow or deny a sign-in as the person of that name. Raises CannotAllow, QuotaExceeded."""
    device = await waiting(ports, typed, whence.address)
    try:
        user = await person(ports, name, password, whence, "device.allow")
    except CannotSignIn as why:
        raise CannotAllow(str(why)) from None
    decided = msgspec.structs.replace(device, user=user.id) if allow else msgspec.structs.replace(device, denied=True)
    audit = Entry(
        at=ports.clock.now(), actor=f"user:{user.name}", action="device.allow" if allow else "device.deny", project="",
        object=f"client:{device.client}", address=whence.address, request=whence.request,
        detail={"scope": " ".join(device.scopes)},
    )  # fmt: skip
    if not await ports.store.put_device(PutDevice(device=decided, step="decide", audit=audit)):
        raise CannotAllow("This sign-in was decided already; begin a new one.")
    return decided


async def _pending(ports: Ports, device: DeviceRequest, now: int) -> TokenRefused:
    """What a poll hears while nobody has decided; who polls too fast has to be slower from then on (RFC 8628 §3.5)."""
    if device.polled_at is not None and now - device.polled_at < device.interval_s * 1_000:
        if device.interval_s < SLOWEST_S:
            slower = msgspec.structs.replace(device, interval_s=device.interval_s + 5, polled_at=now)
            await ports.store.put_device(PutDevice(device=slower, step="poll"))
        return TokenRefused("slow_down", "Wait five seconds longer between two polls.")
    await ports.store.put_device(PutDevice(device=msgspec.structs.replace(device, polled_at=now), step="poll"))
    return TokenRefused("authorization_pending", "Nobody has allowed it yet; poll again.")


def _letters(typed: str) -> str:
    """What was typed, without the marks between its letters, whatever their case."""
    return "".join(letter for letter in typed[:64].upper() if letter in LETTERS)
