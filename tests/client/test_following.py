"""Following an execution and the feed over broken connections: every event once, by position."""

import json
from typing import Any

import pytest

from runbell.client import AsyncClient, Client, ProblemError

from .builders import log_line
from .scripted import Reply, problem, scripted

pytestmark = pytest.mark.anyio


def told(*said: tuple[str, str, dict[str, Any]], cut: bool = False, half: str = "") -> Reply:
    text = "retry: 2000\n\n" + "".join(
        f"event: {name}\nid: {id_}\ndata: {json.dumps(data)}\n\n:\n\n" for name, id_, data in said
    )
    return Reply(text + half, headers={"Content-Type": "text/event-stream"}, cut=cut)


def event(seq: int) -> tuple[str, str, dict[str, Any]]:
    body = {"seq": seq, "type": "execution.queued", "time": "2031-04-07T02:00:00.000Z", "execution": "run_x",
            "number": 7, "job": "load", "revision": 1, "data": {"status": "queued"}}  # fmt: skip
    return "execution.queued", str(seq), body


RUNNING = ("status", "2.1.0", {"status": "running", "revision": 2})
LINE = ("log", "2.1.1", log_line(1))
STEP = ("step", "3.0.1", {"revision": 3, "step": {"name": "a", "status": "succeeded"}})
END = ("end", "end", {"status": "succeeded", "revision": 3})


def test_an_execution_is_followed_to_its_end_over_a_dropped_line() -> None:
    half = "event: step\nid: 9.9.9\ndata: {"
    with scripted(told(RUNNING, LINE, cut=True, half=half), told(STEP, END)) as server, Client(server.url) as client:
        seen = list(client.follow(7))
    assert [moment.kind for moment in seen] == ["status", "log", "step", "end"]
    assert [moment.position for moment in seen] == ["2.1.0", "2.1.1", "3.0.1", "end"]
    assert seen[1].line is not None
    assert seen[2].step is not None
    assert (seen[0].status, seen[1].line.n, seen[2].step.status) == ("running", 1, "succeeded")
    assert [asked.headers.get("last-event-id") for asked in server.asked] == [None, "2.1.1"]


def test_the_data_of_an_event_may_stand_on_several_lines() -> None:
    text = 'event: result\nid: 4.1.0\ndata: {"revision": 4,\ndata: "result": [1, 2]}\n\n'
    first = Reply(text, headers={"Content-Type": "text/event-stream"}, cut=True)
    with scripted(first, told(END)) as server, Client(server.url) as client:
        assert [(moment.kind, moment.result) for moment in client.follow(7)] == [("result", [1, 2]), ("end", None)]


def test_a_position_at_the_end_tells_nothing_more() -> None:
    with scripted(Reply(status=204)) as server, Client(server.url) as client:
        assert list(client.follow(7, after="end", log=False)) == []
    assert (server.asked[0].query, server.asked[0].headers["last-event-id"]) == ({"log": "false"}, "end")


def test_a_position_without_an_event_counts_too() -> None:
    opening = Reply("retry: 2000\nid: 8\n\n", headers={"Content-Type": "text/event-stream"}, cut=True)
    with scripted(opening, told(event(9))) as server, Client(server.url) as client:
        assert next(client.events(latest=True)).seq == 9
    assert [asked.headers.get("last-event-id") for asked in server.asked] == [None, "8"]
    assert server.asked[0].query == {"after": "latest"}


async def test_the_feed_goes_on_after_the_last_event_that_came_whole() -> None:
    with scripted(told(event(4), event(5), cut=True, half="id: 6\ndata: {"), told(event(6))) as server:
        seen = []
        async with AsyncClient(server.url) as client:
            async for one in client.events(3, types="execution.queued", job="load"):
                seen.append(one.seq)
                if one.seq == 6:
                    break
    assert seen == [4, 5, 6]
    assert [asked.headers.get("last-event-id") for asked in server.asked] == ["3", "5"]
    assert server.asked[0].query == {"types": "execution.queued", "job": "load"}


def test_what_is_not_kept_any_more_is_said() -> None:
    with (
        scripted(problem(410, "events_expired")) as server,
        Client(server.url) as client,
        pytest.raises(ProblemError) as refused,
    ):
        list(client.events(1))
    assert refused.value.problem.code == "events_expired"
