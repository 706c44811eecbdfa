"""The live step list of a terminal: what runs and what failed, with the log scrolling above it."""

from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from runbell.cli.inert import inert
from runbell.cli.phrases import count, duration, moment
from runbell.cli.terminal import ICONS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from runbell.client import Execution, StepExecution

MOST_STEPS: Final = 12
NEWSWORTHY: Final = ("running", "waiting", "failed", "lost", "stopped")
_COLOURS: Final = {"31": "red", "32": "green", "33": "yellow", "34": "blue", "36": "cyan", "2": "dim", "0": "default"}


class LiveView:
    """Implements `following.View` on a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._execution: Execution[Any] | None = None
        self._usual: float | None = None
        self._spinners: dict[tuple[str, str | None, int], Spinner] = {}
        self._live = Live(
            console=self._console,
            get_renderable=self._drawn,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)
        if self._execution is not None and self._execution.ended:
            self._console.print(self._drawn())

    def steps(self, execution: "Execution[Any]") -> None:
        """Show these from now on."""
        self._execution = execution

    def usual(self, milliseconds: float) -> None:
        """So long it takes usually: the bar is drawn against it."""
        self._usual = milliseconds

    def line(self, text: str) -> None:
        """A line of the log, above the list."""
        self._console.print(Text.from_ansi(text))

    def _drawn(self) -> "RenderableType":
        execution = self._execution
        if execution is None:
            return Text("")
        if not execution.steps:
            return Text(f"{execution.job} {execution.number}: {execution.status}", style="dim")
        shown = execution.steps if len(execution.steps) <= MOST_STEPS else _news(execution.steps)
        table = Table.grid(padding=(0, 2))
        for step in shown:
            table.add_row(*self._row(step))
        parts: list[RenderableType] = [table] if shown else []
        if len(shown) < len(execution.steps):
            parts.append(Text(_rest(execution.steps), style="dim"))
        if execution.progress is not None and not execution.ended:
            parts.append(_progress(execution))
        elif self._usual and execution.started_at and not execution.ended:
            parts.append(_against_usual(execution, self._usual))
        return Group(*parts)

    def _row(self, step: "StepExecution") -> "tuple[RenderableType, ...]":
        icon, sgr = ICONS.get(step.status, ("·", "0"))
        style = _COLOURS.get(sgr, "default")
        mark: RenderableType = Text(icon, style=style)
        if step.status == "running":
            slot = (step.name, step.scope, step.attempt)
            mark = self._spinners.setdefault(slot, Spinner("dots", style=style))
        name = step.name + (f" [{step.scope}]" if step.scope else "")
        told = [f"attempt {step.attempt}"] if step.attempt > 1 else []
        if step.exit_status is not None and step.exit_status.message:
            told.append(step.exit_status.message.replace("\n", " "))
        said = Text(inert(", ".join(told)), style="dim", no_wrap=True, overflow="ellipsis")
        return mark, Text(inert(name)), Text(step.status, style=style), Text(_took(step), style="dim"), said


def _news(steps: "tuple[StepExecution, ...]") -> "tuple[StepExecution, ...]":
    return tuple(step for step in steps if step.status in NEWSWORTHY)[-MOST_STEPS:]


def _rest(steps: "tuple[StepExecution, ...]") -> str:
    done = sum(step.status in ("succeeded", "reused") for step in steps)
    to_come = sum(step.status == "pending" for step in steps)
    return f"{count(len(steps), 'step')}: {done} done, {to_come} to come"


def _took(step: "StepExecution") -> str:
    if step.duration_ms is not None:
        return duration(step.duration_ms)
    return duration(_since(step.started_at)) if step.started_at else ""


def _since(text: str | None) -> float:
    """Milliseconds since then."""
    began = moment(text)
    return 0.0 if began is None else max(0.0, (datetime.now(UTC) - began).total_seconds() * 1_000)


def _against_usual(execution: "Execution[Any]", usual: float) -> "RenderableType":
    """How long it has run, against the median of those before it; the bar waits at its end for one that is slower."""
    took = _since(execution.started_at)
    slow = took > usual
    line = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=usual, completed=min(took, usual), width=30, complete_style="yellow" if slow else "blue")
    said = f"{duration(took)}, usually {duration(usual)}"
    line.add_row(bar, Text(said, style="yellow" if slow else "dim"))
    return line


def _progress(execution: "Execution[Any]") -> "RenderableType":
    progress = execution.progress
    assert progress is not None
    line = Table.grid(padding=(0, 1))
    of = f"{progress.done:g}" + (f"/{progress.total:g}" if progress.total else "")
    line.add_row(
        ProgressBar(total=progress.total, completed=progress.done, width=30), Text(of), Text(inert(progress.message))
    )
    return line
