"""The `@step` decorator: a call inside a running job is a step execution of its own, elsewhere it is just a call."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, ParamSpec, Protocol, TypeVar, overload

from msgspec import Struct

from runbell.domain.durations import duration_ms
from runbell.domain.job import OnLost, Retry

P = ParamSpec("P")
R = TypeVar("R")

_RETRY_MEMBERS: Final = ("attempts", "delay", "factor", "max")


class StepTimedOut(TimeoutError):  # noqa: N818 - as the standard's TimeoutError, from whom it comes
    """A `@step` took longer than its time limit."""


class StepOptions(Struct, frozen=True, kw_only=True):
    """What the decorator was told about a step."""

    name: str
    retry: Retry = Retry()
    timeout_ms: int | None = None
    on_lost: OnLost = OnLost.FAIL


class Recorder(Protocol):
    """Runs a step's function and writes down that it did."""

    def __call__(
        self, options: StepOptions, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """The function's result, or the result kept from an earlier run."""
        ...


_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """From now on (until None) calls of steps are recorded. For the process that runs a job."""
    global _recorder  # noqa: PLW0603 - one process runs one job at a time
    _recorder = recorder


@overload
def step(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def step(
    *,
    name: str | None = None,
    retry: int | Mapping[str, Any] = 1,
    timeout: str | None = None,
    on_lost: str = "fail",
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def step(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    retry: int | Mapping[str, Any] = 1,
    timeout: str | None = None,
    on_lost: str = "fail",
) -> Any:
    """Make a function a step.

    `retry`: attempts in all, or the members of `retry` in a job file. `timeout`: over all attempts and their waits.
    `on_lost` (rerun, fail, skip): what it means when the worker dies while this step runs.
    Raises ValueError or TypeError with a sentence when one of these is wrong.
    """

    def decorate(plain: Callable[..., Any]) -> Callable[..., Any]:
        called = getattr(plain, "__name__", "step")
        refuse_async(plain, called)
        options = StepOptions(
            name=name or called,
            retry=read_retry(retry, called),
            timeout_ms=None if timeout is None else duration_ms(timeout),
            on_lost=_on_lost(on_lost, called),
        )

        @functools.wraps(plain)
        def call(*args: Any, **kwargs: Any) -> Any:
            if _recorder is None:
                return plain(*args, **kwargs)
            return _recorder(options, plain, args, kwargs)

        return call

    return decorate if function is None else decorate(function)


def refuse_async(function: Callable[..., Any], called: str) -> None:
    """Jobs and steps are plain functions. Raises TypeError."""
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise TypeError(f"{called} is a coroutine or a generator; write a plain `def` (asyncio.run inside it is fine).")


def read_retry(retry: int | Mapping[str, Any], called: str) -> Retry:
    """The retry rule of `retry=3` or `retry={"attempts": 3, "delay": "2s", …}`. Raises ValueError."""
    members = {"attempts": retry} if isinstance(retry, int) else dict(retry)
    unknown = sorted(set(members) - set(_RETRY_MEMBERS))
    if unknown:
        raise ValueError(f"retry of {called} has no {', '.join(unknown)}; it has {', '.join(_RETRY_MEMBERS)}.")
    plain = Retry()
    found = Retry(
        attempts=int(members.get("attempts", plain.attempts)),
        delay_ms=duration_ms(members["delay"]) if "delay" in members else plain.delay_ms,
        factor=float(members.get("factor", plain.factor)),
        max_ms=duration_ms(members["max"]) if "max" in members else plain.max_ms,
    )
    if found.attempts < 1 or found.factor < 1:
        raise ValueError(f"retry of {called} needs at least 1 attempt (the first counts) and a factor of at least 1.")
    return found


def _on_lost(text: str, called: str) -> OnLost:
    try:
        return OnLost(text)
    except ValueError:
        raise ValueError(f"on_lost of {called} is rerun, fail or skip, not {text!r}.") from None
