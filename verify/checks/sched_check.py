"""G-44: over kills, clock jumps and an outage, each fire time runs once or is skipped as its policy says (H-6).

A real server by a clock that the trial moves. In the end every execution is matched with a fire time of its schedule:
one that nothing stands for was missed, an execution that stands for none, or for one that has another, is extra. How
late each came is counted from its fire time, or from when the server was ready again if it was away then.
"""

import time
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.server import Server, serving

EVERY_S = {"all-2s": 2, "once-3s": 3, "skip-5s": 5}
POLICY = {"all-2s": "run_all", "once-3s": "run_once", "skip-5s": "skip"}
STEPS: list[dict[str, Any]] = [{"name": "a", "command": ["true"]}]
HOURS_2, DAYS_3, ROUND_S = 2 * 3_600_000, 3 * 86_400_000, 1.8
LATEST_S = 2.0
NEARLY_MS = 1_000
"""The server fires a little before it says that it is ready."""
Absence = tuple[int, int]


def run(trial: Trial) -> Figure:
    """Kills at any moment, a clock two hours ahead and back again, three days without a server; then the matching."""
    dice, clock, away = trial.random, Clock(trial.folder / "clock"), list[Absence]()
    with serving(trial, CLOCK=str(clock.file)) as server:
        _define(server)
        for _ in range(trial.size):
            time.sleep(dice.uniform(0.3, ROUND_S))
            away.append(_killed(server, clock))
        trial.say(f"{trial.size} kills")
        for jump in (HOURS_2, -HOURS_2, HOURS_2 + 60_000):
            before = clock.now()
            clock.move(jump)
            away.append((before, clock.now()))
            time.sleep(ROUND_S)
        away.append(_killed(server, clock, DAYS_3))
        trial.say("jumps of two hours, and three days away")
        time.sleep(2 * ROUND_S)
        found = [_Found(name, server, clock, away) for name in EVERY_S]
    missed, extra, silent = (
        sum(it.missed for it in found),
        sum(it.extra for it in found),
        sum(it.silent for it in found),
    )
    for it in found:
        trial.say(f"{it.name}: {it.fired} ran, {it.skipped} skipped, missed {it.missed}, extra {it.extra}")
    late_s = max(it.late_ms for it in found) / 1_000
    figures = {
        "missed": missed, "extra": extra, "silent": silent, "late_s_p100": late_s,
        "with_absence_s": max(it.waited_ms for it in found) / 1_000,
        "skipped": sum(it.skipped for it in found), "kills": trial.size + 1,
    }  # fmt: skip
    held = missed == extra == silent == 0 and late_s <= LATEST_S
    return Figure(held, sum(it.fired + it.skipped for it in found), figures)


class Clock:
    """The wall clock of the server."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ahead = 0
        file.write_text("0")

    def move(self, milliseconds: int) -> None:
        """Put it forward, or back."""
        self.ahead += milliseconds
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(self.ahead))
        fresh.rename(self.file)

    def now(self) -> int:
        """What it shows, epoch ms."""
        return time.time_ns() // 1_000_000 + self.ahead


def _killed(server: Server, clock: Clock, ahead: int = 0) -> Absence:
    """Kill it and start it again, by a clock that was put forward meanwhile; from when to when it was away."""
    before = clock.now()
    server.kill_group()
    clock.move(ahead)
    server.start()
    return before, clock.now()


def _define(server: Server) -> None:
    """Paused jobs: their executions wait, so that nothing but the schedule is on trial."""
    with server.client() as client:
        for name, seconds in EVERY_S.items():
            schedule = {"every": f"{seconds}s", "missed": POLICY[name]}
            assert client.send("PUT", f"/jobs/{name}", {"steps": STEPS, "schedule": schedule}).ok
            assert client.post(f"/jobs/{name}/pause").ok


class _Found:
    """What a schedule did, held against what it had to do."""

    def __init__(self, name: str, server: Server, clock: Clock, away: list[Absence]) -> None:
        self.name = name
        with server.client(60) as client:
            shown = client.get(f"/jobs/{name}/schedule").body
            rows = _everything(client, f"/executions?job={name}")
            told = [each for each in _feed(client, f"job={name}&types=schedule.missed") if each["job"] == name]
        ran = Counter(_ms(row["trigger"]["schedule"]) for row in rows if row["discard_reason"] != "missed_fire")
        gaps = [(_ms(each["data"]["from"]), _ms(each["data"]["to"]), each["data"]) for each in told]
        every, last = EVERY_S[name] * 1_000, _ms(shown["last_fire"])
        grid = range(_ms(shown["anchor"]) + every, last + 1, every)
        in_gaps = {moment for first, end, _ in gaps for moment in range(first, end + 1, every)}
        self.fired, self.skipped = sum(ran.values()), len(in_gaps - ran.keys())
        self.missed = sum(moment not in ran and moment not in in_gaps for moment in grid)
        self.extra = sum(count - 1 for count in ran.values()) + sum(moment not in grid for moment in ran)
        self.extra += sum(before[1] >= after[0] for before, after in pairwise(sorted(gaps, key=lambda gap: gap[0])))
        self.missed += sum(gap["missed"] != (end - first) // every + 1 for first, end, gap in gaps)
        self.missed += sum(gap["started"] != _started(gap, first, end, ran) for first, end, gap in gaps)
        self.silent = int(clock.now() - last > 10_000)
        came = [(_ms(row["trigger"]["schedule"]), _ms(row["created_at"])) for row in rows]
        in_time = [(due, at) for due, at in came if due not in in_gaps]
        self.waited_ms = max((at - due for due, at in in_time), default=0)
        self.late_ms = max((_late(due, at, away) for due, at in in_time), default=0)


def _started(gap: dict[str, Any], first: int, end: int, ran: Counter[int]) -> int:
    if gap["policy"] == "run_all":
        return sum(count for moment, count in ran.items() if first <= moment <= end)
    return sum(count for moment, count in ran.items() if moment == end)


def _late(due: int, at: int, away: list[Absence]) -> int:
    """How late it came, counted from the end of an absence that its fire time fell into."""
    ready = [up for down, up in away if down <= due < up and at >= up - NEARLY_MS]
    return max(0, at - max(ready, default=due))


def _everything(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"{path}&limit=1000{cursor}").body
        found += page["items"]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def _feed(client: Client, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        page = client.get(f"/events?{query}&after={after}&limit=1000").body
        found += page["items"]
        if page["next_after"] == after:
            return found
        after = page["next_after"]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)


CHECK = Check(
    "sched-check", "G-44", "each fire time runs once or is skipped by its policy, over kills, clock jumps and outages",
    run,
    "kills", quick=2, normal=20, full=200, sabotages=("fires-twice", "outage-forgotten", "alarm-clock-slow"),
)  # fmt: skip
