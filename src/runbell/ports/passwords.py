"""What is asked of a lock for passwords: a text that can be kept, and whether a password fits it."""

from typing import Protocol


class Passwords(Protocol):
    """Slow on purpose. Neither call holds up the event loop, and only few of them work at the same time."""

    async def hash(self, text: str) -> str:
        """What is kept of a password; the password cannot be found from it."""
        ...

    async def fits(self, text: str, kept: str | None) -> bool:
        """True when `kept` was made of this password. With None, or what cannot be read, the same work and False."""
        ...
