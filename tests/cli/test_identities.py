"""Projects, users, clients and keys by command: secrets once, alone on stdout, and good from then on."""

import json

from runbell.client import Client

from .conftest import Typed


def test_who_i_am_and_what_i_may_do(here: Typed) -> None:
    assert json.loads(here("whoami", "--json").out)["client"] == "key:admin"
    assert "executions:run" in here("whoami").out


def test_a_new_key_is_alone_on_stdout_and_opens_what_it_was_made_for(here: Typed) -> None:
    ended = here("keys", "create", "ci", "-s", "jobs:read,executions:read", "--expires", "90d")
    key = ended.out.strip()
    assert (ended.code, key.startswith("rb_key_"), key in ended.err) == (0, True, False)
    assert "shown this once" in ended.err
    assert here("jobs", "ls", "--token", key).code == 0
    refused = here("run", "hello", "--token", key)
    assert (refused.code, "executions:run" in refused.err) == (4, True)
    runner = here("keys", "create", "runner", "-s", "executions:run,executions:read").out.strip()
    ended = here("run", "hello", "--token", runner)
    assert (ended.code, ended.out, "needs the right results:read" in ended.err) == (0, "", True)
    assert key not in here("keys", "ls").out
    number = json.loads(here("keys", "ls", "--json").out)
    [made] = [one for one in number if one["name"] == "ci"]
    assert here("keys", "show", made["id"]).code == 0
    assert here("keys", "rm", made["id"]).code == 0
    assert here("keys", "show", made["id"]).code == 3


def test_a_project_is_made_used_by_option_and_deleted(here: Typed, client: Client) -> None:
    assert here("projects", "create", "finance", "--title", "Money", "--known-as", "infolink=77").code == 0
    shown = json.loads(here("projects", "show", "finance", "--json").out)
    assert (shown["title"], shown["ids"]) == ("Money", {"infolink": "77"})
    assert "finance" in here("projects", "ls").out
    assert "hello" not in here("jobs", "ls", "--project", "finance").out
    assert here("projects", "rm", "finance").code == 0
    assert here("projects", "show", "finance").code == 3
    assert here("projects", "create", "x", "--known-as", "infolink").code == 2


def test_a_user_is_made_changed_and_deleted(here: Typed) -> None:
    assert here("users", "create", "ada", "--role", "*=operator", "--role", "default=author").code == 0
    assert json.loads(here("users", "show", "ada", "--json").out)["roles"] == {"*": "operator", "default": "author"}
    assert "ada" in here("users", "ls").out
    assert here("users", "sessions", "ada").err == "No sign-ins.\n"
    assert here("users", "create", "ada", "--role", "*=emperor").code == 2
    assert here("users", "rm", "ada").code == 0
    assert here("users", "show", "ada").code == 3


def test_a_client_gets_a_second_secret_and_loses_the_first(here: Typed) -> None:
    made = json.loads(here("clients", "create", "etl", "-s", "executions:run", "--json").out)
    assert made["secret"].startswith("rb_cs_")
    second = here("clients", "rotate", made["id"], "--overlap", "1h").out.strip()
    assert second.startswith("rb_cs_")
    assert second != made["secret"]
    kept = json.loads(here("clients", "show", made["id"], "--json").out)["secrets"]
    assert len(kept) == 2
    assert here("clients", "rm-secret", made["id"], kept[0]["id"]).code == 0
    assert made["secret"] not in here("clients", "ls").out
    assert here("clients", "rm", made["id"]).code == 0
    assert here("clients", "show", made["id"]).code == 3


def test_a_client_of_people_has_addresses_and_no_secret(here: Typed) -> None:
    back = "https://app.example/callback"
    words = ("clients", "create", "web", "-s", "jobs:read", "--redirect-uri", back, "--public", "--client-id", "web")
    made = here(*words)
    assert (made.code, made.out, "It has no secret" in made.err) == (0, "web\n", True)
    shown = here("clients", "show", "web")
    assert (back in shown.out, "It is public" in shown.err) == (True, True)
    assert "public" in here("clients", "ls").out
    changed = here("clients", "redirect-uris", "web", back, "http://127.0.0.1/callback")
    assert changed.out.splitlines() == [back, "http://127.0.0.1/callback"]
    wrong = here("clients", "redirect-uris", "web", "http://app.example/")
    assert (wrong.code, "https://app.example.com/callback" in wrong.err) == (2, True)
    assert json.loads(here("clients", "redirect-uris", "web", "--json").out)["redirect_uris"] == []
    assert here("clients", "rm", "web").code == 0
