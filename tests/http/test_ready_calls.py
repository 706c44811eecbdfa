"""Ready calls of a job, and the same as text that can be pasted."""

import os
import subprocess
import sys
from typing import Any

import pytest

from runbell.http.call_texts import curl, powershell, python
from runbell.http.conversation import Answered, Call, Conversation
from runbell.http.ready_calls import Ready, ready

AWKWARD = """it's "two" $HOME `id` \\\\ %s {x}"""
ENVIRONMENT = {"RUNBELL_TOKEN": "t", "RUNBELL_KEY": "k", "HOME": "/nowhere", "PATH": os.environ["PATH"]}


def a_talk(**members: Any) -> Conversation:
    plain: dict[str, Any] = {
        "dialect": "x", "title": "X", "token": Call(title="Token", path="/token"), "execution_at": ("id",),
        "start": Call(title="Start", method="POST", path="/start", body={"a": AWKWARD}),
        "look": Call(title="Look", path="/runs/{execution}", query={"all": "a b", "run": "{execution}"}),
        "ended": Answered(("s",), ("e",)), "good": Answered(("s",), ("e",)),
    }  # fmt: skip
    return Conversation(**(plain | members))


def by_name(talk: Conversation, credentials: Any = "token", *, keyed: bool = False) -> dict[str, Ready]:
    return {call.name: call for call in ready(talk, "https://j.example", credentials, keyed=keyed)}


def test_what_the_caller_has_to_replace_stands_in_brackets() -> None:
    stop = Call(title="Stop", method="POST", path="/stop", body={"run": "{execution}"})
    calls = by_name(a_talk(stop=stop, outputs=(Call(title="Log", path="/log"),)))
    assert list(calls) == ["start", "look", "stop", "log"]
    assert calls["look"].url == "https://j.example/runs/[execution_id]?all=a+b&run=[execution_id]"
    assert calls["stop"].body == '{"run":"[execution_id]"}'
    assert (calls["start"].headers["Content-Type"], "Content-Type" in calls["look"].headers) == (
        "application/json", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("members", "credentials", "headers"),
    [
        ({}, "token", {"Authorization": "Bearer $RUNBELL_TOKEN"}),
        ({}, "key", {"Authorization": "Bearer $RUNBELL_KEY"}),
        ({"by_key": "default", "key_header": True}, "key", {"Authorization": "default", "x-api-key": "$RUNBELL_KEY"}),
        ({"by_key": None, "key_header": True}, "key", {"x-api-key": "$RUNBELL_KEY"}),
        ({"by_key": None}, "key", {"Authorization": "Bearer $RUNBELL_TOKEN"}),
    ],
)
def test_the_headers_name_the_credentials_that_the_door_takes(
    members: dict[str, Any], credentials: str, headers: dict[str, str]
) -> None:
    assert by_name(a_talk(**members), credentials)["look"].headers == headers


def test_a_start_that_needs_a_key_shows_where_it_goes() -> None:
    calls = by_name(a_talk(), keyed=True)
    assert calls["start"].headers["Idempotency-Key"] == "[new_key]"
    assert "Idempotency-Key" not in calls["look"].headers


def test_a_form_is_written_as_one() -> None:
    start = by_name(
        a_talk(start=Call(title="Start", method="POST", path="/s", form={"id": "a b", "k": "$RUNBELL_KEY"}))
    )
    assert start["start"].body == "id=a+b&k=$RUNBELL_KEY"
    assert start["start"].headers["Content-Type"] == "application/x-www-form-urlencoded"


CALL = Ready(
    name="start", method="POST", url="https://j.example/a?key=$RUNBELL_KEY&x=1", body=AWKWARD + "$RUNBELL_KEY",
    headers={"Authorization": "Bearer $RUNBELL_TOKEN", "Content-Type": "text/plain", "X-Odd": AWKWARD},
)  # fmt: skip
SAID = AWKWARD + "k"


def test_the_text_for_curl_says_the_same_to_a_shell() -> None:
    script = f"curl() {{ printf '%s\\n' \"$@\"; }}\n{curl(CALL)}"
    said = subprocess.run(["sh", "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "-sS", "-X", "POST", "https://j.example/a?key=k&x=1", "-H", "Authorization: Bearer t",
        "-H", "Content-Type: text/plain", "-H", f"X-Odd: {AWKWARD}", "--data-raw", SAID,
    ]  # fmt: skip


def test_the_text_for_python_says_the_same_to_python() -> None:
    program = python(CALL).partition("with ")[0] + (
        "print(request.full_url, request.get_method(), request.data.decode(), *request.header_items(), sep='\\n')"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines() == [
        "https://j.example/a?key=k&x=1", "POST", SAID, "('Authorization', 'Bearer t')",
        "('Content-type', 'text/plain')", str(("X-odd", AWKWARD)),
    ]  # fmt: skip


def test_the_text_for_powershell_keeps_everything_but_the_variables_as_it_is() -> None:
    assert powershell(CALL).split(" `\n  ") == [
        'Invoke-RestMethod -Method POST -Uri "https://j.example/a?key=$($env:RUNBELL_KEY)&x=1"',
        "-Headers @{ 'Authorization' = \"Bearer $($env:RUNBELL_TOKEN)\"; "
        "'X-Odd' = 'it''s \"two\" $HOME `id` \\\\ %s {x}' }",
        "-ContentType 'text/plain'",
        '-Body "it\'s `"two`" `$HOME ``id`` \\\\ %s {x}$($env:RUNBELL_KEY)"',
    ]
