"""G-41: only what failed, was stopped or lost restarts; a plan says beforehand what the restart then does."""

from typing import Any

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.server import serving

FAILS = [{"name": "good", "command": ["true"]}, {"name": "bad", "command": ["false"]}]
JOBS: dict[str, dict[str, Any]] = {
    "good": {"steps": [{"name": "only", "command": ["true"]}]},
    "fails": {"steps": FAILS},
    "never-again": {"steps": FAILS, "restart": False},
    "sleeps": {"limits": {"grace": "200ms"}, "steps": [{"name": "only", "command": ["sleep", "60"]}]},
}
SCHEDULED = {"start_after": "2100-01-01T00:00:00Z", "start_by": "2100-01-02T00:00:00Z"}


def run(trial: Trial) -> Figure:
    """Rounds of one execution in every status, each planned and restarted; refusals must be those of the rules."""
    wrong = asked = 0
    with serving(trial) as server, server.client(60) as client:
        for name, definition in JOBS.items():
            answer = client.send("PUT", f"/jobs/{name}", definition)
            if not answer.ok:
                raise CannotCheck(f"The job {name} was refused: {answer.body}")
        for _ in range(trial.size):
            for state, (name, code) in _everything(client).items():
                asked += 1
                said = _tried(client, name, code)
                if said:
                    wrong += 1
                    trial.say(f"{state}: {said}")
    return Figure(wrong == 0, asked, {"wrong": wrong})


def _everything(client: Client) -> dict[str, tuple[str, str | None]]:
    """An execution per state, and the code that refuses its restart (None: it restarts)."""
    ended = {name: client.started(name) for name in ("good", "fails", "never-again")}
    running, stopped = client.started("sleeps"), client.started("sleeps")
    scheduled, discarded = (client.started("good", **SCHEDULED) for _ in range(2))
    for name in ended.values():
        client.ended(name)
    for _ in range(200):
        if client.execution(stopped)["status"] == "running":
            break
    client.post(f"/executions/{stopped}/stop?wait=20")
    client.post(f"/executions/{discarded}/stop")
    return {
        "succeeded": (ended["good"], "not_restartable"),
        "failed": (ended["fails"], None),
        "restart: false": (ended["never-again"], "not_restartable"),
        "stopped": (stopped, None),
        "discarded": (discarded, "not_restartable"),
        "scheduled": (scheduled, "not_finished"),
        "running": (running, "not_finished"),
    }


def _tried(client: Client, name: str, code: str | None) -> str:
    """What is wrong with the plan of its restart, and with the restart itself; nothing when both follow the rules."""
    plan = client.post(f"/executions/{name}/restart:plan", {})
    made = client.post(f"/executions/{name}/restart", {})
    if plan.status != 200:
        return f"the plan was answered {plan.status} {plan.body}"
    if code is not None:
        refused = made.status == 409 and made.body["code"] == code
        foreseen = plan.body["would"] == "reject" and plan.body["code"] == code
        return "" if refused and foreseen else f"{code} was due; plan {plan.body['code']}, restart {made.status}"
    if not made.ok or made.body["restart_of"] != name:
        return f"it was not restarted: {made.status} {made.body}"
    reused = [step["name"] for step in made.body["steps"] if step["status"] == "reused"]
    client.post(f"/executions/{made.body['id']}/stop", {"mode": "kill"})
    return "" if reused == plan.body["reused_steps"] else f"{reused} reused, {plan.body['reused_steps']} foreseen"


CHECK = Check(
    name="restart-rules", promise="G-41", says="only what failed, was stopped or lost restarts, as its plan says",
    run=run, unit="rounds", quick=1, normal=20, full=500, sabotages=("restart-anything",),
)  # fmt: skip
