"""Callers at work: threads that do the same thing again and again until they are told to stop."""

import threading
from collections.abc import Callable
from random import Random
from types import TracebackType

from verify.client import Client, Unanswered

Act = Callable[[Client, Random, int], None]
PAUSE_S = 0.03


class Load:
    """`act(client, dice, turn)` in `callers` threads. Unanswered: the same turn is tried again on a new connection."""

    def __init__(self, callers: int, port: Callable[[], int], seed: int, act: Act, turns: int | None = None) -> None:
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self._act = act
        self._port = port
        self._turns = turns
        self._threads = [
            threading.Thread(target=self._work, args=(Random(seed * 1_009 + place), place, callers), daemon=True)
            for place in range(callers)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        if self._failures and error is None:
            raise self._failures[0]

    @property
    def busy(self) -> bool:
        """False when all turns are done (or a caller failed)."""
        return not self._failures and any(thread.is_alive() for thread in self._threads)

    def pause(self, seconds: float) -> None:
        """Let them work."""
        self._stop.wait(seconds)

    def _work(self, dice: Random, place: int, callers: int) -> None:
        client = Client(self._port())
        turn = place
        try:
            while not self._stop.is_set() and (self._turns is None or turn < self._turns):
                try:
                    self._act(client, dice, turn)
                except Unanswered:
                    client.close()
                    self._stop.wait(PAUSE_S)
                    client = Client(self._port())
                    continue
                turn += callers
        except BaseException as failure:  # told by whoever waits for the load
            self._failures.append(failure)
        finally:
            client.close()
