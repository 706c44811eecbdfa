"""A caller whose every answer is held against the document of the door that it calls."""

import gzip
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from starlette.types import ASGIApp

from tests.http.calling import Caller, Reply


class Documented:
    """The OpenAPI document of a door, and whether an answer is one that it allows.

    `dialect`: a door that takes its paths in any letter case, with or without a slash at the end, doubled at the
    beginning, and under its own name.
    """

    def __init__(self, document: dict[str, Any], dialect: str = "") -> None:
        self.document = document
        self._before = f"/{dialect}/" if dialect else ""
        flags = re.IGNORECASE if dialect else re.NOFLAG
        self._templates = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]*", re.escape(self._plain(path))) + "$", flags), path)
            for path in document["paths"]
        ]
        self._templates.sort(key=lambda known: (known[1].count("{"), -len(known[1])))  # the most particular first

    def check(self, method: str, path: str, reply: Reply) -> None:
        """Fail when the document does not allow this answer, body and all."""
        operation = self._operation({"HEAD": "GET"}.get(method, method), path.partition("?")[0])
        if operation is None:
            of_options = method == "OPTIONS" and reply.status in {200, 204}
            assert reply.status in {400, 401, 404, 405} or of_options, (method, path, reply)
            return
        described = operation["responses"].get(str(reply.status))
        assert described is not None, f"{method} {path}: {reply.status} is not in the document. {reply.body!r}"
        if not reply.body:
            return
        media = reply.headers["content-type"].partition(";")[0]
        assert {media, "*/*"} & described["content"].keys(), f"{method} {path}: {media} is not in the document."
        if media not in described["content"]:  # a file of whatever type
            return
        if not media.endswith("json"):
            return
        body = gzip.decompress(reply.body) if reply.headers.get("content-encoding") == "gzip" else reply.body
        schema = {**described["content"][media]["schema"], "components": self.document["components"]}
        for value in body.splitlines() if media.endswith("ndjson") else [body]:
            Draft202012Validator(schema).validate(msgspec.json.decode(value))

    def _plain(self, path: str) -> str:
        """The path without what a lenient door takes beside what it documents."""
        if not self._before:
            return path
        if path.startswith(self._before):
            path = path[len(self._before) - 1 :]
        return "/" + path.strip("/")

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        template = next((template for pattern, template in self._templates if pattern.match(self._plain(path))), None)
        if template is None or not method.isupper():
            return None
        operation: dict[str, Any] | None = self.document["paths"][template].get(method.lower())
        return operation


class CheckedCaller(Caller):
    """Calls the door and holds every answer against its document."""

    def __init__(self, app: ASGIApp, key: str | None, documented: Documented) -> None:
        super().__init__(app, key)
        self.documented = documented

    async def call(
        self,
        method: str,
        path: str,
        *,
        pieces: Iterable[bytes] = (),
        headers: Mapping[str, str] | None = None,
        **how: Any,
    ) -> Reply:
        reply = await super().call(method, path, pieces=pieces, headers=headers, **how)
        self.documented.check(method, path, reply)
        return reply
