"""Documents that a server would serve, without a server: made by the same door, byte for byte."""

import asyncio
from typing import Any, cast

from runbell.dialects import native
from runbell.operations.ports import Ports


def openapi_document() -> bytes:
    """The OpenAPI 3.1 document of the native API, as /openapi.json answers it."""
    door = native.door(cast(Ports, _NobodyThere()))
    return asyncio.run(_got(door.app, "/openapi.json"))


class _NobodyThere:
    """Stands for every room that a door knows; to describe itself, it must ask none of them for anything."""

    def __getattr__(self, name: str) -> "_NobodyThere":
        return _NobodyThere()


async def _got(app: Any, path: str) -> bytes:
    """The body that a door answers on that path."""
    said: list[bytes] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message.get("body", b""))

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
        "client": ("127.0.0.1", 0), "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    await app(scope, None, send)
    return b"".join(said)
