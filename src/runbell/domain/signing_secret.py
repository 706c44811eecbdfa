"""The texts that sign notifications: `whsec_` and the base64 of 24 to 64 bytes, or `whsk_` for ed25519.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
"""

import base64
import binascii
import os
from typing import Final, Literal

SYMMETRIC: Final = "whsec_"
PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"
_FEWEST, _MOST = 24, 64
_FRESH: Final = 32


class NotASecret(ValueError):  # noqa: N818 - an answer about a text
    """It cannot sign; the sentence says why, and nothing of what it was."""


def fresh(kind: Literal["v1", "v1a"]) -> str:
    """A new secret of 32 random bytes; for ed25519 they are the seed of the private key."""
    return (SYMMETRIC if kind == "v1" else PRIVATE) + base64.b64encode(os.urandom(_FRESH)).decode()


def of_bytes(raw: bytes) -> str:
    """The secret that these bytes are."""
    return SYMMETRIC + base64.b64encode(raw).decode()


def read(text: str) -> bytes:
    """The bytes of a secret. Raises NotASecret."""
    prefix = PRIVATE if text.startswith(PRIVATE) else SYMMETRIC
    if not text.startswith(prefix):
        raise NotASecret(f"A secret is {SYMMETRIC} and the base64 of {_FEWEST} to {_MOST} bytes.")
    try:
        raw = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        raise NotASecret(f"What follows {prefix} is not base64; copy the secret whole.") from None
    if prefix == PRIVATE and len(raw) not in (32, 64):
        raise NotASecret(f"A {PRIVATE} secret is the base64 of an ed25519 seed (32 bytes), or of seed and public key.")
    if prefix == SYMMETRIC and not _FEWEST <= len(raw) <= _MOST:
        raise NotASecret(f"A {SYMMETRIC} secret is the base64 of {_FEWEST} to {_MOST} bytes, not of {len(raw)}.")
    return raw
