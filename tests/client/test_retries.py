"""What the client sends again, and what it must not."""

import pytest

from runbell.client import Client, ProblemError, Unreachable
from runbell.client.connection import Connection

from .builders import execution
from .scripted import HANG_UP, Reply, problem, scripted


def test_a_start_that_is_refused_for_now_is_sent_again_with_the_same_idempotency_key() -> None:
    busy = problem(503, "unavailable", resubmit="same_request_safe")
    with scripted(busy, busy, Reply(execution("queued"), 202)) as server, Client(server.url) as client:
        assert client.start("hello").status == "queued"
    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1


def test_two_starts_have_two_idempotency_keys() -> None:
    with scripted(Reply(execution(), 200), Reply(execution(), 200)) as server, Client(server.url) as client:
        client.start("hello")
        client.start("hello")
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 2


def test_a_connection_that_breaks_off_during_a_start_is_tried_again_because_the_key_makes_it_safe() -> None:
    with scripted(HANG_UP, Reply(execution("queued"), 202)) as server, Client(server.url) as client:
        assert client.start("hello", idempotency_key="mine").number == 7
    assert [asked.headers["idempotency-key"] for asked in server.asked] == ['"mine"', '"mine"']


def test_a_guarded_write_that_may_have_arrived_is_not_sent_again_as_its_guard_would_refuse_it() -> None:
    with scripted(HANG_UP) as server, Client(server.url) as client, pytest.raises(Unreachable, match="broke off"):
        client.put_job({"job": "hello"}, if_revision=3)
    assert len(server.asked) == 1


def test_retry_after_is_honoured_and_a_longer_one_than_our_patience_ends_the_call() -> None:
    later = problem(429, "quota_exceeded", resubmit="same_request_safe", retry_after=60)
    with scripted(later) as server, Client(server.url, patience=1) as client, pytest.raises(ProblemError) as caught:
        client.execution(7)
    assert caught.value.code == "quota_exceeded"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        problem(404, "not_found"),
        problem(422, "invalid_params", resubmit="after_fix"),
        problem(500, "internal", resubmit="check_first"),
        problem(409, "already_running", resubmit="same_request_safe"),
    ],
)
def test_what_another_try_cannot_mend_is_raised_at_once(refusal: Reply) -> None:
    with scripted(refusal) as server, Client(server.url) as client, pytest.raises(ProblemError):
        client.start("hello")
    assert len(server.asked) == 1


def test_a_gateway_that_cannot_reach_the_server_is_asked_again() -> None:
    with scripted(Reply("<html>", 502), Reply(execution())) as server, Client(server.url) as client:
        assert client.execution(7).number == 7


def test_a_server_that_is_not_there_is_named_in_the_error() -> None:
    with scripted() as server:
        url = server.url
    with Client(url, patience=0.3) as client, pytest.raises(Unreachable, match=url):
        client.execution(7)


def test_the_certificate_of_a_server_is_checked_and_proxies_are_used_outside_this_machine() -> None:
    options = Connection(url="https://runbell.example.test").options()
    assert (options["verify"], options["trust_env"]) == (True, True)


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with scripted(Reply(execution())) as server, Client(server.url, patience=0) as client:
        assert client.execution(7).number == 7


def test_an_idempotency_key_goes_out_as_a_string_of_the_header_whatever_is_in_it() -> None:
    for key, sent in (("a b", '"a b"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"')):
        with scripted(Reply(execution())) as server, Client(server.url) as client:
            client.start("hello", idempotency_key=key)
        assert server.asked[0].headers["idempotency-key"] == sent


def test_an_idempotency_key_that_no_header_carries_is_refused_before_anything_is_sent() -> None:
    with scripted() as server, Client(server.url) as client:
        for key in ("", "k" * 256, "\u00e4", "a\nb"):
            with pytest.raises(ValueError, match="1 to 255"):
                client.start("hello", idempotency_key=key)
            with pytest.raises(ValueError, match="1 to 255"):
                client.plan("hello", idempotency_key=key)
    assert server.asked == []
