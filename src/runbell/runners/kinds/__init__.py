"""The kinds of steps that the house does itself: one file each, with a function `run(ctx, task)`.

They run in the hand's Python worker like a job's own function: what it prints is the log, what it returns the result.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from runbell.authoring.context import Context

Run = Callable[[Context, dict[str, Any]], Any]


def run_of(kind: str) -> Run:
    """The function that does a step of that kind; its file is imported when it is first needed."""
    return cast("Run", import_module(f"{__name__}.{kind}").run)
