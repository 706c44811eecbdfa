"""G-36: a step of every kind can be stopped: python inside C code, http in every state of a call, sql in its engine.

Whatever cooperates ends at once, so http and sql have a limit of their own; the peer of http has to see the connection
close, and PostgreSQL has nobody left who works for the step.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from verify import zoo
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.peers import Peers
from verify.postgres import Postgres, a_postgres
from verify.server import serving

GRACE_S: Final = 1.0
MOST_S: Final = GRACE_S + 1.0
"""For what has to be killed; with the usual grace of 5 s that is 6 s."""
MOST_AT_ONCE_S: Final = 1.0
"""For what ends by itself when asked; its grace is the usual one, so a kill would come too late."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A job that does not end, and in which way it does not."""

    job: str
    how: str
    most_s: float = MOST_S
    peer: bool = False
    sql: bool = False


KINDS: Final = (
    Stuck("stuck-in-c", "counts"),
    Stuck("stuck-in-c", "digests"),
    Stuck("stuck-on-a-peer", "silent", MOST_AT_ONCE_S, peer=True),
    Stuck("stuck-on-a-peer", "dripping", MOST_AT_ONCE_S, peer=True),
    Stuck("stuck-waiting", "running", MOST_AT_ONCE_S, peer=True),
    Stuck("stuck-saving", "dripping", MOST_AT_ONCE_S, peer=True),
    Stuck("stuck-on-a-peer", "full", MOST_AT_ONCE_S),
    Stuck("stuck-in-duckdb", "sql", MOST_AT_ONCE_S, sql=True),
    Stuck("stuck-in-sqlite", "sql", MOST_AT_ONCE_S, sql=True),
    Stuck("stuck-in-postgresql", "sql", MOST_AT_ONCE_S, sql=True),
    Stuck("stuck-in-sqlalchemy", "sql", MOST_AT_ONCE_S, sql=True),
)


def run(trial: Trial) -> Figure:
    """Every kind, one after another, so many times; after each a step that has to find a good hand."""
    slowest = {MOST_S: 0.0, MOST_AT_ONCE_S: 0.0}
    late = wrong = left = open_after = count = 0
    with (
        a_postgres() as postgres, Peers() as peers, serving(trial, RUNBELL_EGRESS_ALLOW="127.0.0.0/8") as server,
        server.client(60) as client,
    ):  # fmt: skip
        _connect(client, postgres)
        for _ in range(trial.size):
            for stuck in KINDS:
                took, status, lives = _stop(client, stuck, peers)
                closed = postgres.idle(1.0) if stuck.sql else not stuck.peer or peers.all_closed(1.0)
                left += lives
                count += 1
                slowest[stuck.most_s] = max(slowest[stuck.most_s], took)
                late += took > stuck.most_s
                wrong += status != "stopped"
                open_after += not closed
                said = f"{status} after {took:.2f} s, process gone: {not lives}, connections closed: {closed}"
                trial.say(f"{stuck.job} ({stuck.how}): {said}")
            wrong += client.ended(client.started("not-stuck", {}), 15)["status"] != "succeeded"
    held = late == wrong == left == open_after == 0
    numbers = {"p100_s": slowest[MOST_S], "at_once_p100_s": slowest[MOST_AT_ONCE_S]}
    return Figure(held, count, {**numbers, "late": late, "wrong": wrong, "survivors": left, "left_open": open_after})


def _stop(client: Client, stuck: Stuck, peers: Peers) -> tuple[float, str, bool]:
    """Start, stop; seconds from the request to the confirmed end, the status, and whether its process still lives."""
    params: dict[str, Any] = {} if stuck.sql else {"how": stuck.how}
    if stuck.job != "stuck-in-c" and not stuck.sql:
        params["port"] = peers.full_port if stuck.how == "full" else peers.port
    before = peers.asked
    identity = client.started(stuck.job, params)
    if stuck.peer:
        _until_asked(client, identity, peers, before)
    elif stuck.sql:
        _until_asking(client, identity)
    elif stuck.how == "full":
        _until_running(client, identity)
    else:
        zoo.wait_until_up(client, identity)
    pid = _pid(client, identity) if stuck.job == "stuck-in-c" else None
    time.sleep(0.3)
    asked = time.time()
    answer = client.post(f"/executions/{identity}/stop")
    if not answer.ok:
        raise CannotCheck(f"{stuck.job} could not be asked to stop: {answer}")
    ended = client.ended(identity, 15)
    at = ended["ended_at"]
    took = datetime.fromisoformat(at).timestamp() - asked if at else 99.0
    return took, str(ended["status"]), pid is not None and Path(f"/proc/{pid}").exists()


def _pid(client: Client, identity: str) -> int:
    """The process of a step, which it has said in its log."""
    log = client.get(f"/executions/{identity}/logs", Accept="text/plain").body.decode()
    return int(log.rpartition("up ")[2].split()[0])


def _until_asked(client: Client, identity: str, peers: Peers, before: int) -> None:
    until = time.monotonic() + zoo.UP_S
    while peers.asked == before:
        if time.monotonic() > until:
            raise CannotCheck(f"The peer was not asked: {client.execution(identity)}")
        time.sleep(0.02)


def _connect(client: Client, postgres: Postgres) -> None:
    """The connections of the jobs that are stuck in an engine."""
    urls = {"sqlite": "sqlite:", "postgresql": postgres.app, "sqlalchemy": "sqlite+pysqlite://"}
    for engine, url in urls.items():
        answer = client.send("PUT", f"/secrets/stuck.{engine}", {"value": url})
        if not answer.ok:
            raise CannotCheck(f"The connection {engine} was not taken: {answer}")


def _until_asking(client: Client, identity: str) -> None:
    """Return once the first of the two statements is done."""
    until = time.monotonic() + zoo.UP_S
    while b"1 of 2: SELECT" not in client.get(f"/executions/{identity}/logs", Accept="text/plain").body:
        if time.monotonic() > until:
            raise CannotCheck(f"The engine was not asked: {client.execution(identity)}")
        time.sleep(0.02)


def _until_running(client: Client, identity: str) -> None:
    until = time.monotonic() + zoo.UP_S
    while client.execution(identity)["status"] != "running":
        if time.monotonic() > until:
            raise CannotCheck("The step did not begin.")
        time.sleep(0.02)
    time.sleep(1.0)


CHECK = Check(
    name="stop-kinds", promise="G-36", says="a step of every kind can be stopped, python, http and sql",
    run=run, unit="rounds", quick=1, normal=10, full=100,
    sabotages=("http-deaf", "never-forced", "query-not-cancelled"),
)  # fmt: skip
