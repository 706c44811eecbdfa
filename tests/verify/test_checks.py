"""Every promise, tried in its smallest form, and in its quick one where every commit is tried (CI).

`./dev verify` tries more, `--full` much more.
"""

import os
import subprocess
import sys

import pytest
from verify.checks import CHECKS

from tests.house.sources import ROOT

SMALL = {
    "power-cut": 20,
    "crash-loop": 3,
    "state-machine": 3,
    "restart-steps": 8,
    "idem": 12,
    "single-run": 50,
    "stop-race": 60,
    "journal-lint": 250,
    "log-flood": 50,
}
PATIENCE_S = 110


def verify(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m verify …` in a process of its own."""
    command = [sys.executable, "-m", "verify", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.timeout(PATIENCE_S + 10)
@pytest.mark.parametrize("name", [check.name for check in CHECKS.values() if check.in_all])
def test_the_promise_holds(name: str) -> None:
    small = name in SMALL and "CI" not in os.environ
    size = (f"--{CHECKS[name].unit}", str(SMALL[name])) if small else ("--quick",)
    done = verify(name, *size)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"FIGURE check={name} held=yes n=")


@pytest.mark.timeout(PATIENCE_S + 10)
@pytest.mark.parametrize(
    ("name", "sabotage"),
    [("power-cut", "synchronous-normal"), ("restart-steps", "finished-run-again"),
     ("log-flood", "log-without-cap"), ("single-run", "limit-ignored")],
)  # fmt: skip
def test_the_check_catches_the_bug_that_is_put_back(name: str, sabotage: str) -> None:
    """The fast ones, and one for each process that the hook has to reach; `python -m verify sabotage` tries all."""
    done = verify(name, "--quick", "--sabotage", sabotage)
    assert done.returncode == 1, done.stdout + done.stderr
    assert " held=no " in done.stdout


def test_a_sabotage_that_does_not_belong_to_the_check_is_refused() -> None:
    done = verify("power-cut", "--sabotage", "killpg-only")
    assert done.returncode == 2
    assert "no sabotage killpg-only" in done.stderr
