"""How long a connection may take: seconds and bytes, and how far one has got. Pure; the protocol asks it."""

from msgspec import Struct


class EdgeLimits(Struct, frozen=True, kw_only=True):
    """What a connection may cost before and while it is served. Seconds and bytes.

    A body has `body_s`, and one second more for every `body_rate` bytes that have come. `strangers` counts the
    connections of one address that have not yet made an authenticated request; 0 is no cap.
    """

    headers_s: float = 15.0
    body_s: float = 60.0
    body_rate: int = 1_024
    write_s: float = 60.0
    idle_s: int = 75
    header_bytes: int = 32_768
    header_count: int = 100
    strangers: int = 500
    sweep_s: float = 0.5


class Progress:
    """Where one connection stands: since when it owes headers, a body, or a read of what was written, or rests."""

    __slots__ = ("body_since", "headers_since", "idle_since", "received", "written_since")

    def __init__(self, now: float) -> None:
        self.headers_since: float | None = now
        self.body_since: float | None = None
        self.written_since: float | None = None
        self.idle_since: float | None = None
        self.received = 0

    def overdue(self, now: float, limits: EdgeLimits) -> bool:
        """Whether one of its deadlines falls before the next sweep."""
        then = now + limits.sweep_s
        if self.headers_since is not None and then - self.headers_since > limits.headers_s:
            return True
        if self.body_since is not None:
            granted = limits.body_s + self.received / limits.body_rate
            if then - self.body_since > granted:
                return True
        return self.written_since is not None and then - self.written_since > limits.write_s

    def rested(self, now: float, limits: EdgeLimits) -> bool:
        """Whether no request came for as long as a connection may rest."""
        return self.idle_since is not None and now - self.idle_since > limits.idle_s
