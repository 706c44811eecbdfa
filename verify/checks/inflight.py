"""G-39: the step in flight at a crash follows its `on_lost`; every attempt knows its number and its fencing token."""

from pathlib import Path

from verify.check import CannotCheck, Check, Figure, Trial
from verify.ledger import Ledger, Line
from verify.server import Server, serving

POLICIES = ("fail", "rerun", "skip")
DEATHS = ("server", "hands")


def run(trial: Trial) -> Figure:
    """Each policy under each death, so many times."""
    ledger = Ledger(trial.folder / "ledger")
    violations = count = 0
    with serving(trial) as server:
        for turn in range(trial.size):
            for death in DEATHS:
                for wrong in _one(server, ledger, death, f"{turn}-{death}"):
                    violations += 1
                    trial.say(f"{death}: {wrong}")
                count += len(POLICIES)
    return Figure(violations == 0, count, {"policy_violations": violations})


def _one(server: Server, ledger: Ledger, death: str, mark: str) -> list[str]:
    with server.client() as client:
        ids = {
            policy: client.started(f"inflight-{policy}", {"ledger": str(ledger), "mark": f"{mark}-{policy}"})
            for policy in POLICIES
        }
        for identity in ids.values():
            if not ledger.wait(lambda line, it=identity: line.execution == it and line.step == "middle"):
                raise CannotCheck("A step that is to be killed did not begin.")
    for policy in POLICIES:
        Path(f"{ledger}.{mark}-{policy}.go").touch()
    if death == "server":
        server.kill()
        server.start()
    else:
        server.kill_hands()
    with server.client() as client:
        ended = {policy: client.ended(identity, 20) for policy, identity in ids.items()}
    lines = ledger.by_execution()
    wrong = []
    for policy, identity in ids.items():
        wrong += _judge(policy, str(ended[policy]["status"]), lines[identity], new_claim=death == "server")
    return wrong


def _judge(policy: str, status: str, lines: list[Line], *, new_claim: bool) -> list[str]:
    before, middle, after = ([line for line in lines if line.step == step] for step in ("before", "middle", "after"))
    wrong = [] if len(before) == 1 else [f"{policy}: the finished step ran {len(before)} times"]
    expected = {"fail": ("lost", 1, 0), "rerun": ("succeeded", 2, 1), "skip": ("succeeded", 1, 1)}[policy]
    if (status, len(middle), len(after)) != expected:
        wrong.append(f"{policy}: {status}, middle {len(middle)}, after {len(after)}; expected {expected}")
    if policy == "rerun" and len(middle) == 2:
        attempts, epochs = [line.attempt for line in middle], [line.epoch for line in middle]
        if attempts != [1, 2] or (epochs[1] > epochs[0]) is not new_claim:
            wrong.append(f"rerun: attempts {attempts}, epochs {epochs}")
    return wrong


CHECK = Check(
    name="inflight", promise="G-39", says="the step in flight at a crash follows its on_lost",
    run=run, unit="rounds", quick=1, normal=10, full=100, sabotages=("on-lost-ignored",),
)  # fmt: skip
