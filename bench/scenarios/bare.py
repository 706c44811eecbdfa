"""The bare loop: uvicorn, one function, a writer process on SQLite FULL: what the stack itself does here and now."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

from bench.effort import Effort
from bench.figure import Figure
from bench.load import Load, generate, request
from bench.server import AUTHORIZATION, CONNECTIONS, data_folder

POST: Final = "bare POST"
THREE: Final = "bare POST and two changes"
GET: Final = "bare GET"
BODY: Final = b'{"job":"nothing","params":{}}'
ASKED: Final = {
    POST: (request("POST", "/1", AUTHORIZATION, body=BODY), 202),
    THREE: (request("POST", "/3", AUTHORIZATION, body=BODY), 202),
    GET: (request("GET", "/", AUTHORIZATION), 200),
}


def measure(effort: Effort) -> Iterator[Figure]:
    """Requests per second of the bare door; the note says what the generator itself costs."""
    with (
        data_folder() as folder,
        socket.create_server(("127.0.0.1", 0), backlog=256) as listener,
        subprocess.Popen(
            [sys.executable, "-m", "bench.bare.door", str(folder / "bare.db")], stdin=listener.fileno()
        ) as door,
    ):
        try:
            time.sleep(0.3)
            port = listener.getsockname()[1]
            for name, (asked, expect) in ASKED.items():
                load = Load(
                    host="127.0.0.1", port=port, requests=[asked], connections=CONNECTIONS, seconds=effort.seconds
                )
                generate(load, expect)
                rounds = [generate(load, expect) for _ in range(effort.rounds)]
                yield Figure(
                    name=name,
                    unit="/s",
                    rounds=[one.per_second for one in rounds],
                    note=f"p99 {rounds[-1].p99_ms:.1f} ms, generator {rounds[-1].own_us:.1f} µs a request",
                )
        finally:
            door.terminate()
