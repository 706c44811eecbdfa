"""Processes as /proc shows them, and how to end all of them. A pid is never signalled on trust.

A direct child keeps its pid until we reap it; any other process is signalled through a pidfd after its start time was
compared, so that a recycled pid is never hit.
"""
# ruff: noqa: PTH208 - pathlib is slow where a race with forks is run

import ctypes
import os
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from runbell.domain.ids import public

COOKIE: Final = "RUNBELL_EXECUTION_ID"
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_SET_NO_NEW_PRIVS: Final = 38
_DEAD: Final = "ZX"
_prctl: Final = ctypes.CDLL(None, use_errno=True).prctl


class Process(NamedTuple):
    """A line of /proc/PID/stat. `start` (clock ticks since boot) tells two holders of one pid apart."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    start: int

    @property
    def living(self) -> bool:
        """False for a zombie."""
        return self.state not in _DEAD


def become_subreaper() -> None:
    """Orphans below this process become its children (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    _set(_PR_SET_CHILD_SUBREAPER, 1)


def gain_no_privileges() -> None:
    """No program started from here may gain rights by setuid (PR_SET_NO_NEW_PRIVS)."""
    _set(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(parent: int) -> None:
    """SIGKILL this process when its parent dies. Only for a child of a single-threaded parent: the *thread* counts."""
    _set(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _set(option: int, value: int) -> None:
    if _prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) is refused; a Linux kernel of 3.5 or later is needed.")


def look(pid: int) -> Process | None:
    """The process of that pid now, or None."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return Process(pid, fields[0].decode(), int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))


def children(pid: int) -> list[int]:
    """The pids of its children, zombies too; [] when it is gone. The kernel keeps the list: this is cheap."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_bytes().split())
    except OSError:
        return []
    return found


def everyone() -> Iterator[int]:
    """All pids of this machine."""
    return (int(name) for name in os.listdir("/proc") if name.isdecimal())


def descendants(root: int, spared: Collection[int] = ()) -> Iterator[Process]:
    """Every process below `root` that lives or is a zombie, except `spared` and what is below those.

    A process is answered before its children are looked for, so that who freezes it at once misses none.
    """
    waiting = [root]
    while waiting:
        for pid in children(waiting.pop()):
            process = None if pid in spared else look(pid)
            if process is not None:
                yield process
                waiting.append(pid)


def cookie(execution: str) -> bytes:
    """What every process of an execution has in its environment, by which leftovers are known."""
    return f"{COOKIE}={public(execution)}".encode()


def gains_no_privileges(pid: int) -> bool:
    """True for a process under PR_SET_NO_NEW_PRIVS, which every child inherits and none can take off."""
    try:
        return "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def carries(pid: int, marks: Iterable[bytes]) -> bool:
    """True when the environment the process was started with holds one of `marks` (NAME=value)."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return not set(marks).isdisjoint(environment.split(b"\0"))


def below(pid: int, roots: Collection[int]) -> bool:
    """True when one of `roots` is the process or an ancestor of it."""
    while pid not in roots:
        process = look(pid)
        if process is None or process.parent <= 1:
            return False
        pid = process.parent
    return True


def send(process: Process, number: int) -> bool:
    """Signal exactly this process; False when it is gone (or its pid belongs to another one by now)."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        now = look(process.pid)
        if now is None or now.start != process.start:
            return False
        signal.pidfd_send_signal(handle, number)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def reap(spared: Collection[int] = ()) -> None:
    """Collect the children of ours that ended, except `spared`."""
    for pid in children(os.getpid()):
        if pid not in spared:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def end_all(find: Callable[[], Iterator[Process]], collect: Callable[[], None], seconds: float) -> int:
    """Freeze, then kill whatever `find` finds, again and again until nothing is left; answers how many survived.

    Each one is frozen as soon as it is seen (a process with a pending SIGSTOP cannot finish a fork), so a chain of
    forks or a bomb stops growing before the killing begins. `collect` reaps.
    """
    until = time.monotonic() + seconds
    patience = 0.0005
    seen: set[tuple[int, int]] = set()
    while True:
        living = 0
        frozen = []
        for process in find():
            living += process.living
            if process.living and (process.pid, process.start) not in seen and send(process, signal.SIGSTOP):
                frozen.append(process)
        for process in frozen:
            send(process, signal.SIGKILL)
            seen.add((process.pid, process.start))
        collect()
        if not living or time.monotonic() > until:
            return living
        if not frozen:  # nobody new: the killed ones only need a moment to go
            time.sleep(patience)
            patience = min(patience * 2, 0.02)
