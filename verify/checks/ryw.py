"""G-16: what was answered 2xx is there, as new as it was said to be: by itself and in the list."""

import threading
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.load import Load
from verify.server import serving

CALLERS = 8


def run(trial: Trial) -> Figure:
    """Start, look, list; change, look; stop, look: every look right after its answer, on another connection."""
    ledger = Ledger(trial.folder / "ledger")
    lock = threading.Lock()
    absent = older = looks = 0

    def act(client: Client, dice: Random, turn: int) -> None:
        nonlocal absent, older, looks
        with Client(server.port) as other:
            tag = f"tag-{turn}"
            made = client.start("note", {"ledger": str(ledger), "mark": str(turn)}, tags=[tag], key=f"k-{turn}")
            assert made.ok, made
            identity = made.body["id"]
            missed, behind = _looked(other, identity, made.body["revision"])
            listed = other.get(f"/executions?tag={tag}&limit=5").body["items"]
            missed += identity not in [item["id"] for item in listed]
            said = client.send("PATCH", f"/executions/{identity}", {"tags": [tag, "seen"]})
            again = _looked(other, identity, said.body["revision"]) if said.ok else (1, 0)
            missed, behind = missed + again[0], behind + again[1]
            if dice.random() < 0.3:
                asked = client.post(f"/executions/{identity}/stop")
                stopped = other.get(f"/executions/{identity}").body
                behind += not asked.ok or stopped["status"] in {"queued", "running"}
        with lock:
            absent, older, looks = absent + missed, older + behind, looks + 4

    with serving(trial) as server:
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                load.pause(0.05)
        unfinished = not server.settled(60)
    held = not (absent or older or unfinished)
    return Figure(held, looks, {"404_after_2xx": absent, "older": older})


def _looked(client: Client, identity: str, revision: int) -> tuple[int, int]:
    """Whether it is not there, and whether it is older than it was said to be."""
    found = client.get(f"/executions/{identity}")
    if found.status != 200:
        return 1, 0
    return 0, int(found.body["revision"] < revision)


CHECK = Check(
    name="ryw", promise="G-16", says="what was answered 2xx is there, and in the list, at once",
    run=run, unit="starts", quick=200, normal=2_000, full=12_500, sabotages=("stale-reader",),
)  # fmt: skip
