"""The bare loop from outside: started once beside what is measured, and asked for a round whenever one is compared."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from bench.load import Load, Measured, generate, request
from bench.server import AUTHORIZATION, CONNECTIONS, data_folder

_BODY = b'{"job":"nothing","params":{}}'


class Kind(Enum):
    """What the bare loop is asked: the bytes, and the status that is answered."""

    POST = (request("POST", "/1", AUTHORIZATION, body=_BODY), 202)
    POST_AND_TWO_CHANGES = (request("POST", "/3", AUTHORIZATION, body=_BODY), 202)
    GET = (request("GET", "/", AUTHORIZATION), 200)


class Bare:
    """A running bare loop."""

    def __init__(self, port: int) -> None:
        self._port = port

    def round(self, kind: Kind, seconds: float) -> Measured:
        """One round of load."""
        asked, expect = kind.value
        load = Load(host="127.0.0.1", port=self._port, requests=[asked], connections=CONNECTIONS, seconds=seconds)
        return generate(load, expect)


@contextmanager
def bare_loop() -> Iterator[Bare]:
    """A bare loop on a fresh database, ended afterwards. It costs nothing while nobody asks."""
    with data_folder() as folder, socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        command = [sys.executable, "-m", "bench.bare.door", str(folder / "bare.db")]
        with subprocess.Popen(command, stdin=listener.fileno()) as door:
            try:
                bare = Bare(listener.getsockname()[1])
                bare.round(Kind.POST, 0.1)
                yield bare
            finally:
                door.terminate()
