"""Every call is written once, as a generator of effects; here its client makes it a blocking or an awaited one."""

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from runbell.client.answers import Execution, ExecutionItem
from runbell.client.awaiting import Awaiting
from runbell.client.blocking import Blocking
from runbell.client.effects import Flow, Stream

P = ParamSpec("P")
T = TypeVar("T")


class call(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A method that answers one value: `T` from a blocking client, an awaitable of it from the other."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self._flow

        @functools.wraps(self._flow)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.carry_out(self._flow(client, *args, **kwargs))

        return bound


class stream(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A method that answers one thing after the other: an iterator, or an asynchronous one."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Stream[T]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self._flow

        @functools.wraps(self._flow)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.unroll(self._flow(client, *args, **kwargs))

        return bound


class making(Generic[P]):  # noqa: N801 - used as a decorator
    """A method that answers an execution, which knows its client: what is called on it blocks, or is awaited, too."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[Execution]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Execution[Blocking]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, Execution[Awaiting]]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        return call(self._flow).__get__(client, owner)


class giving(Generic[P]):  # noqa: N801 - used as a decorator
    """A method that answers an execution again and again."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Stream[Execution]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Iterator[Execution[Blocking]]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, AsyncIterator[Execution[Awaiting]]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        return stream(self._flow).__get__(client, owner)


class listing(Generic[P]):  # noqa: N801 - used as a decorator
    """A method that answers executions as they stand in a list."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Stream[ExecutionItem]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Iterator[ExecutionItem[Blocking]]]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, AsyncIterator[ExecutionItem[Awaiting]]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        return stream(self._flow).__get__(client, owner)
