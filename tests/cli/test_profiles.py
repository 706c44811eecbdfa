"""Profiles: servers by name, kept where only their owner can read them, and told where each value comes from."""

import io
import json
import os
from pathlib import Path

import pytest

from runbell.client import Client
from tests.client.scripted import Reply, scripted

from .conftest import Typed


@pytest.fixture
def elsewhere(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command in a folder without a server."""
    monkeypatch.chdir(tmp_path)
    return typed


def keep(typed: Typed, client: Client, name: str = "prod") -> None:
    assert client.connection.token is not None
    ended = typed("config", "set", name, "--url", client.connection.url, "--token", client.connection.token)
    assert ended.code == 0


def test_a_profile_opens_its_server_from_anywhere(elsewhere: Typed, client: Client) -> None:
    keep(elsewhere, client)
    assert "hello" in elsewhere("jobs", "ls", "--profile", "prod").out
    assert "prod is in use" in elsewhere("config", "use", "prod").out
    assert "hello" in elsewhere("jobs", "ls").out


def test_the_file_is_for_its_owner_alone(elsewhere: Typed, client: Client) -> None:
    keep(elsewhere, client)
    file = Path(os.environ["RUNBELL_CONFIG"])
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    keep(elsewhere, client, "other")
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_typed_goes_before_the_environment_and_that_before_the_profile_in_use(
    elsewhere: Typed, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(elsewhere, client)
    elsewhere("config", "use", "prod")

    def url(*words: str) -> tuple[str, str]:
        [found] = [one for one in json.loads(elsewhere("config", "show", "--json", *words).out) if one["name"] == "url"]
        return found["value"], found["source"]

    assert url() == (client.connection.url, "profile prod")
    monkeypatch.setenv("RUNBELL_URL", "http://127.0.0.1:2")
    assert url() == ("http://127.0.0.1:2", "RUNBELL_URL")
    assert url("--profile", "prod") == (client.connection.url, "profile prod")
    assert url("--url", "http://127.0.0.1:3") == ("http://127.0.0.1:3", "--url")


def test_the_key_of_a_profile_is_sent_to_its_own_server_alone(elsewhere: Typed, client: Client) -> None:
    from runbell.cli.reaching import find

    keep(elsewhere, client)
    assert find(profile="prod").token.value == client.connection.token
    assert find("http://127.0.0.1:1", profile="prod").token.value is None


def test_a_profile_that_moves_to_another_server_loses_its_key(elsewhere: Typed, client: Client) -> None:
    keep(elsewhere, client)
    elsewhere("config", "set", "prod", "--url", "http://127.0.0.1:1")
    [line] = json.loads(elsewhere("config", "ls", "--json").out)
    assert (line["url"], line["opened_with"]) == ("http://127.0.0.1:1", None)


def test_no_secret_is_ever_shown(elsewhere: Typed, client: Client) -> None:
    keep(elsewhere, client)
    elsewhere("config", "use", "prod")
    assert client.connection.token is not None
    for words in (("ls",), ("show",), ("ls", "--json"), ("show", "--json")):
        ended = elsewhere("config", *words)
        assert ended.code == 0
        assert client.connection.token not in ended.out + ended.err


def test_an_unknown_profile_is_answered_with_the_nearest_one(elsewhere: Typed, client: Client) -> None:
    keep(elsewhere, client)
    ended = elsewhere("ps", "--profile", "prd")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "There is no profile prd; did you mean `prod`?")
    assert elsewhere("config", "use", "nowhere").code == 2


def test_a_forgotten_profile_is_gone_and_not_in_use(elsewhere: Typed, client: Client) -> None:
    keep(elsewhere, client)
    elsewhere("config", "use", "prod")
    assert "here is in use" in elsewhere("config", "rm", "prod").out
    assert json.loads(elsewhere("config", "ls", "--json").out) == []


def test_a_file_that_holds_no_profiles_is_named(elsewhere: Typed) -> None:
    Path(os.environ["RUNBELL_CONFIG"]).write_text("nonsense")
    ended = elsewhere("ps")
    assert ended.code == 2
    assert os.environ["RUNBELL_CONFIG"] in ended.err


def test_the_tokens_of_a_client_outlive_the_command_that_fetched_them(
    elsewhere: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Reply({"access_token": "t1", "token_type": "Bearer", "expires_in": 3_600})
    empty = Reply({"items": [], "next_cursor": None})
    with scripted(token, empty, empty) as server:
        monkeypatch.setattr("sys.stdin", io.StringIO("the secret\n"))
        assert elsewhere("config", "set", "prod", "--url", server.url, "--client-id", "etl").code == 0
        for _ in range(2):
            assert elsewhere("ps", "--profile", "prod").code == 0
    assert [asked.path for asked in server.asked] == ["/oauth/token", *["/api/v1/executions"] * 2]
    assert {asked.headers["authorization"] for asked in server.asked[1:]} == {"Bearer t1"}
