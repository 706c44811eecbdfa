"""Do the checks have teeth? Every known bug is put back, and the check that is named for it has to fail."""

import subprocess
import sys
from pathlib import Path

from verify.check import Check, Figure, Trial

BROKEN = 1
ROOT = Path(__file__).parents[2]
PATIENCE_S = 240


def run(trial: Trial) -> Figure:
    """So many of all sabotages (the dice choose which), each in a process of its own."""
    from verify.checks import CHECKS

    pairs = [(check.name, name) for check in CHECKS.values() for name in check.sabotages]
    chosen = sorted(trial.random.sample(pairs, min(trial.size, len(pairs))), key=pairs.index)
    caught = 0
    for check, name in chosen:
        code, said = _try(check, name)
        caught += code == BROKEN
        trial.say(f"{check:18} {name:20} {'caught' if code == BROKEN else f'NOT CAUGHT, exit code {code}'}  {said}")
    return Figure(caught == len(chosen), len(chosen), {"sabotages": len(chosen), "caught": caught})


def _try(check: str, name: str) -> tuple[int, str]:
    """The exit code of a sabotaged check, and its last line."""
    from verify.checks import CHECKS

    command = [sys.executable, "-m", "verify", *CHECKS[check].broken_by(name)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return -1, "took too long"
    told = (done.stdout or done.stderr).strip().splitlines()
    return done.returncode, told[-1] if told else ""


CHECK = Check(
    name="sabotage", promise="all", says="known bugs, put back, are caught by the check that is named for them",
    run=run, unit="pairs", quick=3, normal=1_000, full=1_000, in_all=False,
)  # fmt: skip
