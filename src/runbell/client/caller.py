"""What every group of calls builds on: one request with retries, and pages."""

from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct, structs

from runbell.client.answers import Execution, ExecutionItem
from runbell.client.bound import bind
from runbell.client.connection import API, Connection
from runbell.client.effects import Answer, Ask, Flow, Item, Stream
from runbell.client.exchange import exchange, read
from runbell.client.passes import Passes
from runbell.client.problems import ProblemError

T = TypeVar("T")
POSTMAN: Final = "/postman"
IN_A_PROJECT: Final = (API, POSTMAN)
SERVER_WIDE: Final = tuple(f"{API}/{name}" for name in ("projects", "users", "sessions", "whoami"))
"""What is in no project, so that none can be named there."""


class _Page(Struct):
    items: list[Any]
    next_cursor: str | None = None


class Caller:
    """A client, as far as its calls know it."""

    connection: Connection
    passes: Passes | None

    def _send(self, ask: Ask, patience: float = 0) -> Flow[Answer]:
        """Ask as often as is safe; with a token that is good, and once more with a fresh one when it is refused."""
        patience = max(patience, self.connection.patience)
        in_one = ask.path.startswith(IN_A_PROJECT) and not ask.path.startswith(SERVER_WIDE)
        if self.connection.project is not None and in_one:
            ask = structs.replace(ask, query={"project": self.connection.project} | ask.query)
        if self.passes is None:
            return (yield from exchange(ask, patience))
        token = yield from self.passes.good(patience)
        try:
            return (yield from exchange(_with(ask, token), patience))
        except ProblemError as refused:
            if refused.status != HTTPStatus.UNAUTHORIZED:
                raise
        token = yield from self.passes.another(token, patience)
        return (yield from exchange(_with(ask, token), patience))

    def _get(self, path: str, shape: type[T], **query: Any) -> Flow[T]:
        return read((yield from self._send(Ask(method="GET", path=path, query=query_of(query)))), shape)

    def _execution(self, answer: Answer) -> Execution:
        """The execution in an answer; it knows this client."""
        execution = read(answer, Execution)
        bind(execution, self)
        return execution

    def _pages(self, path: str, shape: type[T], query: dict[str, Any]) -> Stream[T]:
        """Everything of a list, page after page (keyset cursors, so nothing is seen twice)."""
        cursor: str | None = None
        while True:
            page = yield from self._get(path, _Page, **query, cursor=cursor)
            for item in page.items:
                one = msgspec.convert(item, shape)
                if isinstance(one, ExecutionItem):
                    bind(one, self)
                yield Item(one)
            cursor = page.next_cursor
            if cursor is None:
                return


def _with(ask: Ask, token: str) -> Ask:
    return structs.replace(ask, headers=ask.headers | {"Authorization": f"Bearer {token}"})


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
