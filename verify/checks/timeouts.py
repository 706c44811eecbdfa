"""G-30: time limits of steps and executions fire within a second, win over retries, and end as failed (TIMEOUT)."""

import time
from datetime import datetime
from typing import Any

from verify.check import Check, Figure, Trial
from verify.server import serving

LIMITS_S = {
    "step-sleeps": 1.0, "step-retries": 1.0, "step-waits": 1.0, "step-in-c": 1.0, "execution-steps": 1.5,
    "execution-retries": 1.0, "execution-beside": 1.0, "asked": 1.0,
}  # fmt: skip
GRACE_S = 0.5
MARGIN_S = 1.0
PATIENCE_S = 6.0


def run(trial: Trial) -> Figure:
    """Every kind of lateness, so many times, a few at once."""
    wrong = late = count = 0
    slowest = 0.0
    with serving(trial) as server, server.client(90) as client:
        client.ended(client.started("note", {"ledger": str(trial.folder / "ledger"), "mark": "warm"}))
        for turn in range(trial.size):
            ids = {name: client.started(name) for name in LIMITS_S if name != "asked"}
            params = {"ledger": str(trial.folder / "ledger"), "mark": str(turn)}
            ids["asked"] = client.started("hold", params, timeout_ms=1_000)
            until = time.monotonic() + PATIENCE_S
            for name, identity in ids.items():
                row = client.ended(identity, until - time.monotonic())
                over = _seconds(row) - LIMITS_S[name]
                code = (row["exit_status"] or {}).get("code")
                count += 1
                slowest = max(slowest, over)
                late += over > GRACE_S + MARGIN_S
                wrong += (row["status"], code) != ("failed", "TIMEOUT") or over < -0.2
                trial.say(f"{name:18} {row['status']} {code} {over:+.2f} s")
                if not row["ended_at"]:
                    client.post(f"/executions/{identity}/stop", {"mode": "kill"})
    return Figure(wrong == late == 0, count, {"late": late, "wrong": wrong, "p100_over_s": slowest})


def _seconds(row: dict[str, Any]) -> float:
    """How long it ran; for ever when it has not ended."""
    if not row["ended_at"]:
        return 99.0
    return (datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["started_at"])).total_seconds()


CHECK = Check(
    name="timeouts", promise="G-30", says="time limits fire in time, retries or not",
    run=run, unit="rounds", quick=1, normal=5, full=50, sabotages=("timeouts-off",),
)  # fmt: skip
