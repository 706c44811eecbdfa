"""What steps say themselves about what they did: evidence that no server can have written."""

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """One thing that a step did."""

    execution: str
    step: str
    attempt: int
    epoch: int
    mark: str
    at: float


class Ledger:
    """A file that steps append to."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __str__(self) -> str:
        return str(self.file)

    def lines(self) -> list[Line]:
        """Everything so far. A last line that is being written is left out."""
        if not self.file.exists():
            return []
        found = []
        for text in self.file.read_text().split("\n")[:-1]:
            execution, step, attempt, epoch, mark, *at = text.split(" ")
            found.append(Line(execution, step, int(attempt), int(epoch), mark, float(at[0]) if at else 0.0))
        return found

    def wait(self, wanted: Callable[[Line], bool], seconds: float = 15.0) -> bool:
        """True once there is such a line, False when it does not come."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(wanted(line) for line in self.lines()):
                return True
            time.sleep(0.02)
        return False

    def by_execution(self) -> dict[str, list[Line]]:
        """The lines of each execution."""
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for line in self.lines():
            found[line.execution].append(line)
        return found
