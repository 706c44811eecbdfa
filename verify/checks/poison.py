"""G-28: an execution whose worker is lost three times ends as failed (WORKER_LOST), whatever its `on_lost` says."""

from verify.check import Check, Figure, Trial
from verify.ledger import Ledger
from verify.server import serving

MOST = 3


def run(trial: Trial) -> Figure:
    """Jobs that kill their own hand; then one that meets the death of its server again and again."""
    ledger = Ledger(trial.folder / "ledger")
    wrong = 0
    with serving(trial) as server:
        with server.client(60) as client:
            ids = [client.started("poison", {"ledger": str(ledger), "mark": "x"}) for _ in range(trial.size)]
            ended = [client.ended(identity, 10) for identity in ids]
            ids.append(client.started("inflight-rerun", {"ledger": str(ledger), "mark": "deaths"}))
        for death in range(1, MOST + 1):
            if not ledger.wait(lambda line, death=death: line.step == "middle" and line.attempt == death):
                break
            server.kill()
            server.start()
        with server.client(60) as client:
            ended.append(client.ended(ids[-1], 10))
    lines = ledger.by_execution()
    worst = 0
    for identity, row in zip(ids, ended, strict=True):
        runs = sum(line.step in ("work", "middle") for line in lines[identity])
        worst = max(worst, runs)
        code = (row["exit_status"] or {}).get("code")
        if (row["status"], code, row["workers_lost"]) != ("failed", "WORKER_LOST", MOST) or runs != MOST:
            wrong += 1
            trial.say(f"{row['status']} {code} after {row['workers_lost']} losses and {runs} runs")
    return Figure(wrong == 0, len(ids), {"wrong": wrong, "most_runs": worst})


CHECK = Check(
    name="poison", promise="G-28", says="the third lost worker ends an execution, whatever it says",
    run=run, unit="jobs", quick=3, normal=20, full=200, sabotages=("losses-not-counted",),
)  # fmt: skip
