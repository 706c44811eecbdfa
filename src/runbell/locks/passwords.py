"""Passwords as argon2id (RFC 9106), in a thread, one at a time.

12 MiB and three passes: one of the equal settings that OWASP lists, and the one whose memory, all of it taken at once,
stays under what an attack by guessing may cost. A hash takes about 30 ms; a queue of guesses waits for itself alone.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 12_288
PASSES: Final = 3
AT_A_TIME: Final = 1


class Argon2Passwords:
    """Implements `ports.passwords.Passwords`."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._memory_kib, self._passes = memory_kib, passes
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="passwords")
        self._hasher: PasswordHasher | None = None
        self._nobody = ""

    async def hash(self, text: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, text)

    async def fits(self, text: str, kept: str | None) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._fits, text, kept)

    def _hash(self, text: str) -> str:
        return self._ready().hash(text)

    def _fits(self, text: str, kept: str | None) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        hasher = self._ready()
        try:
            hasher.verify(kept or self._nobody, text)
        except InvalidHashError:
            return self._fits(text, None)
        except VerificationError:
            return False
        return bool(kept)

    def _ready(self) -> "PasswordHasher":
        """The hasher, loaded when the first password comes: most servers start without one."""
        if self._hasher is None:
            from argon2 import PasswordHasher

            self._hasher = PasswordHasher(self._passes, self._memory_kib, parallelism=1)
            self._nobody = self._hasher.hash("the password of nobody")
        return self._hasher
