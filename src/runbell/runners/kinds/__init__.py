"""The kinds of steps that the house does itself: one file each, with a function `run(ctx, task)`.

They run in the hand's Python worker like a job's own function: what it prints is the log, what it returns the result.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from runbell.domain.status import ERROR
from runbell.runners.kinds.context import KindContext

Run = Callable[[KindContext, dict[str, Any]], Any]

__all__ = ("KindContext", "Run", "StepFailed", "run_of")


class StepFailed(Exception):  # noqa: N818 - an answer about the step, not a defect
    """The step did not do its work; the sentence says why and what to do. No traceback is shown: it is nobody's bug.

    `again_in_ms`: how long another attempt has to wait at least. `result`: what it found out all the same.
    """

    def __init__(self, sentence: str, *, again_in_ms: int | None = None, code: str = ERROR, result: Any = None) -> None:
        super().__init__(sentence)
        self.again_in_ms, self.code, self.result = again_in_ms, code, result


def run_of(kind: str) -> Run:
    """The function that does a step of that kind; its file is imported when it is first needed."""
    return cast("Run", import_module(f"{__name__}.{kind}").run)
