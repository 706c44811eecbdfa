"""Reading a log, and following it over a broken connection."""

import json

from runbell.client import Client

from .builders import log_line
from .scripted import Asked, Reply, scripted


def ndjson(*numbers: int, more: bool = False) -> Reply:
    onward = {"Link": '</api/v1/executions/7/logs?after_line=9>; rel="next"'} if more else {}
    return Reply("".join(json.dumps(log_line(n)) + "\n" for n in numbers), headers=onward)


def events(*numbers: int, end: bool = False, cut: bool = False) -> Reply:
    said = "".join(f"id: {n}\nevent: log\ndata: {json.dumps(log_line(n))}\n\n: still here\n\n" for n in numbers)
    return Reply(
        said + ("event: end\ndata: {}\n\n" if end else ""), headers={"Content-Type": "text/event-stream"}, cut=cut
    )


def test_a_stored_log_is_read_page_after_page() -> None:
    with scripted(ndjson(1, 2, more=True), ndjson(3)) as server, Client(server.url) as client:
        assert [line.n for line in client.logs(7, q="x")] == [1, 2, 3]
    assert [asked.query.get("after_line") for asked in server.asked] == [None, "2"]


def test_a_tail_is_asked_for_once_and_then_goes_on_by_line() -> None:
    with scripted(ndjson(8, 9, more=True), ndjson(10)) as server, Client(server.url) as client:
        assert [line.n for line in client.logs(7, tail=3)] == [8, 9, 10]
    assert [asked.query.get("tail") for asked in server.asked] == ["3", None]


def test_following_resumes_after_the_last_line_when_the_connection_breaks() -> None:
    with scripted(events(1, 2, cut=True), events(3, end=True)) as server, Client(server.url) as client:
        assert [line.n for line in client.logs(7, follow=True)] == [1, 2, 3]
    assert [asked.query.get("after_line") for asked in server.asked] == [None, "2"]


def test_following_ends_when_the_server_says_there_is_nothing_more() -> None:
    with scripted(events(1), Reply(status=204)) as server, Client(server.url) as client:
        assert [line.n for line in client.logs(7, follow=True)] == [1]


def test_a_line_may_hold_characters_that_other_formats_take_for_line_ends() -> None:
    line = json.dumps(log_line(1, "one\u2028still\x85one"), ensure_ascii=False)
    said = Reply(f"id: 1\nevent: log\ndata: {line}\n\nevent: end\ndata: {{}}\n\n")
    with scripted(said) as server, Client(server.url) as client:
        assert [seen.text for seen in client.logs(7, follow=True)] == ["one\u2028still\x85one"]


def at(n: int) -> dict[str, object]:
    """A line that is written n seconds after the hour."""
    return log_line(n, t=f"2031-04-07T02:{n // 60:02d}:{n % 60:02d}.000Z")


def one_by_one(asked: Asked) -> Reply:
    """A log of 2,000 lines, one a second, read as the server reads it."""
    after, limit = int(asked.query.get("after_line", 0)), int(asked.query.get("limit", 0))
    first = 2_000 if "tail" in asked.query else after + 1
    lines = [at(n) for n in range(first, min(first + limit, 2_001))]
    onward = {"Link": '<x>; rel="next"'} if lines and first + limit <= 2_000 else {}
    return Reply("".join(json.dumps(line) + "\n" for line in lines), headers=onward)


def test_the_first_line_of_a_time_is_found_by_halving() -> None:
    with scripted(*[one_by_one] * 100) as server, Client(server.url) as client:
        found = [line.n for line in client.logs(7, since="2031-04-07T02:30:00.000Z")]
    assert found == list(range(1_800, 2_001))
    assert len(server.asked) < 10
