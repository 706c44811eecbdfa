"""A loopback server that says what the script says, and remembers what it was asked."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer of the script. `cut`: promise more than is sent, then break the connection."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    def raw(self) -> bytes:
        """The body as bytes: text as it is, anything else as JSON."""
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


HANG_UP = Reply(cut=True, status=0)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


Answering = Callable[[Asked], Reply]
"""An answer that depends on what was asked."""


class Server:
    """Where it listens, and what it was asked so far."""

    def __init__(self, script: tuple["Reply | Answering", ...]) -> None:
        self.script = list(script)
        self.asked: list[Asked] = []
        self.url = ""


def problem(status: int, code: str, *, resubmit: str = "never", detail: str = "Do it otherwise.", **more: Any) -> Reply:
    """A problem document as the native API writes it."""
    body = {"type": f"/problems/{code}", "status": status, "code": code, "detail": detail, "resubmit": resubmit, **more}
    return Reply(body, status, {"Content-Type": "application/problem+json"})


def _read(body: bytes, headers: dict[str, str]) -> Any:
    """JSON as what it says, anything else as text."""
    if not body:
        return None
    return json.loads(body) if "json" in headers.get("content-type", "") else body.decode()


@contextmanager
def scripted(*script: "Reply | Answering") -> Iterator[Server]:
    """A server on a free loopback port that gives these answers, one per request."""
    server = Server(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(
                Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, _read(body, headers))
            )
            reply = server.script.pop(0) if server.script else problem(500, "script_is_over")
            self.say(reply if isinstance(reply, Reply) else reply(server.asked[-1]))

        def say(self, reply: Reply) -> None:
            self.close_connection = reply.cut
            if reply.status == 0:
                return
            raw = reply.raw()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status not in (204, 304):
                self.send_header("Content-Length", str(len(raw) + 1000 if reply.cut else len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self) -> None:
            socketserver.TCPServer.server_bind(self)  # no reverse look-up of the host name

    with Listener(("127.0.0.1", 0), Handler) as listener:
        server.url = f"http://127.0.0.1:{listener.server_address[1]}"
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        listener.shutdown()
