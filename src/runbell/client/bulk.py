"""The calls about many executions at once, and about what waits and works."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from runbell.client.answers import ExecutionItem
from runbell.client.call import call, stream
from runbell.client.caller import Caller
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Item, Stream
from runbell.client.exchange import read
from runbell.client.idempotency import quoted

POST: Final = {"Content-Type": "application/json"}


class BulkPreview(Struct, frozen=True, kw_only=True):
    """What a bulk would be about: how many, and the newest of them."""

    action: str
    count: int
    count_is: str = "exact"
    sample: tuple[ExecutionItem, ...] = ()


class BulkItem(Struct, frozen=True, kw_only=True):
    """One execution of a bulk, and what came of it: pending, done, refused."""

    execution: str
    number: int
    outcome: str
    code: str | None = None
    detail: str | None = None
    made: str | None = None


class Bulk(Struct, frozen=True, kw_only=True):
    """One action on many executions: working, done, cancelled."""

    id: str
    action: str
    status: str
    filter: dict[str, str] = {}
    requested_by: str = ""
    created_at: str = ""
    ended_at: str | None = None
    total: int = 0
    done: int = 0
    refused: int = 0


class WaitingJob(Struct, frozen=True, kw_only=True):
    """A job with executions in the queue; `blocked_by` says why the first of them does not start."""

    job: str
    waiting: int
    waiting_is: str = "exact"
    first: str = ""
    first_number: int = 0
    oldest_wait_ms: int | None = None
    position: int | None = None
    blocked_by: str | None = None


class HeldExecution(Struct, frozen=True, kw_only=True):
    """An execution that a worker runs."""

    execution: str
    number: int
    job: str
    started_at: str | None = None
    steps: tuple[str, ...] = ()


class Worker(Struct, frozen=True, kw_only=True):
    """Who runs things, and what."""

    name: str
    slots: int
    busy: int
    hands: int = 0
    draining: bool = False
    healthy: bool = True
    last_seen_at: str = ""
    running: tuple[HeldExecution, ...] = ()


class _Items(Struct):
    items: list[BulkItem] = []
    next_cursor: str | None = None


class _Queue(Struct):
    items: list[WaitingJob] = []


class _Workers(Struct):
    items: list[Worker] = []


class BulkCalls(Caller):
    """Try a bulk, begin it, watch it; the queue and the workers."""

    @call
    def preview_bulk(self, action: str, filter: Mapping[str, str]) -> Flow[BulkPreview]:  # noqa: A002 - the API's word
        """What it would be about. `filter` has the names of the list's filters (`status`, `job`, `params.day`, …)."""
        body = msgspec.json.encode({"action": action, "filter": filter, "dry_run": True})
        ask = Ask(method="POST", path=f"{API}/executions:bulk", headers=POST, body=body)
        return read((yield from self._send(ask)), BulkPreview)

    @call
    def bulk(
        self, action: str, filter: Mapping[str, str], *, mode: str | None = None, reason: str = "",  # noqa: A002
        idempotency_key: str | None = None,
    ) -> Flow[Bulk]:  # fmt: skip
        """Stop, rerun, restart or delete what the filter names now; it goes on behind the answer."""
        said: dict[str, Any] = {"action": action, "filter": filter, "mode": mode, "reason": reason}
        headers = POST if idempotency_key is None else {**POST, "Idempotency-Key": quoted(idempotency_key)}
        body = msgspec.json.encode(said)
        ask = Ask(method="POST", path=f"{API}/executions:bulk", headers=headers, body=body,
                  harmless=idempotency_key is not None)  # fmt: skip
        return read((yield from self._send(ask)), Bulk)

    @call
    def bulk_status(self, id: str) -> Flow[Bulk]:  # noqa: A002 - the API's word
        """How far it is."""
        return (yield from self._get(f"{API}/bulk/{id}", Bulk, limit=1))

    @stream
    def bulk_items(self, id: str) -> Stream[BulkItem]:  # noqa: A002 - the API's word
        """One result per execution, by number."""
        cursor: str | None = None
        while True:
            page = yield from self._get(f"{API}/bulk/{id}", _Items, limit=1_000, cursor=cursor)
            for item in page.items:
                yield Item(item)
            cursor = page.next_cursor
            if cursor is None:
                return

    @call
    def cancel_bulk(self, id: str) -> Flow[Bulk]:  # noqa: A002 - the API's word
        """Go no further; what is done stays done."""
        return read((yield from self._send(Ask(method="POST", path=f"{API}/bulk/{id}:cancel"))), Bulk)

    @call
    def queue(self) -> Flow[list[WaitingJob]]:
        """What waits, job by job."""
        return (yield from self._get(f"{API}/queue", _Queue)).items

    @call
    def workers(self) -> Flow[list[Worker]]:
        """Who runs things, and what."""
        return (yield from self._get(f"{API}/workers", _Workers)).items
