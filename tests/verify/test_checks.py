"""Every promise, tried in its smallest form, and in its quick one where every commit is tried (CI).

`./dev verify` tries more, `--full` much more.
"""

import os
import subprocess
import sys
from random import Random

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
QUICKLY_CAUGHT = (
    ("power-cut", "synchronous-normal"), ("restart-steps", "finished-run-again"),
    ("log-flood", "log-without-cap"), ("single-run", "limit-ignored"),
    *((check.name, sabotage) for check in CHECKS.values() for sabotage in check.aims),
)  # fmt: skip
"""Those that are fast: one for each process that the hook has to reach, and every one that has an aim."""
IN_TURN = 6 if "CI" in os.environ else 1
"""So many of the others are tried, others with each commit."""


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
@pytest.mark.parametrize(("name", "sabotage"), QUICKLY_CAUGHT)
def test_the_check_catches_the_bug_that_is_put_back(name: str, sabotage: str) -> None:
    """`python -m verify sabotage` tries all."""
    done = verify(*CHECKS[name].broken_by(sabotage))
    assert done.returncode == 1, done.stdout + done.stderr
    assert " held=no " in done.stdout


def in_turn() -> list[tuple[str, str]]:
    """Some sabotages, chosen by the commit: all workers of one run choose alike."""
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    others = [(check.name, name) for check in CHECKS.values() for name in check.sabotages]
    return Random(told.stdout).sample([pair for pair in others if pair not in QUICKLY_CAUGHT], IN_TURN)


@pytest.mark.timeout(PATIENCE_S + 10)
@pytest.mark.parametrize(("name", "sabotage"), in_turn())
def test_a_bug_whose_turn_it_is_is_caught(name: str, sabotage: str) -> None:
    done = verify(*CHECKS[name].broken_by(sabotage))
    assert done.returncode == 1, done.stdout + done.stderr


def test_a_part_that_is_not_there_proves_nothing() -> None:
    done = verify("fuzz-http", "--quick", "--only", "no such part")
    assert done.returncode == 2, done.stdout + done.stderr


def test_a_check_without_parts_is_not_cut_down() -> None:
    assert verify("power-cut", "--only", "load").returncode == 2


def test_a_sabotage_that_does_not_belong_to_the_check_is_refused() -> None:
    done = verify("power-cut", "--sabotage", "killpg-only")
    assert done.returncode == 2
    assert "no sabotage killpg-only" in done.stderr
