"""A hand to work with: orders for it, what it told, what it left behind."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from runbell.domain import log
from runbell.domain.ids import new_id
from runbell.domain.outcome import Gone, Outcome
from runbell.ports.runner import InnerStep, Note, StepOrder
from runbell.runners.local import LocalRunner
from runbell.runners.local_hand import LocalHand
from runbell.runners.processes import become_subreaper, carries, cookie, everyone

NOON = 1_900_000_000_000


class Workplace:
    """One hand of a runner, and a folder for its executions. `folder` is the job folder."""

    def __init__(self, runner: LocalRunner, hand: LocalHand, root: Path) -> None:
        self.runner = runner
        self.hand = hand
        self.root = root
        self.folder = root / "jobs"
        self.folder.mkdir(exist_ok=True)
        self.notes: list[Note] = []

    def module(self, name: str, text: str) -> None:
        """Write a Python file into the job folder."""
        (self.folder / f"{name}.py").write_text(text)

    def order(self, **said: Any) -> StepOrder:
        """An order for a command or, with `target`, a Python step."""
        execution = said.pop("execution", None) or new_id(NOON)
        known: dict[str, Any] = {
            "execution": execution,
            "number": 7,
            "job": "load",
            "project": "default",
            "step": "main",
            "kind": "python" if "target" in said else "command",
            "attempt": 1,
            "epoch": 3,
            "home": str(self.root / "executions" / "2030-03-17" / execution),
            "folder": str(self.folder),
        }
        return StepOrder(**(known | said))

    async def run(self, order: StepOrder | None = None, **said: Any) -> Outcome:
        """Run a step to its end; inner steps are acknowledged at once."""
        return await self.hand.run(order or self.order(**said), self._note)

    async def stop(self, order: StepOrder, *, grace_ms: int = 300) -> tuple[Gone, float]:
        """Run a step that touches the file `ready` in its workspace, stop it then; its end, and how long that took."""
        running = asyncio.create_task(self.run(order))
        await self.until_ready(order)
        asked = time.monotonic()
        self.hand.stop(grace_ms=grace_ms)
        gone = await running
        assert isinstance(gone, Gone), gone
        return gone, time.monotonic() - asked

    async def until_ready(self, order: StepOrder) -> None:
        """Wait until the step has touched the file `ready` in its workspace."""
        await until((Path(order.home) / "workspace" / "ready").exists)

    def _note(self, note: Note) -> None:
        self.notes.append(note)
        if isinstance(note, InnerStep):
            self.hand.noted()


@asynccontextmanager
async def a_workplace(root: Path, **of_runner: Any) -> AsyncIterator[Workplace]:
    """A runner with one hand taken."""
    become_subreaper()
    runner = LocalRunner(warm=1, **of_runner)
    hand = await runner.take("default")
    assert isinstance(hand, LocalHand)
    try:
        yield Workplace(runner, hand, root)
    finally:
        await runner.close()


async def until(happened: Any, seconds: float = 10.0) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.005)


def names_in(folder: str | Path) -> list[str]:
    """What lies in a folder; nothing when there is no folder."""
    found = Path(folder)
    return sorted(each.name for each in found.iterdir()) if found.exists() else []


def survivors(order: StepOrder) -> list[str]:
    """What still lives of an execution, by its cookie."""
    mark = cookie(order.execution)
    return [_name(pid) for pid in everyone() if carries(pid, (mark,))]


def living(file: Path) -> list[int]:
    """Which of the pids in a file (one a line) still live."""
    return [int(pid) for pid in file.read_text().split() if _lives(int(pid))]


def text_of(order: StepOrder, stream: str | None = None) -> str:
    """What the log says, without times and names; partial lines joined."""
    return "".join(
        record.text + ("" if record.partial else "\n") for record in records(order) if stream in (None, record.stream)
    )


def records(order: StepOrder) -> list[log.Record]:
    """The records of the log."""
    file = Path(order.home) / "log"
    return [log.read(line) for line in file.read_bytes().split(b"\n")[:-1]] if file.exists() else []


def result_of(outcome: Any) -> Any:
    """The inline result of a succeeded step."""
    return None if outcome.result is None else msgspec.json.decode(outcome.result.inline)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"


def _name(pid: int) -> str:
    try:
        return f"{pid} {Path(f'/proc/{pid}/cmdline').read_text()}"
    except OSError:
        return f"{pid}"
