"""G-55: a flood of output neither grows the server by more than 64 MiB nor blocks the job; what is cut is marked."""

import http.client
import threading
import time
from contextlib import suppress

from verify import processes
from verify.check import Check, Figure, Trial
from verify.client import ADMIN_KEY, Client
from verify.server import Server, serving

MOST_MIB = 64.0
CAP_MIB = 32
MARKER = b"left out"
LAST = b"the very last line"
LEAST_MIB_S = 3.0


def run(trial: Trial) -> Figure:
    """One flood of `size` MiB, a fifth of that as one line, while its log is read."""
    with serving(trial, RUNBELL_WARM="2") as server, server.client(60) as client:
        client.ended(client.started("flood", {"lines_mib": 1, "line_mb": 1, "binary_mib": 1}))
        time.sleep(0.5)
        before = processes.memory_mib(_house(server))
        began = time.monotonic()
        about = {"lines_mib": trial.size, "line_mb": trial.size // 5, "binary_mib": max(4, trial.size // 16)}
        identity = client.started("flood", about)
        most, row = _watch(server, client, identity)
        seconds = time.monotonic() - began
        log, size = _whole_log(server, identity)
        most = max(most, processes.memory_mib(_house(server)))
    total = sum(about.values())
    marked, last = MARKER in log, LAST in log
    growth = most - before
    trial.say(
        f"{total} MiB in {seconds:.1f} s, log {size / (1 << 20):.1f} MiB, memory {before:.0f} → {most:.0f} MiB at most"
    )
    held = (
        growth <= MOST_MIB
        and row["status"] == "succeeded"
        and marked
        and last
        and size <= (CAP_MIB + 2) << 20
        and total / seconds >= LEAST_MIB_S
    )
    return Figure(
        held, 1,
        {"mib": total, "rss_growth_mib": growth, "truncated": "marked" if marked else "unmarked",
         "tail": "kept" if last else "lost", "log_mib": size / (1 << 20), "mib_per_s": total / seconds,
         "status": row["status"]},
    )  # fmt: skip


def _watch(server: Server, client: Client, identity: str) -> tuple[float, dict[str, object]]:
    """The most memory seen until the job has ended, with one reader that asks for lines again and again."""
    over = threading.Event()
    reader = threading.Thread(target=_read_again_and_again, args=(server, identity, over), daemon=True)
    reader.start()
    most = 0.0
    until = time.monotonic() + 300
    row = client.execution(identity)
    while not row["ended_at"] and time.monotonic() < until:
        most = max(most, processes.memory_mib(_house(server)))
        row = client.ended(identity, 1)
    over.set()
    reader.join(30)
    return most, row


def _read_again_and_again(server: Server, identity: str, over: threading.Event) -> None:
    with server.client(60) as client:
        while not over.wait(0.3):
            client.get(f"/executions/{identity}/logs?tail=50", Accept="text/plain")
            client.get(f"/executions/{identity}/logs?q=nothing+of+that+kind&limit=10", Accept="application/x-ndjson")


def _whole_log(server: Server, identity: str) -> tuple[bytes, int]:
    """The end of the stored log and its size, read in pieces; the marker and the last line are in that end."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    connection.request("GET", f"/api/v1/executions/{identity}/logs/raw", headers=headers)
    answer = connection.getresponse()
    end, size = b"", 0
    with suppress(http.client.IncompleteRead):
        while piece := answer.read(1 << 16):
            size += len(piece)
            end = (end + piece)[-(4 << 20) :]
    connection.close()
    return end, size


def _house(server: Server) -> list[int]:
    """Server, writer and hands, without what the hands run."""
    return [server.pid, *processes.children(server.pid)]


CHECK = Check(
    name="log-flood", promise="G-55", says="a flood of output does not reach the server's memory, nor stop the job",
    run=run, unit="mib", quick=100, normal=300, full=1_024, sabotages=("log-in-memory", "log-without-cap"),
)  # fmt: skip
