"""G-1: a start answered 2xx survives kill -9 of any process at any instant; and nothing ends that did not happen."""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger, Line
from verify.load import Load
from verify.server import Server, serving

JOBS = ("crash-rerun", "crash-fail", "crash-two", "crash-limited")
VICTIMS = ("server", "writer", "hand", "everything")
CALLERS = 4


def run(trial: Trial) -> Figure:
    """Start, kill, start again; then compare every acknowledgement with the table and with what steps wrote."""
    ledger = Ledger(trial.folder / "ledger")
    acks: dict[str, str] = {}
    doubled: Counter[str] = Counter()
    lock = threading.Lock()

    def act(client: Client, _: Random, turn: int) -> None:
        job = JOBS[turn % len(JOBS)]
        mark = f"{job}/{turn}"
        answer = client.start(job, {"ledger": str(ledger), "mark": mark}, key=mark)
        if answer.ok:
            with lock:
                doubled[mark] += acks.setdefault(mark, answer.body["id"]) != answer.body["id"]
        elif answer.status >= 500:
            time.sleep(0.05)
        time.sleep(0.005)

    kills: Counter[str] = Counter()
    with serving(trial) as server:
        dice = trial.random
        with Load(CALLERS, lambda: server.port, trial.seed, act) as load:
            while kills.total() < trial.size:
                load.pause(dice.uniform(0.05, 0.5))
                victim = dice.choice(VICTIMS)
                _kill(server, victim, dice)
                kills[victim] += 1
                if kills.total() % 20 == 0:
                    trial.say(f"{kills.total()} kills, {len(acks)} acknowledgements")
        unfinished = 0 if server.settled(60 + len(acks) / 50) else 1
        table = {str(row["id"]): row for row in server.executions()}
    done = ledger.by_execution()
    told = [(mark, identity, table.get(identity)) for mark, identity in acks.items()]
    lost = [mark for mark, _, row in told if row is None]
    false = [
        f"{mark} {row['status']}" for mark, identity, row in told if row and not _credible(mark, row, done, identity)
    ]
    for sentence in [*lost[:3], *false[:3]]:
        trial.say(sentence)
    ended = Counter(str(row["status"]) for row in table.values())
    trial.say(f"ends: {dict(ended)}; kills: {dict(kills)}")
    held = not (lost or false or unfinished or doubled.total()) and len(acks) >= trial.size
    return Figure(
        held, kills.total(),
        {"acks": len(acks), "acked_lost": len(lost), "false_ends": len(false), "unfinished": unfinished,
         "doubled": doubled.total()},
    )  # fmt: skip


def _kill(server: Server, victim: str, dice: Random) -> None:
    if victim == "everything":
        server.kill_group()
    elif victim == "hand" and (hands := server.hands()):
        _signal(dice.choice(hands))
        return
    elif victim == "writer" and (writers := server.writer()):
        _signal(writers[0])
        if not server.gone(10):
            server.kill()
    else:
        server.kill()
    server.start()


def _credible(mark: str, row: dict[str, object], done: dict[str, list[Line]], identity: str) -> bool:
    """An end that can be true: success with the evidence of every step, a loss only where the job says so."""
    job = mark.partition("/")[0]
    steps = {line.step for line in done.get(identity, [])}
    match row["status"]:
        case "succeeded":
            return len(steps) == (2 if job == "crash-two" else 1)
        case "lost":
            return job == "crash-fail"
        case "failed":
            return row["workers_lost"] == 3
        case _:
            return False


def _signal(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


CHECK = Check(
    name="crash-loop", promise="G-1", says="an acknowledged start survives kill -9 of anything, and ends truly",
    run=run, unit="kills", quick=8, normal=60, full=500, sabotages=("ack-before-commit",),
)  # fmt: skip
