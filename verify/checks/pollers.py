"""G-70: however many long polls and event streams wait, starts are answered, and nobody's waiting costs a look."""

import resource
import time
from pathlib import Path

from bench.crowd import Crowd, Gathered, gathered

from verify import processes
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY, Client
from verify.ledger import Ledger
from verify.server import Server, serving

MOST_MIB = 500
MOST_P99_S = 1.0
MOST_IDLE, MOST_IDLE_EACH = 0.05, 2e-5
"""Parts of a core: of the server itself, and for every one who waits (the edge looks at each connection)."""
IDLE_S = 3.0
WATCHED = 20
STARTS = 200
FILES_BESIDE = 300


def run(trial: Trial) -> Figure:
    """Long polls, streams and feed readers that wait; then starts beside them, then nothing at all."""
    ledger = Ledger(trial.folder / "ledger")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 <= hard < trial.size + FILES_BESIDE:
        raise CannotCheck(f"A process may open {hard} files here; raise the hard limit to {trial.size + FILES_BESIDE}.")
    with serving(trial) as server, server.client() as client:
        watched = [
            client.started("hold", {"ledger": str(ledger), "mark": f"w{place}"}) for place in range(min(WATCHED, 10))
        ]
        order = Crowd(host="127.0.0.1", port=server.port, callers=trial.size, requests=_requests(watched))
        with gathered(order) as crowd:
            _all_there(trial, crowd)
            idle = _idle(server)
            took = _starts(client, ledger)
            memory = processes.memory_mib([server.pid, *server.writer()])
            standing = crowd.ask()
        trial.say(f"{standing.connected} wait, {standing.streamed} events told, answers {standing.statuses}")
        for identity in watched:
            client.post(f"/executions/{identity}/stop", {"mode": "kill"})
    p99 = took[len(took) * 99 // 100]
    trial.say(f"starts p99 {p99 * 1e3:.0f} ms, memory {memory:.0f} MiB, idle {idle * 100:.0f} % of a core")
    lost = trial.size - standing.connected
    held = (
        not (standing.errors or lost)
        and p99 <= MOST_P99_S
        and memory <= MOST_MIB
        and idle <= MOST_IDLE + MOST_IDLE_EACH * trial.size
    )
    return Figure(
        held, trial.size,
        {"errors": standing.errors, "lost": lost, "start_p99_ms": p99 * 1e3, "rss_mib": memory,
         "idle_core_pct": idle * 100},
    )  # fmt: skip


def _requests(watched: list[str]) -> list[str]:
    """The calls of the crowd in turn: half long polls, a quarter streams of executions, a quarter of the feed."""
    calls = []
    for identity in watched:
        calls += [
            (f"/executions/{identity}?wait=60", "application/json"),
            (f"/executions/{identity}/events", "text/event-stream"),
            (f"/executions/{identity}?wait=60", "application/json"),
            ("/events?after=latest&types=execution.lost", "text/event-stream"),
        ]
    return [
        f"GET /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n"
        f"Authorization: Bearer {ADMIN_KEY}\r\n\r\n"
        for path, accept in calls
    ]


def _all_there(trial: Trial, crowd: Gathered) -> None:
    """Wait until every stream has begun, and what came with it is told."""
    trial.say(f"{crowd.at_first.connected} connections (this process may open {crowd.at_first.limit})")
    before, until = -1, time.monotonic() + 60
    while time.monotonic() < until:
        told = crowd.ask().streamed
        if told == before and told:
            return
        before = told
        time.sleep(1)


def _idle(server: Server) -> float:
    """Which part of a core the server takes while nothing happens."""
    before = _cpu_s(server.pid)
    time.sleep(IDLE_S)
    return (_cpu_s(server.pid) - before) / IDLE_S


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _starts(client: Client, ledger: Ledger) -> list[float]:
    """Seconds that each start took, in order."""
    took = []
    for turn in range(STARTS):
        began = time.monotonic()
        client.started("note", {"ledger": str(ledger), "mark": f"s{turn}"})
        took.append(time.monotonic() - began)
    return sorted(took)


CHECK = Check(
    name="pollers", promise="G-70", says="many who wait cost little, and starts are answered beside them",
    run=run, unit="n", quick=500, normal=2_000, full=10_000, sabotages=("read-per-waiter",),
)  # fmt: skip
