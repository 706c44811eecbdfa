"""G-48: a receiver that fails half the time, and a server that is killed, lose no event, no order and no id."""

import time
from contextlib import suppress
from random import Random
from typing import Any

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client, Unanswered
from verify.load import Load
from verify.receiver import Receiver, faults, flaky
from verify.server import Server, serving

DELAYS = "0,0.01,0.02,0.02,0.05,0.05,0.1,0.1,0.1,0.1"
EVENTS = [f"execution.{word}" for word in ("queued", "started", "step_finished", "succeeded", "failed", "lost")]
FLAKY, CALLERS, A_KILL_PER = 0.5, 3, 15


def run(trial: Trial) -> Figure:
    """Start so many executions with kills in between; every event arrives, in its order, under one id."""
    with (
        Receiver(flaky(Random(trial.seed), FLAKY)) as receiver,
        serving(trial, RUNBELL_EGRESS_ALLOW="127.0.0.1", RUNBELL_WEBHOOK_DELAYS=DELAYS) as server,
    ):
        with server.client() as client:
            made = client.post("/webhooks", {"name": "flaky", "url": f"{receiver.url}/hook", "events": EVENTS})
            if not made.ok:
                raise CannotCheck(f"No webhook: {made}")
        acks: set[str] = set()

        def act(client: Client, _: Random, turn: int) -> None:
            callback = {"url": f"{receiver.url}/back", "events": EVENTS}
            answer = client.start("heard", key=f"k{turn}", callback=callback)
            if answer.ok:
                acks.add(answer.body["id"])

        dice, kills = trial.random, 0
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                load.pause(dice.uniform(0.2, 0.8))
                if kills < trial.size // A_KILL_PER:
                    _kill(server, dice)
                    kills += 1
        if not server.settled(60):
            raise CannotCheck("The executions did not end.")
        _kill(server, dice)
        wanted = _wanted(server)
        heard = _quiet(receiver, wanted)
    arrived = {(one.path, one.body["data"]["seq"]) for one in heard if one.status == 204}
    lost = wanted - arrived
    wrong = faults(heard)
    for path, seq in sorted(lost)[:3]:
        trial.say(f"event {seq} never arrived at {path}")
    held = not lost and not any(wrong.values()) and len(acks) > trial.size // 2
    return Figure(
        held, len(wanted), {"lost": len(lost), **wrong, "attempts": len(heard), "kills": kills + 1, "starts": len(acks)}
    )


def _kill(server: Server, dice: Random) -> None:
    (server.kill_group if dice.random() < 0.5 else server.kill)()
    server.start()


def _wanted(server: Server) -> set[tuple[str, int]]:
    """Every event of the feed, for both receivers."""
    found: set[tuple[str, int]] = set()
    after = 0
    with server.client() as client:
        while True:
            page: dict[str, Any] = client.get(f"/events?limit=1000&after={after}").body
            found |= {(path, event["seq"]) for event in page["items"] for path in ("/hook", "/back")
                      if event["type"] in EVENTS}  # fmt: skip
            if page["next_after"] == after or not page["items"]:
                return found
            after = page["next_after"]


def _quiet(receiver: Receiver, wanted: set[tuple[str, int]]) -> list[Any]:
    """What was heard once all has arrived, or nothing new has for a while."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        heard = list(receiver.heard)
        if wanted <= {(one.path, one.body["data"]["seq"]) for one in heard if one.status == 204}:
            break
        if heard and time.monotonic() - heard[-1].at > 15:
            break
        with suppress(Unanswered):
            time.sleep(0.05)
    return list(receiver.heard)


CHECK = Check(
    name="webhooks", promise="G-48",
    says="webhooks arrive in order and under one id at a receiver that fails half the time",
    run=run, unit="executions", quick=30, normal=200, full=3_000,
    sabotages=("delivery-new-id", "delivery-unordered", "delivery-forgotten"),
)  # fmt: skip
