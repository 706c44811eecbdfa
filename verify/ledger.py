"""What steps say themselves about what they did: evidence that no server can have written."""

from collections import defaultdict
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

    def by_execution(self) -> dict[str, list[Line]]:
        """The lines of each execution."""
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for line in self.lines():
            found[line.execution].append(line)
        return found
