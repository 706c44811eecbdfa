"""A stop that reaches a query: the signal is heard by a thread, while the step's own thread waits inside the engine."""

import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from runbell.authoring.context import Context, Stopped

AGAIN_SECONDS: Final = 0.2
"""A cancellation that came between two statements finds nothing to cancel, so it is said again."""


class Stopping:
    """While it is open, SIGTERM calls `cancel` (as soon as there is one) from another thread, until it is closed.

    Python's own handlers run between two steps of the main thread's code, which may be minutes away inside an engine.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.cancel: Callable[[], None] = nothing
        self.asked = False

    def look(self) -> None:
        """Raises Stopped once a stop was asked for."""
        if self.asked or self._ctx.stop_requested:
            raise Stopped("The execution is being stopped.")

    def __enter__(self) -> Self:
        self._hears, self._tells = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._closed = threading.Event()
        self._before = signal.set_wakeup_fd(self._tells, warn_on_full_buffer=False)
        self.asked = self._ctx.stop_requested  # from now on the worker's handler leaves the ending to us
        self._thread = threading.Thread(target=self._listen, name="stopping", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._before)
        self._closed.set()
        with suppress(BlockingIOError):  # full: then the thread has enough to read
            os.write(self._tells, b"\0")
        self._thread.join()
        os.close(self._hears)
        os.close(self._tells)

    def _listen(self) -> None:
        while not self._closed.is_set():
            select.select((self._hears,), (), (), AGAIN_SECONDS if self.asked else None)
            with suppress(BlockingIOError):
                self.asked = self.asked or signal.SIGTERM in os.read(self._hears, 4096)
            if self.asked and not self._closed.is_set():
                with suppress(Exception):  # what cannot be cancelled is ended by the hand
                    self.cancel()


def nothing() -> None:
    """There is nothing to cancel yet."""
