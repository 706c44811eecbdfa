"""A tiny caller that speaks ASGI to an app in this process, raw path and all."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass
class Reply:
    """What came back. `received` counts the body messages that the app took."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    received: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code."""
        assert self.headers["content-type"] == "application/problem+json", self
        return str(self.json["code"])


class Caller:
    """Calls an app with some credentials (none: anonymous)."""

    def __init__(self, app: ASGIApp, key: str | None = None) -> None:
        self.app = app
        self.key = key

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.call("GET", path, headers=headers)

    async def delete(self, path: str, **headers: str) -> Reply:
        return await self.call("DELETE", path, headers=headers)

    async def post(self, path: str, value: Any = None, **headers: str) -> Reply:
        return await self.send("POST", path, value, **headers)

    async def put(self, path: str, value: Any = None, **headers: str) -> Reply:
        return await self.send("PUT", path, value, **headers)

    async def send(self, method: str, path: str, value: Any = None, **headers: str) -> Reply:
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        return await self.call(method, path, pieces=[body], headers={"content_type": "application/json"} | headers)

    async def call(
        self,
        method: str,
        path: str,
        *,
        pieces: Iterable[bytes] = (),
        headers: Mapping[str, str] | None = None,
        raw_headers: Iterable[tuple[bytes, bytes]] = (),
        length: bool = True,
        hang_up: asyncio.Event | None = None,
        on_piece: Callable[[bytes], None] = lambda _: None,
    ) -> Reply:
        """One request. `pieces` are the body's chunks, announced by Content-Length if `length`."""
        chunks = list(pieces)
        raw_path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": raw_path, "raw_path": raw_path.encode(),
            "query_string": query.encode(), "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1),
            "headers": [*self._headers(headers or {}, chunks, length=length), *raw_headers],
        }  # fmt: skip
        reply, done = Reply(), hang_up or asyncio.Event()

        async def receive() -> Message:
            if reply.received < max(1, len(chunks)):
                reply.received += 1
                piece = chunks[reply.received - 1] if chunks else b""
                return {"type": "http.request", "body": piece, "more_body": reply.received < len(chunks)}
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            else:
                reply.body += message.get("body", b"")
                on_piece(message.get("body", b""))

        await self.app(scope, receive, send)
        return reply

    def _headers(self, given: Mapping[str, str], chunks: list[bytes], *, length: bool) -> list[tuple[bytes, bytes]]:
        said = {name.replace("_", "-"): value for name, value in given.items()}
        if self.key is not None and "authorization" not in said and "x-api-key" not in said:
            said["authorization"] = f"Bearer {self.key}"
        if any(chunks):
            said |= {"content-length": str(sum(map(len, chunks)))} if length else {"transfer-encoding": "chunked"}
        return [(name.encode(), value.encode("latin-1")) for name, value in said.items()]
