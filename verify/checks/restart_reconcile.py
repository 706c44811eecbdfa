"""G-22: after a restart every leftover is resolved within five seconds of /readyz; nothing is lost, all can restart."""

import time
from contextlib import suppress
from pathlib import Path

from verify import journal, processes
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.server import Server, serving

POLICIES = ("fail", "rerun", "skip")
LIVE = 14
QUEUED = 30
SECONDS = 5.0


def run(trial: Trial) -> Figure:
    """A full house, killed whole, so many times."""
    unresolved = missing = not_restartable = count = processes_left = 0
    slowest = 0.0
    with serving(trial) as server:
        for turn in range(trial.size):
            ledger = Ledger(trial.folder / f"ledger-{turn}")
            everyone = _fill(server, ledger, f"reconcile-{server.pid}-{turn}")
            left = _live(server)
            server.kill_group()
            server.start()
            took = _resolved(server, left)
            count += len(left)
            slowest = max(slowest, took)
            unresolved += took > SECONDS
            processes_left += len(processes.marked(f"reconcile-{server.pid}-{turn}"))
            with server.client() as client:
                missing += sum(not client.get(f"/executions/{identity}").ok for identity in everyone)
                not_restartable += _restart_the_lost(client, everyone)
                for policy in (*POLICIES, "queue"):
                    Path(f"{ledger}.{turn}-{policy}.go").touch()
                _stop_all(client)
            unresolved += not server.settled(30)
            trial.say(f"{len(left)} leftovers resolved after {took:.2f} s")
    held = not (unresolved or missing or not_restartable or processes_left)
    return Figure(
        held, count,
        {"p100_s": slowest, "unresolved": unresolved, "missing": missing, "not_restartable": not_restartable,
         "processes_left": processes_left},
    )  # fmt: skip


def _fill(server: Server, ledger: Ledger, mark: str) -> list[str]:
    """Executions in every state that a crash can meet, and their ids."""
    with server.client() as client:
        ids = [
            client.started(f"inflight-{POLICIES[place % 3]}", {"ledger": str(ledger), "mark": mark})
            for place in range(LIVE)
        ]
        for identity in ids:
            if not ledger.wait(lambda line, it=identity: line.execution == it and line.step == "middle", 30):
                raise CannotCheck("The steps that are to be killed did not begin.")
        client.post(f"/executions/{ids[0]}/stop")
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3_600))
        ids += [client.started("hold-alone", {"ledger": str(ledger), "mark": mark}) for _ in range(QUEUED)]
        ids.append(client.started("note", {"ledger": str(ledger), "mark": mark}, start_after=later))
    return ids


def _live(server: Server) -> set[tuple[int, int]]:
    """Number and epoch of every claim on the table."""
    table = journal.open_table(server.database)
    found = {
        (row.number, row.epoch) for row in journal.standings(table).values() if row.status in ("running", "stopping")
    }
    table.close()
    return found


def _resolved(server: Server, left: set[tuple[int, int]]) -> float:
    """Seconds until no claim of the former server is left."""
    began = time.monotonic()
    while time.monotonic() - began < 2 * SECONDS:
        if not left & _live(server):
            break
        time.sleep(0.02)
    return time.monotonic() - began


def _restart_the_lost(client: Client, ids: list[str]) -> int:
    rows = [client.execution(identity) for identity in ids]
    lost = [row for row in rows if row["status"] == "lost"]
    if not lost:
        return 1  # the steps that must not run twice were in flight: some have to be lost
    return sum(not client.post(f"/executions/{row['id']}/restart").ok for row in lost)


def _stop_all(client: Client) -> None:
    while page := client.get("/executions?status=scheduled,queued,running&limit=200").body["items"]:
        for row in page:
            with suppress(AssertionError):
                client.post(f"/executions/{row['id']}/stop", {"mode": "kill"})


CHECK = Check(
    name="restart-reconcile", promise="G-22", says="every leftover of a dead server is resolved in time",
    run=run, unit="restarts", quick=1, normal=6, full=60, sabotages=("no-reconcile",),
)  # fmt: skip
