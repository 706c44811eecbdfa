"""A whole answer in one write: uvicorn takes one in two messages and looks through each header by itself (5 µs)."""

from typing import Final
from weakref import ReferenceType

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from runbell.http.answer import Answer

WHOLE: Final = "runbell.whole"
"""Where in a scope the connection says how to take a whole answer: a function of the answer that is False when it
cannot; then it goes message by message."""

_END: Final = b"\r\n"
_CLOSING: Final = b"\r\nconnection: "
_SAYABLE: Final = bytes([9, 10, 13, *range(32, 127), *range(128, 256)])


def write_whole(of: ReferenceType[RequestResponseCycle], answer: Answer) -> bool:
    """Write the answer, unless this connection is to be closed after it, is gone, or is not ready for more.

    Nothing is written either when a header holds a control character, which could end it.
    """
    cycle = of()
    if cycle is None or cycle.flow.write_paused or cycle.disconnected or cycle.response_started or not cycle.keep_alive:
        return False
    head = [STATUS_LINE[answer.status]]
    for name, value in cycle.default_headers:
        head += (name, b": ", value, _END)
    for name, value in answer.headers:
        head += (name, b": ", value, _END)
    head.append(_END)
    written = b"".join(head)
    lines = len(cycle.default_headers) + len(answer.headers) + 2
    if not written.count(b"\r") == written.count(b"\n") == lines or written.translate(None, _SAYABLE):
        return False
    if _CLOSING in written:
        return False  # uvicorn closes as it says
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(written if cycle.scope["method"] == "HEAD" else written + answer.body)
    cycle.message_event.set()
    cycle.on_response()
    return True
