"""S-29: a secret is shown nowhere, whatever the job says with it, in whatever form and in however many pieces."""

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from verify import planted
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY, Client
from verify.peers import Peers
from verify.server import Server, serving

OF_ONE = 8
STORED = ("verify.stored", "verify.other")


def run(trial: Trial) -> Figure:
    """So many secrets, eight to an execution that says them in every way it has; then every answer is searched."""
    secrets = planted.secrets(trial.random, trial.size)
    leaks: Counter[str] = Counter()
    said = wrong = 0
    with Peers() as peers, serving(trial, RUNBELL_EGRESS_ALLOW="127.0.0.1") as server, server.client(60) as client:
        for first in range(0, len(secrets), OF_ONE):
            group = (secrets[first : first + OF_ONE] * OF_ONE)[:OF_ONE]
            for identity in _run(client, group, peers):
                for sink, content in _sinks(server, client, identity, group):
                    said += content.count(b"***")
                    for secret in set(group):
                        for form in planted.found(secret, [content]):
                            leaks[f"{sink}:{form}"] += 1
                            trial.say(f"a secret of execution {identity} stands in {sink} as {form}")
                wrong += client.execution(identity)["status"] != "failed"
    worst = ",".join(f"{place}={count}" for place, count in leaks.most_common(3))
    held = not leaks and said > trial.size and not wrong
    return Figure(held, trial.size, {"leaks": leaks.total(), "masks": said, "wrong": wrong, "where": worst})


def _run(client: Client, group: list[str], peers: Peers) -> tuple[str, str]:
    """One execution that says six secret parameters and two secrets of the project, and one that sends some to a peer
    who gives all back; both brought to their end."""
    for name, value in zip(STORED, group[6:], strict=True):
        answer = client.send("PUT", f"/secrets/{name}", {"value": value})
        assert answer.ok, answer
    speaks: str = client.started("speaks", dict(zip("abcdef", group, strict=False)))
    calls: str = client.started("calls", {"port": peers.port, "a": group[0], "b": group[1]})
    client.ended(speaks, 60)
    ended = client.ended(calls, 60)
    done = {step["name"]: step["status"] for step in ended["steps"]}
    if done.get("call") != "succeeded" or done.get("refused") != "failed":
        raise CannotCheck(f"The peer was not called as it should be: {done}")
    return speaks, calls


def _sinks(server: Server, client: Client, identity: str, group: list[str]) -> Iterator[tuple[str, bytes]]:
    """Everything that can be asked for afterwards, and what lies on disk for it."""
    own = f"/executions/{identity}"
    for name, path, accept in (
        ("body", own, "application/json"), ("list", "/executions?limit=1", "application/json"),
        ("log", f"{own}/logs?limit=10000", "text/plain"), ("raw_log", f"{own}/logs/raw", "*/*"),
        ("lines", f"{own}/logs?limit=10000", "application/x-ndjson"), ("result", f"{own}/result", "application/json"),
        ("steps", f"{own}/steps", "application/json"), ("feed", "/events?limit=1000", "application/json"),
        ("secret", "/secrets", "application/json"), ("audit", "/audit?limit=1000", "application/json"),
        ("explain", f"{own}/explain", "application/json"), ("rerun_plan", f"{own}/rerun:plan", "application/json"),
    ):  # fmt: skip
        method = "POST" if path.endswith(":plan") else "GET"
        yield name, _raw(server, method, path, accept)
    bad = {"params": {"a": [group[0]], "b": group[1] * 10_000, "unknown": group[2]}, "strange": group[3]}
    yield "refusal", _raw(server, "POST", "/jobs/speaks/executions", "application/json", bad)
    yield "journal", server.journal.read_bytes()
    for file in sorted((server.data / "executions").rglob("*")):
        if file.is_file() and file.parent.name != "workspace":
            yield f"disk_{file.name if file.name == 'log' else file.parent.name}", file.read_bytes()


def _raw(server: Server, method: str, path: str, accept: str, body: Any = None) -> bytes:
    """An answer as it came, whatever its status."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Accept": accept, "Content-Type": "application/json"}
    connection.request(method, f"/api/v1{path}", json.dumps(body or {}) if method == "POST" else None, headers)
    content = connection.getresponse().read()
    connection.close()
    return content


CHECK = Check(
    name="redact", promise="S-29", says="no answer, log, error or file shows a secret, whatever the job says with it",
    run=run, unit="secrets", quick=24, normal=1_000, full=10_000,
    sabotages=("results-unmasked", "no-carry-over", "errors-unmasked"),
)  # fmt: skip
