"""Carries out the effects of a call and blocks meanwhile."""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from runbell.client.connection import Connection, Lines, answer_of, no_answer, request_of
from runbell.client.effects import Answer, Ask, Effect, Flow, Item, NoAnswer, Pause, ReadPiece, Stream
from runbell.client.passes import Passes

T = TypeVar("T")


class Blocking:
    """The blocking half of a client."""

    def __init__(self, connection: Connection, passes: Passes | None = None) -> None:
        self.connection = connection
        self.passes = passes
        self._http = httpx2.Client(**connection.options())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def carry_out(self, flow: Flow[T]) -> T:
        """Run a call to its value."""
        wire = _Wire(self._http, self.connection.url)
        answer: Any = None
        try:
            while True:
                answer = wire.perform(flow.send(answer))
        except StopIteration as end:
            value: T = end.value
            return value

    def unroll(self, stream: Stream[T]) -> Iterator[T]:
        """Run a call that gives out one thing after the other."""
        wire = _Wire(self._http, self.connection.url)
        answer: Any = None
        try:
            while True:
                try:
                    effect = stream.send(answer)
                except StopIteration:
                    return
                if isinstance(effect, Item):
                    answer = None
                    yield effect.value
                else:
                    answer = wire.perform(effect)
        finally:
            wire.hang_up()


class _Wire:
    """One call's line to the server; it holds at most one open answer."""

    def __init__(self, http: httpx2.Client, url: str) -> None:
        self._http = http
        self._url = url
        self._open: httpx2.Response | None = None
        self._lines: Iterator[str] = iter(())
        self._pieces: Iterator[bytes] = iter(())

    def perform(self, effect: Effect) -> Answer | NoAnswer | str | bytes | None:
        """Do it, and answer what came back."""
        if isinstance(effect, Pause):
            time.sleep(effect.seconds)
            return None
        if isinstance(effect, Ask):
            return self._ask(effect)
        try:
            if isinstance(effect, ReadPiece):
                return next(self._pieces, b"")
            return next(self._lines, None)
        except httpx2.TransportError:
            return None

    def _ask(self, ask: Ask) -> Answer | NoAnswer:
        self.hang_up()
        try:
            response = self._http.send(request_of(self._http, ask), stream=ask.stream)
            if ask.stream and response.is_success:
                self._open, self._lines, self._pieces = response, _lines_of(response), response.iter_bytes()
                return answer_of(response, b"")
            return answer_of(response, response.read())
        except httpx2.TransportError as error:
            return no_answer(self._url, error)

    def hang_up(self) -> None:
        """Close the open answer, if there is one."""
        if self._open is not None:
            self._open.close()
            self._open = None


def _lines_of(response: httpx2.Response) -> Iterator[str]:
    lines = Lines()
    for chunk in response.iter_bytes():
        yield from lines.feed(chunk)
