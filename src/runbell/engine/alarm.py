"""One alarm that can be set anew: it rings at the nearest of several moments."""

import asyncio
from collections.abc import Callable, Iterable


class Alarm:
    """Calls `ring` at a moment; setting it again, or clearing it, forgets the former one."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, moments: Iterable[int | None], now: int) -> None:
        """Ring at the earliest of these moments (epoch ms); with none of them, not at all."""
        self.clear()
        at = min((moment for moment in moments if moment is not None), default=None)
        if at is not None:
            self._handle = asyncio.get_running_loop().call_later(max(at - now, 0) / 1_000, self._ring)

    def clear(self) -> None:
        """Do not ring."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
