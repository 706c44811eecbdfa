"""Look at executions, read logs, stop: for people and for programs."""

import json

import pytest
import yaml

from runbell.client import Client

from .conftest import Typed


@pytest.fixture
def number(client: Client) -> int:
    return client.start("hello", {"name": "Ada"}, wait=20).number


def test_an_execution_is_found_by_number_id_key_and_last(here: Typed, client: Client) -> None:
    one = client.start("hello", key=f"mine/{client.start('hello', wait=20).number}", wait=20)
    for name in (one.number, one.id, f"key:{one.key}", one.key, "@last"):
        assert json.loads(here("show", name, "--json").out)["id"] == one.id


def test_show_says_what_there_is_to_know(here: Typed, client: Client) -> None:
    failed = client.start("breaks", wait=20).number
    shown = here("show", failed).out
    for said in (f"breaks {failed}", "prepare", "no such table", "exit code 42", f"runbell restart {failed}"):
        assert said in shown


def test_ps_is_newest_first_and_filters(here: Typed, number: int, client: Client) -> None:
    client.start("warns", wait=20)
    everything = json.loads(here("ps", "--json", "-n", 1000).out)
    assert [one["number"] for one in everything] == sorted((one["number"] for one in everything), reverse=True)
    assert {one["job"] for one in json.loads(here("ps", "--json", "--job", "hello").out)} == {"hello"}
    assert here("ps", "--live").err == "No executions.\n"


def test_a_table_ends_where_it_was_told_to_and_says_that_there_is_more(
    here: Typed, number: int, client: Client
) -> None:
    client.start("hello", wait=20)
    ended = here("ps", "--limit", 1)
    assert len(ended.out.splitlines()) == 2
    assert "There are more" in ended.err


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("json", json.loads),
        ("yaml", yaml.safe_load),
        ("ndjson", lambda text: [json.loads(x) for x in text.splitlines()]),
    ],
)
def test_every_form_has_the_members_of_the_api(here: Typed, number: int, form: str, read: object) -> None:
    assert callable(read)
    [one] = read(here("ps", "-o", form, "-n", 1).out)
    assert one["number"] == number
    assert {"job_version", "exit_status", "trigger", "created_at", "links"} <= set(one)
    assert one["trigger"]["kind"] == "api"


def test_what_the_command_line_started_says_so(here: Typed) -> None:
    here("run", "hello")
    assert json.loads(here("show", "@last", "--json").out)["trigger"]["kind"] == "cli"


def test_a_log_is_printed_filtered_and_as_data(here: Typed, client: Client) -> None:
    failed = client.start("breaks", wait=20).number
    assert here("logs", failed).out == "prepare | ready\nbreak | no such table\n"
    assert here("logs", failed, "--step", "prepare").out == "prepare | ready\n"
    assert here("logs", failed, "--grep", "TABLE", "--stream", "err").out == "break | no such table\n"
    assert here("logs", failed, "--tail", 1, "-f").out == "break | no such table\n"
    line = json.loads(here("logs", failed, "-o", "ndjson", "-n", 1).out)
    assert (line["step"], line["stream"], line["text"]) == ("break", "err", "no such table")


def test_nothing_in_a_log_is_active_outside_a_terminal(here: Typed, client: Client) -> None:
    noisy = client.start("noisy", wait=20).number
    assert here("logs", noisy).out == "sing | red \\x1b]0;title\\x07 end\n"
    assert "\x1b" not in here("show", noisy).out
    assert "\x1b" not in here("run", "noisy", "--follow").err


def test_stop_prints_the_proof(here: Typed, client: Client) -> None:
    running = client.start("endless")
    next(iter(client.logs(running.id, follow=True)))
    ended = here("stop", running.number, "--reason", "wrong day")
    assert ended.code == 0
    assert f"endless {running.number} is stopped: its last process was seen gone" in ended.out
    assert json.loads(here("stop", running.number, "--json").out)["proof"] == "observed"


def test_stopping_what_has_ended_is_no_error(here: Typed, number: int) -> None:
    assert here("stop", number).out == f"hello {number} had ended before: succeeded.\n"


def test_a_log_is_cut_by_time_and_by_what_failed(here: Typed, client: Client) -> None:
    failed = client.start("breaks", wait=20).number
    assert here("logs", failed, "--failed").out == "break | no such table\n"
    assert here("logs", failed, "--since", "1h").out == "prepare | ready\nbreak | no such table\n"
    assert here("logs", failed, "--since", "2100-01-01T00:00:00Z").out == ""
    late = json.loads(here("logs", failed, "-o", "ndjson", "-n", 1).out)["t"]
    assert here("logs", failed, "--since", late).out == "break | no such table\n"
    assert here("logs", failed, "--since", late, "-f").out == "break | no such table\n"
    assert here("logs", failed, "--since", "yesterday").code == 2
    assert here("logs", failed, "--failed", "-f").code == 2


def test_a_shell_is_offered_the_names_that_the_server_knows(here: Typed, number: int) -> None:
    assert "\nhello\tversion 1\n" in here("__complete", "run", "").out
    assert f"\n{number}\thello, succeeded\n" in here("__complete", "show", "").out
    assert "hello" not in here("__complete", "run", "--url", "http://127.0.0.1:1", "").out


def test_the_result_is_printed_as_json_and_the_code_mirrors_the_end(here: Typed, client: Client, number: int) -> None:
    ended = here("result", number)
    assert (ended.code, json.loads(ended.out)["name"]) == (0, "Ada")
    assert yaml.safe_load(here("result", number, "-o", "yaml").out)["name"] == "Ada"
    failed = here("result", client.start("breaks", wait=20).number)
    assert (failed.code, failed.out) == (10, "")
    running = client.start("endless")
    assert here("result", running.number).code == 3
    running.stop(kill=True)
