"""What the load generator is asked and what it answers; `generate` runs it in a process of its own."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

NUMBER: Final = b"{number}"
"""Where a request holds this, every copy sent has a number of its own there (12 digits)."""


class Load(Struct, frozen=True, kw_only=True):
    """Requests sent in turn over kept connections, one at a time on each, `count` in all or for `seconds`."""

    host: str
    port: int
    requests: list[bytes]
    connections: int
    count: int | None = None
    seconds: float | None = None


class Measured(Struct, frozen=True, kw_only=True):
    """What came back. `began` and `ended` are of the system's monotonic clock; `firsts` is one answer per status."""

    began: float
    ended: float
    statuses: dict[int, int]
    firsts: dict[int, bytes]
    p50_ms: float
    p99_ms: float
    max_ms: float
    own_us: float
    """Processor time of the generator per request: what it takes away from the server on the same cores."""

    @property
    def answers(self) -> int:
        """How many answers came."""
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / (self.ended - self.began)


class Unexpected(Exception):  # noqa: N818 - what happened, in a word
    """The server answered something else than the benchmark measures."""


def generate(load: Load, expect: int) -> Measured:
    """Put this load on a server. Raises Unexpected when an answer has another status than `expect`."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.generator"],
        input=msgspec.msgpack.encode(load),
        stdout=subprocess.PIPE,
        check=True,
    )
    measured = msgspec.msgpack.decode(done.stdout, type=Measured)
    for status, answer in measured.firsts.items():
        if status != expect:
            said = answer[:2_000].decode(errors="replace")
            raise Unexpected(
                f"{measured.statuses[status]} answers were {status} instead of {expect}, the first: {said}"
            )
    return measured


def request(method: str, path: str, *headers: str, body: bytes = b"", content_type: str = "application/json") -> bytes:
    """The bytes of a request; each header is one `Name: value`."""
    lines: Sequence[str] = [f"{method} {path} HTTP/1.1", "Host: bench", *headers]
    if body:
        lines = [*lines, f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
