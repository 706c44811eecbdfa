"""What can be done with an execution that a client has answered: the client's own calls, without naming it again.

`ex.stop()` is `client.stop(ex.id)`: it blocks, or is awaited, as the calls of its client do.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from pathlib import Path

    import typing_extensions

    from runbell.client.answers import Execution, LogLine, Moment, StepExecution, StopReport
    from runbell.client.awaiting import Awaiting
    from runbell.client.blocking import Blocking
    from runbell.client.data import Artifact, ExceptionRecord, ExceptionSets, Format, Kind, RowSet

    Colour = typing_extensions.TypeVar("Colour", default=Blocking)
else:
    Colour = TypeVar("Colour")

P = ParamSpec("P")
T = TypeVar("T")


class does(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A call of the client that answers one value; what is decorated only says how it looks."""

    def __init__(self, looks: Callable[Concatenate[Any, P], T]) -> None:
        self.looks = looks
        self.name = looks.__name__
        self.__doc__ = looks.__doc__

    @overload
    def __get__(self, bound: "Bound[Blocking]", owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, bound: "Bound[Awaiting]", owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, bound: Any, owner: type) -> Any:
        return self if bound is None else _call(bound, self.name)


class makes(Generic[P]):  # noqa: N801 - used as a decorator
    """A call of the client that answers an execution."""

    def __init__(self, looks: Callable[Concatenate[Any, P], object]) -> None:
        self.looks = looks
        self.name = looks.__name__
        self.__doc__ = looks.__doc__

    @overload
    def __get__(self, bound: "Bound[Blocking]", owner: type) -> "Callable[P, Execution[Blocking]]": ...
    @overload
    def __get__(
        self, bound: "Bound[Awaiting]", owner: type
    ) -> "Callable[P, Coroutine[Any, Any, Execution[Awaiting]]]": ...
    def __get__(self, bound: Any, owner: type) -> Any:
        return self if bound is None else _call(bound, self.name)


class gives(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A call of the client that answers one thing after the other."""

    def __init__(self, looks: Callable[Concatenate[Any, P], T]) -> None:
        self.looks = looks
        self.name = looks.__name__
        self.__doc__ = looks.__doc__

    @overload
    def __get__(self, bound: "Bound[Blocking]", owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, bound: "Bound[Awaiting]", owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, bound: Any, owner: type) -> Any:
        return self if bound is None else _call(bound, self.name)


class Bound(Generic[Colour]):
    """An execution that knows its client."""

    __slots__ = ()

    @makes
    def refresh(self) -> None:
        """The execution as it is now."""

    @makes
    def wait(self, seconds: float | None = None) -> None:
        """The execution once it has ended, or as it is after so many seconds."""

    @makes
    def rerun(
        self,
        *,
        mode: str = "exact",
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        wait: float | None = None,
        callback: Mapping[str, Any] | None = None,
    ) -> None:
        """A new execution that runs everything again; its callback is the one given here."""

    @makes
    def restart(
        self,
        *,
        from_step: str | None = None,
        idempotency_key: str | None = None,
        wait: float | None = None,
        callback: Mapping[str, Any] | None = None,
    ) -> None:
        """A new execution that reuses the finished steps of this one."""

    @does
    def stop(self, *, kill: bool = False, reason: str = "", wait: bool = True) -> "StopReport":  # type: ignore[empty-body]
        """Ask it to stop. With `wait`, the answer is the proof that no process is left."""

    @does
    def delete(self) -> None:
        """Delete it, with its log and its files, once it has ended."""

    @gives
    def logs(  # type: ignore[empty-body]
        self,
        *,
        follow: bool = False,
        after_line: int | None = None,
        tail: int | None = None,
        step: str | None = None,
        stream: str | None = None,
        q: str | None = None,
        since: str | None = None,
    ) -> "LogLine":
        """The lines of its log, in order. With `follow`, until it has ended."""

    @gives
    def events(self, *, after: str = "", log: bool = True) -> "Moment":  # type: ignore[empty-body]
        """What became of it and what becomes of it, until it has ended: statuses, steps, lines, the result."""

    @does
    def results(self) -> "tuple[RowSet, ...]":  # type: ignore[empty-body]
        """Its named result sets."""

    @gives
    def rows(self, name: str, *, filters: Mapping[str, str] | None = None, after_row: int = 0) -> "dict[str, Any]":  # type: ignore[empty-body]
        """The rows of a result set, fetched as they are needed."""

    @does
    def exception_sets(self) -> "ExceptionSets":  # type: ignore[empty-body]
        """Its exception records: how many, why, in which sets."""

    @gives
    def exception_records(  # type: ignore[empty-body]
        self, name: str, *, reason: str | None = None, filters: Mapping[str, str] | None = None, after_row: int = 0
    ) -> "ExceptionRecord":
        """The records of a set of exceptions, fetched as they are needed."""

    @does
    def artifacts(self) -> "tuple[Artifact, ...]":  # type: ignore[empty-body]
        """The files that its steps left."""

    @does
    def download(self, kind: "Kind", name: str, to: "str | Path", *, form: "Format" = "csv") -> "Path":  # type: ignore[empty-body]
        """Fetch a file, or all rows of a set, into the file `to`, where it appears once it is whole and checked."""

    @gives
    def all_steps(self) -> "StepExecution":  # type: ignore[empty-body]
        """Every attempt of every step and scope, in file order."""


NAMES = {"refresh": "execution", "all_steps": "steps", "exception_sets": "exceptions", "events": "follow"}
"""Where the client's own call has another name."""


def bind(execution: Any, client: Any) -> None:
    """From now on it knows its client; this is no member of it, and is never written."""
    execution.__dict__["client"] = client


def _call(bound: Any, name: str) -> Any:
    client = bound.__dict__.get("client")
    if client is None:
        raise RuntimeError("This execution was not answered by a client; ask one: client.execution(number).")

    def of_this(*args: Any, **kwargs: Any) -> Any:
        return getattr(client, NAMES.get(name, name))(bound.id, *args, **kwargs)

    return of_this
