"""G-15: executions of a job that may run once at a time never overlap."""

import time
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Client
from verify.ledger import Ledger
from verify.load import Load
from verify.server import serving

CALLERS = 16


def run(trial: Trial) -> Figure:
    """So many starts by many callers at once; the steps themselves say when they began and ended."""
    ledger = Ledger(trial.folder / "ledger")

    def act(client: Client, _: Random, turn: int) -> None:
        assert client.start("alone", {"ledger": str(ledger), "mark": str(turn)}).ok

    with serving(trial) as server:
        with Load(CALLERS, lambda: server.port, trial.seed, act, turns=trial.size) as load:
            while load.busy:
                time.sleep(0.05)
        unfinished = not server.settled(60 + trial.size / 20)
    depth = most = 0
    lines = ledger.lines()
    for line in lines:
        depth += 1 if line.mark == "begin" else -1
        most = max(most, depth)
    return Figure(most == 1 and not unfinished and len(lines) == 2 * trial.size, trial.size, {"max_concurrent": most})


CHECK = Check(
    name="single-run", promise="G-15", says="executions of a single-run job never overlap",
    run=run, unit="starts", quick=200, normal=2_000, full=20_000, sabotages=("limit-ignored",),
)  # fmt: skip
