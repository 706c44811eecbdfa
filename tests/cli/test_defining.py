"""Define jobs by command: check, apply, show, retire."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runbell.client import Client
from runbell.client.effects import Ask

from .conftest import Typed

JOB = "job: {name}\nsteps:\n  - {{name: say, command: [echo, {word}]}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "job.yaml", "new", "one")


def written(file: Path, name: str, word: str) -> Path:
    file.write_text(JOB.format(name=name, word=word))
    return file


def test_apply_says_created_unchanged_and_changed(here: Typed, file: Path) -> None:
    written(file, "applied", "one")
    assert here("apply", file).out == "applied: created (version 1)\n"
    assert here("apply", file).out == "applied: unchanged (version 1)\n"
    assert here("apply", written(file, "applied", "two")).out == "applied: changed (version 2)\n"
    assert here("run", "applied").code == 0
    assert here("logs", "@last").out == "say | two\n"


def test_a_dry_run_shows_the_difference_and_changes_nothing(here: Typed, file: Path) -> None:
    written(file, "dry", "one")
    assert here("apply", file, "--dry-run").out.startswith("dry: would be created\n")
    assert here("jobs", "show", "dry").code == 3
    here("apply", file)
    said = here("apply", written(file, "dry", "two"), "--dry-run").out
    assert "would be changed" in said
    assert "-  - one" in said
    assert "+  - two" in said
    assert json.loads(here("jobs", "show", "dry", "--json").out)["version"] == 1
    assert here("apply", written(file, "dry", "one"), "--dry-run").out == "dry: unchanged\n"


def test_nothing_is_applied_when_one_of_the_files_is_broken(here: Typed, file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("job: broken\nsteps:\n  - {name: a, command: [echo], neds: []}\n")
    ended = here("apply", file, broken)
    assert ended.code == 1
    assert f"{broken}:3: /steps/0/neds" in ended.err
    assert "did you mean `needs`?" in ended.err
    assert here("jobs", "show", "new").code == 3


def test_jobs_can_be_checked_without_a_server(
    typed: Typed, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert typed("jobs", "validate", file).out == "1 job, no problems.\n"
    file.write_text("job: x\n")
    ended = typed("jobs", "validate", file, "--json")
    assert ended.code == 1
    assert json.loads(ended.out)[0]["file"] == str(file)


def test_python_files_are_for_the_folder_of_the_server(typed: Typed, tmp_path: Path) -> None:
    ended = typed("jobs", "validate", tmp_path / "job.py")
    assert (ended.code, "serve --jobs" in ended.err) == (2, True)


def test_a_retired_job_leaves_the_list_and_comes_back_when_applied(here: Typed, file: Path) -> None:
    written(file, "leaving", "one")
    here("apply", file)
    assert "retired" in here("jobs", "retire", "leaving").out
    assert "leaving" not in here("jobs", "ls").out
    assert "leaving" in here("jobs", "ls", "--retired").out
    assert here("run", "leaving").code == 3
    assert here("apply", file).out == "leaving: changed (version 1)\n"
    assert here("run", "leaving").code == 0


def test_a_definition_is_shown_as_a_person_would_write_it(here: Typed) -> None:
    shown = here("jobs", "show", "hello").out
    assert "title: Greet somebody" in shown
    assert '    echo "Hello, $RUNBELL_PARAM_NAME!"\n' in shown
    assert here("jobs", "versions", "hello").out.splitlines()[1].startswith("1 ")


def test_init_writes_jobs_that_run_and_leaves_alone_what_is_there(here: Typed, tmp_path: Path) -> None:
    ended = here("init", tmp_path / "mine")
    assert ended.code == 0
    assert f"runbell serve --jobs {tmp_path / 'mine'}" in ended.out
    assert here("apply", tmp_path / "mine" / "hello.yaml").code == 0
    (tmp_path / "mine" / "hello.yaml").write_text("mine")
    assert here("init", tmp_path / "mine").code == 0
    assert (tmp_path / "mine" / "hello.yaml").read_text() == "mine"


def test_what_is_exported_applies_back_unchanged(here: Typed, tmp_path: Path) -> None:
    names = ("hello", "breaks", "warns", "overdue", "endless", "noisy")
    (tmp_path / "all.yaml").write_text(here("jobs", "export", *names).out)
    said = here("apply", tmp_path / "all.yaml").out.splitlines()
    assert [line.split(" (")[0] for line in said] == [f"{name}: unchanged" for name in names]
    assert here("jobs", "export", "noisy", "--to", tmp_path / "out").code == 0
    assert here("apply", tmp_path / "out").out == "noisy: unchanged (version 1)\n"


def test_versions_are_compared_with_each_other_and_with_a_file(here: Typed, file: Path) -> None:
    for word in ("one", "two", "three"):
        here("apply", written(file, "compared", word))
    assert "+  - three" in here("jobs", "diff", "compared").out
    assert "-  - one" in here("jobs", "diff", "compared", "--from", 1, "--to", 3).out
    assert here("jobs", "diff", file).out == ""
    assert "+  - four" in here("jobs", "diff", written(file, "compared", "four")).out
    assert here("jobs", "diff", "noisy").code == 3


@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_calls_that_are_printed_are_ready_to_be_typed(here: Typed, client: Client, language: str) -> None:
    printed = json.loads(here("jobs", "urls", "hello", "--dialect", "native", "--json").out)
    calls = {call["name"]: call["texts"][language] for call in printed}
    program = ["sh", "-c"] if language == "curl" else [sys.executable, "-c"]
    environment = {"RUNBELL_TOKEN": str(client.connection.token), "PATH": os.environ["PATH"]}

    def typed(text: str) -> str:
        return subprocess.run([*program, text], env=environment, capture_output=True, text=True, check=True).stdout

    started = json.loads(typed(calls["start"]))
    look = calls["look"].replace("[execution_id]", started["id"])
    assert json.loads(typed(look))["number"] == started["number"]


def test_the_calls_of_one_door_are_printed_with_what_they_are(here: Typed) -> None:
    said = here("jobs", "urls", "hello", "--dialect", "native", "--as", "powershell", "--key").out
    assert said.startswith("# native: start\nInvoke-RestMethod -Method POST -Uri 'http://")
    assert '"Bearer $($env:RUNBELL_KEY)"' in said
    unknown = here("jobs", "urls", "hello", "--dialect", "nobody")
    assert (unknown.code, "its doors are native" in unknown.err) == (3, True)


def test_the_document_of_the_api_needs_no_server_and_is_the_one_a_server_serves(here: Typed, client: Client) -> None:
    served = json.loads(client.carry_out(client._send(Ask(method="GET", path="/openapi.json"))).body)
    assert json.loads(here("openapi").out) == served


def test_a_postman_collection_is_printed_to_be_imported(here: Typed, client: Client) -> None:
    one = json.loads(here("postman", "hello").out)
    assert one["info"]["name"] == "runbell: hello"
    assert one == client.postman("hello")
    jobs = [folder["name"] for folder in json.loads(here("postman").out)["item"][0]["item"][1:]]
    assert {"hello", "breaks"} <= set(jobs)
    rest = [folder["name"] for folder in json.loads(here("postman", "--after", "hello").out)["item"][0]["item"][1:]]
    assert rest == [name for name in jobs if name > "hello"]
    unknown = here("postman", "helo")
    assert (unknown.code, "hello" in unknown.err) == (3, True)
