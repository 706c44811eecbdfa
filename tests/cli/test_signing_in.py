"""Sign in and out by command: the code is shown, the tokens are kept, the next command uses and refreshes them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.client.scripted import Reply, scripted

from .conftest import Typed

BEGUN = Reply(
    {"device_code": "d1", "user_code": "WDJB-MJHT", "verification_uri": "http://here/device", "expires_in": 600,
     "interval": 0, "verification_uri_complete": "http://here/device?user_code=WDJB-MJHT"}
)  # fmt: skip
EMPTY = Reply({"items": [], "next_cursor": None})


def refused(error: str) -> Reply:
    return Reply({"error": error, "error_description": f"It is {error}."}, 400)


def token(name: str, expires_in: float = 3_600, **more: Any) -> Reply:
    return Reply({"access_token": name, "token_type": "Bearer", "expires_in": expires_in, **more})


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("runbell.client.sign_in.SLOWER_S", 0.0)


def profile(name: str = "default") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(os.environ["RUNBELL_CONFIG"]).read_text())["profiles"][name]
    return found


def test_a_person_signs_in_with_a_code_and_the_next_command_is_let_in(typed: Typed) -> None:
    script = (BEGUN, refused("authorization_pending"), refused("slow_down"), token("t1", refresh_token="r1"), EMPTY)
    with scripted(*script) as server:
        ended = typed("login", "--url", server.url)
        assert (ended.code, "WDJB-MJHT" in ended.err, "http://here/device" in ended.err) == (0, True, True)
        assert typed("ps").code == 0
    assert server.asked[0].body == "client_id=runbell-cli"
    assert "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d1" in server.asked[1].body
    assert server.asked[-1].headers["authorization"] == "Bearer t1"
    assert "t1" not in ended.out + ended.err
    assert Path(os.environ["RUNBELL_CONFIG"]).stat().st_mode & 0o777 == 0o600


def test_a_sign_in_is_refreshed_by_the_command_that_needs_it(typed: Typed) -> None:
    script = (BEGUN, token("t1", 30, refresh_token="r1"), token("t2", refresh_token="r2"), EMPTY, EMPTY)
    with scripted(*script) as server:
        typed("login", "prod", "--url", server.url)
        assert typed("ps").code == typed("ps").code == 0
    assert server.asked[2].body == "grant_type=refresh_token&refresh_token=r1&client_id=runbell-cli"
    assert [asked.headers["authorization"] for asked in server.asked[3:]] == ["Bearer t2"] * 2
    assert profile("prod")["refresh_token"] == "r2"


@pytest.mark.parametrize("error", ["access_denied", "expired_token"])
def test_who_is_not_let_in_is_told_and_nothing_is_kept(typed: Typed, error: str) -> None:
    with scripted(BEGUN, refused(error)) as server:
        ended = typed("login", "--url", server.url)
    assert (ended.code, ended.err.splitlines()[-2:]) == (4, [f"It is {error}.", "Try: runbell login"])
    assert not Path(os.environ["RUNBELL_CONFIG"]).exists()


def test_a_program_signs_in_with_its_secret_and_a_wrong_one_is_told_at_once(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBELL_CLIENT_SECRET", "rb_cs_secret")
    wrong = Reply({"error": "invalid_client", "error_description": "Check both."}, 401)
    with scripted(wrong, token("t1"), token("t2"), EMPTY) as server:
        assert typed("login", "--url", server.url, "--client-id", "etl").code == 4
        ended = typed("login", "--url", server.url, "--client-id", "etl")
        assert (ended.code, "rb_cs_secret" in ended.out + ended.err) == (0, False)
        assert typed("ps").code == 0


def test_signing_out_ends_it_on_the_server_and_forgets_the_tokens(typed: Typed) -> None:
    with scripted(BEGUN, token("t1", refresh_token="r1"), Reply()) as server:
        typed("login", "--url", server.url)
        assert typed("logout").code == 0
    assert (server.asked[2].path, server.asked[2].body) == ("/oauth/revoke", "client_id=runbell-cli&token=r1")
    assert profile() == {"url": server.url}


def test_signing_out_of_a_server_that_is_gone_still_forgets(typed: Typed) -> None:
    with scripted(BEGUN, token("t1", refresh_token="r1")) as server:
        typed("login", "--url", server.url)
    ended = typed("logout")
    assert (ended.code, "could not be told" in ended.err) == (0, True)
    assert profile() == {"url": server.url}
