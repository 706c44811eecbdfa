"""G-47: under kill -9 there is no change without its event and its delivery, and no delivery without its event."""

import sqlite3
from random import Random

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.load import Load
from verify.server import serving

EVENTS = [f"execution.{word}" for word in ("queued", "started", "step_finished", "succeeded", "failed", "lost")]
NOBODY = "http://127.0.0.1:9/"
CALLERS = 4
UNTOLD = """
    SELECT count(*) FROM events LEFT JOIN deliveries USING (seq)
    WHERE events.type <> 'endpoint.disabled' AND (deliveries.number IS NULL OR deliveries.type <> events.type)
"""
UNFOUNDED = "SELECT count(*) FROM deliveries LEFT JOIN events USING (seq) WHERE events.seq IS NULL"
TWICE = "SELECT count(*) FROM (SELECT 1 FROM deliveries GROUP BY endpoint, seq HAVING count(*) > 1)"
UNMOVED = """
    SELECT count(*) FROM executions WHERE NOT EXISTS (
        SELECT 1 FROM events WHERE events.number = executions.number AND events.revision = executions.revision)
"""
OUT_OF_LINE = """
    SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'due' GROUP BY endpoint, execution HAVING count(*) > 1)
"""


def run(trial: Trial) -> Figure:
    """Kill the writer and the server until there are so many events; then compare the tables."""
    with serving(trial, RUNBELL_EGRESS_ALLOW="127.0.0.1") as server:
        with server.client() as client:
            made = client.post("/webhooks", {"name": "nobody", "url": NOBODY, "events": EVENTS})
            if not made.ok:
                raise CannotCheck(f"No webhook: {made}")

        def act(client: Client, _: Random, turn: int) -> None:
            client.start("heard", key=f"k{turn}")

        dice, kills, events = trial.random, 0, 0
        with Load(CALLERS, lambda: server.port, trial.seed, act) as load:
            while events < trial.size:
                load.pause(dice.uniform(0.1, 0.6))
                server.kill_group()
                events = _count(str(server.database), "SELECT count(*) FROM events")
                kills += 1
                server.start()
        server.kill_group()
        found = {
            name: _count(str(server.database), sql)
            for name, sql in (
                ("untold", UNTOLD), ("unfounded", UNFOUNDED), ("twice", TWICE), ("unmoved", UNMOVED),
                ("out_of_line", OUT_OF_LINE),
            )
        }  # fmt: skip
    return Figure(not any(found.values()), events, {"orphans": sum(found.values()), **found, "kills": kills})


def _count(database: str, sql: str) -> int:
    db = sqlite3.connect(database)
    try:
        return int(db.execute(sql).fetchone()[0])
    finally:
        db.close()


CHECK = Check(
    name="outbox", promise="G-47", says="no change without its event and its delivery, and the reverse",
    run=run, unit="events", quick=150, normal=2_000, full=10_000, sabotages=("delivery-after-commit",),
)  # fmt: skip
