"""A server with one of everything in it, so that what is asked of it gets past "there is no such thing"."""

from collections.abc import Callable
from typing import Any

from verify.check import CannotCheck
from verify.client import Answer, Client
from verify.documents import Operation
from verify.principals import PASSWORD
from verify.raw import basic

PARAMETERS: dict[str, Any] = {
    kind: {"type": kind, **({"choices": ["a", "b"]} if kind in {"enum", "multi"} else {})}
    for kind in ("text", "int", "decimal", "bool", "date", "datetime", "enum", "multi", "json")
}
LATER: dict[str, Any] = {"at": "2100-01-01T00:00:00Z"}
STEPS: list[dict[str, Any]] = [{"name": "a", "command": ["true"]}]
JOB: dict[str, Any] = {"parameters": PARAMETERS, "steps": STEPS, "starts": "both", "schedule": LATER}
SCRIPTS = {
    "tell": 'echo told; echo 1 > "$RUNBELL_RESULT"; echo a,b > "$RUNBELL_OUTPUT/rows.csv"',
    "fail": "exit 3", "hold": "sleep 600", "sfcc-site-archive": "true",
}  # fmt: skip
"""Jobs of one step: one leaves a log, a result and a file, one fails, one runs on, one is a system's own."""
RIGHTS = ["jobs:read", "executions:read", "executions:run", "executions:stop", "logs:read", "results:read"]
FOREIGN = {
    ("/execute", "id"): "a job", ("/details", "id"): "a run", ("/api/jobs/", "job"): "a run",
    ("/api/datastreams/", "datastream"): "a job", ("/api/stacks/", "stack"): "1",
    ("/dw/data/", "id"): "a run", ("/dw/data/", "job"): "tell", ("/dw/data/", "version"): "v17_4",
}  # fmt: skip
"""What stands in the paths of dialects, by a part of the path and a name."""
PERSON, SERVICE = "eve", "robot"
"""Somebody with a password, and a service account; both may do everything."""


class Furnished:
    """What there is, by the name that it has in paths. `fresh` makes a thing anew when it is gone."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, str] = {}
        self._accounts: dict[str, tuple[str, str]] = {}
        self.tokens: dict[str, str] = {}
        """What opens the surfaces that take no key."""

    def furnish(self) -> None:
        """Make everything."""
        for name in ("job", "id", "project", "user", "client", "key", "secret", "name", "webhook", "delivery"):
            self.value(name, "")

    def value(self, name: str, path: str) -> str:
        """Something real for this place in a path, or a word that fits."""
        fixed = {"n": "1", "code": "malformed", "document": "none.json"}
        if name in fixed:
            return fixed[name]
        if (foreign := self._foreign(name, path)) is not None:
            return foreign
        if name == "secret" and "/secrets/" in path:
            return self._known.get("secret", "x")
        if name not in self._known:
            make = self._makers().get(name)
            self._known[name] = "x" if make is None else make()
        return self._known[name]

    def _foreign(self, name: str, path: str) -> str | None:
        """As the dialects write it: jobs and executions by their numbers."""
        kind = next((kind for (beginning, known), kind in FOREIGN.items() if known == name and beginning in path), None)
        if kind not in {"a job", "a run"}:
            return kind
        if kind not in self._known:
            number = str(self.number("tell")) if kind == "a job" else self.execution("tell", by="number")
            self._known[kind] = number
        return self._known[kind]

    def filled(self, operation: Operation, other: dict[str, str] | None = None) -> str:
        """The path of an operation with real things in it, but `other` ones where they are named."""
        path = operation.path
        for known in operation.values("path"):
            name = known["name"]
            place = (other or {}).get(name) or self.value(name, path)
            path = path.replace(f"{{{name}}}", place)
        return path

    def number(self, job: str) -> int:
        """The number of a job that is there, or of one of SCRIPTS, which is defined then."""
        if job not in SCRIPTS:
            return int(_made(self._client.get(f"/jobs/{job}"), "number"))
        step = {"name": "a", "shell": SCRIPTS[job]}
        return int(_made(self._client.send("PUT", f"/jobs/{job}", {"steps": [step]}), "number"))

    def execution(self, job: str, *, wait: bool = True, by: str = "id") -> str:
        """A new execution of one of SCRIPTS: one that has ended, or (not `wait`) one that runs."""
        self.number(job)
        begun = self._client.post(f"/jobs/{job}/executions{'?wait=20' if wait else ''}", {})
        return _made(begun, by)

    def ended(self, execution: str) -> None:
        """Wait until it has ended, for some seconds."""
        self._client.get(f"/executions/{execution}?wait=20")

    def settle(self, job: str) -> None:
        """Wait until the last execution of a job has ended."""
        newest = self._client.get(f"/executions?job={job}&limit=1").body["items"]
        self.ended(newest[0]["id"])

    def account(self, user: str = PERSON) -> tuple[str, str]:
        """A client that may do everything, and its secret: it acts for the person, or for the service account."""
        if user not in self._accounts:
            kind = "service" if user == SERVICE else "person"
            who = {"kind": kind, "roles": {"default": "admin"}, "password": PASSWORD}
            _made(self._client.send("PUT", f"/users/{user}", who), "name")
            made = self._client.post("/clients", {"name": user, "user": user, "grants": {"default": RIGHTS}})
            self._accounts[user] = (_made(made, "id"), _made(made, "secret"))
        return self._accounts[user]

    def basic(self, user: str = PERSON) -> str:
        """That client by HTTP Basic."""
        return basic(*self.account(user))

    def _makers(self) -> dict[str, Callable[[], str]]:
        client = self._client

        def execution() -> str:
            started = client.send("POST", "/jobs/load/executions?wait=20", {"tags": ["a"]})
            return _made(started, "id")

        def delivery() -> str:
            return _made(client.post(f"/webhooks/{self.value('webhook', '')}/test", {}), "id")

        rights = {"default": ["jobs:read"]}
        return {
            "job": lambda: _made(client.send("PUT", "/jobs/load", JOB), "name"),
            "id": execution,
            "project": lambda: _made(client.send("PUT", "/projects/aside", {}), "name"),
            "user": lambda: _made(client.send("PUT", "/users/ada", {"roles": {"aside": "viewer"}}), "name"),
            "client": lambda: _made(client.post("/clients", {"name": "etl", "grants": rights}), "id"),
            "key": lambda: _made(client.post("/keys", {"name": "etl", "grants": rights}), "id"),
            "name": lambda: _made(client.send("PUT", "/secrets/token", {"value": "a secret"}), "name"),
            "webhook": lambda: _made(
                client.post("/webhooks", {"name": "etl", "url": "https://hooks.example/"}), "name"
            ),
            "delivery": delivery,
        }


def _made(answer: Answer, member: str) -> str:
    if not answer.ok:
        raise CannotCheck(f"The server cannot be furnished: {answer}")
    return str(answer.body[member])
