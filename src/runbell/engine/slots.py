"""How many steps may run at once. A running execution that wants one more comes before a new claim."""

from collections import deque
from collections.abc import Callable


class Slots:
    """Counts free slots, and hands a freed one to whoever waited longest."""

    def __init__(self, total: int, on_free: Callable[[], None]) -> None:
        self.total = total
        self.free = total
        self._on_free = on_free
        self._wanted: deque[Callable[[], bool]] = deque()

    @property
    def busy(self) -> int:
        """How many are taken."""
        return self.total - self.free

    def take(self) -> bool:
        """Take one if one is free."""
        if self.free <= 0:
            return False
        self.free -= 1
        return True

    def want(self, offer: Callable[[], bool]) -> None:
        """Call `offer` when one is free; it answers whether it still takes it."""
        self._wanted.append(offer)

    def give(self) -> None:
        """Give one back."""
        while self._wanted:
            if self._wanted.popleft()():
                return
        self.free += 1
        self._on_free()
