"""What every group of calls builds on: one request with retries, and pages."""

from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from runbell.client.connection import API, Connection
from runbell.client.effects import Answer, Ask, Flow, Item, Stream
from runbell.client.exchange import exchange, read

T = TypeVar("T")


class _Page(Struct):
    items: list[Any]
    next_cursor: str | None = None


class Caller:
    """A client, as far as its calls know it."""

    connection: Connection

    def _send(self, ask: Ask, patience: float = 0) -> Flow[Answer]:
        return (yield from exchange(ask, max(patience, self.connection.patience)))

    def _get(self, path: str, shape: type[T], **query: Any) -> Flow[T]:
        return read((yield from self._send(Ask(method="GET", path=path, query=query_of(query)))), shape)

    def _pages(self, path: str, shape: type[T], query: dict[str, Any]) -> Stream[T]:
        """Everything of a list, page after page (keyset cursors, so nothing is seen twice)."""
        cursor: str | None = None
        while True:
            page = yield from self._get(path, _Page, **query, cursor=cursor)
            for item in page.items:
                yield Item(msgspec.convert(item, shape))
            cursor = page.next_cursor
            if cursor is None:
                return


def query_of(given: dict[str, Any]) -> dict[str, str]:
    """Query values as text; what was not given is left out."""
    return {name: value if isinstance(value, str) else str(value) for name, value in given.items() if value is not None}


def job_path(name: str) -> str:
    """The path of a job."""
    return f"{API}/jobs/{quote(name, safe='')}"


def execution_path(ref: str | int) -> str:
    """The path of an execution, named by its number, its id, or `key:` and the caller's key."""
    text = str(ref)
    name = f"key:{quote(text[4:], safe='')}" if text.startswith("key:") else quote(text, safe="")
    return f"{API}/executions/{name}"
