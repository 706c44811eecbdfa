"""The runner of one machine: a pool of hands, some always warm, more on demand."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final

from runbell.ports.runner import Hand, HandLost
from runbell.runners.local_hand import LocalHand
from runbell.runners.nursery import Nursery

IDLE_SECONDS: Final = 60.0
NOTHING_MORE: Final = MappingProxyType({"allow": "", "http": False, "ca": None})
"""Public addresses over https."""
_DISCOVERY: Final = "\0discovery"


class LocalRunner:
    """Gives out hands. `warm` of them are kept ready; others leave after a minute without work.

    `egress` is what http steps may reach: `allow`, `http` and `ca`, as the settings of that name.
    """

    def __init__(self, warm: int = 2, egress: Mapping[str, Any] = NOTHING_MORE) -> None:
        self._warm = warm
        self._egress = egress
        self._nursery = Nursery()
        self._hands: set[LocalHand] = set()
        self._idle: list[LocalHand] = []
        self._discovering = asyncio.Lock()
        self._closed = False
        self._sweeper: asyncio.TimerHandle | None = None

    def warm_up(self) -> None:
        """Make the warm hands now, so that the first step need not wait for one."""
        while len(self._hands) < self._warm and not self._closed:
            self._idle.append(self._new())

    async def take(self, project: str) -> Hand:
        """A warm hand, or a new one. Raises OSError when no process can be made."""
        for wanted in (project, None):
            for hand in reversed(self._idle):
                if hand.project == wanted:
                    self._idle.remove(hand)
                    return hand
        return self._new()

    def give_back(self, hand: Hand) -> None:
        """The hand is free (or dead: then it is replaced)."""
        assert isinstance(hand, LocalHand)
        if self._closed or not hand.alive:
            return
        hand.idle_since = asyncio.get_running_loop().time()
        self._idle.append(hand)
        if len(self._idle) > self._warm and self._sweeper is None:
            self._sweep_later()

    async def discover(self, folder: str, file: str) -> list[dict[str, Any]]:
        """The definitions of the `@job` functions in a Python file. Raises ValueError with a sentence."""
        async with self._discovering:
            hand = await self.take(_DISCOVERY)
            assert isinstance(hand, LocalHand)
            hand.project = _DISCOVERY
            try:
                found = await hand.discover(folder, file)
            except HandLost:
                raise ValueError("Importing the file ended the process that did it; look for what kills it.") from None
            finally:
                self.give_back(hand)
        if found.problem is not None:
            raise ValueError(found.problem)
        return found.definitions

    def hands(self) -> int:
        """How many hands there are now, idle ones too."""
        return len(self._hands)

    async def sweep(self, executions: list[str]) -> int:
        """Kill every process that carries the cookie of one of these executions; answers how many survived."""
        return await asyncio.to_thread(self._nursery.sweep, frozenset(executions)) if executions else 0

    async def close(self) -> None:
        """End all hands and whatever they run."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._idle.clear()
        hands = list(self._hands)
        for hand in hands:
            hand.leave()
        await asyncio.gather(*(hand.buried() for hand in hands))

    def _new(self) -> LocalHand:
        hand = LocalHand(*self._nursery.make(), self._bury, self._egress)
        self._hands.add(hand)
        return hand

    async def _bury(self, hand: LocalHand, execution: str | None) -> int:
        self._idle = [other for other in self._idle if other is not hand]
        survivors = await asyncio.to_thread(self._nursery.bury, hand.process, execution, kindly=hand.left)
        self._hands.discard(hand)
        with suppress(OSError):  # no process can be made now; the next `take` tries again
            self.warm_up()
        return survivors

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(IDLE_SECONDS, self._send_idle_away)

    def _send_idle_away(self) -> None:
        """Those that rested longest go first; `warm` stay."""
        self._sweeper = None
        limit = asyncio.get_running_loop().time() - IDLE_SECONDS
        spare = max(0, len(self._idle) - self._warm)
        for hand in [hand for hand in self._idle if hand.idle_since <= limit][:spare]:
            self._idle.remove(hand)
            hand.leave()
        if len(self._idle) > self._warm:
            self._sweep_later()
