"""G-72: a body over the limit is refused without being read to its end, and the caller hears it; a compressed one too.

What is read beyond the limit is one read of the loop: 64 KiB.
"""

import gzip
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from select import select

from verify.check import Check, Figure, Trial
from verify.server import serving
from verify.spoken import AUTHORIZED, PIECE, say

LIMIT = 1 << 20
AHEAD = 64 << 10
SENT = 16 << 20
HEAD = b"POST /api/v1/jobs/note/executions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
START = HEAD + AUTHORIZED
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%s\r\n" % (PIECE, b" " * PIECE)
ANSWERED = re.compile(rb"HTTP/1\.1 (\d{3}) ")
PATIENCE_S, DEAF_S = 10.0, 10.0
OPENED = b"POST /api/v1/nothing HTTP/1.1\r\nHost: a\r\n"


def run(trial: Trial) -> Figure:
    """Bodies of every kind that is too much, sent as fast as they are taken; and one by a caller that never listens."""
    counted = trial.folder / "bodies"
    wrong: list[str] = []
    tried = 0
    with serving(trial, BODIES=str(counted)) as server:
        for _ in range(trial.size):
            for kind, (expected, pieces) in _kinds().items():
                tried += 1
                status = _told(server.port, pieces)
                if status != expected:
                    wrong.append(f"{kind}: {status or 'no answer'} instead of {expected}")
        if not say(server.port, START, CHUNKED, *[CHUNK] * (SENT // PIECE), seconds=DEAF_S).hung_up:
            wrong.append("who never listens is not hung up on")
        with server.client() as client:
            well = client.start("say", {"what": "x"}).status in {202, 404, 422}
    read = max(_counted(counted), default=0)
    for sentence in sorted(set(wrong)):
        trial.say(sentence)
    held = not wrong and well and 0 < read <= LIMIT + AHEAD
    return Figure(held, tried + 1, {"wrong": len(wrong), "bytes_read_max": read, "limit": LIMIT + AHEAD})


def _told(port: int, pieces: list[bytes]) -> int:
    """The status that a caller hears who listens while he sends; 0 when the connection ends without one."""
    left, text = b"".join(pieces), b""
    view, until = memoryview(left), time.monotonic() + PATIENCE_S
    with socket.create_connection(("127.0.0.1", port)) as line, suppress(OSError):
        line.setblocking(False)
        while b"\r\n" not in text and time.monotonic() < until:
            listens, sends, _ = select([line], [line] if view else [], [], PATIENCE_S)
            if listens:
                text += (more := line.recv(PIECE))
                if not more:
                    break
            elif sends:
                view = view[line.send(view[:PIECE]) :]
    found = ANSWERED.match(text)
    return int(found[1]) if found else 0


def _kinds() -> dict[str, tuple[int, list[bytes]]]:
    """What is sent, and how it has to be answered."""
    small = gzip.compress(b'{"params": {}}')
    long = b"Content-Length: %d\r\n\r\n"
    coded = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
    return {
        "too long, and says so": (413, [START, long % SENT, *[b" " * PIECE] * (SENT // PIECE)]),
        "too long by one byte": (413, [START, long % (LIMIT + 1), b" " * (LIMIT + 1)]),
        "longer than it can say": (413, [START, long % (1 << 60), *[b" " * PIECE] * (SENT // PIECE)]),
        "chunked, without an end": (413, [START, CHUNKED, *[CHUNK] * (SENT // PIECE)]),
        "to an address that does not exist": (404, [OPENED, CHUNKED, *[CHUNK] * (SENT // PIECE)]),
        "without credentials": (401, [HEAD, CHUNKED, *[CHUNK] * (SENT // PIECE)]),
        "compressed": (415, [START, coded % (len(small), small)]),
        "compressed by its transfer": (400, [START, b"Transfer-Encoding: gzip, chunked\r\n\r\n", small]),
    }


def _counted(file: Path) -> Iterator[int]:
    yield from (int(line) for line in file.read_text().split()) if file.exists() else ()


CHECK = Check(
    name="bodies", promise="G-72", says="a body over the limit is refused and not read to its end",
    run=run, unit="rounds", quick=2, normal=10, full=100, sabotages=("whole-bodies",),
)  # fmt: skip
