"""The sample script of the DvSum door, as a user would run it: against a real server, from outside."""

import os
import subprocess
import sys
from pathlib import Path

from .serving import EXAMPLES, serving

JOBS = """\
job: nightly-quality
ids: {dvsum: 48213}
steps: [{name: row-count, rule: {type: COUNT}, command: ["true"]}]
---
job: broken
ids: {dvsum: 48214}
steps: [{name: row-count, command: ["false"]}]
"""


def test_the_script_starts_a_job_waits_for_its_end_and_tells_a_failure_by_its_exit_code(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "quality.yaml").write_text(JOBS)
    with serving(tmp_path / "data", jobs) as client:
        made = client.create_client(id="etl", scopes=["executions:run", "executions:read"])
        told = {"BASE": client.connection.url, "CID": made.id, "CSECRET": str(made.secret), "PAUSE": "0.2"}

        def run(number: str) -> tuple[int, list[str]]:
            script = [sys.executable, EXAMPLES / "clients" / "dvsum.py", number]
            ended = subprocess.run(script, env=os.environ | told, capture_output=True, text=True, check=False)
            assert not ended.stderr
            return ended.returncode, ended.stdout.splitlines()

        assert run("48213") == (0, ["execution 1", "Completed, result Passed, 0 exception records"])
        assert run("48214") == (1, ["execution 2", "Failed, result Failed, 0 exception records"])
