"""The OpenAPI documents that a server answers, and whether an answer is one that they allow."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from runbell.settings import DIALECTS
from verify.check import CannotCheck
from verify.client import ADMIN_KEY
from verify.raw import Line, Told, basic

NATIVE = "native"
LEAKS = re.compile(
    rb"Traceback \(most|File \"|\.py\b|\bsqlite|\bapsw|\bmsgspec|\bSELECT .+ FROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b"
    rb"|/site-packages/|/src/runbell|/dev/shm/|/tmp/",
    re.IGNORECASE,
)
"""What nobody should read in a refusal: a trace, SQL, a path, what the house is built of."""


class Operation(NamedTuple):
    """One method of one path of a document."""

    surface: str
    method: str
    path: str
    said: dict[str, Any]

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.method} {self.path}"

    @property
    def media(self) -> tuple[str, ...]:
        """The media types of its body, () when it has none."""
        return tuple(self.said.get("requestBody", {}).get("content", ()))

    def values(self, place: str) -> list[dict[str, Any]]:
        """Its parameters in `path`, `query` or `header`."""
        return [known for known in self.said.get("parameters", ()) if known["in"] == place]


class Document:
    """One surface. Problems are sentences."""

    def __init__(self, surface: str, document: dict[str, Any]) -> None:
        self.surface = surface
        self.document = document
        self._validators: dict[tuple[str, str, str, str], Draft202012Validator] = {}

    def operations(self) -> Iterator[Operation]:
        """Every operation."""
        for path, item in self.document["paths"].items():
            for method, said in item.items():
                if method in {"get", "put", "post", "patch", "delete"}:
                    yield Operation(self.surface, method.upper(), path, said)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a path without its query is of: the one whose template says the most."""
        fitting = [
            known for known in self.operations()
            if known.method == method and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(known.path)), path)
        ]  # fmt: skip
        return min(fitting, key=lambda known: known.path.count("{"), default=None)

    def schema(self, found: Any) -> dict[str, Any]:
        """A schema with its reference followed."""
        while isinstance(found, dict) and "$ref" in found:
            found = self.document["components"]["schemas"][found["$ref"].rpartition("/")[2]]
        return found if isinstance(found, dict) else {}

    def credentials(self, operation: Operation, key: str = ADMIN_KEY) -> dict[str, str]:
        """The header with which a key or token opens it; Bearer where the document names none that a header carries."""
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        asked = operation.said.get("security", self.document.get("security", ()))
        wanted = [schemes[name] for one in asked for name in one]
        for scheme in (known for known in wanted if known["type"] == "http"):
            if scheme["scheme"].lower() == "basic":
                return {"authorization": basic(key, "")}
            return {"authorization": f"{scheme['scheme'].capitalize()} {key}"}
        for scheme in (known for known in wanted if known["type"] == "apiKey" and known["in"] == "header"):
            return {scheme["name"]: key}
        return {"authorization": f"Bearer {key}"}

    def faults(self, operation: Operation, told: Told, *, partly: bool = False) -> Iterator[str]:
        """What is wrong with an answer to this operation; `partly`: its body was not read to the end."""
        if told.status >= 400 and (leak := LEAKS.search(told.body)):
            yield f"leak: {leak[0].decode('latin-1')!r}"
        if told.status == 500:
            yield "http_500"
        described = operation.said["responses"].get(str(told.status))
        if described is None:
            yield "undocumented"
            return
        if not told.body or partly:
            return
        media = told.headers.get("content-type", "").partition(";")[0]
        known = described.get("content", {})
        if media not in known and "*/*" not in known:
            yield "invalid: the media type"
        elif media in known and media.endswith("json") and "content-encoding" not in told.headers:
            yield from self._invalid(operation, told, media)

    def _invalid(self, operation: Operation, told: Told, media: str) -> Iterator[str]:
        key = (operation.method, operation.path, str(told.status), media)
        if key not in self._validators:
            schema = operation.said["responses"][key[2]]["content"][media].get("schema", {})
            self._validators[key] = Draft202012Validator({**schema, "components": self.document.get("components", {})})
        try:
            bodies = [json.loads(text) for text in (told.body.splitlines() if "ndjson" in media else [told.body])]
        except ValueError:
            yield "invalid: no JSON"
            return
        for body in bodies:
            for error in self._validators[key].iter_errors(body):
                yield f"invalid: {error.message[:200]}"
                break


def documents(port: int) -> list[Document]:
    """The documents of this server: the native one, and that of each dialect."""
    line = Line(port)
    found = []
    for surface in (NATIVE, *DIALECTS):
        told = line.send("GET", "/openapi.json" if surface == NATIVE else f"/openapi/{surface}.json")
        if told.status != 200:
            raise CannotCheck(f"The document of {surface} is not there: {told.status} {told.body[:200]!r}")
        found.append(Document(surface, told.json))
    line.close()
    return found
