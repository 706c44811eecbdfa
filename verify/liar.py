"""Asks one surface everything of our own corpus (`verify/lies.py`), and holds each answer against its document."""

import json
from random import Random
from typing import Any
from urllib.parse import quote

from verify import lies
from verify.check import CannotCheck, Trial
from verify.client import ADMIN_KEY
from verify.documents import NATIVE, Document, Operation
from verify.findings import Findings
from verify.furnished import Furnished
from verify.lies import Lie
from verify.raw import Line, Told
from verify.server import Server
from verify.truths import Truth

TOKENS = "/oauth/"
NO_CASE = {"healthz", "readyz"}
"""Said of the server, not of the request: 503 is right when it goes down."""
EVERYTHING = 1_000
"""So few examples are all of the corpus."""


class Liar:
    """Asks one surface everything that our own corpus knows."""

    def __init__(self, server: Server, paper: Document, things: Furnished, found: Findings, trial: Trial) -> None:
        self._line = Line(server.port)
        self._paper, self._things, self._found = paper, things, found
        self._dice, self._few = trial.random, trial.size if trial.only is None else EVERYTHING
        self._only, self._decks = trial.only, dict[int, list[Any]]()
        self._strict = paper.surface == NATIVE

    def lie(self) -> None:
        """Every operation, in every way."""
        for operation in self._operations():
            if operation.said.get("operationId") in NO_CASE:
                continue
            self._truth(operation)
            self._addresses(operation)
            self._headers(operation)
            if operation.media:
                self._bodies(operation)
        self._methods()
        self._line.close()

    def say_goodbye(self) -> None:
        """Delete what there is, at last: what the others hang on comes last."""
        order = ("id", "secret", "name", "key", "session", "client", "user", "job", "project")

        def rank(operation: Operation) -> int:
            places = [known["name"] for known in operation.values("path")]
            return max((order.index(place) for place in places if place in order), default=0)

        for operation in sorted((one for one in self._operations() if one.method == "DELETE"), key=rank):
            self._ask(operation, self._things.filled(operation))
        self._line.close()

    def tell(self, told: Truth) -> Told:
        """Ask one thing that is right, as the operation that its path is of."""
        operation = self._paper.operation(told.method, told.bare)
        if operation is None:
            raise CannotCheck(f"{told.surface} has no operation {told.method} {told.bare}.")
        return self._ask(operation, told.path, told.body, told.headers)

    def _truth(self, operation: Operation) -> None:
        """What is right, so that every documented success is met where that is easy; who is left out is told."""
        self._found.documented |= {(operation.name, status) for status in operation.said["responses"] if status < "4"}
        if operation.method == "DELETE":
            return
        path = self._things.filled(operation)
        schema = next(iter(operation.said.get("requestBody", {}).get("content", {}).values()), {}).get("schema", {})
        body = json.dumps(lies.example(self._paper, schema)).encode() if operation.media else b""
        media = {"content-type": next(iter(operation.media))} if operation.media else {}
        waits = "?wait=20" if any(known["name"] == "wait" for known in operation.values("query")) else ""
        told = self._ask(operation, path, body, media)
        self._ask(operation, path + waits, body, media | {"range": "bytes=0-0"})
        if "304" in operation.said["responses"] and "etag" in told.headers:
            self._ask(operation, path, headers={"if-none-match": told.headers["etag"]})
        if operation.method == "PUT":
            new = {known["name"]: "quite-new" for known in operation.values("path")}
            self._ask(operation, self._things.filled(operation, new), body, media)

    def _addresses(self, operation: Operation) -> None:
        for known in operation.values("path"):
            for value in self._some(lies.PATH_VALUES):
                self._ask(operation, self._things.filled(operation, {known["name"]: value}), elsewhere=True)
        if operation.method == "DELETE":
            return
        path = self._things.filled(operation)
        for known in operation.values("query"):
            edges = lies.EDGES if known["schema"].get("type") == "integer" else []
            for value in [*edges, *self._some(lies.QUERY_VALUES)]:
                self._ask(operation, f"{path}?{quote(known['name'])}={value}")
        for text in self._some(lies.QUERIES):
            self._ask(operation, f"{path}?{text}")

    def _headers(self, operation: Operation) -> None:
        if operation.method == "DELETE":
            return
        path = self._things.filled(operation)
        for name, value in self._some(lies.EVERY_HEADER, 5):
            self._ask(operation, path, headers={name: value})

    def _bodies(self, operation: Operation) -> None:
        path = self._things.filled(operation)
        schema = next(iter(operation.said["requestBody"]["content"].values())).get("schema", {})
        told = self._some(lies.BODIES, 12) + self._some(list(lies.of_members(self._paper, schema, self._dice)), 12)
        sound = json.dumps(lies.example(self._paper, schema)).encode()
        told += [Lie("noise", noisy(self._dice, sound), ()) for _ in range(min(self._few * 10, 500))]
        media = "application/json" if "application/json" in operation.media else operation.media[0]
        for lie in told:
            wanted = lie.answers if self._strict and media == "application/json" else ()
            if operation.path.startswith(TOKENS) or operation.path == "/device":
                wanted = ()  # forms first, and refusals in the words of OAuth
            said = {"content-type": media if lie.media == "application/json" else lie.media, **dict(lie.headers)}
            self._ask(operation, path, lie.body, said, wanted, lie.name)

    def _methods(self) -> None:
        """Methods that a path has not. They are in no document, so only the kind of refusal is looked at."""
        known: dict[str, Operation] = {}
        for operation in self._operations():
            known.setdefault(operation.path, operation)
        every = {(operation.method, operation.path) for operation in self._paper.operations()}
        for path, operation in known.items():
            for method in self._some(lies.METHODS):
                if (method, path) in every or method == "HEAD":
                    continue
                told = self._send(method, operation, self._things.filled(operation), b"", {})
                refused = told.status >= 300 or told.json.get("status") == "error"  # InfoLink refuses with 200
                if told.status >= 500 or told.status == 0 or (not refused and method != "OPTIONS"):
                    self._found.note(f"accepted: {told.status}", f"{method} {path}", "a method that it has not")

    def _ask(
        self, operation: Operation, path: str, body: bytes = b"", headers: dict[str, str] | None = None,
        wanted: tuple[int, ...] = (), name: str = "", *, elsewhere: bool = False,
    ) -> Told:  # fmt: skip
        """Ask, and note what is wrong with the answer. `elsewhere`: the path may be that of another operation."""
        told = self._send(operation.method, operation, path, body, headers or {})
        said = f"{name or headers or path[-120:]!r} → {told.status} {told.body[:160]!r}"
        if not told.status:
            self._found.note("unanswered", operation.name, said)
            return told
        if not elsewhere:
            self._found.seen.add((operation.name, str(told.status)))
        for fault in self._paper.faults(operation, told, partly="transfer-encoding" in told.headers):
            if not (elsewhere and fault == "undocumented" and told.status in {404, 405}):
                self._found.note(fault, operation.name, said)
        if wanted and told.status not in wanted:
            self._found.note(f"accepted: {told.status}, not {wanted[0]}", operation.name, said)
        return told

    def _send(self, method: str, operation: Operation, path: str, body: bytes, headers: dict[str, str]) -> Told:
        self._found.n += 1
        own = self._paper.credentials(operation, self._things.tokens.get(self._paper.surface, ADMIN_KEY))
        if operation.method == "PATCH":
            own["if-match"] = "*"
        said = {name: value for name, value in {**own, **headers}.items() if value or name != "authorization"}
        return self._line.send(method, path, body, **said)

    def _operations(self) -> list[Operation]:
        """Those that are asked: all, or those that have in their names what the trial names."""
        every = sorted(self._paper.operations(), key=lambda known: ":bulk" in known.path)
        return [known for known in every if self._only is None or self._only in f"{known.surface} {known.name}"]

    def _some(self, known: list[Any], factor: int = 3) -> list[Any]:
        """All of them, or as many as this trial has time for: dealt like cards, so that each has its turn."""
        count = self._few * factor
        if count >= len(known):
            return known
        deck = self._decks.setdefault(id(known), [])
        while len(deck) < count:
            deck += self._dice.sample(known, len(known))
        dealt, deck[:] = deck[:count], deck[count:]
        return dealt


def noisy(dice: Random, text: bytes) -> bytes:
    """A sound body with some of its bytes changed, doubled or gone."""
    noise = bytearray(text)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(noise) + 1)
        match dice.randrange(4):
            case 0:
                noise[at:at] = dice.choice(
                    [b"{", b"[", b'"', b"\\", b"\\u0000", b"\0", b"\xff", b",", b"9" * 50, b"null"]
                )
            case 1:
                noise[at : at + dice.randint(1, 5)] = b""
            case 2:
                noise[at : at + 1] = bytes([dice.randrange(256)])
            case _:
                noise[at:at] = noise[: dice.randint(0, 20)]
    return bytes(noise)
