"""What seals values that must not be readable on disk, so that each opens only where it was sealed for."""

from typing import Protocol


class CannotOpen(Exception):  # noqa: N818 - an answer about a value, not a defect
    """The value was sealed with another key, for another place, or was changed since. The sentence says what to do."""


class Vault(Protocol):
    """One key for a server and its data, kept outside the database.

    `purpose` says what a value is (`secret`, `parameter`), `context` where it belongs (its project, its name, its
    execution): sealed in one place it cannot be opened in another.
    """

    @property
    def key_id(self) -> str:
        """Names the key, and tells nothing about it."""
        ...

    def seal(self, purpose: str, context: tuple[str, ...], plain: bytes) -> str:
        """The value as printable text that can be kept anywhere; never twice the same."""
        ...

    def open(self, purpose: str, context: tuple[str, ...], sealed: str) -> bytes:
        """The value again. Raises CannotOpen."""
        ...

    def digest_key(self, purpose: str) -> bytes:
        """32 bytes for keyed digests, the same ones every time, that nobody can work out from the database."""
        ...
