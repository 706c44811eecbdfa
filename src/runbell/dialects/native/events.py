"""The endpoint that streams one execution: its status, steps, progress and log, from storage first, then live."""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Final

import msgspec
from msgspec import Raw, Struct, structs

from runbell.dialects.native import logs
from runbell.dialects.native.event_shapes import ProgressTold, ResultTold, StatusTold, StepTold
from runbell.dialects.native.execution_wire import address, reference, step_shape
from runbell.dialects.native.shapes import ProgressShape
from runbell.dialects.native.words import STATUS
from runbell.domain import log
from runbell.domain.execution import Execution
from runbell.domain.faults import Gone, InsufficientScope, NotFound
from runbell.domain.status import LIVE
from runbell.http import query
from runbell.http.answer import Answer, Stream
from runbell.http.event_stream import HEARTBEAT_S, SSE, SSE_HEADERS, comment, event
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import look
from runbell.ports.artifacts import LogFilter, LogPage
from runbell.ports.event_table import Moment
from runbell.ports.store import Ref

END: Final = "end"
PAGE: Final = 1_000
_NO_LOG: Final = LogPage(lines=[], size=0, end=True, truncated=False)


class Position(Struct, frozen=True):
    """What was seen: the last moment of the story, and the last line of the log."""

    revision: int = 0
    place: int = -1
    line: int = 0

    def written(self) -> str:
        """As an `id`. Opaque to callers."""
        return f"{self.revision}.{self.place}.{self.line}"


def position(text: str | None) -> Position:
    """The position of an `id`; the beginning for none. Raises InvalidField."""
    if not text:
        return Position()
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.lstrip("-").isdigit() and len(part) < 19 for part in parts):
        raise query.refused("after", "unknown_position", "Give the id of an event of this stream, or leave it out.")
    return Position(*(int(part) for part in parts))


async def stream(request: Request) -> Answer | Stream:
    """Everything that became of the execution, then everything that becomes of it, until it has ended."""
    request.accepts(SSE)
    seen = request.header(b"last-event-id") or request.query.get("after")
    execution = await look.execution(request.ports, request.actor, reference(request.values["id"]))
    if seen == END:
        return Answer(204, [])
    with_log = _with_log(request, execution)
    return Stream(200, [*SSE_HEADERS], _told(request, execution, position(seen), with_log=with_log))


def _with_log(request: Request, execution: Execution) -> bool:
    """Lines are told to those who may read the log; who asks for them in so many words hears that he may not."""
    wanted = query.flag(request.query, "log", default=True)
    if not wanted or request.sees(execution).logs:
        return wanted
    if "log" in request.query:
        raise InsufficientScope(
            "The log of this execution needs the right logs:read; leave `log` out to follow the rest.",
            about={"scope": "logs:read"},
        )
    return False


async def _told(request: Request, execution: Execution, seen: Position, *, with_log: bool) -> AsyncIterator[bytes]:
    ports, number = request.ports, execution.number
    yield b"retry: 2000\n\n"
    change = ports.watchers.enter(number)
    if with_log:
        live = execution.status in LIVE
        ports.watchers.logs.enter(ports.artifacts, number, execution.id, change, live=live)
    try:
        while request.patient:
            change.clear()
            # The story first: what it says has ended has written all its lines.
            story = await ports.watchers.stories.since(ports.store, number, seen.revision)
            if not story and await ports.store.standing(execution.project, Ref(number=number)) is None:
                return  # deleted meanwhile
            untold = deque(moment for moment in story if moment.position > (seen.revision, seen.place))
            over = next((moment for moment in story if moment.status is not None and moment.status.terminal), None)
            page = None
            while page is None or not page.end:
                page = await _lines(request, execution, seen) if with_log else _NO_LOG
                pieces = []
                for piece, then in _pieces(untold, page, seen, over):
                    seen = then
                    pieces.append(piece)
                if pieces:  # together: one send per line made long logs ten times slower
                    yield b"".join(pieces)
            if over is not None:
                if request.sees(execution).results:
                    result = await _result(request, execution, over, seen)
                    if result is not None:
                        yield result
                yield event(END, _status(over), END)
                return
            if not change.is_set() and not await request.pause(change, HEARTBEAT_S):
                return
            if not change.is_set():
                yield comment()
    finally:
        ports.watchers.leave(number, change)
        if with_log:
            ports.watchers.logs.leave(number, change)


async def _result(request: Request, execution: Execution, over: Moment, seen: Position) -> bytes | None:
    """What it handed back, told right after its end; None when there is nothing, or it was told."""
    then = structs.replace(seen, revision=over.revision, place=over.place + 1)
    ended = await request.ports.store.execution(execution.project, Ref(number=execution.number))
    if ended is None or ended.result is None or seen.place > over.place:
        return None
    inline = ended.result.inline  # as the step wrote it, over several lines perhaps; every event is one line
    value = Raw(b"null" if inline is None else msgspec.json.format(inline.encode(), indent=-1))
    told = ResultTold(revision=over.revision, result=value, link=f"{address(execution)}/result")
    return event("result", msgspec.json.encode(told), then.written())


async def _lines(request: Request, execution: Execution, seen: Position) -> LogPage:
    try:
        wanted = LogFilter(after_line=seen.line, limit=PAGE)
        return await request.ports.watchers.logs.page(request.ports.artifacts, execution.id, wanted)
    except (NotFound, Gone):
        return _NO_LOG


def _pieces(
    untold: deque[Moment], page: LogPage, seen: Position, over: Moment | None
) -> Iterator[tuple[bytes, Position]]:
    """Moments and lines in the order of their times, and where each leaves the reader. The end comes last of all."""
    for line in page.lines:
        while untold and untold[0] is not over and _before(untold[0], line.t):
            moment = untold.popleft()
            seen = structs.replace(seen, revision=moment.revision, place=moment.place)
            yield _moment(moment, seen), seen
        seen = structs.replace(seen, line=line.n)
        yield event("log", logs.json_line(line), seen.written()), seen
    while untold and page.end:
        moment = untold.popleft()
        seen = structs.replace(seen, revision=moment.revision, place=moment.place)
        yield _moment(moment, seen), seen


def _before(moment: Moment, t: str) -> bool:
    """Whether it is told before a line of that time; the last lines of a step come before its end."""
    if moment.time is None:
        return True
    ended = moment.step is not None and moment.step.ended_at is not None
    at = log.stamp(moment.time)
    return at < t or (at == t and not ended)


def _moment(moment: Moment, seen: Position) -> bytes:
    if moment.step is not None:
        told = msgspec.json.encode(StepTold(revision=moment.revision, step=step_shape(moment.step)))
        return event("step", told, seen.written())
    if moment.progress is not None:
        it = moment.progress
        progress = ProgressTold(revision=moment.revision, progress=ProgressShape(it.done, it.total, it.message))
        return event("progress", msgspec.json.encode(progress), seen.written())
    return event("status", _status(moment), seen.written())


def _status(moment: Moment) -> bytes:
    assert moment.status is not None
    told = StatusTold(status=STATUS[moment.status], revision=moment.revision, time=rfc3339(moment.time or 0))
    return msgspec.json.encode(told)
