"""Seals with AES-256-GCM (NIST SP 800-38D): a random nonce for every value, bound to its place by associated data.

The library is imported with the first value: a server without secrets does not pay for it (40 ms, 8 MB).
"""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final

import msgspec

from runbell.ports.vault import CannotOpen

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
FORM: Final = "rbv1"
_NONCE_BYTES: Final = 12


class AesVault:
    """Implements `ports.vault.Vault`. Sealed: `rbv1.<key id>.<base64url of nonce, text and tag>`; 5 µs each way."""

    def __init__(self, key: bytes) -> None:
        """`key` has 32 bytes. Raises ValueError."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"The key of a vault has {KEY_BYTES} bytes, not {len(key)}.")
        self._key = key
        self._id = hmac.digest(key, b"runbell key id", hashlib.sha256).hex()[:12]
        self._aes: AESGCM | None = None
        self._digest_keys: dict[str, bytes] = {}

    @property
    def key_id(self) -> str:
        return self._id

    def seal(self, purpose: str, context: tuple[str, ...], plain: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher().encrypt(nonce, plain, _place(purpose, context))
        return f"{FORM}.{self._id}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, purpose: str, context: tuple[str, ...], sealed: str) -> bytes:
        form, _, rest = sealed.partition(".")
        key_id, _, content = rest.partition(".")
        if form != FORM or key_id != self._id:
            raise CannotOpen("It was sealed with another key; start the server with that key, or set the value anew.")
        from cryptography.exceptions import InvalidTag

        try:
            raw = urlsafe_b64decode(content)
            return self._cipher().decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _place(purpose, context))
        except (InvalidTag, ValueError):
            raise CannotOpen("It was sealed for another place or changed since; set the value anew.") from None

    def digest_key(self, purpose: str) -> bytes:
        if purpose not in self._digest_keys:
            self._digest_keys[purpose] = hmac.digest(self._key, b"digest " + purpose.encode(), hashlib.sha256)
        return self._digest_keys[purpose]

    def _cipher(self) -> "AESGCM":
        if self._aes is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._aes = AESGCM(self._key)
        return self._aes


def _place(purpose: str, context: tuple[str, ...]) -> bytes:
    """The associated data: every part with its length, so that no two places look alike."""
    return msgspec.msgpack.encode((FORM, purpose, *context))
