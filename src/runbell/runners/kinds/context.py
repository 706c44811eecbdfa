"""What a step of the house's own kinds is told: the context of a job's code, and what only the house may know."""

from typing import Any

from runbell.authoring.context import Context
from runbell.runners.python.yields import StepYields


class KindContext(Context):
    """The context of such a step. `sets` takes rows in bulk; `timeout_ms` is what is left of its time, None: no limit.

    `folder` is that of the job file, None when the job came over the API.
    """

    def __init__(self, *, sets: StepYields, folder: str | None, timeout_ms: int | None, **told: Any) -> None:
        super().__init__(yields=sets, **told)
        self.sets = sets
        self.folder = folder
        self.timeout_ms = timeout_ms
