"""Requests as bytes: any spelling, any address of this machine, one answer. For what a well-bred client cannot send."""

import json
import socket
from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode

from verify.check import CannotCheck

FORM = "application/x-www-form-urlencoded"


class Told(NamedTuple):
    """An answer. `status` 0: the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, an empty object when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class Line:
    """A connection from `address` (all of 127.0.0.0/8 is this machine); opened again whenever it was closed."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self._port, self.address = port, address
        self._socket: socket.socket | None = None

    def send(self, method: str, target: str, body: bytes = b"", version: str = "HTTP/1.1", **headers: str) -> Told:
        """One request. `host` stands unless it is given; an underscore in a header's name is a hyphen."""
        said = {"host": f"127.0.0.1:{self._port}"} if version == "HTTP/1.1" else {}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            said["content-length"] = str(len(body))
        lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in said.items()), "", ""]
        return self.raw("\r\n".join(lines).encode("latin-1") + body, head=method == "HEAD")

    def form(self, target: str, fields: Any, **headers: str) -> Told:
        """POST a form: fields, or bytes as they are."""
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        return self.send("POST", target, body, **{"content_type": FORM, **headers})

    def raw(self, request: bytes, *, head: bool = False) -> Told:
        """Send these bytes; answers what came back."""
        for last in (False, True):
            try:
                told = self._exchange(request, head=head)
            except OSError as broken:
                self.close()
                if last:
                    raise CannotCheck(f"The server does not talk: {broken}") from broken
                continue
            if told.status or last:
                return told
        return Told(0, {}, b"")

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes, *, head: bool) -> Told:
        if self._socket is None:
            self._socket = socket.create_connection(
                ("127.0.0.1", self._port), timeout=20, source_address=(self.address, 0)
            )
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self._socket.recv(65_536)
            if not piece:
                self.close()
                return Told(0, {}, data)
            data += piece
        top, _, body = data.partition(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = headers.get("content-length")
        if length is None and not head:
            self.close()  # a stream, or no body: what comes after the head is not needed
        elif not head:
            while len(body) < int(length or 0):
                body += self._socket.recv(65_536)
        if headers.get("connection") == "close":
            self.close()
        return Told(int(first.split(" ", 2)[1]), headers, body)


def basic(name: str, secret: str) -> str:
    """The header of HTTP Basic as RFC 6749 wants it."""
    return "Basic " + b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()
