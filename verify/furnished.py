"""A server with one of everything in it, so that what is asked of it gets past "there is no such thing"."""

from collections.abc import Callable
from typing import Any

from verify.check import CannotCheck
from verify.client import Answer, Client
from verify.documents import Operation

PARAMETERS: dict[str, Any] = {
    kind: {"type": kind, **({"choices": ["a", "b"]} if kind in {"enum", "multi"} else {})}
    for kind in ("text", "int", "decimal", "bool", "date", "datetime", "enum", "multi", "json")
}
JOB: dict[str, Any] = {"parameters": PARAMETERS, "steps": [{"name": "a", "command": ["true"]}]}


class Furnished:
    """What there is, by the name that it has in paths. `fresh` makes a thing anew when it is gone."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, str] = {}

    def furnish(self) -> None:
        """Make everything."""
        for name in ("job", "id", "project", "user", "client", "key", "secret", "name"):
            self.value(name, "")

    def value(self, name: str, path: str) -> str:
        """Something real for this place in a path, or a word that fits."""
        fixed = {"n": "1", "code": "malformed", "document": "none.json"}
        if name in fixed:
            return fixed[name]
        if name == "secret" and "/secrets/" in path:
            return self._known.get("secret", "x")
        if name not in self._known:
            make = self._makers().get(name)
            self._known[name] = "x" if make is None else make()
        return self._known[name]

    def filled(self, operation: Operation, other: dict[str, str] | None = None) -> str:
        """The path of an operation with real things in it, but `other` ones where they are named."""
        path = operation.path
        for known in operation.values("path"):
            name = known["name"]
            place = (other or {}).get(name) or self.value(name, path)
            path = path.replace(f"{{{name}}}", place)
        return path

    def _makers(self) -> dict[str, Callable[[], str]]:
        client = self._client

        def made(answer: Answer, member: str) -> str:
            if not answer.ok:
                raise CannotCheck(f"The server cannot be furnished: {answer}")
            return str(answer.body[member])

        def execution() -> str:
            started = client.send("POST", "/jobs/load/executions?wait=20", {"tags": ["a"]})
            return made(started, "id")

        rights = {"default": ["jobs:read"]}
        return {
            "job": lambda: made(client.send("PUT", "/jobs/load", JOB), "name"),
            "id": execution,
            "project": lambda: made(client.send("PUT", "/projects/aside", {}), "name"),
            "user": lambda: made(client.send("PUT", "/users/ada", {"roles": {"aside": "viewer"}}), "name"),
            "client": lambda: made(client.post("/clients", {"name": "etl", "grants": rights}), "id"),
            "key": lambda: made(client.post("/keys", {"name": "etl", "grants": rights}), "id"),
            "name": lambda: made(client.send("PUT", "/secrets/token", {"value": "a secret"}), "name"),
        }
