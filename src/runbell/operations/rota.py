"""The bell that says: some schedule changed, look again when the next one fires. A hint; the table is the truth."""

import asyncio


class Rota:
    """Wakes whoever waits for the next fire time. `most`: how many schedules a project may have."""

    def __init__(self, most: int = 1_000) -> None:
        self.most = most
        self._changed = asyncio.Event()

    def ring(self) -> None:
        """A schedule was set, changed, paused or resumed."""
        self._changed.set()

    async def changed(self, seconds: float) -> None:
        """Return when it was rung since the last time, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()
