"""A sign-in by browser: what is asked for, what is proved, and which answers are not believed."""

import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qsl, urlsplit

import pytest

from runbell.client import Client, ProblemError, UnreadableAnswerError

from .scripted import HANG_UP, Reply, scripted

BACK = "http://127.0.0.1:53111/callback"
METADATA = Reply({"issuer": "https://jobs.example", "authorization_endpoint": "https://jobs.example/oauth/authorize"})
PAIR = Reply({"access_token": "t1", "token_type": "Bearer", "expires_in": 3_600, "refresh_token": "r1"})
ISSUER = "https://jobs.example"


def test_a_person_is_sent_with_a_challenge_and_the_verifier_is_shown_with_the_code() -> None:
    with scripted(METADATA, PAIR) as server, Client(server.url) as client:
        begun = client.begin_browser_sign_in(BACK, scope="jobs:read")
        kept = client.finish_browser_sign_in(begun, {"code": "c1", "state": begun.state, "iss": ISSUER})
    assert begun.url.startswith("https://jobs.example/oauth/authorize?")
    asked = dict(parse_qsl(urlsplit(begun.url).query))
    hashed = hashlib.sha256(begun.verifier.encode()).digest()
    assert asked == {
        "response_type": "code", "client_id": "runbell-cli", "redirect_uri": BACK, "scope": "jobs:read",
        "state": begun.state, "code_challenge_method": "S256",
        "code_challenge": urlsafe_b64encode(hashed).decode().rstrip("="),
    }  # fmt: skip
    assert begun.verifier not in begun.url
    assert dict(parse_qsl(server.asked[1].body)) == {
        "grant_type": "authorization_code", "code": "c1", "redirect_uri": BACK, "client_id": "runbell-cli",
        "code_verifier": begun.verifier,
    }  # fmt: skip
    assert (kept.access_token, kept.refresh_token) == ("t1", "r1")


def test_no_two_sign_ins_share_a_state_or_a_verifier() -> None:
    with scripted(METADATA, METADATA) as server, Client(server.url) as client:
        one, two = client.begin_browser_sign_in(BACK), client.begin_browser_sign_in(BACK)
    assert len({one.state, two.state, one.verifier, two.verifier}) == 4


@pytest.mark.parametrize(
    "change", [{"state": "other"}, {"state": None}, {"state": "ü"}, {"iss": "https://evil.example"}, {"iss": None}]
)
def test_an_answer_to_another_sign_in_or_of_another_server_is_not_believed(change: dict[str, str | None]) -> None:
    with scripted(METADATA) as server, Client(server.url) as client:
        begun = client.begin_browser_sign_in(BACK)
        came = {"code": "c1", "state": begun.state, "iss": ISSUER} | change
        answer = {name: value for name, value in came.items() if value is not None}
        with pytest.raises(UnreadableAnswerError):
            client.finish_browser_sign_in(begun, answer)
    assert len(server.asked) == 1


def test_a_refusal_is_told_in_its_own_words() -> None:
    with scripted(METADATA) as server, Client(server.url) as client:
        begun = client.begin_browser_sign_in(BACK)
        answer = {"error": "access_denied", "error_description": "No.", "state": begun.state, "iss": ISSUER}
        with pytest.raises(ProblemError) as refused:
            client.finish_browser_sign_in(begun, answer)
    assert (refused.value.code, str(refused.value)) == ("access_denied", "No.")


def test_a_code_is_not_shown_twice_when_it_may_have_arrived() -> None:
    with scripted(METADATA, HANG_UP) as server, Client(server.url) as client:
        begun = client.begin_browser_sign_in(BACK)
        with pytest.raises(Exception, match="broke off"):
            client.finish_browser_sign_in(begun, {"code": "c1", "state": begun.state, "iss": ISSUER})
    assert len(server.asked) == 2


def test_a_server_without_such_a_page_is_told() -> None:
    with (
        scripted(Reply({"issuer": "x"})) as server,
        Client(server.url) as client,
        pytest.raises(UnreadableAnswerError, match="by a code"),
    ):
        client.begin_browser_sign_in(BACK)
