"""Foresee and explain by command: a plan starts nothing, an explanation says why, a diff says what."""

import json

from runbell.client import Client

from .conftest import Typed


def test_a_plan_says_what_would_happen_and_starts_nothing(here: Typed, client: Client) -> None:
    before = next(iter(client.executions(limit=1)), None)
    ended = here("run", "hello", "-p", "times=2", "--plan")
    assert ended.code == 0
    assert "would start now" in ended.out
    assert [line.split() for line in ended.out.splitlines() if line.startswith(("name ", "times "))] == [
        ["name", '"world"', "default"],
        ["times", "2", "request"],
    ]
    assert next(iter(client.executions(limit=1)), None) == before
    assert here("run", "hello", "-p", "times=99", "--plan").code == 2


def test_a_failed_one_is_explained_and_its_restart_is_foreseen(here: Typed) -> None:
    here("run", "breaks")
    ended = here("explain", "@last")
    assert ended.code == 0
    assert "Step break failed: The command ended with exit code 42." in ended.out
    assert "What finished (prepare) is reused, and break runs again." in ended.out
    assert "  no such table" in ended.out
    plan = here("restart", "@last", "--plan")
    assert [line.split()[1] for line in plan.out.splitlines() if line.startswith(("reuses ", "runs "))] == [
        "prepare",
        "break",
    ]
    assert json.loads(here("explain", "@last", "--json").out)["restart"]["safe"] is True


def test_what_would_be_refused_ends_with_one(here: Typed) -> None:
    here("run", "hello")
    ended = here("restart", "@last", "--plan")
    assert ended.code == 1
    assert "would be refused" in ended.out
    assert "not_restartable" in ended.out


def test_two_executions_are_compared(here: Typed, client: Client) -> None:
    one = client.run("hello", {"name": "Ada"})
    here("run", "hello", "-p", "name=Grace")
    ended = here("diff", str(one.number), "@last")
    assert ended.code == 0
    assert '/name  "Ada"   "Grace"' in ended.out
    assert "- Hello, Ada!" in ended.out
    assert "+ Hello, Grace!" in ended.out
    assert "Nothing differs." in here("diff", str(one.number)).out


def test_a_rerun_is_foreseen_with_what_would_be_different(here: Typed, client: Client) -> None:
    one = client.run("hello", {"name": "Ada"})
    ended = here("rerun", str(one.number), "-p", "name=Grace", "--plan")
    assert '/params/name  "Ada"   "Grace"' in ended.out


def test_what_is_not_there_is_said_with_the_code_for_it(here: Typed) -> None:
    assert here("explain", "999999").code == 3
    assert here("diff", "999999").code == 3
