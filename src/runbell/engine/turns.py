"""Whose turn it is among projects: who runs least goes first, then who was served least since he began to wait.

A project that floods the queue takes turns with the others, whatever waits there (start-time fair queueing, one unit
per execution). It stands in memory: after a restart all projects begin alike.
"""

from collections import Counter

from runbell.ports.queue_table import Shares


class Turns:
    """What each project runs, and how far it has been served. Who has not been heard of for long stands at `now`."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._now = 0

    def shares(self) -> Shares:
        """As it is now."""
        return Shares(running=self._running, served=self._served, now=self._now)

    def took(self, project: str) -> None:
        """An execution of that project begins."""
        self._running[project] += 1
        turn = max(self._served.get(project, 0), self._now)
        self._now = turn
        self._served[project] = turn + 1

    def gave(self, project: str) -> None:
        """An execution of that project is over."""
        self._running[project] -= 1
        if not self._running[project]:
            del self._running[project]
