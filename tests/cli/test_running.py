"""Start jobs by command: the result on stdout, everything else on stderr, the end in the exit code."""

import json

import pytest

from runbell.client import Client

from .conftest import Typed


def test_the_result_alone_is_on_stdout(here: Typed) -> None:
    ended = here("run", "hello", "-p", "name=Ada", "-p", "times=2")
    assert (ended.code, json.loads(ended.out)) == (0, {"name": "Ada", "times": 2, "note": "none"})
    assert "succeeded  hello" in ended.err


def test_following_says_each_step_and_each_line_once(here: Typed) -> None:
    ended = here("run", "hello", "--follow")
    said = ended.err.splitlines()
    assert said.count("greet | Hello, world!") == 1
    assert [line for line in said if line.startswith("step greet: succeeded")] != []
    assert json.loads(ended.out)["name"] == "world"


def test_a_value_may_be_json_and_null_is_not_the_empty_text(here: Typed) -> None:
    assert json.loads(here("run", "hello", "-p", "note:=null").out)["note"] == "none"
    assert json.loads(here("run", "hello", "-p", "note=").out)["note"] == ""


def test_parameters_may_come_from_a_file_and_what_is_typed_wins(here: Typed, tmp_path: object) -> None:
    file = f"{tmp_path}/params.yaml"
    with open(file, "w") as params:
        params.write("{name: Grace, times: 3}")
    assert json.loads(here("run", "hello", "--params-file", file, "-p", "times=4").out) == {
        "name": "Grace",
        "times": 4,
        "note": "none",
    }


@pytest.mark.parametrize(("job", "code"), [("hello", 0), ("breaks", 10), ("overdue", 11), ("warns", 13)])
def test_the_exit_code_mirrors_the_end(here: Typed, job: str, code: int) -> None:
    assert here("run", job).code == code


def test_a_failed_run_shows_why_and_what_to_type_next(here: Typed) -> None:
    ended = here("run", "breaks")
    number = ended.err.split("breaks ")[1].split()[0]
    assert "no such table" in ended.err
    assert f"runbell restart {number}" in ended.err
    assert ended.out == ""


def test_the_failing_steps_own_code_is_given_when_asked_for(here: Typed) -> None:
    assert here("run", "breaks", "--exit-step").code == 42


def test_detach_answers_the_id_and_timeout_leaves_the_job_running(here: Typed, client: Client) -> None:
    started = here("run", "endless", "--detach")
    assert started.code == 0
    stayed = here("run", "endless", "--timeout", "200ms")
    assert stayed.code == 124
    for ref in (started.out.strip(), "@last"):
        assert here("stop", ref, "--kill").code == 0
    assert client.execution(started.out.strip()).status == "stopped"


def test_the_same_idempotency_key_finds_the_same_execution(here: Typed) -> None:
    first, second = (here("run", "hello", "--idempotency-key", "once", "--json").out for _ in range(2))
    assert json.loads(first)["id"] == json.loads(second)["id"]


def test_a_restart_goes_on_and_a_rerun_begins_anew(here: Typed, client: Client) -> None:
    broken = client.start("breaks", wait=20).number
    restarted = json.loads(here("restart", broken, "--json").out)
    rerun = json.loads(here("rerun", broken, "--json").out)
    assert [step["status"] for step in restarted["steps"]] == ["reused", "failed"]
    assert [step["status"] for step in rerun["steps"]] == ["succeeded", "failed"]
    assert (restarted["restart_of"], rerun["rerun_of"]) == (client.execution(broken).id,) * 2


def test_a_rerun_may_change_one_parameter(here: Typed) -> None:
    here("run", "hello", "-p", "name=Ada", "-p", "times=5")
    assert json.loads(here("rerun", "@last", "-p", "times=6").out) == {"name": "Ada", "times": 6, "note": "none"}


def test_options_that_exclude_each_other_start_nothing(here: Typed, client: Client) -> None:
    before = next(client.executions(limit=1), None)
    ended = here("run", "hello", "--wait", "--detach")
    assert (ended.code, ended.out) == (2, "")
    assert next(client.executions(limit=1), None) == before
