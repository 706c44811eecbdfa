"""Where hand processes are made, and where what a dead one left is ended. Works in threads, off the event loop."""

import os
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from runbell.runners.processes import (
    Process,
    below,
    carries,
    children,
    cookie,
    descendants,
    end_all,
    everyone,
    gains_no_privileges,
    look,
)

_INHERITED: Final = ("HOME", "PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH")
_MARK: Final = "RUNBELL_HAND"
_SECONDS_TO_GO: Final = 2.0
_SECONDS_TO_KILL: Final = 2.0


class Nursery:
    """Knows every living hand."""

    def __init__(self) -> None:
        self._hands: set[int] = set()
        self._server_gains_none = gains_no_privileges(os.getpid())
        self._lock = Lock()  # between a hand's birth and its entry here nobody may look for orphans

    def make(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """A new hand and the server's end of its socket. Raises OSError when no process can be made."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "runbell.runners.hand", str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    cwd="/",
                    env={name: os.environ[name] for name in _INHERITED if name in os.environ} | {_MARK: "1"},
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
            self._hands.add(process.pid)
        return process, ours

    def bury(self, process: subprocess.Popen[bytes], execution: str | None, *, kindly: bool) -> int:
        """See a hand off (it has a moment when `kindly`), then end what it left; answers the survivors."""
        if kindly:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS_TO_GO)
        process.kill()
        process.wait()
        with self._lock:
            self._hands.discard(process.pid)
        survivors = end_all(self._orphans, self._reap_orphans, _SECONDS_TO_KILL)
        return survivors + (self.sweep((execution,)) if execution is not None else 0)

    def sweep(self, executions: Collection[str]) -> int:
        """Kill every process that belongs to one of these executions and to no living hand; answers the survivors."""
        cookies = [cookie(execution) for execution in executions]

        def leftovers() -> Iterator[Process]:
            with self._lock:
                hands = frozenset(self._hands)
            for pid in everyone():
                if (carries(pid, cookies) or _works_in(pid, executions)) and not below(pid, hands):
                    process = look(pid)
                    if process is not None and process.pid != os.getpid():
                        yield process

        return end_all(leftovers, self._reap_orphans, _SECONDS_TO_KILL)

    def _orphans(self) -> Iterator[Process]:
        """Children of this process that hands left behind, and all below them."""
        with self._lock:
            strangers = [pid for pid in children(os.getpid()) if pid not in self._hands]
        for pid in strangers:
            process = look(pid)
            if process is not None and self._came_from_a_hand(process):
                yield process
                yield from descendants(pid)

    def _came_from_a_hand(self, process: Process) -> bool:
        """Tells an orphan from a child that the server started itself (its store's writer, say).

        Nothing below a hand may gain privileges, and the server's own children may. Where the server itself may gain
        none, the hand's own environment tells; what was started with another one is found by its cookie.
        """
        if not self._server_gains_none:
            return gains_no_privileges(process.pid)
        return carries(process.pid, (f"{_MARK}=1".encode(),))

    def _reap_orphans(self) -> None:
        for process in self._orphans():
            if process.parent == os.getpid() and not process.living:
                with suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)


def _works_in(pid: int, executions: Collection[str]) -> bool:
    """True for what a Python step forked without exec: it has the hand's environment, but the step's folder."""
    try:
        folder = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return False
    return not set(folder.parts).isdisjoint(executions) and carries(pid, (f"{_MARK}=1".encode(),))
