"""The pages about the command line and the client, tried line by line."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from runbell.client import Client
from tests.end_to_end.serving import RUNBELL, serving
from tests.house.sources import ROOT

from .conftest import JOBS


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a page in that language."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.S | re.M)
    return found


@pytest.mark.timeout(300)
def test_every_line_of_the_page_about_the_command_line_works(tmp_path: Path) -> None:
    environment = {
        "PATH": f"{RUNBELL.parent}:{os.environ['PATH']}", "RUNBELL_CONFIG": str(tmp_path / "config.json"),
        "HOME": str(tmp_path), "NO_COLOR": "1",
    }  # fmt: skip

    def type_(line: str) -> None:
        ended = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"

    lines = [line for block in blocks("cli.md", "sh") for line in block.splitlines()]
    assert lines[0].startswith("runbell init jobs")
    type_(lines[0])
    assert lines[1].startswith("runbell serve --jobs jobs &")
    with serving(tmp_path / "runbell-data", tmp_path / "jobs") as client:
        environment["URL"] = client.connection.url
        for line in lines[2:]:
            type_(line)


@pytest.mark.timeout(300)
def test_every_block_of_the_page_about_the_client_works(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "all.yaml").write_text(JOBS)
    with serving(tmp_path / "data", tmp_path / "jobs") as client:
        known = {"url": client.connection.url, "token": client.connection.token, **oauth_client(client)}
        for block in blocks("client.md", "python"):
            exec(compile(block, "client.md", "exec"), known)


def oauth_client(client: Client) -> dict[str, str]:
    """An OAuth client of that server."""
    made = client.create_client(name="page", scopes=["executions:run", "executions:read", "results:read"])
    return {"client_id": made.id, "client_secret": made.secret}
