"""Follow an execution: its log as it grows, and its steps, drawn over on a terminal, as plain lines elsewhere."""

import asyncio
import math
import signal
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from runbell.cli.lines import LineWriter
from runbell.cli.output import note
from runbell.cli.phrases import duration
from runbell.cli.terminal import lively

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from runbell.client import AsyncClient, Client, Execution

LOG_GRACE_S = 5.0
LET_GO_S = 1.0
LOOKED_AT = 20
ENOUGH = 3


class View(Protocol):
    """Where steps and log lines are shown."""

    def __enter__(self) -> "Self": ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None: ...
    def steps(self, execution: "Execution[Any]") -> None: ...
    def usual(self, milliseconds: float) -> None: ...
    def line(self, text: str) -> None: ...


def follow(client: "Client", execution: "Execution", seconds: float | None) -> "Execution":
    """Show it until it has ended, or for so many seconds; answers the execution as it is then."""
    view: View = PlainView()
    if lively(sys.stderr):
        from runbell.cli.live import LiveView

        view = LiveView()
    with view:
        try:
            return asyncio.run(_both(client, execution, seconds, view))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _both(client: "Client", execution: "Execution", seconds: float | None, view: View) -> "Execution":
    from runbell.client import AsyncClient

    _hear_ctrl_c()
    reach = client.connection
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    async with AsyncClient(
        reach.url,
        reach.token,
        project=reach.project,
        patience=reach.patience,
        program=reach.program,
        passes=client.passes,
    ) as watcher:
        logs = asyncio.create_task(_logs(watcher, execution.id, view.line))
        usual = asyncio.create_task(_usual(watcher, execution.job, view.usual))
        try:
            seen = await _steps(watcher, execution, deadline, view)
            if seen.ended:
                await asyncio.wait([logs], timeout=LOG_GRACE_S)
        finally:
            logs.cancel()
            usual.cancel()
            await asyncio.wait([logs, usual], timeout=LET_GO_S)
    return seen


def _hear_ctrl_c() -> None:
    """Ctrl-C ends this task. asyncio.run's own handler misses one that comes just before a long wait begins: it is only
    called when the wait is over. One of the loop wakes it, through its file of signals.
    """
    task = asyncio.current_task()
    assert task is not None
    with suppress(ValueError, RuntimeError):  # not the main thread: no signal comes here
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)


async def _steps(watcher: "AsyncClient", execution: "Execution", deadline: float, view: View) -> "Execution[Any]":
    seen: Execution[Any] = execution
    try:
        async with asyncio.timeout(None if deadline == math.inf else max(0, deadline - time.monotonic())):
            async for seen in watcher.watch(execution.id):
                view.steps(seen)
    except TimeoutError:
        pass
    return seen


async def _logs(watcher: "AsyncClient", ref: str, write: Callable[[str], None]) -> None:
    from runbell.client import RunbellError

    writer = LineWriter(colours=lively(sys.stderr))
    try:
        async for line in watcher.logs(ref, follow=True):
            for text in writer.feed(line):
                write(text)
    except RunbellError as error:
        write(f"(its log cannot be followed: {error})")
    for text in writer.flush():
        write(text)


async def _usual(watcher: "AsyncClient", job: str, tell: Callable[[float], None]) -> None:
    """The median of the last executions that succeeded, for the bar; nothing where there were too few of them."""
    from runbell.client import RunbellError

    took: list[int] = []
    try:
        async for one in watcher.executions(job=job, status="succeeded", limit=LOOKED_AT):
            took.append(one.duration_ms or 0)
            if len(took) == LOOKED_AT:
                break
    except RunbellError:
        return
    if len(took) >= ENOUGH:
        tell(statistics.median(took))


class PlainView:
    """One line per change, for pipes and CI."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str | None, int], str] = {}

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        """Nothing is left to tidy up."""

    def steps(self, execution: "Execution[Any]") -> None:
        """Say which steps have moved since the last look."""
        for step in execution.steps:
            slot = (step.name, step.scope, step.attempt)
            if step.status == "pending" or self._seen.get(slot) == step.status:
                continue
            self._seen[slot] = step.status
            which = step.name + (f" [{step.scope}]" if step.scope else "")
            again = f", attempt {step.attempt}" if step.attempt > 1 else ""
            took = f" after {duration(step.duration_ms)}" if step.duration_ms is not None else ""
            note(f"step {which}: {step.status}{again}{took}")

    def usual(self, milliseconds: float) -> None:
        """Nothing to draw it with."""

    def line(self, text: str) -> None:
        """A line of the log."""
        note(text)
