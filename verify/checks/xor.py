"""G-45: a job is scheduled or API-triggered, never both, however mode changes race against starts and fires.

The audit log tells in which order starts over the API and changes of the mode were committed; the numbers of executions
tell where among those starts the schedule fired.
"""

import threading
import time
from itertools import pairwise
from typing import Any

from verify.check import Check, Figure, Trial
from verify.client import ADMIN_KEY, Client, Unanswered
from verify.server import Server, serving

STEPS: list[dict[str, Any]] = [{"name": "a", "command": ["true"]}]
STARTERS, JOB = 4, "raced"


def run(trial: Trial) -> Figure:
    """For so many seconds: one changes the mode all the time, four start, the schedule fires every second."""
    with serving(trial) as server:
        with server.client() as client:
            assert client.send("PUT", f"/jobs/{JOB}", {"steps": STEPS}).ok
            assert client.post(f"/jobs/{JOB}/pause").ok  # what is started waits: only the starts are on trial
        over = threading.Event()
        starters = [threading.Thread(target=_starts, args=(server, over)) for _ in range(STARTERS)]
        for thread in starters:
            thread.start()
        changes = _changes(trial, server)
        over.set()
        for thread in starters:
            thread.join()
        with server.client(60) as client:
            lines = sorted(_lines(client), key=lambda line: line["seq"])
            rows = _rows(client)
    numbers = {row["id"]: row["number"] for row in rows}
    wrong, scheduled, story = 0, False, list[tuple[int, int]]()  # (number of a start, mode changes before it)
    turns = 0
    for line in lines:
        if line["action"] in ("schedules.put", "schedules.clear"):
            scheduled, turns = line["action"] == "schedules.put", turns + 1
        elif line["action"] == "executions.start" and line["object"] in numbers:
            wrong += scheduled
            story.append((numbers[line["object"]], turns))
    fires = [row["number"] for row in rows if row["trigger"]["kind"] == "schedule"]
    for (before, turn), (after, later) in pairwise(sorted(story)):
        alone = [number for number in fires if before < number < after]
        if alone and later == turn:  # between two starts in API mode nobody changed it, and yet it fired
            wrong += len(alone)
    newest = 0  # every change of the mode is a version: one that fires by an older one fires what is over
    for row in sorted(rows, key=lambda row: row["number"]):
        wrong += row["trigger"]["kind"] == "schedule" and row["job_version"] < newest
        newest = max(newest, row["job_version"])
    figures = {"accepted_wrong": wrong, "starts": len(story), "fires": len(fires), "changes": changes}
    return Figure(wrong == 0 and min(len(story), len(fires), changes) > 0, len(story) + len(fires), figures)


def _changes(trial: Trial, server: Server) -> int:
    dice, until, count = trial.random, time.monotonic() + trial.size, 0
    with server.client() as client:
        while time.monotonic() < until:
            assert client.send("PUT", f"/jobs/{JOB}/schedule", {"every": "1s", "missed": "skip"}).ok
            time.sleep(dice.choice((0.0, 0.05, 1.2)))
            assert client.send("DELETE", f"/jobs/{JOB}/schedule").ok
            time.sleep(dice.choice((0.0, 0.02, 0.1)))
            count += 2
    return count


def _starts(server: Server, over: threading.Event) -> None:
    with Client(server.port, 20, ADMIN_KEY) as client:
        while not over.is_set():
            try:
                client.post(f"/jobs/{JOB}/executions", {})
            except Unanswered:
                return


def _lines(client: Client) -> list[dict[str, Any]]:
    return _walk(client, "/audit?limit=1000")


def _rows(client: Client) -> list[dict[str, Any]]:
    return _walk(client, f"/executions?job={JOB}&limit=1000")


def _walk(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"{path}{cursor}").body
        found += page["items"]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


CHECK = Check(
    "xor", "G-45", "a job is scheduled or started over the API, never both, while its mode changes all the time", run,
    "seconds", quick=6, normal=60, full=600, sabotages=("mode-checked-too-early", "fire-unguarded"),
)  # fmt: skip
