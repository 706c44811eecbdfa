"""G-73, S-41: whatever is sent to whatever route of any surface: no 500, nothing undocumented, nothing given away.

Two halves. Lies of our own (`verify/lies.py`): every operation of every document, its path, query, headers and body
each wrong in every way that is known to break servers. Then schemathesis, which derives requests from the documents,
with the things that are really there written into them. Every answer is held against its document.
"""

import json
import subprocess
import sys
from collections import Counter
from random import Random
from typing import Any
from urllib.parse import quote

from verify import lies
from verify.check import CannotCheck, Check, Figure, Trial
from verify.documents import NATIVE, Document, Operation, documents
from verify.furnished import Furnished
from verify.lies import Lie
from verify.raw import Line, Told
from verify.server import Server, serving

TOKENS = "/oauth/"
QUICK = 1
"""So few examples are for every commit: then schemathesis asks one surface, another one with each seed."""
PATIENCE_S = 6 * 3_600
NO_CASE = {"healthz", "readyz"}
"""Said of the server, not of the request: 503 is right when it goes down."""


def run(trial: Trial) -> Figure:
    """Lie, then let schemathesis lie."""
    with serving(trial) as server:
        found = Findings(trial)
        papers = documents(server.port)
        with server.client() as client:
            things = Furnished(client)
            things.furnish()
            for paper in papers:
                Liar(server, paper, things, found, trial).lie()
            for paper in papers if trial.size > QUICK else [papers[(trial.seed - 1) % len(papers)]]:
                found.n += _schemathesis(trial, server, paper, things, found)
            for paper in papers:
                Liar(server, paper, things, found, trial).say_goodbye()
            if not server.ready():
                found.note("http_500", "the server", "is not ready any more")
    return found.figure(len(papers))


class Findings:
    """What was wrong, counted by kind, told once per place."""

    def __init__(self, trial: Trial) -> None:
        self.n = 0
        self.documented: set[tuple[str, str]] = set()
        self.seen: set[tuple[str, str]] = set()
        self._trial = trial
        self._kinds: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()

    def note(self, fault: str, where: str, said: str) -> None:
        """One thing that is wrong."""
        self._kinds[fault.partition(":")[0]] += 1
        if (where, fault) not in self._told and len(self._told) < 200:
            self._told.add((where, fault))
            self._trial.say(f"{fault}  {where}  {said}")

    def figure(self, surfaces: int) -> Figure:
        """What was found in all."""
        kinds, missing = self._kinds, sorted(self.documented - self.seen)
        self._trial.say(f"successes that nobody saw: {', '.join(' '.join(one) for one in missing) or 'none'}")
        numbers = {"http_500": kinds["http_500"], "undocumented": kinds["undocumented"], "invalid": kinds["invalid"],
                   "accepted": kinds["accepted"], "leaks": kinds["leak"], "unanswered": kinds["unanswered"],
                   "surfaces": surfaces, "successes": len(self.documented), "unseen": len(missing)}  # fmt: skip
        return Figure(not kinds.total(), self.n, numbers)


