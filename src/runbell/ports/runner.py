"""A way to run a step. A runner gives out hands; a hand runs one step at a time and answers one Outcome."""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct, field

from runbell.domain.execution import Progress, StepExecution
from runbell.domain.job import ParameterType
from runbell.domain.outcome import Outcome


class StepOrder(Struct, frozen=True, kw_only=True):
    """All a hand needs to run one attempt of one step. Everything is filled in; nothing is looked up.

    Exactly one of `argv`, `script`, `target`, `task` is set; `task`: the members of a step of the house's own kinds.
    `home` is the execution's folder, `folder` the job file's. `params` are JSON values; `types` says which Python type
    they become. `kept` are the inner steps of a Python job so far: the finished ones, and those lost that may be
    skipped, do not run again. `timeout_ms` is what is left of the nearest time limit. `secrets` go into the environment
    too; what is in `veiled` is shown nowhere.
    """

    execution: str
    number: int
    job: str
    project: str
    step: str
    kind: str
    attempt: int
    epoch: int
    home: str
    scope: str | None = None
    argv: tuple[str, ...] | None = None
    script: str | None = None
    target: str | None = None
    task: dict[str, Any] | None = None
    takes_job: bool = False
    folder: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    types: dict[str, ParameterType] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    veiled: tuple[str, ...] = ()
    exit_codes: dict[int, str] = field(default_factory=dict)
    timeout_ms: int | None = None
    grace_ms: int = 5_000
    log_bytes: int = 256 << 20
    kept: tuple[StepExecution, ...] = ()


class Progressed(Struct, frozen=True, tag=True):
    """The step says how far it is. At most one a second."""

    progress: Progress


class InnerStep(Struct, frozen=True, tag=True):
    """A `@step` call inside a Python job began or ended; the hand waits until this has been written down."""

    step: StepExecution


Note = Progressed | InnerStep


class HandLost(Exception):  # noqa: N818 - a state of affairs, not a defect
    """The hand died under the step. `survivors` counts processes of the step that could not be killed."""

    def __init__(self, survivors: int = 0) -> None:
        super().__init__("The hand that ran the step died.")
        self.survivors = survivors


class Hand(Protocol):
    """A child process that a slot keeps warm."""

    async def run(self, order: StepOrder, on_note: Callable[[Note], None]) -> Outcome:
        """Run one step to its outcome. Raises HandLost when the hand dies under it."""
        ...

    def stop(self, *, grace_ms: int) -> None:
        """End the running step by the kill ladder; `run` then answers Gone. A second call may shorten the grace."""
        ...

    def noted(self) -> None:
        """The last InnerStep has been written down; the Python job goes on."""
        ...


class Runner(Protocol):
    """Where hands come from."""

    async def take(self, project: str) -> Hand:
        """A warm hand, or a new one. A hand that ran Python code of one project never serves another."""
        ...

    def give_back(self, hand: Hand) -> None:
        """The hand is free (or dead: then it is replaced)."""
        ...

    async def discover(self, folder: str, file: str) -> list[dict[str, Any]]:
        """The definitions of the `@job` functions in a Python file, found by importing it in a hand.

        Raises ValueError with a sentence when the file cannot be imported.
        """
        ...

    def hands(self) -> int:
        """How many hands there are now, idle ones too."""
        ...

    async def sweep(self, executions: list[str]) -> int:
        """Kill every process that carries the cookie of one of these executions; answers how many survived."""
        ...

    async def close(self) -> None:
        """End all hands and whatever they run."""
        ...
