"""Answers without a known length for HTTP/1.0: their end is the end of the connection (RFC 9112 §6.3).

uvicorn writes them in chunks whoever asks, and a reader of HTTP/1.0 takes the sizes of the chunks for text.
"""

import sys
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def unchunked(app: ASGIApp) -> ASGIApp:
    """The same app for a caller who knows no chunks. `send` must be that of uvicorn's cycle."""

    async def plainly(scope: Scope, receive: Receive, send: Send) -> None:
        cycle: Any = send.__self__  # type: ignore[attr-defined]
        endless = False

        async def sent(message: Message) -> None:
            nonlocal endless
            if message["type"] == "http.response.start":
                endless = all(name != b"content-length" for name, _ in message.get("headers", ()))
                if endless:
                    cycle.chunked_encoding = False
                    cycle.expected_content_length = sys.maxsize
            elif endless and not message.get("more_body", False):
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, sent)

    return plainly
