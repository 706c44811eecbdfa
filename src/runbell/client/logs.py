"""The calls that read a log: what is there, or also what is still to come."""

from typing import Final

import msgspec

from runbell.client.answers import LogLine
from runbell.client.call import stream
from runbell.client.caller import Caller, execution_path, query_of
from runbell.client.effects import Answer, Ask, Flow, Item, Pause, ReadLine, Stream
from runbell.client.problems import UnreadableAnswerError
from runbell.client.watching import OUTAGE_S

PAGE: Final = 1_000
HEARTBEAT_S: Final = 15
RECONNECT_S: Final = 0.5
NEAR: Final = 100
"""Steps that run side by side write at once: about so many lines may stand in another order than their times."""


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
        since: str | None = None,
    ) -> Stream[LogLine]:
        """The lines of a log, in order. With `follow`, until the execution has ended; a dropped line resumes.

        `since`: only lines written at that time (RFC 3339, UTC) or later. `q`: only lines with this text.
        """
        query = {"step": step, "stream": stream, "q": q}
        path = f"{execution_path(ref)}/logs"
        if since is not None:
            after_line = max(after_line or 0, (yield from self._line_before(path, since)))
        wanted = (self._tail if follow else self._stored)(path, query, after_line, tail)
        yield from wanted if since is None else _from(wanted, since)

    def _line_before(self, path: str, since: str) -> Flow[int]:
        """The number of a line shortly before that time: halving, as the lines of a log are in their order."""
        low, high = 0, (yield from self._one(path, tail=1))[0]
        while high - low > NEAR:
            middle = (low + high) // 2
            n, written = yield from self._one(path, after_line=middle)
            if not written or written >= since:
                high = middle
            else:
                low = n
        return max(0, low - NEAR)

    def _one(self, path: str, **query: int) -> Flow[tuple[int, str]]:
        """The number and the time of one line; 0 when there is none."""
        asked = query_of({"limit": 1} | query)
        answer = yield from self._send(
            Ask(method="GET", path=path, query=asked, headers={"Accept": "application/x-ndjson"})
        )
        lines = _lines_of(answer)
        return (lines[0].n, lines[0].t) if lines else (0, "")

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


def _from(wanted: Stream[LogLine], since: str) -> Stream[LogLine]:
    """The same effects, without the lines that were written before."""
    answer: object = None
    while True:
        try:
            effect = wanted.send(answer)
        except StopIteration:
            return
        early = isinstance(effect, Item) and effect.value.t < since
        answer = None if early else (yield effect)


def _lines_of(answer: Answer) -> list[LogLine]:
    try:
        return msgspec.json.Decoder(LogLine).decode_lines(answer.body)
    except msgspec.MsgspecError as error:
        raise UnreadableAnswerError(f"The log cannot be read ({error}).") from None
