"""G-12: under everything at once, status moves along declared arrows only, and every move has its one event."""

import time
from collections import Counter
from random import Random

from verify import journal
from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.load import Load
from verify.server import Server, serving

CALLERS = 6
KILL_EVERY = 350
JOBS = ("note", "crash-rerun", "crash-fail", "inflight-skip", "rings", "hold-alone", "poison", "alone", "five-steps")
WEIGHTS = (6, 4, 4, 1, 2, 1, 0.1, 4, 2)


def run(trial: Trial) -> Figure:
    """So many requests of all kinds, with kills in between; then read the journal."""
    ledger = Ledger(trial.folder / "ledger")
    answers: Counter[str] = Counter()
    known: list[str] = []

    def act(client: Client, dice: Random, turn: int) -> None:
        if dice.random() < 0.45 or not known:
            about = {"ledger": str(ledger), "mark": str(turn)}
            job = dice.choices(JOBS, WEIGHTS)[0]
            if job == "five-steps":
                about["breaks"] = dice.choice(("two", "nothing"))
            made = client.start(job, about)
            if made.ok:
                known.append(made.body["id"])
            answers[f"start {made.status}"] += 1
            return
        identity = dice.choice(known[-40:])
        verb = dice.choice(("stop", "stop", "kill", "restart", "rerun", "delete", "get"))
        if verb == "delete":
            answer = client.send("DELETE", f"/executions/{identity}")
        elif verb == "get":
            answer = client.get(f"/executions/{identity}")
        else:
            answer = client.post(f"/executions/{identity}/{'stop' if verb == 'kill' else verb}",
                                 {"mode": "kill"} if verb == "kill" else None)  # fmt: skip
        if verb in ("restart", "rerun") and answer.ok:
            known.append(answer.body["id"])
        answers[f"{verb} {answer.status}"] += 1
        time.sleep(0.005)

    with serving(trial) as server:
        dice = trial.random
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            killed = 0
            while load.busy:
                load.pause(0.2)
                if answers.total() > (killed + 1) * KILL_EVERY:
                    killed += 1
                    _kill(server, dice)
        _stop_the_holders(server)
        unfinished = not server.settled(90)
        table = journal.open_table(server.database)
        found = journal.lint(table)
        table.close()
    for sentence in found.wrong[:8]:
        trial.say(sentence)
    trial.say(f"answers: {dict(sorted(answers.items()))}")
    broken = sum(count for name, count in answers.items() if name.endswith(" 500"))
    held = not (found.wrong or unfinished or broken)
    other = len(found.wrong) - found.illegal
    return Figure(
        held, found.events,
        {"executions": found.executions, "illegal_transitions": found.illegal, "other": other,
         "kills": killed, "unfinished": int(unfinished), "http_500": broken},
    )  # fmt: skip


def _kill(server: Server, dice: Random) -> None:
    if dice.random() < 0.3:
        server.kill_hands()
        return
    if dice.random() < 0.5:
        server.kill()
    else:
        server.kill_group()
    server.start()


def _stop_the_holders(server: Server) -> None:
    """Ask everything that waits or holds on to stop, until nothing new comes."""
    with server.client() as client:
        for _ in range(20):
            rows = client.get("/executions?status=scheduled,queued,running&limit=1000").body["items"]
            if not rows:
                return
            for row in rows:
                client.post(f"/executions/{row['id']}/stop", {"mode": "kill"})


CHECK = Check(
    name="journal-lint", promise="G-12, G-47", says="status moves along declared arrows, each move with its event",
    run=run, unit="requests", quick=800, normal=8_000, full=500_000,
    sabotages=("stop-writes-status", "event-forgotten"),
)  # fmt: skip
