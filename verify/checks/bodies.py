"""G-72: a body over the limit is refused without being read to its end; a compressed one is refused.

What is read beyond the limit are 64 KiB, so that the caller can read the refusal, and what two reads of the loop had
already brought.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

from verify.check import Check, Figure, Trial
from verify.server import serving
from verify.spoken import AUTHORIZED, PIECE, say

LIMIT = 1 << 20
AHEAD = (64 + 2 * 256) << 10
SENT = 16 << 20
HEAD = b"POST /api/v1/jobs/note/executions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
START = HEAD + AUTHORIZED
OPENED = b"POST /api/v1/nothing HTTP/1.1\r\nHost: a\r\n"


def run(trial: Trial) -> Figure:
    """Bodies of every kind that is too much, sent as fast as they are taken."""
    counted = trial.folder / "bodies"
    wrong: list[str] = []
    tried = 0
    with serving(trial, BODIES=str(counted)) as server:
        for _ in range(trial.size):
            for kind, (expected, pieces) in _kinds().items():
                tried += 1
                heard = say(server.port, *pieces)
                if heard.statuses[:1] != [expected] and not (
                    heard.hung_up and not heard.statuses and expected in {413, 400}
                ):
                    wrong.append(f"{kind}: {heard.statuses} instead of {expected}")
                if 202 in heard.statuses or (expected == 413 and not heard.hung_up and heard.sent > LIMIT + AHEAD):
                    wrong.append(f"{kind}: taken to the end")
        with server.client() as client:
            well = client.start("say", {"what": "x"}).status in {202, 404, 422}
    read = max(_counted(counted), default=0)
    for sentence in sorted(set(wrong)):
        trial.say(sentence)
    held = not wrong and well and 0 < read <= LIMIT + AHEAD
    return Figure(held, tried, {"wrong": len(wrong), "bytes_read_max": read, "limit": LIMIT + AHEAD})


def _kinds() -> dict[str, tuple[int, list[bytes]]]:
    """What is sent, and how it has to be answered."""
    small = gzip.compress(b'{"params": {}}')
    chunk = b"%x\r\n%s\r\n" % (PIECE, b" " * PIECE)
    chunked, long = b"Transfer-Encoding: chunked\r\n\r\n", b"Content-Length: %d\r\n\r\n"
    coded = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
    return {
        "too long, and says so": (413, [START, long % SENT, *[b" " * PIECE] * (SENT // PIECE)]),
        "too long by one byte": (413, [START, long % (LIMIT + 1), b" " * (LIMIT + 1)]),
        "longer than it can say": (413, [START, long % (1 << 60), *[b" " * PIECE] * (SENT // PIECE)]),
        "chunked, without an end": (413, [START, chunked, *[chunk] * (SENT // PIECE)]),
        "to an address that does not exist": (404, [OPENED, chunked, *[chunk] * (SENT // PIECE)]),
        "without credentials": (401, [HEAD, chunked, *[chunk] * (SENT // PIECE)]),
        "compressed": (415, [START, coded % (len(small), small)]),
        "compressed by its transfer": (400, [START, b"Transfer-Encoding: gzip, chunked\r\n\r\n", small]),
    }


def _counted(file: Path) -> Iterator[int]:
    yield from (int(line) for line in file.read_text().split()) if file.exists() else ()


CHECK = Check(
    name="bodies", promise="G-72", says="a body over the limit is refused and not read to its end",
    run=run, unit="rounds", quick=2, normal=10, full=100, sabotages=("whole-bodies",),
)  # fmt: skip
