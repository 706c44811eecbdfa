"""Reading a log, and following it over a broken connection."""

import json

from runbell.client import Client

from .builders import log_line
from .scripted import Reply, scripted


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
