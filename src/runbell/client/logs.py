"""The calls that read a log: what is there, or also what is still to come."""

from typing import Final

import msgspec

from runbell.client.answers import LogLine
from runbell.client.call import stream
from runbell.client.caller import Caller, execution_path, query_of
from runbell.client.effects import Answer, Ask, Item, Pause, ReadLine, Stream
from runbell.client.problems import UnreadableAnswerError
from runbell.client.watching import OUTAGE_S

PAGE: Final = 1_000
HEARTBEAT_S: Final = 15
RECONNECT_S: Final = 0.5


class LogCalls(Caller):
    """Read logs."""

    @stream
    def logs(
        self,
        ref: str | int,
        *,
        follow: bool = False,
        after_line: int | None = None,
        tail: int | None = None,
        step: str | None = None,
        stream: str | None = None,
        q: str | None = None,
    ) -> Stream[LogLine]:
        """The lines of a log, in order. With `follow`, until the execution has ended; a dropped line resumes."""
        query = {"step": step, "stream": stream, "q": q}
        path = f"{execution_path(ref)}/logs"
        if follow:
            yield from self._tail(path, query, after_line, tail)
        else:
            yield from self._stored(path, query, after_line, tail)

    def _stored(
        self, path: str, query: dict[str, str | None], after_line: int | None, tail: int | None
    ) -> Stream[LogLine]:
        headers = {"Accept": "application/x-ndjson"}
        while True:
            asked = query_of(query | {"after_line": after_line, "tail": tail, "limit": PAGE})
            answer = yield from self._send(Ask(method="GET", path=path, query=asked, headers=headers))
            lines = _lines_of(answer)
            for line in lines:
                yield Item(line)
            if not lines or 'rel="next"' not in answer.headers.get("link", ""):
                return
            after_line, tail = lines[-1].n, None

    def _tail(
        self, path: str, query: dict[str, str | None], after_line: int | None, tail: int | None
    ) -> Stream[LogLine]:
        headers = {"Accept": "text/event-stream"}
        while True:
            asked = query_of(query | {"after_line": after_line, "tail": tail})
            ask = Ask(method="GET", path=path, query=asked, headers=headers, wait_s=HEARTBEAT_S, stream=True)
            answer = yield from self._send(ask, OUTAGE_S)
            if answer.status == 204:
                return
            event = ""
            while (text := (yield ReadLine())) is not None:
                field, _, value = text.partition(":")
                value = value.removeprefix(" ")
                if field == "event":
                    event = value
                elif field == "data" and event == "end":
                    return
                elif field == "data":
                    line = msgspec.json.decode(value, type=LogLine)
                    after_line, tail = line.n, None
                    yield Item(line)
                elif not text:
                    event = ""
            yield Pause(RECONNECT_S)


def _lines_of(answer: Answer) -> list[LogLine]:
    try:
        return msgspec.json.Decoder(LogLine).decode_lines(answer.body)
    except msgspec.MsgspecError as error:
        raise UnreadableAnswerError(f"The log cannot be read ({error}).") from None
