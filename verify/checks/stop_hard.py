"""G-32: a stop ends whatever the job is and whatever it started, within its grace and one second."""

import time
from datetime import datetime

from verify import processes, zoo
from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.server import serving

GRACE_S = 1.0
MARGIN_S = 1.0


def run(trial: Trial) -> Figure:
    """Every member of the zoo, one after another, so many times; then one that leaves something behind by itself."""
    slowest = 0.0
    left = late = wrong = count = 0
    with serving(trial) as server, server.client(60) as client:
        for turn in range(trial.size):
            for member in (*zoo.COMMANDS, *zoo.PYTHON):
                mark = f"zoo-{trial.seed}-{turn}-{member}-{server.pid}"
                took, status, proof = _stop(client, member, mark)
                living = zoo.survivors(mark, 0.3)
                processes.end(processes.marked(mark))
                count += 1
                slowest = max(slowest, took)
                left += living
                late += took > GRACE_S + MARGIN_S
                wrong += status != "stopped" or proof != "observed"
                trial.say(f"{member:18} {status} after {took:.2f} s, survivors {living}")
        abandoned = _abandoned(client, f"zoo-{trial.seed}-orphan-{server.pid}")
    held = left == late == wrong == abandoned == 0
    return Figure(held, count, {"p100_s": slowest, "survivors": left, "late": late, "wrong": wrong,
                                "left_by_success": abandoned})  # fmt: skip


def _stop(client: Client, member: str, mark: str) -> tuple[float, str, str]:
    """Start, stop; seconds from the request to the confirmed end, the status, and the proof."""
    identity = zoo.start(client, member, mark)
    zoo.wait_until_up(client, identity)
    time.sleep(0.1)
    asked = time.time()
    answer = client.post(f"/executions/{identity}/stop")
    assert answer.ok, answer
    ended = client.ended(identity, 15)
    at = ended["ended_at"]
    took = datetime.fromisoformat(at).timestamp() - asked if at else 99.0
    proof = client.get(f"/executions/{identity}/stop").body["proof"]
    return took, str(ended["status"]), str(proof)


def _abandoned(client: Client, mark: str) -> int:
    """A job that ends well but leaves a daemon: when it has ended, so has the daemon."""
    ended = client.ended(zoo.start(client, "orphan_daemon", mark), 15)
    assert ended["status"] == "succeeded", ended
    return zoo.survivors(mark, 0.3)


CHECK = Check(
    name="stop-hard", promise="G-32", says="a stop ends everything the job started, in time",
    run=run, unit="zoo", quick=1, normal=5, full=50, sabotages=("killpg-only",),
)  # fmt: skip
