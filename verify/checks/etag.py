"""G-63: a conditional write with an old revision is refused: nobody's change is lost."""

import threading
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.load import Load
from verify.server import serving

CALLERS = 6


def run(trial: Trial) -> Figure:
    """Callers that read a counter, add one and write it back under If-Match: in an execution's tags, and in a job."""
    won = {"execution": 0, "job": 0}
    refused = 0
    lock = threading.Lock()
    wrong: list[str] = []

    with serving(trial) as server:
        with server.client() as client:
            body = {"ledger": str(Ledger(trial.folder / "ledger")), "mark": "m"}
            own = f"/executions/{client.started('note', body, tags=['0'])}"
            client.ended(own.rpartition("/")[2], 20)
            client.send("PUT", "/jobs/counted", {"title": "0", "steps": [{"name": "a", "command": ["true"]}]})

        def act(client: Client, dice: Random, _: int) -> None:
            nonlocal refused
            what = dice.choice(("execution", "job"))
            path = own if what == "execution" else "/jobs/counted"
            read = client.get(path)
            tag = read.headers.get("ETag") or read.headers["etag"]
            if what == "execution":
                change = {"tags": [str(int(read.body["tags"][0]) + 1)]}
            else:
                change = {"title": str(int(read.body["definition"]["title"]) + 1)}
            answer = client.send("PATCH", path, change, {"If-Match": tag})
            with lock:
                if answer.status == 200:
                    won[what] += 1
                elif answer.status == 412:
                    refused += 1
                else:
                    wrong.append(f"{path}: {answer.status} {answer.body}")

        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                load.pause(0.05)
        with server.client() as client:
            counted = {
                "execution": int(client.get(own).body["tags"][0]),
                "job": int(client.get("/jobs/counted").body["definition"]["title"]),
            }
    for sentence in wrong[:3]:
        trial.say(sentence)
    lost = sum(won[what] - counted[what] for what in won)
    held = lost == 0 and not wrong and refused > 0
    return Figure(held, trial.size, {"lost_updates": lost, "written": sum(won.values()), "refused": refused})


CHECK = Check(
    name="etag", promise="G-63", says="a conditional write on an old revision is refused",
    run=run, unit="writes", quick=300, normal=3_000, full=20_000, sabotages=("if-match-ignored",),
)  # fmt: skip
