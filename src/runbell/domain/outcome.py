"""What a runner may answer: a closed list."""

from typing import Any

from msgspec import Struct

from runbell.domain.data import Yield
from runbell.domain.execution import Error, ResultRef
from runbell.domain.status import OK, ExitStatus


class Succeeded(Struct, frozen=True, tag=True):
    """The step did its work. Its exit status may still be WARN. `keep`: values for `keep` parameters.

    `data`: row sets, exception records and files; what they name lies in the execution's data by then.
    """

    exit_status: ExitStatus = ExitStatus(OK)
    result: ResultRef | None = None
    keep: dict[str, Any] | None = None
    data: tuple[Yield, ...] = ()


class Failed(Struct, frozen=True, tag=True):
    """The step failed; `error.code` is TIMEOUT when its time limit ended it."""

    error: Error
    result: ResultRef | None = None
    data: tuple[Yield, ...] = ()


class Gone(Struct, frozen=True, tag=True):
    """The step was ended on request. Times in epoch ms; `survivors` counts processes that outlived every rung."""

    signalled_at: int | None
    forced_at: int | None
    gone_at: int | None
    survivors: int = 0


class TryLater(Struct, frozen=True, tag=True):
    """Nothing was begun (no process could be made, no room): try again later."""

    reason: str


Outcome = Succeeded | Failed | Gone | TryLater
