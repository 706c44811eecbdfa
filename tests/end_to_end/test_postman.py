"""newman runs the collections of a real server unedited, and fails exactly when a job does."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbell.client import Client
from runbell.settings import DIALECTS
from tests.house.sources import ROOT

from .serving import serving

NEWMAN = os.environ.get("NEWMAN") or shutil.which("newman") or str(ROOT / ".venv/newman/node_modules/.bin/newman")
JOBS = """\
job: takes-a-while
parameters:
  day: {type: date, required: true}
  times: {type: int, required: true, min: 2}
steps:
  - {name: wait, shell: 'sleep 1.5; echo "$RUNBELL_PARAM_DAY $RUNBELL_PARAM_TIMES"'}
---
job: breaks
steps:
  - {name: break, command: ["false"]}
---
job: too-long
steps:
  - {name: wait, command: [sleep, "60"]}
"""
EVERYWHERE = """\
job: everywhere
ids: {ocapi: Every Where, dvsum: 48213, infolink: Everything, adverity: 77}
require_key: true
steps:
  - {name: wait, command: [sleep, "1"]}
"""

EVERY_DOOR = {"native", *DIALECTS}
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.skipif(
    not Path(NEWMAN).exists(), reason="there is no newman; tests/end_to_end/install_newman installs it"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("postman")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "jobs.yaml").write_text(JOBS)
    with serving(folder / "data", folder / "jobs", dialects="") as found:
        yield found
        for left in found.executions(job="too-long"):
            found.stop(left.id, kill=True)


def test_a_client_with_a_secret_runs_a_job_to_its_end(client: Client, tmp_path: Path) -> None:
    made = client.create_client(
        name="newman", scopes=["jobs:read", "executions:run", "executions:read", "results:read", "logs:read"]
    )
    run = newman(client, "/postman/takes-a-while.json", tmp_path, clientId=made.id, clientSecret=made.secret)
    assert run["failures"] == []
    assert asked(run)[:2] == ["Get a token", "Start takes-a-while"]
    assert asked(run)[-3:] == ["Look takes-a-while", "Result takes-a-while", "Log takes-a-while"]
    assert asked(run).count("Look takes-a-while") > 1
    (newest,) = client.executions(job="takes-a-while", limit=1)
    assert (newest.status, newest.trigger.actor) == ("succeeded", f"client:{made.id}")


def test_an_api_key_needs_no_token_and_values_come_from_outside(client: Client, tmp_path: Path) -> None:
    values = {"takes-a-while.day": "2031-12-24", "takes-a-while.times": "5"}
    run = newman(client, "/postman/takes-a-while.json", tmp_path, apiKey=client.connection.token, **values)
    assert run["failures"] == []
    assert "2031-12-24 5" in answers(run)["Log takes-a-while"]


def test_a_job_that_fails_fails_newman_and_its_log_is_fetched(client: Client, tmp_path: Path) -> None:
    run = newman(client, "/postman/breaks.json", tmp_path, apiKey=client.connection.token)
    assert [failure["error"]["test"] for failure in run["failures"]] == ["runbell: breaks ends well"]
    assert asked(run)[-1] == "Log breaks"


def test_patience_has_an_end(client: Client, tmp_path: Path) -> None:
    run = newman(client, "/postman/too-long.json", tmp_path, apiKey=client.connection.token, patience="1")
    assert "goes on after 1 s" in run["failures"][0]["error"]["message"]
    assert asked(run)[-1] == "Look too-long"


def test_without_credentials_the_token_and_the_start_fail_and_nothing_else_is_asked(
    client: Client, tmp_path: Path
) -> None:
    run = newman(client, "/postman/breaks.json", tmp_path)
    assert [failure["error"]["test"] for failure in run["failures"]] == ["runbell: a token", "runbell: breaks starts"]
    assert asked(run) == ["Get a token", "Start breaks"]


def test_the_collection_of_all_jobs_judges_each(client: Client, tmp_path: Path) -> None:
    run = newman(client, "/postman.json", tmp_path, apiKey=client.connection.token, patience="3")
    assert {failure["error"]["test"] for failure in run["failures"]} == {
        "runbell: breaks ends well",
        "runbell: too-long ends well",
    }
    assert "Log takes-a-while" in asked(run)


def test_every_door_runs_the_job_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "jobs.yaml").write_text(EVERYWHERE)
    with serving(tmp_path / "data", tmp_path / "jobs") as client:
        run = newman(client, "/postman/everywhere.json", tmp_path, apiKey=client.connection.token)
        assert run["failures"] == []
        client.put_user("robot", {"kind": "service", "roles": {"default": "operator"}})  # as DES wants it
        rights = ["executions:run", "executions:read", "results:read", "logs:read"]
        made = client.create_client(scopes=rights, user="robot")
        client.put_user("ann", {"roles": {"default": "operator"}, "password": PASSWORD})  # for doors without clients
        known = {"clientId": made.id, "clientSecret": made.secret, "userName": "ann", "password": PASSWORD}
        run = newman(client, "/postman/everywhere.json", tmp_path, **known)
        assert run["failures"] == []
        started = [one.trigger.surface for one in client.executions(job="everywhere")]
        tokens_alone = {"des"}  # left out of the first run
        assert sorted(started) == sorted([*EVERY_DOOR, *(EVERY_DOOR - tokens_alone)])


def newman(client: Client, path: str, folder: Path, **variables: str | None) -> dict[str, Any]:
    """What newman reports about the collection at that address, run as it is; its exit code must fit."""
    file, report = folder / "collection.json", folder / "report.json"
    request = urllib.request.Request(
        client.connection.url + path, headers={"Authorization": f"Bearer {client.connection.token}"}
    )
    with urllib.request.urlopen(request) as answer:
        file.write_bytes(answer.read())
    told = [word for name, value in variables.items() for word in ("--env-var", f"{name}={value}")]
    command = [NEWMAN, "run", str(file), *told, "--reporters", "json", "--reporter-json-export", str(report)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    run: dict[str, Any] = json.loads(report.read_text())["run"]
    assert ended.returncode == (1 if run["failures"] else 0), ended.stderr
    return run


def asked(run: dict[str, Any]) -> list[str]:
    return [made["item"]["name"] for made in run["executions"] if "response" in made]


def answers(run: dict[str, Any]) -> dict[str, str]:
    return {
        made["item"]["name"]: bytes(made["response"]["stream"]["data"]).decode()
        for made in run["executions"]
        if "response" in made
    }
