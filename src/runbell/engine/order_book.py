"""Writes the orders of one run, with what nobody else is shown: secret parameters, and secrets of its project."""

from collections.abc import Iterable
from typing import Any

from runbell.domain.actions import Task
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.engine.order import Withheld, write_order, write_wanted
from runbell.engine.workshop import Workshop
from runbell.operations.seal import SECRET, opened
from runbell.operations.start_child import Wanted
from runbell.ports.runner import StepOrder
from runbell.ports.vault import CannotOpen


class OrderBook:
    """What every order of a run has in common. A job without secrets costs nothing here."""

    def __init__(self, shop: Workshop, job: Job, folder: str | None, execution: Execution) -> None:
        self._shop = shop
        self._job = job
        self._folder = folder
        self._home = str(shop.artifacts.home(execution.id))
        self._names = tuple(sorted({name for secrets in _of(job) for name in secrets.values()} | _of_tasks(job)))
        self._values: dict[str, str] = {}
        self._sealed = execution.params
        self._params: dict[str, Any] | None = None
        self._refusals: dict[str, str] = {}

    async def look_up(self) -> None:
        """Read the secrets as they are now: one that was changed since the last step counts for the next one."""
        if not self._names:
            return
        desk, project = self._shop.desk, self._job.project
        self._values, self._refusals = {}, {}
        for name, text in (await desk.store.sealed_secrets(project, self._names)).items():
            try:
                self._values[name] = desk.vault.open(SECRET, (project, name), text).decode("utf-8", "surrogatepass")
            except CannotOpen as refusal:
                self._refusals[name] = f"The secret {name} cannot be read. {refusal}"

    def write(
        self, execution: Execution, rows: Iterable[StepExecution], row: StepExecution, timeout_ms: int | None
    ) -> StepOrder:
        """The order for one attempt of one step. Raises FillInError, Withheld when a secret is not there."""
        order = write_order(
            self._job, self._folder, self._home, execution, rows, row, timeout_ms, self._opened(execution),
            self._secret, self._shop.artifacts.uploads.path,
        )  # fmt: skip
        if order.secrets or order.task is not None:
            used = {name for name in self._names if self._values.get(name)}
            self._shop.uses.note(self._shop.desk.store, self._job.project, used, self._shop.desk.clock.now())
        return order

    def wanted(self, execution: Execution, rows: Iterable[StepExecution], row: StepExecution) -> Wanted:
        """What a step wants started. Raises FillInError, Withheld."""
        return write_wanted(self._job, self._folder, execution, [*rows], row, self._opened(execution))

    def _opened(self, execution: Execution) -> dict[str, Any]:
        if not self._job.secret_parameters:
            return execution.params
        if self._params is None:
            try:
                self._params = opened(self._shop.desk.vault, self._job, execution)
            except CannotOpen as refusal:
                raise Withheld(f"{refusal}") from None
        return self._params

    def _secret(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            said = f"The secret {name} is not set; set it (runbell secrets set {name}), then restart the execution."
            raise Withheld(self._refusals.get(name, said))
        return value


def _of_tasks(job: Job) -> set[str]:
    """The secrets that steps of the house's own kinds name."""
    return {name for step in job.steps if isinstance(step.action, Task) for name in step.action.secrets}


def _of(job: Job) -> Iterable[dict[str, str]]:
    """The `secrets` of the job and of the jobs whose steps it includes."""
    yield job.secrets
    yield from (step.frame.secrets for step in job.steps if step.frame is not None)
