"""What a job's code is told about its execution, and how it answers besides its result."""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from runbell.authoring.yields import Counted, Reason, Record, Yields
from runbell.domain.execution import Progress
from runbell.domain.status import ExitStatus


class Secret(str):
    """A text that is never shown: annotates a parameter. It is a `str`; only its `repr` gives nothing away."""

    __slots__ = ()

    def __repr__(self) -> str:  # type: ignore[explicit-override]
        return "Secret('***')"


class Stopped(BaseException):
    """Raised in a job's code when its execution is stopped, unless the code has read `ctx.stop_requested`."""


class Context:
    """The execution as its code sees it. A function gets it for the argument annotated `Context` or named `ctx`.

    Outside a server (in a test) `Context()` is one that prints and otherwise does nothing.
    """

    def __init__(
        self,
        *,
        execution: str = "",
        number: int = 0,
        job: str = "",
        step: str = "",
        scope: str | None = None,
        attempt: int = 1,
        epoch: int = 1,
        workspace: Path | None = None,
        output: Path | None = None,
        params: Mapping[str, Any] = MappingProxyType({}),
        on_progress: Callable[[Progress], None] | None = None,
        yields: Yields | None = None,
    ) -> None:
        self.id = execution
        self.number = number
        self.job = job
        self.step = step
        self.scope = scope
        self.attempt = attempt
        self.epoch = epoch
        self.workspace = workspace or Path.cwd()
        self.params = params
        self.said: ExitStatus | None = None
        self.polls = False
        self.kept: dict[str, Any] = {}
        self._output = output or self.workspace / "output"
        self._on_progress = on_progress
        self._stop_requested = False
        self._yields: Yields = yields or Counted()

    @property
    def stop_requested(self) -> bool:
        """True once somebody asked for a stop. Code that reads this is left to end by itself, within the grace."""
        self.polls = True
        return self._stop_requested

    def ask_to_stop(self) -> None:
        """What the server's stop does: from now on `stop_requested` is true."""
        self._stop_requested = True

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the step is; callers see it at most once a second."""
        if self._on_progress is not None:
            self._on_progress(Progress(float(done), None if total is None else float(total), str(message)))

    def log(self, *what: Any) -> None:
        """Write a line to the log, at once."""
        print(*what, flush=True)  # noqa: T201 - standard output is the log

    def exit_status(self, code: str, message: str = "") -> None:
        """Say what people shall read when the step succeeds: a code ("WARN", …) and a message."""
        self.said = ExitStatus(str(code), str(message))

    def keep(self, **values: Any) -> None:
        """Hand back values for `keep` parameters: once the execution has succeeded, the next start may ask for them."""
        self.kept |= values

    def result_set(
        self, rows: Iterable[Record], name: str | None = None, *, columns: Sequence[str] | None = None
    ) -> int:
        """Return rows as data: a named result set that callers page through and download. Answers how many.

        Rows are mappings, or sequences in the order of `columns`. They are written as they come: a generator of
        millions costs no memory. ValueError: the step has one of that name, or a row does not fit.
        """
        return self._yields.result_set(rows, name, columns)

    def exception_records(self, records: Iterable[Record], *, reason: Reason = "", name: str | None = None) -> int:
        """Hand over records that were found wrong, with the reason (a text, or a function of the record).

        `name` is the rule that found them; calls with the same name add to one set. Answers how many came.
        """
        return self._yields.exception_records(records, reason, name)

    def output_file(self, name: str | Path) -> Path:
        """Keep a file of the workspace as an output file; answers where it lies.

        A name without a file yet is answered with the path to write to. Below the workspace its folders belong to the
        name: `de/sales.csv` and `fr/sales.csv` are two files.
        """
        source = self.workspace / name
        below = os.path.relpath(source, self.workspace)
        kept = self._output / (source.name if below.startswith("..") else below)
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if source.is_file():
            shutil.copyfile(source, kept)
        return kept
