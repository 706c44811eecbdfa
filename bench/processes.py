"""What the kernel says of a server's processes: which there are, their memory, the processor time they have used."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Final

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all that descends from it."""
    children = [
        int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [pid, *(below for child in children for below in tree(child))]


def name(pid: int) -> str:
    """What a process is: the last word of the module it runs."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    module = words[words.index("-m") + 1] if "-m" in words else Path(words[0]).name
    return module.rpartition(".")[2]


def pss_mb(pid: int) -> float:
    """Memory, with what is shared split among those who share it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(f"/proc/{pid}/smaps_rollup says no Pss.")


def processor_seconds(pid: int) -> dict[str, float]:
    """Processor time by the name of the process, of those that live and of children they have outlived."""
    used: dict[str, float] = defaultdict(float)
    for one in tree(pid):
        # After the name in brackets: state is field 3, so utime, stime, cutime, cstime (14 to 17) are at 11 to 14.
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
        used[name(one)] += sum(int(field) for field in fields[11:15]) * _TICK_S
    return used


def spent(pid: int, before: dict[str, float], pieces: int) -> str:
    """What each kind of process has used since `before`, per piece of work, in words."""
    used = processor_seconds(pid)
    each = [f"{what} {(used[what] - before[what]) / pieces * 1e6:.0f} µs" for what in used]
    return f"processor per piece: {', '.join(each)}"
