"""G-38: a step recorded as done is not run again on restart; its result is reused."""

from collections import Counter
from pathlib import Path

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.server import serving

BREAKS = ("one", "two", "EU", "NA", "AS", "four", "five")
STEPS = Counter({"one": 1, "two": 1, "three": 3, "four": 1, "five": 1})


def run(trial: Trial) -> Figure:
    """So many executions that fail at some step, are restarted, and must do nothing twice."""
    ledger = Ledger(trial.folder / "ledger")
    dice = trial.random
    broken = [(f"m{turn}", dice.choice(BREAKS)) for turn in range(trial.size)]
    again = wrong = 0
    with serving(trial) as server, server.client(60) as client:
        first = {
            mark: client.started("five-steps", {"ledger": str(ledger), "mark": mark, "breaks": step})
            for mark, step in broken
        }
        for mark, step in broken:
            row = client.ended(first[mark], 30)
            if row["status"] != "failed":
                trial.say(f"{mark} was to fail at {step} and is {row['status']}: {row['error']}")
                wrong += 1
            Path(f"{ledger}.{mark}.go").touch()
        second = {mark: client.post(f"/executions/{first[mark]}/restart").body["id"] for mark, _ in broken}
        for mark, step in broken:
            wrong += _ended_wrong(client, second[mark], mark, step, trial)
    done: dict[str, Counter[str]] = {mark: Counter() for mark, _ in broken}
    for line in ledger.lines():
        done[line.mark][line.step] += 1
    for mark, step in broken:
        broke = "three" if step.isupper() else step
        extra = done[mark] - (STEPS + Counter({broke: 1}))
        missing = (STEPS + Counter({broke: 1})) - done[mark]
        again += extra.total()
        wrong += missing.total()
        if extra or missing:
            trial.say(f"{mark}, broken at {step}: again {dict(extra)}, missing {dict(missing)}")
    return Figure(again == wrong == 0, trial.size, {"reruns_of_done": again, "wrong": wrong})


def _ended_wrong(client: Client, identity: str, mark: str, step: str, trial: Trial) -> int:
    row = client.ended(identity, 30)
    reused = sum(one["status"] == "reused" for one in row["steps"])
    if row["status"] == "succeeded" and (reused > 0 or step == "one"):
        return 0
    trial.say(f"{mark} was restarted at {step} and is {row['status']}, {reused} steps reused: {row['error']}")
    return 1


CHECK = Check(
    name="restart-steps", promise="G-38", says="what is done is not done again by a restart",
    run=run, unit="executions", quick=20, normal=200, full=5_000, sabotages=("finished-run-again",),
)  # fmt: skip
