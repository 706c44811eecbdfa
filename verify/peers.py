"""Peers for http steps: silent ones, dripping ones, ones that are never done, take no connection, or give all back."""

import json
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

_RUNNING = json.dumps({"state": "running"}).encode()


class Peers:
    """A server on this machine, a thread per connection; and a port whose queue of connections is full."""

    def __enter__(self) -> Self:
        self.asked = 0
        self._open = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        self._full = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.full_port: int = self._full.getsockname()[1]
        self._fillers = [socket.socket() for _ in range(8)]
        for filler in self._fillers:
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.full_port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listener, self._full, *self._fillers):
            one.close()

    def all_closed(self, seconds: float) -> bool:
        """Whether every caller has hung up, within so many seconds."""
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            time.sleep(0.02)
        return not self._open

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with self._lock:
            self._open += 1
        try:
            with caller:
                self._keep_waiting(caller)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open -= 1

    def _echo(self, caller: socket.socket, asked: bytes) -> None:
        """Gives back all that it was sent, as badly written services do, and hangs up."""
        head, _, body = asked.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        while len(body) < length:
            body += caller.recv(65_536)
        said = json.dumps({"head": head.decode("latin-1"), "body": body.decode()}, ensure_ascii=False).encode()
        heading = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nX-Echo: %s\r\n"
        caller.sendall(heading % head.split(b" ")[1] + b"Content-Length: %d\r\n\r\n" % len(said) + said)
        caller.close()

    def _keep_waiting(self, caller: socket.socket) -> None:
        head = caller.recv(65_536)
        self.asked += 1
        if head.startswith(b"POST /echo/"):
            self._echo(caller, head)
        if b"/running" in head:
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(_RUNNING), _RUNNING))
        if b"/dripping" in head:
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            while True:
                caller.sendall(b"x")
                time.sleep(0.05)
        while caller.recv(65_536):
            pass
