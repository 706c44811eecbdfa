"""The kill ladder: SIGTERM to the group, grace, then freeze and kill whatever the step started, and prove it gone."""

import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from runbell.runners.processes import below, carries, cookie, descendants, end_all, everyone, look, reap

_SECONDS: Final = 5.0  # killed processes are gone in milliseconds, unless the kernel or the load holds them


class Ladder:
    """The ending of one step. Times in epoch ms; `force_after` is monotonic."""

    def __init__(self, leader: int, grace_ms: int, *, timed_out: bool) -> None:
        """First rung: SIGTERM to the leader's group (and SIGCONT, so that a frozen one can obey)."""
        self.timed_out = timed_out
        self.signalled_at: int | None = None
        self.forced_at: int | None = None
        self.force_after = time.monotonic() + grace_ms / 1000
        self._leader = leader
        if grace_ms > 0:
            self.signalled_at = now_ms()
            with suppress(ProcessLookupError, PermissionError):
                try:
                    os.killpg(leader, signal.SIGTERM)
                except ProcessLookupError:  # it has only just been forked, and its group is not made yet
                    os.kill(leader, signal.SIGTERM)
                os.killpg(leader, signal.SIGCONT)

    def hurry(self, grace_ms: int) -> None:
        """A second request may only shorten the grace."""
        self.force_after = min(self.force_after, time.monotonic() + grace_ms / 1000)

    def group_is_gone(self) -> bool:
        """True when nobody of the leader's group lives any more but, maybe, the leader."""
        members = (each for each in descendants(os.getpid()) if each.group == self._leader)
        return not any(each.living and each.pid != self._leader for each in members)


def end_everything(
    execution: str | None, spared: Collection[int], unreaped: Collection[int], server: int | None
) -> int:
    """Kill all descendants of this hand except `spared`, then who carries the cookie; answers how many survived.

    `unreaped` are children whose exit status somebody still wants. Processes below the `server` belong to other hands,
    which end them themselves. `execution` None: no cookie to look for.
    """
    own = os.getpid()
    houses = {own} if server is None else {own, server}
    kept = {*spared, *unreaped}
    survivors = end_all(lambda: descendants(own, spared), lambda: reap(kept), _SECONDS)
    if execution is None:
        return survivors
    mark = cookie(execution)
    strangers = [pid for pid in everyone() if carries(pid, (mark,)) and not below(pid, houses)]
    if strangers:
        survivors += end_all(
            lambda: (each for pid in strangers if (each := look(pid)) and carries(pid, (mark,))), _nothing, _SECONDS
        )
    return survivors


def now_ms() -> int:
    """The wall clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


def _nothing() -> None:
    """Strangers are reaped by others."""
