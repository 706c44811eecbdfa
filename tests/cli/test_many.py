"""Many executions at once, labels, pauses, and what goes on in the house."""

import json

from runbell.client import Client

from .conftest import Typed


def test_a_bulk_is_tried_first_and_done_when_it_is_meant(here: Typed, client: Client) -> None:
    for _ in range(2):
        client.start("hello", {"name": "Ada"}, tags=["many"], wait=20)
    tried = here("bulk", "delete", "--tag", "many", "--dry-run")
    assert tried.code == 0
    assert "delete: 2 executions." in tried.err
    asked = here("bulk", "delete", "--tag", "many")
    assert (asked.code, asked.out) == (2, "")
    assert "say --yes" in asked.err
    done = here("bulk", "delete", "--tag", "many", "--yes")
    assert (done.code, "2 done, 0 of them refused" in done.out) == (0, True)
    assert here("ps", "--tag", "many").err == "No executions.\n"
    nothing = here("bulk", "delete", "--yes")
    assert (nothing.code, "at least one filter" in nothing.err) == (2, True)


def test_what_a_bulk_refuses_is_said_one_by_one(here: Typed, client: Client) -> None:
    number = client.start("hello", {"name": "Ada"}, tags=["fine"], wait=20).number
    done = here("bulk", "restart", "--tag", "fine", "--yes")
    assert done.code == 1
    assert f"{number}: " in done.err


def test_a_pin_keeps_an_execution(here: Typed, client: Client) -> None:
    number = client.start("hello", {"name": "Ada"}, wait=20).number
    assert "stays until it is unpinned" in here("pin", number).out
    assert client.execution(number).pinned
    assert "goes in 90 d" in here("unpin", number).out


def test_a_pause_holds_a_job_and_the_queue_says_why(here: Typed, client: Client) -> None:
    assert "runbell resume hello" in here("pause", "hello").out
    made = client.start("hello", {"name": "Ada"})
    waiting = json.loads(here("queue", "--json").out)
    assert [(one["job"], one["blocked_by"]) for one in waiting] == [("hello", "job_paused")]
    assert "the job is paused" in here("queue").out
    assert here("resume", "hello").code == 0
    assert client.wait(made.id, 20).status == "succeeded"
    assert here("queue").err == "Nothing waits.\n"
    assert (here("pause", "helo").code, "did you mean" in here("pause", "helo").err) == (3, True)


def test_the_workers_are_told(here: Typed) -> None:
    assert "BUSY" in here("workers").out
    assert json.loads(here("workers", "--json").out)[0]["healthy"] is True
