"""The clock of this machine."""

import time


class SystemClock:
    """Implements `ports.clock.Clock`."""

    def now(self) -> int:
        """Epoch milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()
