"""Server-sent events (WHATWG HTML §9.2): the few lines of text that an EventSource reads."""

from typing import Final

SSE: Final = "text/event-stream"
HEARTBEAT_S: Final = 15
SSE_HEADERS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)


def event(name: str, data: bytes, position: str) -> bytes:
    """One event. Each line of `data` goes out as a line of its own, which the reader joins again."""
    if b"\n" in data or b"\r" in data:
        data = b"\ndata: ".join(data.splitlines())
    return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), position.encode(), data)


def position(at: int | str) -> bytes:
    """Where the reader is now, without an event: a reconnect goes on from there."""
    return f"id: {at}\n\n".encode()


def comment() -> bytes:
    """A heartbeat that no reader hears."""
    return b":\n\n"
