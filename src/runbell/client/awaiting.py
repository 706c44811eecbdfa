"""Carries out the effects of a call and lets others run meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from runbell.client.connection import Connection, Lines, answer_of, no_answer, request_of
from runbell.client.effects import Answer, Ask, Effect, Flow, Item, NoAnswer, Pause, ReadPiece, Stream
from runbell.client.passes import Passes

T = TypeVar("T")


class Awaiting:
    """The awaiting half of a client."""

    def __init__(self, connection: Connection, passes: Passes | None = None) -> None:
        self.connection = connection
        self.passes = passes
        self._http = httpx2.AsyncClient(**connection.options())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def carry_out(self, flow: Flow[T]) -> T:
        """Run a call to its value."""
        wire = _Wire(self._http, self.connection.url)
        answer: Any = None
        while True:
            try:
                effect = flow.send(answer)
            except StopIteration as end:
                value: T = end.value
                return value
            answer = await wire.perform(effect)

    async def unroll(self, stream: Stream[T]) -> AsyncIterator[T]:
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
                    answer = await wire.perform(effect)
        finally:
            await wire.hang_up()


class _Wire:
    """One call's line to the server; it holds at most one open answer."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url
        self._open: httpx2.Response | None = None
        self._lines: AsyncIterator[str] | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def perform(self, effect: Effect) -> Answer | NoAnswer | str | bytes | None:
        """Do it, and answer what came back."""
        if isinstance(effect, Pause):
            await asyncio.sleep(effect.seconds)
            return None
        if isinstance(effect, Ask):
            return await self._ask(effect)
        try:
            if isinstance(effect, ReadPiece):
                return await anext(self._pieces, b"") if self._pieces else b""
            return await anext(self._lines, None) if self._lines else None
        except httpx2.TransportError:
            return None

    async def _ask(self, ask: Ask) -> Answer | NoAnswer:
        await self.hang_up()
        try:
            response = await self._http.send(request_of(self._http, ask), stream=ask.stream)
            if ask.stream and response.is_success:
                self._open, self._lines, self._pieces = response, _lines_of(response), response.aiter_bytes()
                return answer_of(response, b"")
            return answer_of(response, await response.aread())
        except httpx2.TransportError as error:
            return no_answer(self._url, error)

    async def hang_up(self) -> None:
        """Close the open answer, if there is one."""
        if self._open is not None:
            await self._open.aclose()
            self._open = None


async def _lines_of(response: httpx2.Response) -> AsyncIterator[str]:
    lines = Lines()
    async for chunk in response.aiter_bytes():
        for line in lines.feed(chunk):
            yield line
