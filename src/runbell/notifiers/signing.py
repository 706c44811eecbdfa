"""Signatures of Standard Webhooks 1.0: over id, time and body, one for every secret that is good now.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from runbell.domain import signing_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def signature(id_: str, seconds: int, body: bytes, secrets: Iterable[str]) -> str:
    """The header `webhook-signature`: `v1,…` for a symmetric secret, `v1a,…` for an ed25519 key, blanks between."""
    signed = f"{id_}.{seconds}.".encode() + body
    return " ".join(_sign(secret, signed) for secret in secrets)


def public_key(secret: str) -> str:
    """What verifies the signatures of an ed25519 secret: `whpk_…`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = _private(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return signing_secret.PUBLIC + base64.b64encode(raw).decode()


def _sign(secret: str, signed: bytes) -> str:
    if secret.startswith(signing_secret.PRIVATE):
        return "v1a," + base64.b64encode(_private(secret).sign(signed)).decode()
    digest = hmac.digest(signing_secret.read(secret), signed, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


@lru_cache(maxsize=256)
def _private(secret: str) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(signing_secret.read(secret)[:32])
