"""A door: it cannot be built with a route that nobody guards, and nothing leaves it without its shape."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runbell.domain.fault import Fault
from runbell.domain.faults import NotFound
from runbell.http.answer import Answer, Stream, json_answer, text_answer
from runbell.http.door import Door, PolicyMissing
from runbell.http.request import Request
from runbell.http.route import Query, Route

from .calling import Caller

pytestmark = pytest.mark.anyio
PORTS: Any = object()  # an open route asks nothing of the house


def words(fault: Fault, request: Request) -> Answer:
    """A door's own shape of a refusal."""
    return json_answer({"no": fault.code, "said": fault.detail, "request": request.id}, 418)


def a_route(endpoint: Any, path: str = "/x", **members: Any) -> Route:
    policy = {} if "scope" in members or "open" in members else {"open": True}
    return Route(method="GET", path=path, endpoint=endpoint, name=path, summary="", replies={}, **policy, **members)


def a_door(*endpoints: Any, **members: Any) -> Caller:
    routes = [a_route(endpoint, f"/{endpoint.__name__}", **members) for endpoint in endpoints]
    return Caller(Door(routes, PORTS, words))


async def small(_: Request) -> Answer:
    return json_answer({"ok": True}, headers=[(b"etag", b'"5"')])


async def large(_: Request) -> Answer:
    return json_answer({"text": "x" * 2_000}, headers=[(b"etag", b'"5"')])


async def huge(_: Request) -> Answer:
    return text_answer("y" * 200_000)


async def broken(_: Request) -> Answer:
    raise RuntimeError("SELECT secret FROM /var/lib\n{forged}")


async def stuck(_: Request) -> Answer:
    await asyncio.Event().wait()
    raise AssertionError


async def pieces(_: Request) -> Stream:
    async def three() -> AsyncIterator[bytes]:
        for piece in (b"a", b"b", b"c"):
            yield piece

    return Stream(200, [], three())


async def cut(_: Request) -> Stream:
    async def one() -> AsyncIterator[bytes]:
        yield b"a"
        raise NotFound("It was deleted meanwhile.")

    return Stream(200, [], one())


@pytest.mark.parametrize(
    "policy", [{"scope": None}, {"open": False}, {"scope": "executions:run", "open": True}, {"scope": "jobs:rule"}]
)
async def test_a_route_without_a_clear_policy_stops_the_door_from_being_built(policy: dict[str, Any]) -> None:
    with pytest.raises(PolicyMissing):
        Door([a_route(small, **policy)], PORTS, words)


async def test_a_crash_is_told_in_the_door_s_shape_and_nothing_of_it_leaks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply = await a_door(broken).get("/broken", x_request_id="r-1")
    assert (reply.status, reply.json["no"], reply.json["request"]) == (418, "internal", "r-1")
    assert b"SELECT" not in reply.body
    assert b"/var" not in reply.body
    assert [(line.message, vars(line)["request_id"]) for line in caplog.records] == [("request_failed", "r-1")]
    assert caplog.records[0].exc_info is not None


async def test_a_stream_that_breaks_off_is_logged_and_not_closed_as_if_it_were_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply = await a_door(cut).get("/cut")
    assert (reply.status, reply.body) == (200, b"a")
    assert [line.message for line in caplog.records] == ["answer_broke_off"]


async def test_a_request_that_is_cancelled_is_answered() -> None:
    call = asyncio.create_task(a_door(stuck).get("/stuck"))
    await asyncio.sleep(0)
    call.cancel()
    assert (await call).json["no"] == "unavailable"


async def test_a_request_id_goes_out_as_it_came_in_or_is_made() -> None:
    call = a_door(small)
    assert (await call.get("/small", x_request_id="Ab-1_.:9")).headers["x-request-id"] == "Ab-1_.:9"
    for bad in ("", "a b", "x" * 129, "a\nb", "é", "<script>"):
        made = (await call.get("/small", x_request_id=bad)).headers["x-request-id"]
        assert (len(made), made.isalnum()) == (16, True)


async def test_head_is_get_without_its_body() -> None:
    call = a_door(small, pieces)
    head, get = await call.call("HEAD", "/small"), await call.get("/small")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(get.body)))
    assert (await call.call("HEAD", "/pieces")).body == b""
    assert (await call.get("/pieces")).body == b"abc"


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "*", "gzip;q=1.0, identity;q=0"])
async def test_a_large_answer_is_compressed_when_the_caller_asks(accepted: str) -> None:
    for path in ("/large", "/huge"):
        plain, packed = (
            await a_door(large, huge).get(path),
            await a_door(large, huge).get(path, accept_encoding=accepted),
        )
        assert packed.headers["content-encoding"] == "gzip"
        assert len(packed.body) < len(plain.body) // 4
        assert packed.headers["content-length"] == str(len(packed.body))
        assert gzip.decompress(packed.body) == plain.body
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert (await a_door(large).get("/large", accept_encoding=accepted)).headers["etag"] == '"5-gzip"'


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip;q=0.000", "br", "*;q=0", "gzipped", "x-gzip;q"])
async def test_an_answer_is_left_as_it_is_when_the_caller_does_not_ask(accepted: str) -> None:
    assert "content-encoding" not in (await a_door(large).get("/large", accept_encoding=accepted)).headers
    assert "content-encoding" not in (await a_door(small).get("/small", accept_encoding="gzip")).headers


async def test_a_query_holds_only_what_the_route_declares() -> None:
    call = a_door(small, query=(Query("limit", {}, ""),))
    assert (await call.get("/small?limit=3")).status == 200
    for query in ("limt=3", "limit=1&limit=2", "access_token=x"):
        assert (await call.get(f"/small?{query}")).status == 418


async def test_no_answer_says_what_serves_it_or_lets_other_sites_read_it() -> None:
    replies = [
        await a_door(small, broken).get(path, origin="https://evil.test") for path in ("/small", "/broken", "/no")
    ]
    for reply in replies:
        assert not {"server", "x-powered-by", "access-control-allow-origin"} & reply.headers.keys()
        assert json.loads(reply.body)
