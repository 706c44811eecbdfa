"""The calls that follow: one execution until it has ended, and the feed of all events. Both resume by position."""

from typing import Any, Final

import msgspec

from runbell.client.answers import Event, LogLine, Moment, Progress, StepExecution
from runbell.client.call import stream
from runbell.client.caller import Caller, execution_path, query_of
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Item, Pause, ReadLine, Stream
from runbell.client.problems import UnreadableAnswerError
from runbell.client.watching import OUTAGE_S

HEARTBEAT_S: Final = 15
RECONNECT_S: Final = 0.5


class _Line:
    """An event stream that may be dropped: where it is, and the last position that came whole."""

    def __init__(self, path: str, query: dict[str, str], position: str) -> None:
        self.path = path
        self.query = query
        self.position = position
        self.open = False


class _Sent(msgspec.Struct, frozen=True):
    name: str
    position: str
    data: str


class FollowCalls(Caller):
    """Follow executions and the feed."""

    @stream
    def follow(self, ref: str | int, *, after: str = "", log: bool = True) -> Stream[Moment]:
        """What became of an execution and what becomes of it, until it has ended.

        `kind` is status, step, progress, log, result, and at last end. A dropped line resumes; `after` is the
        `position` of the last moment that was seen.
        """
        line = _Line(f"{execution_path(ref)}/events", query_of({"log": None if log else "false"}), after)
        while (sent := (yield from self._next(line))) is not None:
            yield Item(_moment(sent))
            if sent.name == "end":
                return

    @stream
    def events(
        self, after: int | None = None, *, types: str | None = None, job: str | None = None, latest: bool = False
    ) -> Stream[Event]:
        """Every change of every execution in one order: what is stored first, then live, for ever.

        `after` is the `seq` of the last event seen; `latest`: only those to come. `types` are separated by commas.
        Raises ProblemError `events_expired` when what comes after that is not kept any more.
        """
        query = query_of({"types": types, "job": job, "after": "latest" if latest and after is None else None})
        line = _Line(f"{API}/events", query, "" if after is None else str(after))
        while (sent := (yield from self._next(line))) is not None:
            yield Item(_read(sent.data, Event))

    def _next(self, line: _Line) -> Flow[_Sent | None]:
        """The next event, over as many connections as it takes; None when the server says that there is no more."""
        name = position = data = ""
        while True:
            if not line.open:
                headers = {"Accept": "text/event-stream"}
                if line.position:
                    headers["Last-Event-ID"] = line.position
                ask = Ask(method="GET", path=line.path, query=line.query, headers=headers, wait_s=HEARTBEAT_S,
                          stream=True)  # fmt: skip
                answer = yield from self._send(ask, OUTAGE_S)
                if answer.status == 204:
                    return None
                line.open, name, position, data = True, "", "", ""
            text: str | None = yield ReadLine()
            if text is None:
                line.open = False
                yield Pause(RECONNECT_S)
                continue
            field, _, value = text.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "id":
                position = value
            elif field == "data":
                data += f"\n{value}" if data else value
            elif not text:
                line.position = position or line.position
                if data:
                    return _Sent(name, position, data)


def _moment(sent: _Sent) -> Moment:
    said: dict[str, Any] = _read(sent.data, dict[str, Any])
    return Moment(
        kind=sent.name,
        position=sent.position,
        revision=said.get("revision", 0),
        status=said.get("status"),
        step=msgspec.convert(said["step"], StepExecution) if sent.name == "step" else None,
        progress=msgspec.convert(said["progress"], Progress) if sent.name == "progress" else None,
        line=msgspec.convert(said, LogLine) if sent.name == "log" else None,
        result=said.get("result"),
    )


def _read(data: str, shape: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.MsgspecError as error:
        raise UnreadableAnswerError(f"An event cannot be read ({error}).") from None
