"""Processes as /proc shows them, read by code of our own: the product's own reading is part of what is on trial."""

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Whatever a killed server leaves behind becomes a child of this process, where it is seen and ended."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def living(pid: int) -> bool:
    """True unless the process is gone or a zombie."""
    return (stat := _stat(pid)) is not None and stat[0] not in "ZX"


def children(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for other in everyone():
        stat = _stat(other)
        if stat is not None and stat[1] == pid and stat[0] not in "ZX":
            found.append(other)
    return found


def family(root: int) -> list[int]:
    """Every living process below `root`."""
    parents: dict[int, list[int]] = {}
    for pid in everyone():
        stat = _stat(pid)
        if stat is not None and stat[0] not in "ZX":
            parents.setdefault(stat[1], []).append(pid)
    found, waiting = [], [root]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def everyone() -> Iterator[int]:
    """All pids of this machine."""
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def command_line(pid: int) -> str:
    """How the process was called, "" when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""


def marked(mark: str) -> list[int]:
    """The living processes with `mark` in their command line or the environment they were started with."""
    sought = mark.encode()
    found = []
    for pid in everyone():
        with suppress(OSError):
            here = Path(f"/proc/{pid}")
            if sought in (here / "cmdline").read_bytes() + (here / "environ").read_bytes() and living(pid):
                found.append(pid)
    return [pid for pid in found if pid != os.getpid()]


def memory_mib(pids: list[int]) -> float:
    """The memory of these processes together (PSS: what they share counts once), MiB."""
    total = 0
    for pid in pids:
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total / 1024


def end(pids: list[int], seconds: float = 5.0) -> None:
    """Kill exactly these and wait until they are gone."""
    until = time.monotonic() + seconds
    while (left := [pid for pid in pids if living(pid)]) and time.monotonic() < until:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        collect()
        time.sleep(0.01)
    collect()


def end_family() -> None:
    """Kill everything below this process, again and again until nothing is left (five seconds at most)."""
    until = time.monotonic() + 5
    while (left := family(os.getpid())) and time.monotonic() < until:
        end(left, 1.0)


def collect() -> None:
    """Reap adopted orphans. Children that somebody holds as a Popen are reaped there, or find theirs reaped here."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _stat(pid: int) -> tuple[str, int] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, parent = text[text.rindex(")") + 2 :].split()[:2]
    return state, int(parent)
