"""The endpoint of the event feed: pages, long polls and a stream of everything that the caller may see."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from msgspec import Raw, structs

from runbell.dialects.native.event_shapes import EventShape, FeedPage
from runbell.dialects.native.execution_wire import PREFIX
from runbell.dialects.native.words import STATUS
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.event import EVENT_TYPES
from runbell.domain.status import Status
from runbell.http import query
from runbell.http.answer import Answer, Headers, Stream, json_answer
from runbell.http.event_stream import HEARTBEAT_S, SSE, SSE_HEADERS, comment, event, position
from runbell.http.request import Request
from runbell.http.route import JSON
from runbell.http.times import rfc3339
from runbell.operations import feed
from runbell.ports.event_table import EventQuery, EventRecord

LONGEST_WAIT_S: Final = 60
_LATEST: Final = "latest"
_STREAMED: Final = 200
"""How many events go out in one piece; a reader who does not take it gets no more."""
_STATUS_OF: Final = {f"execution.{word}": b'{"status":"%s"' % word.encode() for status, word in STATUS.items()} | {
    "execution.started": b'{"status":"%s"' % STATUS[Status.RUNNING].encode()
}


async def read(request: Request) -> Answer | Stream:
    """One page, at once or when there is something; or all there is and all to come."""
    media = request.accepts(JSON, SSE)
    asked = request.query
    wanted = await feed.query_of(
        request.ports,
        request.actor,
        _after(request),
        job=asked.get("job"),
        types=_types(asked.get("types")),
        limit=_STREAMED if media == SSE else request.limit(),
    )
    if media == SSE:
        return Stream(200, [*SSE_HEADERS], _stream(request, wanted))
    wish = request.preferences(LONGEST_WAIT_S)
    nothing = await feed.page(request.ports, wanted, 0)
    found = nothing
    if wish.wait_s and not nothing.page.items:
        found = await request.wait(feed.page(request.ports, wanted, wish.wait_s), nothing)
    body = FeedPage(
        items=[shape(record) for record in found.page.items],
        next_after=found.page.next_after,
        oldest_seq=found.oldest,
    )
    headers: Headers = [(b"cache-control", b"private, no-cache"), *wish.applied("wait")]
    return json_answer(body, headers=headers)


def shape(record: EventRecord) -> EventShape:
    """One event."""
    opening = _STATUS_OF.get(record.type)
    data = record.data.encode()
    if opening is not None:  # the type says the status; the row need not
        data = opening + (b"," + data[1:] if data != b"{}" else b"}")
    return EventShape(
        seq=record.seq,
        type=record.type,
        time=rfc3339(record.time),
        execution=PREFIX + record.execution if record.execution else None,
        number=record.number or None,
        job=record.job or None,
        revision=record.revision,
        data=Raw(data),  # type: ignore[arg-type]
    )


async def _stream(request: Request, wanted: EventQuery) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n" + position(wanted.after)  # so that a drop before the first event leaves no gap
    async with feed.waiting(request.ports, wanted) as waiter:
        while request.patient:
            page = await feed.following(request.ports, wanted, waiter)
            if page.items:
                yield b"".join(
                    event(record.type, msgspec.json.encode(shape(record)), str(record.seq)) for record in page.items
                )
            wanted = structs.replace(wanted, after=page.next_after)
            if page.more or waiter.news.is_set():
                continue
            if not await request.pause(waiter.news, HEARTBEAT_S):
                return
            if not waiter.news.is_set():
                yield comment() + position(wanted.after)


def _after(request: Request) -> int | None:
    """The position in Last-Event-ID (a stream that goes on), else in the query."""
    last_seen = request.header(b"last-event-id")
    if last_seen and last_seen.isascii() and last_seen.isdigit() and len(last_seen) < 19:
        return int(last_seen)
    if request.query.get("after") == _LATEST:
        return feed.NEWEST
    return query.whole(request.query, "after")


def _types(text: str | None) -> frozenset[str] | None:
    if not text:
        return None
    named = frozenset(word.strip() for word in text.split(","))
    for word in sorted(named - frozenset(EVENT_TYPES)):
        said = f"There is no event {word!r}{did_you_mean(word, EVENT_TYPES) or '.'} There are {', '.join(EVENT_TYPES)}."
        raise query.refused("types", "unknown_type", said)
    return named
