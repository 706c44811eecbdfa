"""Tokens of a client: fetched once, refreshed before they end, replaced once when they are refused."""

import asyncio
import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runbell.client import AsyncClient, Client, Kept, Passes, ProblemError

from .builders import execution
from .scripted import Reply, problem, scripted


def token(name: str, expires_in: float = 3_600, **more: Any) -> Reply:
    return Reply({"access_token": name, "token_type": "Bearer", "expires_in": expires_in, **more})


REFUSED = problem(401, "invalid_token", resubmit="after_fix")


def test_a_token_is_fetched_once_and_used_by_every_call() -> None:
    with (
        scripted(token("t1"), Reply(execution()), Reply(execution())) as server,
        Client(server.url, client_id="etl:1", client_secret="a b+c") as client,
    ):
        client.execution(7)
        client.execution(7)
    fetched, first, second = server.asked
    assert (fetched.method, fetched.path, fetched.body) == ("POST", "/oauth/token", "grant_type=client_credentials")
    assert base64.b64decode(fetched.headers["authorization"].removeprefix("Basic ")) == b"etl%3A1:a+b%2Bc"
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer t1"


def test_a_token_is_replaced_a_minute_before_it_ends() -> None:
    with (
        scripted(token("t1", 59), Reply(execution()), token("t2", 3_600), Reply(execution())) as server,
        Client(server.url, client_id="etl", client_secret="s") as client,
    ):
        client.execution(7)
        client.execution(7)
    assert [asked.headers["authorization"] for asked in server.asked[1::2]] == ["Bearer t1", "Bearer t2"]


def test_a_refused_token_is_replaced_once_and_a_second_refusal_is_raised() -> None:
    with (
        scripted(token("t1"), REFUSED, token("t2"), REFUSED) as server,
        Client(server.url, client_id="etl", client_secret="s") as client,
        pytest.raises(ProblemError) as caught,
    ):
        client.execution(7)
    assert caught.value.code == "invalid_token"
    assert [asked.path for asked in server.asked].count("/oauth/token") == 2


def test_a_wrong_secret_is_told_with_the_words_of_oauth() -> None:
    said = Reply({"error": "invalid_client", "error_description": "No such client, or not this secret."}, 401)
    with (
        scripted(said) as server,
        Client(server.url, client_id="etl", client_secret="s") as client,
        pytest.raises(ProblemError) as caught,
    ):
        client.execution(7)
    assert (caught.value.code, str(caught.value)) == ("invalid_client", "No such client, or not this secret.")
    assert len(server.asked) == 1


@pytest.mark.anyio
async def test_calls_at_the_same_time_fetch_one_token() -> None:
    replies = [Reply(execution()) for _ in range(5)]
    with scripted(token("t1"), *replies) as server:
        async with AsyncClient(server.url, client_id="etl", client_secret="s") as client:
            await asyncio.gather(*(client.execution(7) for _ in range(5)))
    assert [asked.path for asked in server.asked].count("/oauth/token") == 1


def test_a_sign_in_is_refreshed_and_what_is_new_is_kept_before_it_is_used() -> None:
    shelf = Shelf(Kept(access_token="old", refresh_token="r1", expires_at=0))
    with (
        scripted(token("t1", refresh_token="r2"), Reply(execution())) as server,
        Client(server.url, passes=Passes("runbell-cli", keeping=shelf)) as client,
    ):
        client.execution(7)
    assert server.asked[0].body == "grant_type=refresh_token&refresh_token=r1&client_id=runbell-cli"
    assert (shelf.kept.access_token, shelf.kept.refresh_token) == ("t1", "r2")


def test_a_token_that_another_process_has_fetched_is_used_instead_of_spending_the_refresh_token_again() -> None:
    shelf = Shelf(Kept(access_token="theirs", refresh_token="r2", expires_at=1e12))
    passes = Passes("runbell-cli", kept=Kept(access_token="old", refresh_token="r1"), keeping=shelf)
    with scripted(Reply(execution())) as server, Client(server.url, passes=passes) as client:
        client.execution(7)
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer theirs"]


def test_a_refresh_token_that_may_have_arrived_is_not_sent_again() -> None:
    passes = Passes("runbell-cli", kept=Kept(refresh_token="r1"))
    with (
        scripted(Reply(cut=True, status=0)) as server,
        Client(server.url, passes=passes) as client,
        pytest.raises(Exception, match="broke off"),
    ):
        client.execution(7)
    assert len(server.asked) == 1


def test_half_of_a_client_and_two_kinds_of_credentials_are_refused() -> None:
    with pytest.raises(ValueError, match="client_id and client_secret"):
        Client("http://127.0.0.1:1", client_id="etl")
    with pytest.raises(ValueError, match="not both"):
        Client("http://127.0.0.1:1", "key", client_id="etl", client_secret="s")


def test_a_client_may_name_its_project() -> None:
    with (
        scripted(Reply(execution()), Reply({"status": "ready"})) as server,
        Client(server.url, "key", project="finance") as client,
    ):
        client.execution(7)
        client.health()
    assert [asked.query for asked in server.asked] == [{"project": "finance"}, {}]


class Shelf:
    """Where tokens of a sign-in are kept."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    @contextmanager
    def alone(self) -> Iterator[Kept]:
        yield self.kept

    def keep(self, kept: Kept) -> None:
        self.kept = kept
