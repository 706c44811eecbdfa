"""G-62: retention takes neither what lives nor what is pinned, nor a key before its time, and makes nobody wait."""

import threading
import time
from random import Random

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.load import Load
from verify.server import serving

CALLERS = 4
WAIT_S = 60.0
SLOW_S = 0.25
BRIEF = {"steps": [{"name": "a", "command": ["true"]}],
         "retention": {"executions": "1s", "logs": "1s", "data": "1s", "count": 5}}  # fmt: skip
LONG = {**BRIEF, "steps": [{"name": "a", "command": ["sleep", "600"]}], "retention": {"count": 1}}


def run(trial: Trial) -> Figure:
    """Short executions that may go after a second, beside long ones and pinned ones, under load."""
    took: list[float] = []
    keyed: dict[str, str] = {}
    lock = threading.Lock()

    def act(client: Client, dice: Random, turn: int) -> None:
        began = time.monotonic()
        made = client.start("brief", key=f"key-{turn}")
        assert made.ok, made
        between = time.monotonic()
        client.get(f"/executions/{made.body['id']}")
        with lock:
            took.extend((between - began, time.monotonic() - between))
            keyed[f"key-{turn}"] = made.body["id"]
        time.sleep(dice.uniform(0.0, 0.02))

    with serving(trial) as server:
        with server.client() as client:
            for name, definition in (("brief", BRIEF), ("long", LONG)):
                assert client.send("PUT", f"/jobs/{name}", definition).ok
            alive = [client.started("long") for _ in range(3)]
            pinned = [client.started("brief") for _ in range(5)]
            for identity in pinned:
                client.ended(identity, 20)
                assert client.send("PATCH", f"/executions/{identity}", {"pinned": True}).ok
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                load.pause(0.05)
        with server.client() as client:
            removed = _removed(client, keyed)
            alive_gone = sum(client.get(f"/executions/{one}").body.get("status") != "running" for one in alive)
            pinned_gone = sum(client.get(f"/executions/{one}").status != 200 for one in pinned)
            forgotten = sum(_forgotten(client, key, identity) for key, identity in keyed.items())
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    held = not (alive_gone or pinned_gone or forgotten) and p99 <= SLOW_S and removed > 0
    return Figure(
        held, len(keyed),
        {"removed_live": alive_gone, "removed_pinned": pinned_gone, "keys_forgotten": forgotten, "removed": removed,
         "p99_ms": p99 * 1_000, "slowest_ms": took[-1] * 1_000},
    )  # fmt: skip


def _removed(client: Client, keyed: dict[str, str]) -> int:
    """How many are gone, once retention has come round. Raises CannotCheck when it does not."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        left = {item["id"] for item in client.get("/executions?job=brief&limit=1000").body["items"]}
        gone = sum(identity not in left for identity in keyed.values())
        if gone and gone >= len(keyed) - 6:
            return gone
        time.sleep(0.3)
    raise CannotCheck("Retention removed nothing within a minute.")


def _forgotten(client: Client, key: str, identity: str) -> bool:
    """Whether the key makes another execution than it did."""
    again = client.start("brief", key=key)
    if again.status == 410:
        return not str(again.body.get("execution", "")).endswith(identity)
    return again.body.get("id") != identity


CHECK = Check(
    name="retention", promise="G-62", says="retention takes what is over, nothing else, and makes nobody wait",
    run=run, unit="executions", quick=150, normal=3_000, full=30_000, sabotages=("retention-takes-all",),
)  # fmt: skip
