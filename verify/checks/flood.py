"""G-75: one project floods the queue. It is refused at the cap and told when to come again, the server does not grow,
and other projects are let in and served as if the flood were not there.

How the others fare is counted, not timed: how many executions of the flood began while one of theirs waited.
"""

import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from verify import processes
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Answer, Client
from verify.load import Load
from verify.server import Server, serving

LIMIT, SLOTS = 100, 2
CALM = ("ann", "ben", "cid")
PASSED_BY = 20
"""So many of the flood may begin before an execution of another project; first come, first served makes it 90 or so."""
MOST_MIB, PATIENCE_S = 64.0, 30
FLOOD: dict[str, Any] = {"steps": [{"name": "a", "shell": "sleep 0.05"}]}
QUICK: dict[str, Any] = {"steps": [{"name": "a", "command": ["true"]}]}


def run(trial: Trial) -> Figure:
    """Flood until the queue is full; then `size` starts in each of the other projects, one after the other."""
    answers: Counter[str] = Counter()
    with (
        serving(trial, RUNBELL_QUEUE_LIMIT=str(LIMIT), RUNBELL_SLOTS=str(SLOTS)) as server,
        server.client(60) as client,
    ):
        _made(client.send("PUT", "/jobs/flooding", FLOOD))
        for project in CALM:
            _made(client.send("PUT", f"/projects/{project}", {}))
            _made(client.send("PUT", f"/jobs/quick?project={project}", QUICK))
        before = processes.memory_mib([server.pid, *server.writer()])

        def flood(caller: Client, dice: Random, turn: int) -> None:
            answer = caller.start("flooding")
            told = "retry-after" in {name.lower() for name in answer.headers}
            answers["accepted" if answer.ok else "refused" if answer.status in {429, 503} and told else "wrong"] += 1

        with Load(4, lambda: server.port, trial.seed, flood) as load:
            until = time.monotonic() + PATIENCE_S
            while not answers["refused"] and answers["accepted"] < 10 * LIMIT and time.monotonic() < until:
                load.pause(0.02)
            if answers["accepted"] < LIMIT // 2:
                raise CannotCheck(f"The queue does not fill up: {dict(answers)}.")
            starved = {project: _turns_away(client, project, trial) for project in CALM}
        growth = processes.memory_mib([server.pid, *server.writer()]) - before
        begun = sorted(_begun(server))
    passed = max((_between(begun, *span) for spans in starved.values() for span in spans if span), default=0)
    hungry = [
        project for project, spans in starved.items()
        if None in spans or any(_between(begun, *span) > PASSED_BY for span in spans if span)
    ]  # fmt: skip
    trial.say(f"{dict(answers)}; starved: {', '.join(hungry) or 'nobody'}")
    held = answers["refused"] > 0 and not hungry and not answers["wrong"] and growth <= MOST_MIB
    return Figure(
        held, trial.size * len(CALM),
        {"starved_projects": len(hungry), "passed_by_max": passed, "accepted": answers["accepted"],
         "refused": answers["refused"], "wrong": answers["wrong"], "rss_growth_mib": growth},
    )  # fmt: skip


def _turns_away(client: Client, project: str, trial: Trial) -> list[tuple[str, str] | None]:
    """When each of its executions was made and when it began; None: refused, or not begun in time."""
    spans: list[tuple[str, str] | None] = []
    for _ in range(trial.size):
        answer = client.post(f"/jobs/quick/executions?project={project}&wait=20", {})
        done = answer.ok and answer.body["started_at"] is not None
        spans.append((answer.body["created_at"], answer.body["started_at"]) if done else None)
    return spans


def _begun(server: Server) -> Iterator[str]:
    """When each execution of the flood began."""
    for execution in server.executions():
        if execution["job"] == "flooding" and execution["started_at"] is not None:
            yield str(execution["started_at"])


def _between(begun: list[str], made: str, started: str) -> int:
    """How many began after that one was made and before it began itself."""
    return bisect_left(begun, started) - bisect_right(begun, made)


def _made(answer: Answer) -> None:
    if not answer.ok:
        raise CannotCheck(f"The server cannot be prepared: {answer}")


CHECK = Check(
    name="flood", promise="G-75", says="who floods the queue is refused at the cap, and starves no other project",
    run=run, unit="turns", quick=3, normal=20, full=200,
    sabotages=("first-come-first-served", "queue-for-one", "queue-without-end"),
)  # fmt: skip
