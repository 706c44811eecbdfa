"""Endpoints for logs: pages of lines, the live tail, and the stored file."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from msgspec import structs

from runbell.dialects.native import asking, execution_wire
from runbell.dialects.native.shapes import LogLineShape
from runbell.dialects.native.words import STATUS
from runbell.domain.execution import Execution
from runbell.domain.status import LIVE
from runbell.http import files, query
from runbell.http.answer import TEXT_TYPE, Answer, Headers, Stream, header, text_answer
from runbell.http.event_stream import HEARTBEAT_S, SSE, SSE_HEADERS, comment, event
from runbell.http.request import Request
from runbell.operations import look, output
from runbell.ports.artifacts import LogFilter, LogLine, LogPage
from runbell.ports.store import Ref

TEXT: Final = "text/plain"
NDJSON: Final = "application/x-ndjson"
_END: Final = "end"
_OPENING: Final = {TEXT: [TEXT_TYPE, (b"x-content-type-options", b"nosniff")], NDJSON: [header("content-type", NDJSON)]}


async def lines(request: Request) -> Answer | Stream:
    """Lines of a log; with `follow` or as an event stream, also those still to come."""
    media = request.accepts(TEXT, NDJSON, SSE)
    if media == SSE and request.header(b"last-event-id") == _END:
        return Answer(204, [])
    live = media == SSE or query.flag(request.query, "follow")
    wanted = asking.log_lines(request, live=live)
    ref = execution_wire.reference(request.values["id"])
    execution, page = await output.logs(request.ports, request.actor, ref, wanted)
    if media == SSE:
        return Stream(200, [*SSE_HEADERS], _events(request, execution, wanted, page))
    if live:
        return Stream(200, [*_OPENING[media]], _following(request, execution, wanted, page, media))
    text = b"".join(_written(line, media) for line in page.lines)
    return Answer(200, [*_OPENING[media], *_onward(request, execution, page), *_told(page)], text)


async def raw(request: Request) -> Answer | Stream:
    """The stored log as a file, whole or one range of it."""
    ref = execution_wire.reference(request.values["id"])
    execution, path = await output.log_file(request.ports, request.actor, ref)
    name = header("content-disposition", f'attachment; filename="run_{execution.id}.log"')
    if path is None:
        return text_answer("", headers=[name])
    return files.part(path, request.header(b"range"), request.header(b"if-range"), [*_OPENING[TEXT], name])


async def _events(request: Request, execution: Execution, wanted: LogFilter, page: LogPage) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async for lines_now in _live(request, execution, wanted, page):
        yield b"".join(event("log", json_line(line), str(line.n)) for line in lines_now) or comment()
    if request.patient:
        ended = await look.execution(request.ports, request.actor, Ref(number=execution.number))
        whole = await request.ports.artifacts.log(execution.id, LogFilter(tail=0))
        said = {"status": STATUS[ended.status], "truncated": whole.truncated}
        yield event(_END, msgspec.json.encode(said), _END)


async def _following(
    request: Request, execution: Execution, wanted: LogFilter, page: LogPage, media: str
) -> AsyncIterator[bytes]:
    async for lines_now in _live(request, execution, wanted, page):
        if lines_now:
            yield b"".join(_written(line, media) for line in lines_now)


async def _live(
    request: Request, execution: Execution, wanted: LogFilter, page: LogPage
) -> AsyncIterator[list[LogLine]]:
    """The lines as they come, until the execution has ended and its log is read to the end.

    An empty list every HEARTBEAT_S: nothing new. Stops when the caller hangs up or the server goes down.
    """
    ports, ref = request.ports, Ref(number=execution.number)
    change = ports.watchers.enter(execution.number)
    ports.watchers.logs.enter(ports.artifacts, execution.number, execution.id, change, live=execution.status in LIVE)
    try:
        while request.patient:
            if page.lines:
                yield page.lines
                wanted = structs.replace(wanted, after_line=page.lines[-1].n, before_line=None, tail=None)
            if page.end and execution.status.terminal:
                return
            if page.end and not change.is_set():
                if not await request.pause(change, HEARTBEAT_S):
                    return
                if not change.is_set():
                    yield []
            change.clear()
            execution = await look.execution(ports, request.actor, ref)  # first: what has ended has written all
            page = await ports.watchers.logs.page(ports.artifacts, execution.id, wanted)
    finally:
        ports.watchers.logs.leave(execution.number, change)
        ports.watchers.leave(execution.number, change)


def _written(line: LogLine, media: str) -> bytes:
    if media == NDJSON:
        return json_line(line) + b"\n"
    return (line.text if line.partial else line.text + "\n").encode("utf-8", "replace")


def json_line(line: LogLine) -> bytes:
    """A line of the log as JSON."""
    return msgspec.json.encode(
        LogLineShape(
            n=line.n, t=line.t, step=line.step, scope=line.scope, attempt=line.attempt, stream=line.stream, level=None,
            text=line.text, partial=line.partial,
        )
    )  # fmt: skip


def _onward(request: Request, execution: Execution, page: LogPage) -> Headers:
    """Where the lines go on, when this was not all of them (RFC 8288)."""
    if page.end or not page.lines:
        return []
    kept = {name: value for name, value in request.query.items() if name not in {"tail", "before_line"}}
    return [request.link(execution_wire.address(execution) + "/logs", kept | {"after_line": str(page.lines[-1].n)})]


def _told(page: LogPage) -> Headers:
    """How many lines a search finds in all, and that the log is not all that was written."""
    told: Headers = (
        [] if page.found is None else [header("log-lines-found", f"{page.found}{';at_least' * page.at_least}")]
    )
    return [*told, (b"log-truncated", b"true")] if page.truncated else told
