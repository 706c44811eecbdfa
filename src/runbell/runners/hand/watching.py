"""Waiting for file descriptors: each one has a reaction, and they are reacted to one at a time."""

import os
import select
from collections.abc import Callable


class Watch:
    """The descriptors that a hand listens to."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._reactions: dict[int, Callable[[], None]] = {}

    def wait(self, seconds: float) -> None:
        """Wait at most so long (below 0: for ever), and react to one descriptor.

        To one only: a reaction may close others and open new ones under the same numbers.
        """
        for handle, _ in self._poll.poll(seconds, 1):
            self._reactions[handle]()

    def add(self, handle: int, react: Callable[[], None]) -> None:
        """React when there is something to read, or the end of it."""
        self._reactions[handle] = react
        self._poll.register(handle, select.EPOLLIN)

    def add_outputs(self, outputs: dict[str, int], read: Callable[[str, int], None]) -> None:
        """React to the pipes of `out` and `err`, which are made non-blocking."""
        for stream, handle in outputs.items():
            os.set_blocking(handle, False)
            self.add(handle, lambda stream=stream, handle=handle: read(stream, handle))  # type: ignore[misc]

    def drop(self, *handles: int) -> None:
        """Stop watching; those that are not watched do not matter."""
        for handle in handles:
            if self._reactions.pop(handle, None) is not None:
                self._poll.unregister(handle)
