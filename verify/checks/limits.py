"""G-76: nothing that is over a limit is accepted; what is exactly at it, is."""

from typing import Any

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.server import serving

JOB = "take"
DEFINITION: dict[str, Any] = {
    "parameters": {"text": {"type": "text", "default": ""}, "short": {"type": "text", "max_length": 3, "default": ""}},
    "limits": {"running": 1},
    "steps": [{"name": "wait", "command": ["sleep", "60"]}],
}
HOOK: dict[str, Any] = {"url": "https://hooks.example.test/"}
TIMED: dict[str, Any] = {"steps": DEFINITION["steps"], "schedule": {"every": "1d"}}
FRAME = len('{"text":"","short":""}')
AT, OVER = (262_144 - FRAME, 262_145 - FRAME)


def run(trial: Trial) -> Figure:
    """Every limit of a request, hit exactly and exceeded by one."""
    over: list[str] = []
    refused: list[str] = []
    most = {"RUNBELL_WEBHOOKS": "2", "RUNBELL_SCHEDULES": "2"}
    with serving(trial, **most) as server, server.client() as client:
        assert client.send("PUT", f"/jobs/{JOB}", DEFINITION).ok
        assert client.post("/webhooks", HOOK | {"name": "first"}).ok
        assert client.send("PUT", "/jobs/first", TIMED).ok
        for name, (good, bad) in _limits().items():
            if not _taken(client, *good):
                refused.append(name)
            if _taken(client, *bad):
                over.append(name)
    for name in over:
        trial.say(f"accepted over the limit: {name}")
    for name in refused:
        trial.say(f"refused at the limit: {name}")
    return Figure(
        not over and not refused, len(_limits()) * 2,
        {"over_limit_accepted": len(over), "at_limit_refused": len(refused)},
    )  # fmt: skip


def _limits() -> dict[str, tuple[tuple[str, str, Any], tuple[str, str, Any]]]:
    """What is asked at the limit, and over it: method, path, body."""

    def start(**body: Any) -> tuple[str, str, Any]:
        return "POST", f"/jobs/{JOB}/executions", body

    def job(name: str, **members: Any) -> tuple[str, str, Any]:
        return "PUT", f"/jobs/{name}", {"steps": DEFINITION["steps"], **members}

    declared = {"type": "text", "default": ""}
    return {
        "parameters of 256 KiB": (start(params={"text": "x" * AT}), start(params={"text": "x" * OVER})),
        "the same in characters of two bytes": (
            start(params={"text": "é" * (AT // 2)}), start(params={"text": "é" * (OVER // 2 + 1)})
        ),
        "a parameter's own limit": (start(params={"short": "abc"}), start(params={"short": "abcd"})),
        "an execution's key": (start(key="k" * 200), start(key="k" * 201)),
        "a job's name": (job("n" * 255), job("n" * 256)),
        "a parameter's name": (
            job("names", parameters={"p" * 100: declared}), job("names", parameters={"p" * 101: declared})
        ),
        "tags": (start(tags=["a"] * 1), start(tags=[f"t{n}" for n in range(21)])),
        "webhooks of a project": (("POST", "/webhooks", HOOK | {"name": "second"}),
                                  ("POST", "/webhooks", HOOK | {"name": "third"})),
        "schedules of a project": (("PUT", "/jobs/second", TIMED), ("PUT", "/jobs/third", TIMED)),
        "schedules set on their own": (("PUT", "/jobs/second/schedule", TIMED["schedule"]),
                                       ("PUT", f"/jobs/{JOB}/schedule", TIMED["schedule"])),
        "lengths of lists": (("GET", "/executions?limit=1000", None), ("GET", "/executions?limit=-1", None)),
        "parameters in the query": (("GET", "/executions?limit=1", None),
                                    ("GET", "/executions?" + "&".join(f"p{n}=1" for n in range(101)), None)),
    }  # fmt: skip


def _taken(client: Client, method: str, path: str, body: Any) -> bool:
    answer = client.send(method, path, body)
    assert answer.status < 500, answer
    return answer.ok


CHECK = Check(
    name="limits", promise="G-76", says="nothing over a limit is accepted, everything at it is",
    run=run, unit="rounds", quick=1, normal=1, full=1, sabotages=("params-of-any-size", "schedules-without-end"),
)  # fmt: skip