class Liar:
    """Asks one surface everything that our own corpus knows."""

    def __init__(self, server: Server, paper: Document, things: Furnished, found: Findings, trial: Trial) -> None:
        self._line = Line(server.port)
        self._paper, self._things, self._found = paper, things, found
        self._dice, self._few = trial.random, trial.size
        self._strict = paper.surface == NATIVE

    def lie(self) -> None:
        """Every operation, in every way."""
        for operation in sorted(self._paper.operations(), key=lambda known: ":bulk" in known.path):
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

        for operation in sorted((one for one in self._paper.operations() if one.method == "DELETE"), key=rank):
            self._ask(operation, self._things.filled(operation))
        self._line.close()

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
            for value in self._some(lies.QUERY_VALUES):
                self._ask(operation, f"{path}?{quote(known['name'])}={value}")
        for text in self._some(lies.QUERIES):
            self._ask(operation, f"{path}?{text}")

    def _headers(self, operation: Operation) -> None:
        if operation.method == "DELETE":
            return
        path = self._things.filled(operation)
        every = [(name, value) for name, values in lies.HEADERS.items() for value in values]
        for name, value in self._some(every, 5):
            self._ask(operation, path, headers={name: value})

    def _bodies(self, operation: Operation) -> None:
        path = self._things.filled(operation)
        schema = next(iter(operation.said["requestBody"]["content"].values())).get("schema", {})
        told = self._some(lies.bodies(), 12) + self._some(list(lies.of_members(self._paper, schema, self._dice)), 12)
        sound = json.dumps(lies.example(self._paper, schema)).encode()
        told += [Lie("noise", noisy(self._dice, sound), ()) for _ in range(self._few * 10)]
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
        for operation in self._paper.operations():
            known.setdefault(operation.path, operation)
        every = {(operation.method, operation.path) for operation in self._paper.operations()}
        for path, operation in known.items():
            for method in self._some(lies.METHODS):
                if (method, path) in every or method == "HEAD":
                    continue
                told = self._send(method, operation, self._things.filled(operation), b"", {})
                if told.status >= 500 or told.status == 0 or (told.status < 300 and method != "OPTIONS"):
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
        own = self._paper.credentials(operation)
        if operation.method == "PATCH":
            own["if-match"] = "*"
        return self._line.send(method, path, body, **{**own, **headers})

    def _some(self, known: list[Any], factor: int = 3) -> list[Any]:
        """All of them, or as many as this trial has time for."""
        count = self._few * factor
        return known if count >= len(known) else self._dice.sample(known, count)


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


def _schemathesis(trial: Trial, server: Server, paper: Document, things: Furnished, found: Findings) -> int:
    """Let schemathesis ask; how many requests it made. Its failures are ours."""
    trial.say(f"schemathesis asks {paper.surface}, {trial.size} examples per operation")
    document = trial.folder / f"{paper.surface}.json"
    document.write_text(json.dumps(_with_things(paper, things)))
    report = trial.folder / f"{paper.surface}-report.json"
    phases = "examples,fuzzing" if trial.size < 10 else "examples,coverage,fuzzing,stateful"
    said = next((paper.credentials(known) for known in paper.operations()), {})
    command = [
        sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", str(document),
        f"--url=http://127.0.0.1:{server.port}", f"--phases={phases}", f"--max-examples={trial.size}",
        f"--seed={trial.seed}", "--generation-database=none", "--suppress-health-check=all", "--no-color",
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--continue-on-failure", "--no-shrink", "--request-timeout=70", "--report=json", f"--report-json-path={report}",
        "--exclude-path-regex=/events$", *(f"--header={name}: {value}" for name, value in said.items()),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=trial.folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        told = json.loads(report.read_text())
    except (OSError, ValueError, subprocess.TimeoutExpired) as why:
        raise CannotCheck(f"schemathesis left no report: {why}") from why
    if not told["complete"] or not told["test_cases"]["generated"]:
        raise CannotCheck(f"schemathesis did not get to its end: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")
    for failure in told["failures"]:
        text = json.dumps(failure)
        kind = next((fault for word, fault in KINDS.items() if word in text.lower()), "invalid")
        found.note(kind, f"schemathesis: {failure.get('operations')}", text[:600])
    return int(told["test_cases"]["generated"])


KINDS = {"server error": "http_500", "server_error": "http_500", "undocumented": "undocumented"}


def _with_things(paper: Document, things: Furnished) -> dict[str, Any]:
    """The document with the names of what is really there among the values of its paths."""
    document: dict[str, Any] = json.loads(json.dumps(paper.document))
    for path, item in document["paths"].items():
        for operation in item.values():
            for known in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if known["in"] == "path":
                    word = things.value(known["name"], path)
                    free = "delete" in item and operation is item["delete"]
                    known["schema"] = {
                        "enum": ["1" if known["schema"].get("type") == "integer" else "x"] if free else [word]
                    }
    return document


CHECK = Check(
    name="fuzz-http", promise="G-73, S-41", says="malformed and lying input is refused in the surface's words, always",
    run=run, unit="examples", quick=QUICK, normal=20, full=400,
    sabotages=("nul-unexpected", "huge-integer", "trace-shown"),
)  # fmt: skip
