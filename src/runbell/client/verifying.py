"""Verify a webhook: that runbell sent it, just now, and that nothing of it was changed (Standard Webhooks 1.0)."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

TOLERANCE_S: Final = 300
_SYMMETRIC: Final = "whsec_"


class UnverifiedWebhook(Exception):  # noqa: N818 - a refusal
    """It is not to be believed; the sentence says why. Answer 401, and do nothing."""


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secrets: str | Sequence[str],
    *,
    tolerance_s: int = TOLERANCE_S,
    now: float | None = None,
) -> Any:
    """The JSON of a webhook that one of the `secrets` (`whsec_…`) signed. Raises UnverifiedWebhook.

    `body` is the raw body as it came. `headers` are found in any letter case. A receiver does its work once per
    `webhook-id`: the same one may come again.
    """
    told = {name.lower(): value for name, value in headers.items()}
    try:
        id_, sent, signatures = (told[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise UnverifiedWebhook(f"There is no header {missing.args[0]}.") from None
    if not (sent.isascii() and sent.isdigit() and len(sent) < 16):
        raise UnverifiedWebhook("The header webhook-timestamp is no time.")
    if abs((time.time() if now is None else now) - int(sent)) > tolerance_s:
        raise UnverifiedWebhook(f"It was signed more than {tolerance_s} seconds from now; check this machine's clock.")
    signed = f"{id_}.{sent}.".encode() + body
    wanted = [_sign(secret, signed) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    given = [text.partition(",")[2].encode() for text in signatures.split() if text.startswith("v1,")]
    fits = [hmac.compare_digest(one, another) for one in wanted for another in given]
    if not any(fits):
        raise UnverifiedWebhook("None of its signatures is made with one of these secrets.")
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise UnverifiedWebhook("Its body is no JSON.") from None


def _sign(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_SYMMETRIC), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("A secret is whsec_ and base64.") from None
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
