"""A server in a folder, and a person in that folder who types commands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runbell.__main__ import dispatch
from runbell.client import Client
from tests.end_to_end.serving import serving

JOBS = """
job: hello
title: Greet somebody
parameters:
  name: {type: text, default: world}
  times: {type: int, min: 1, max: 10, default: 1}
  note: {type: text, nullable: true, default: null}
steps:
  - name: greet
    shell: |
      echo "Hello, $RUNBELL_PARAM_NAME!"
      printf '{"name": "%s", "times": %s, ' "$RUNBELL_PARAM_NAME" "$RUNBELL_PARAM_TIMES" > "$RUNBELL_RESULT"
      printf '"note": "%s"}' "${RUNBELL_PARAM_NOTE-none}" >> "$RUNBELL_RESULT"
---
job: breaks
steps:
  - {name: prepare, command: [echo, ready]}
  - {name: break, shell: 'echo "no such table" >&2; exit 42'}
---
job: warns
steps:
  - {name: odd, shell: 'printf "WARN 3 rows left out" > "$RUNBELL_EXIT_STATUS"'}
---
job: overdue
limits: {timeout: 300ms, grace: 1s}
steps:
  - {name: dawdle, shell: sleep 60}
---
job: endless
limits: {grace: 1s}
steps:
  - {name: sleep, shell: 'echo asleep; exec sleep 600'}
---
job: noisy
steps:
  - {name: sing, shell: 'printf "\\033[31mred\\033[0m \\033]0;title\\007 end\\n"'}
---
job: leaves
steps:
  - {name: leave, python: leaving:leave}
"""
LEAVING = """
from runbell import Context

def leave(ctx: Context):
    ctx.result_set(({"n": n, "text": f"row {n}"} for n in range(200)), "numbers")
    ctx.result_set([{"only": None}], "nothing much")
    ctx.exception_records([{"iata": None, "name": "Nowhere"}, {"iata": "X", "name": "Short"}], reason="no code")
    ctx.output_file("report.txt").write_text("all is well")
"""


@dataclass(frozen=True)
class Ended:
    """What a command left: its code, what it said on stdout and on stderr."""

    code: int
    out: str
    err: str


Typed = Callable[..., Ended]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Client]]:
    """A folder in which a server runs, and a client of it."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "all.yaml").write_text(JOBS)
    (folder / "jobs" / "leaving.py").write_text(LEAVING)
    with serving(folder / "runbell-data", folder / "jobs") as client:
        yield folder, client


@pytest.fixture
def client(served: tuple[Path, Client]) -> Client:
    return served[1]


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> Typed:
    """Type a command, in this process, with nothing of the shell's own settings."""
    for name in ("URL", "TOKEN", "DATA", "DEBUG", "PROFILE", "PROJECT"):
        monkeypatch.delenv(f"RUNBELL_{name}", raising=False)
    monkeypatch.setenv("RUNBELL_CONFIG", str(tmp_path_factory.mktemp("home") / "config.json"))

    def type_(*words: object) -> Ended:
        code = dispatch([str(word) for word in words])
        return Ended(code, *capsys.readouterr())

    return type_


@pytest.fixture
def here(served: tuple[Path, Client], typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command in the folder of the server."""
    monkeypatch.chdir(served[0])
    return typed
