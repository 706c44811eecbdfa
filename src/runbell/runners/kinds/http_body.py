"""What a step of kind `http` sends: the body as its member says, and the headers that go with it."""

from typing import Any
from urllib.parse import urlencode

import msgspec

Headers = tuple[tuple[str, str], ...]


def body_of(task: dict[str, Any]) -> tuple[Headers, bytes]:
    """The headers of the request, and its body."""
    body, kind = _body(task)
    headers = tuple(task["headers"].items())
    if kind and all(name.lower() != "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", kind))
    return headers, body


def _body(task: dict[str, Any]) -> tuple[bytes, str]:
    if "json" in task:
        return msgspec.json.encode(task["json"]), "application/json"
    if task["form"]:
        return urlencode(task["form"]).encode(), "application/x-www-form-urlencoded"
    if task["body"] is not None:
        return task["body"].encode("utf-8", "surrogatepass"), "text/plain; charset=utf-8"
    return b"", ""
