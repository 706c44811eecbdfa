"""G-31: what was told that it stops ends as stopped; what had ended is told so; success never follows a stop."""

import threading
import time
from collections import Counter
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.load import Load
from verify.server import serving

CALLERS = 4
TOO_LATE = 0.1
PROMISED = {"stopped": "stopped", "pending": "stopped", "discarded": "discarded"}


def run(trial: Trial) -> Figure:
    """Short executions, each stopped at a moment that may be before, during or after its run."""
    ledger = Ledger(trial.folder / "ledger")
    told: dict[str, tuple[str, str]] = {}
    lock = threading.Lock()

    def act(client: Client, dice: Random, turn: int) -> None:
        identity = client.started("note", {"ledger": str(ledger), "mark": str(turn)})
        if dice.random() < TOO_LATE:
            client.ended(identity, 10)
        else:
            time.sleep(dice.choice((0.0, 0.003, 0.01, 0.03, 0.08)))
        answer = client.post(f"/executions/{identity}/stop")
        assert answer.ok, answer
        with lock:
            told[identity] = (answer.body["outcome"], answer.body["status"])

    with serving(trial) as server:
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                time.sleep(0.05)
        unfinished = not server.settled(30)
        ended = {str(row["id"]): str(row["status"]) for row in server.executions()}
    wrong = 0
    for identity, (outcome, status) in told.items():
        promised = PROMISED.get(outcome, status)
        if ended[identity] != promised:
            wrong += 1
            trial.say(f"{identity} was told {outcome} ({status}) and is {ended[identity]}")
    outcomes = Counter(outcome for outcome, _ in told.values())
    trial.say(f"told: {dict(outcomes)}")
    ran = {line.execution for line in ledger.lines()}
    spawned = sum(status == "discarded" and identity in ran for identity, status in ended.items())
    raced = outcomes["pending"] + outcomes["stopped"] > 0 and outcomes["already_finished"] > 0
    held = not (wrong or spawned or unfinished) and len(told) == trial.size and raced
    return Figure(held, trial.size, {"stop_then_other": wrong, "spawned_after_discard": spawned, **outcomes})


CHECK = Check(
    name="stop-race", promise="G-31", says="a stop wins, or says that it came too late",
    run=run, unit="races", quick=300, normal=2_000, full=10_000, sabotages=("success-after-stop",),
)  # fmt: skip
