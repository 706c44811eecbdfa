"""G-61: only what has ended is deleted, whole, and nothing of it is left lying, whenever the server is killed."""

import threading
import time
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.journal import STATUS_OF, TERMINAL, open_table
from verify.ledger import Ledger
from verify.load import Load
from verify.server import Server, serving

CALLERS = 6
SWEPT_S = 20.0


def run(trial: Trial) -> Figure:
    """Short executions, each deleted at a moment before, during or after its run; the server is killed meanwhile."""
    ledger = Ledger(trial.folder / "ledger")
    lock = threading.Lock()
    answers: dict[str, int] = {}

    def act(client: Client, dice: Random, turn: int) -> None:
        identity = client.started("note", {"ledger": str(ledger), "mark": str(turn)})
        time.sleep(dice.choice((0.0, 0.01, 0.03, 0.06, 0.1)))
        status = client.send("DELETE", f"/executions/{identity}").status
        if status == 409:
            client.ended(identity, 10)
            if dice.random() < 0.5:
                client.send("DELETE", f"/executions/{identity}")
        with lock:
            answers[identity] = status

    kills = 0
    with serving(trial) as server:
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                load.pause(trial.random.uniform(1.0, 2.0))
                if load.busy:
                    server.kill()
                    server.start()
                    kills += 1
        unfinished = not server.settled(30)
        server.kill()
        server.start()  # it sweeps when it starts
        orphans = _orphans(server)
        running, left = _judged(server)
    other = sum(status not in {204, 409, 410} for status in answers.values())
    raced = {204, 409} <= set(answers.values())
    held = not (running or left or orphans or other or unfinished) and raced
    return Figure(
        held, len(answers),
        {"deleted_running": running, "orphan_files": orphans, "rows_left": left, "other_answers": other,
         "refused": sum(status == 409 for status in answers.values()), "kills": kills},
    )  # fmt: skip


def _judged(server: Server) -> tuple[int, int]:
    """How many were deleted whose story had not ended; and rows that belong to a deleted one."""
    db = open_table(server.database)
    buried = [number for (number,) in db.execute("SELECT number FROM tombstones")]
    running = 0
    for number in buried:
        kinds = [kind for (kind,) in db.execute("SELECT type FROM events WHERE number = ? ORDER BY seq", (number,))]
        path = [STATUS_OF[kind] for kind in kinds if kind in STATUS_OF]
        running += not path or path[-1] not in TERMINAL
    left = sum(
        db.execute(f"SELECT count(*) FROM {table} WHERE number IN (SELECT number FROM tombstones)").get
        for table in ("executions", "steps", "keys", "marks")
    )
    db.close()
    return running, left


def _orphans(server: Server) -> int:
    """Folders of executions that are not on the table, once the sweep has had its time."""
    until = time.monotonic() + SWEPT_S
    while True:
        db = open_table(server.database)
        known = {identity for (identity,) in db.execute("SELECT id FROM executions")}
        db.close()
        lying = {home.name for home in (server.data / "executions").glob("*/*")}
        if not lying - known or time.monotonic() > until:
            return len(lying - known)
        time.sleep(0.2)


CHECK = Check(
    name="delete-race", promise="G-61", says="only what has ended is deleted, and then nothing of it is left",
    run=run, unit="deletes", quick=150, normal=1_000, full=5_000, sabotages=("delete-without-status",),
)  # fmt: skip
