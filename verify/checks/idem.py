"""G-10: one Idempotency-Key is one execution, under concurrent duplicates, lost replies and restarts."""

import threading
import time
from collections import defaultdict
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.load import Load
from verify.proxy import CuttingProxy
from verify.server import serving

DUPLICATES = 8
CALLERS = 16
CUT = 0.7
EVERY_S = (0.2, 0.7)


def run(trial: Trial) -> Figure:
    """Each key sent by eight callers at about the same time, through a proxy that cuts, to a server that is killed."""
    ledger = Ledger(trial.folder / "ledger")
    answered: defaultdict[str, set[str]] = defaultdict(set)
    refused: list[str] = []
    lock = threading.Lock()

    def act(client: Client, _: Random, turn: int) -> None:
        key = f"key-{turn // DUPLICATES}"
        body = {"ledger": str(ledger), "mark": key}
        for _ in range(400):
            answer = client.start("note", body, key=key)
            if answer.ok:
                with lock:
                    answered[key].add(answer.body["id"])
                return
            if answer.status < 500 and answer.status != 409:
                break
            time.sleep(0.05)
        refused.append(f"{key}: {answer.status} {answer.body}")

    restarts = 0
    with serving(trial) as server, CuttingProxy(trial.random, CUT) as proxy:
        proxy.target = server.port
        dice = trial.random
        with Load(CALLERS, lambda: proxy.port, trial.seed, act, turns=trial.size * DUPLICATES) as load:
            while load.busy:
                load.pause(dice.uniform(*EVERY_S))
                server.kill()
                server.start()
                restarts += 1
        unfinished = not server.settled(60)
        made: defaultdict[str, set[str]] = defaultdict(set)
        for row in server.executions():
            made[str(row["params"]["mark"])].add(str(row["id"]))  # type: ignore[index]
    most = max((len(ids) for ids in made.values()), default=0)
    other = sum(ids != made[key] for key, ids in answered.items())
    for sentence in refused[:3]:
        trial.say(sentence)
    held = most == 1 and not (other or refused or unfinished) and len(answered) == len(made) == trial.size
    return Figure(
        held, len(made),
        {"executions_per_key_max": most, "other_id": other, "refused": len(refused), "restarts": restarts,
         "cuts": proxy.cuts},
    )  # fmt: skip


CHECK = Check(
    name="idem", promise="G-10", says="one key is one execution, whatever happens to requests and replies",
    run=run, unit="keys", quick=100, normal=1_000, full=10_000,
    sabotages=("no-idempotency-row", "idempotency-outside"),
)  # fmt: skip
