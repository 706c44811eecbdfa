"""Schedules by command: set, shown, foretold, paused, cleared."""

import json
from pathlib import Path

from .conftest import Typed

JOB = """
job: by-itself
parameters: {limit: {type: int, required: true}}
steps: [{name: a, command: [echo, "{limit}"]}]
"""


def test_a_schedule_from_set_to_cleared(here: Typed, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    assert here("apply", tmp_path / "job.yaml").code == 0
    none = here("schedule", "show", "by-itself")
    assert (none.code, none.out) == (3, "")
    assert "Job by-itself has no schedule" in none.err
    nothing = here("schedule", "set", "by-itself")
    assert nothing.code == 2
    assert "--cron" in nothing.err
    lacking = here("schedule", "set", "by-itself", "--cron", "30 2 * * *")
    assert lacking.code == 2
    assert "limit" in lacking.err
    wrong = here("schedule", "set", "by-itself", "--cron", "30 2 * * *", "--timezone", "Europe/Berln", "-p", "limit=7")
    assert "did you mean `Europe/Berlin`" in wrong.err

    made = here("schedule", "set", "by-itself", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "-p", "limit=7")
    assert made.code == 0
    assert "30 2 * * * (Europe/Berlin)" in made.out
    shown = json.loads(here("schedule", "show", "by-itself", "-o", "json").out)
    assert shown["schedule"]["parameters"] == {"limit": "7"}
    assert "runs on its schedule only" in here("run", "by-itself", "-p", "limit=1").err
    assert "by-itself" in here("schedule", "ls").out
    assert "fires next" in here("jobs", "show", "by-itself").out

    foretold = here("schedule", "next", "by-itself", "-n", "2", "--after", "2031-03-29T12:00:00Z").out
    assert "2031-03-30T03:00:00+02:00" in foretold
    assert len(here("schedule", "next", "by-itself", "-n", "3", "--every", "90m").out.splitlines()) == 4

    assert "is paused" in here("schedule", "pause", "by-itself").out
    assert "state       paused" in here("schedule", "show", "by-itself").out
    assert "state       on" in here("schedule", "resume", "by-itself").out
    assert "fires no more" in here("schedule", "clear", "by-itself", "--keep").out
    assert "state       off" in here("schedule", "show", "by-itself").out
    assert here("run", "by-itself", "-p", "limit=1").code == 0
    assert here("schedule", "clear", "by-itself").code == 0
    assert here("schedule", "clear", "by-itself").code == 3
    assert "did you mean `by-itself`" in here("schedule", "show", "by-itslf").err
