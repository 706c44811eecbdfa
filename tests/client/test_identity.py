"""The calls about who may call: what is sent, what is never sent twice, and where a project cannot be named."""

from collections.abc import Callable

import pytest

from runbell.client import Client, Unreachable

from .scripted import HANG_UP, Reply, scripted

KEY = {"id": "k1", "name": "ci", "project": "default", "grants": None, "key": "rb_key_k1_x"}


def test_a_key_is_asked_for_with_its_rights_and_answered_once() -> None:
    with scripted(Reply(KEY, 201)) as server, Client(server.url) as client:
        made = client.create_key("ci", scopes=["jobs:read"], expires_at="2031-04-07T02:00:00.000Z")
    assert made.key == "rb_key_k1_x"
    assert server.asked[0].body == {
        "name": "ci", "scopes": ["jobs:read"], "expires_at": "2031-04-07T02:00:00.000Z",
    }  # fmt: skip


def test_what_makes_a_new_secret_is_not_sent_again_when_it_may_have_arrived() -> None:
    makes: list[Callable[[Client], object]] = [
        lambda one: one.create_key("ci"), lambda one: one.create_client(), lambda one: one.rotate_client_secret("a"),
    ]  # fmt: skip
    for make in makes:
        with scripted(HANG_UP) as server, Client(server.url) as client, pytest.raises(Unreachable):
            make(client)
        assert len(server.asked) == 1


def test_names_are_quoted_into_their_place() -> None:
    script = (Reply({"id": "a/b"}), Reply({"id": "s", "secret": "x"}), Reply(status=204))
    with scripted(*script) as server, Client(server.url) as client:
        client.client("a/b")
        client.rotate_client_secret("a/b", others_expire_at="2031-04-07T02:00:00.000Z")
        client.delete_client_secret("a/b", "s")
    assert [asked.path for asked in server.asked] == [
        "/api/v1/clients/a%2Fb", "/api/v1/clients/a%2Fb/secrets", "/api/v1/clients/a%2Fb/secrets/s",
    ]  # fmt: skip


def test_a_project_is_named_where_there_is_one() -> None:
    page = Reply({"items": [], "next_cursor": None})
    script = (Reply({"client": "key:admin"}), page, page, page, page)
    with scripted(*script) as server, Client(server.url, "key", project="finance") as client:
        client.whoami()
        for found in (client.projects(), client.users(), client.sessions(), client.keys()):
            assert list(found) == []
    assert [asked.query.get("project") for asked in server.asked] == [None, None, None, None, "finance"]
