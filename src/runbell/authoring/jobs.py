"""The `@job` decorator: a function becomes the definition of a job, and stays the function it was."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeVar, overload

from runbell.authoring.signature import parameters_of
from runbell.authoring.steps import refuse_async

P = ParamSpec("P")
R = TypeVar("R")

_MARK: Final = "__runbell_job__"


@overload
def job(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def job(
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    project: str | None = None,
    tags: Sequence[str] = (),
    enabled: bool = True,
    ids: Mapping[str, int | str] | None = None,
    running: int | None = None,
    when_full: str | None = None,
    start_by: str | None = None,
    timeout: str | None = None,
    grace: str | None = None,
    priority: int | None = None,
    log: str | None = None,
    when_paused: str | None = None,
    require_key: bool = False,
    restart: bool = True,
    retry: int | Mapping[str, Any] | None = None,
    on_lost: str | None = None,
    env: Mapping[str, str] | None = None,
    then: Sequence[Mapping[str, Any]] = (),
    retention: Mapping[str, Any] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def job(function: Callable[..., Any] | None = None, /, **said: Any) -> Any:
    """Make a function a job. The keywords are the members of a job file (`docs/jobs.md`), those of `limits` included.

    Its name is the function's with `-` for `_`, its description the docstring, its parameters the signature.
    """

    def decorate(plain: Callable[..., Any]) -> Callable[..., Any]:
        setattr(plain, _MARK, said)
        return plain

    return decorate if function is None else decorate(function)


_LIMITS: Final = ("running", "when_full", "start_by", "timeout", "grace", "priority", "log", "when_paused")


def is_job(thing: Any) -> bool:
    """True for a function that `@job` decorates."""
    return inspect.isfunction(thing) and hasattr(thing, _MARK)


def definition(function: Callable[..., Any], target: str) -> dict[str, Any]:
    """The job's definition in the members of `docs/jobs.md`. Raises TypeError or ValueError with a sentence."""
    called = function.__name__
    refuse_async(function, called)
    said: dict[str, Any] = {key: value for key, value in getattr(function, _MARK).items() if value is not None}
    name = said.pop("name", called.strip("_").replace("_", "-"))
    step: dict[str, Any] = {"name": name, "python": target, "takes_job": True}
    if "retry" in said:
        retry = said.pop("retry")
        step["retry"] = {"attempts": retry} if isinstance(retry, int) else dict(retry)
    if "on_lost" in said:
        step["on_lost"] = said.pop("on_lost")
    limits = {key: said.pop(key) for key in _LIMITS if key in said}
    found: dict[str, Any] = {"job": name}
    description = inspect.getdoc(function)
    if description:
        found["description"] = description
    found |= {key: _plain(value) for key, value in said.items()}
    parameters = parameters_of(function)
    if parameters:
        found["parameters"] = parameters
    if limits:
        found["limits"] = limits
    return found | {"steps": [step]}


def _plain(value: Any) -> Any:
    """Tuples and mappings as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value
