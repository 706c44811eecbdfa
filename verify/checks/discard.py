"""G-29, G-33: what came too late, what lost its predecessor, and what was stopped in the queue never runs."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbell.operations.trigger import Asked, trigger
from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.model.house import ADMIN, House
from verify.model.jobs import JOBS
from verify.server import serving

TWO_DAYS_S = 2 * 86_400
LATE_S = 6.0  # what is late in the queue is looked for every five seconds


def run(trial: Trial) -> Figure:
    """The real server with short times, so many rounds; then two days on a clock that stands still."""
    ledger = Ledger(trial.folder / "ledger")
    wrong: list[str] = []
    count = 0
    with serving(trial) as server, server.client(60) as client:
        for turn in range(trial.size):
            for case in (_too_late, _predecessor_failed, _predecessor_stopped, _stopped_in_the_queue, _in_time):
                count += 1
                wrong += [f"{case.__name__}: {said}" for said in case(client, ledger, f"{turn}{case.__name__}")]
            _free(client, ledger)
    wrong += _two_days(trial.folder / "standing")
    for sentence in wrong:
        trial.say(sentence)
    return Figure(not wrong, count + 1, {"wrong": len(wrong)})


def _too_late(client: Client, ledger: Ledger, mark: str) -> list[str]:
    """Behind a running execution of a full job, past its start-by time."""
    about = {"ledger": str(ledger), "mark": mark}
    client.started("hold-alone", {"ledger": str(ledger), "mark": "holds"})
    due = time.time() + 0.7
    late = client.started("hold-alone", about, start_by=_text(due))
    row = client.ended(late, 5)
    wrong = _discarded(row, "expired") + _ran(ledger, mark)
    if row["ended_at"] and not due - 0.1 <= datetime.fromisoformat(row["ended_at"]).timestamp() <= due + LATE_S:
        wrong.append(f"due {_text(due)}, discarded {row['ended_at']}")
    return wrong


def _predecessor_failed(client: Client, ledger: Ledger, mark: str) -> list[str]:
    """Its follow-ups for success, and theirs, are discarded; the one for failure runs."""
    first = client.started("rings", {"ledger": str(ledger), "mark": mark})
    wrong = [] if client.ended(first, 15)["status"] == "failed" else ["the predecessor did not fail"]
    waited = _followers(client, mark, "rings-next")
    wrong += [said for row in waited for said in _discarded(row, "predecessor")]
    if len(waited) != 1:
        wrong.append(f"{len(waited)} follow-ups for success")
    if not ledger.wait(lambda line: line.mark == mark and line.step == "work" and line.attempt == 1, 5):
        wrong.append("nothing ran at all")
    return wrong + [f"{line.step} ran" for line in ledger.lines() if line.mark == mark and line.step == "next"]


def _predecessor_stopped(client: Client, ledger: Ledger, mark: str) -> list[str]:
    """A predecessor that is stopped before it begins takes all its follow-ups along."""
    first = client.started("rings", {"ledger": str(ledger), "mark": mark}, start_after=_text(time.time() + 600))
    client.post(f"/executions/{first}/stop")
    wrong = _discarded(client.ended(first, 5), "stopped")
    rows = _followers(client, mark, "rings-next")
    return wrong + [said for row in rows for said in _discarded(row, "predecessor")] + _ran(ledger, mark)


def _stopped_in_the_queue(client: Client, ledger: Ledger, mark: str) -> list[str]:
    """It is discarded at once and never starts a process."""
    waits = client.started("hold-alone", {"ledger": str(ledger), "mark": mark})
    answer = client.post(f"/executions/{waits}/stop")
    wrong = [] if answer.status == 200 and answer.body["outcome"] == "discarded" else [f"stop said {answer.body}"]
    return wrong + _discarded(client.ended(waits, 3), "stopped") + _ran(ledger, mark)


def _in_time(client: Client, ledger: Ledger, mark: str) -> list[str]:
    """The other way round: a predecessor that succeeds releases its follow-ups, and they run."""
    Path(f"{ledger}.{mark}.go").touch()
    client.started("rings", {"ledger": str(ledger), "mark": mark})
    came = ledger.wait(lambda line: line.mark == mark and line.step == "next", 10)
    return [] if came else ["the follow-up of a success did not run"]


def _two_days(folder: Path) -> list[str]:
    """A job that says nothing waits two days, and not a second longer."""
    folder.mkdir()
    house = House(folder)
    try:
        definition: dict[str, Any] = {**JOBS["one"], "limits": {"running": 1}}
        house.define("waits", definition)
        for _ in range(2):
            made = house.do(trigger(house.ports, ADMIN, Asked(job="waits")))
        number = made.execution.number
        statuses = []
        for seconds in (TWO_DAYS_S - 10, 20):
            house.pass_time(seconds)
            statuses.append(str(house.row(number).status))
        reason = house.row(number).discard_reason
    finally:
        house.close()
    if statuses != ["queued", "discarded"] or reason != "expired":
        return [f"_two_days: {statuses}, {reason}"]
    return []


def _followers(client: Client, mark: str, job: str) -> list[dict[str, Any]]:
    """The follow-ups of this round: the newest executions of the job, with their parameters or still without."""
    rows = client.get(f"/executions?job={job}&limit=1").body["items"]
    return [client.ended(row["id"], 5) for row in rows]


def _discarded(row: dict[str, Any], reason: str) -> list[str]:
    found = (row["status"], row["discard_reason"])
    return [] if found == ("discarded", reason) else [f"{row['job']} is {found} instead of discarded ({reason})"]


def _ran(ledger: Ledger, mark: str) -> list[str]:
    return [f"{line.step} ran" for line in ledger.lines() if line.mark == mark]


def _free(client: Client, ledger: Ledger) -> None:
    for row in client.get("/executions?status=running,queued&limit=100").body["items"]:
        client.post(f"/executions/{row['id']}/stop", {"mode": "kill"})


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


CHECK = Check(
    name="discard", promise="G-29", says="what is too late, orphaned or stopped in the queue never runs",
    run=run, unit="rounds", quick=1, normal=10, full=100, sabotages=("start-by-ignored", "predecessor-ignored"),
)  # fmt: skip
