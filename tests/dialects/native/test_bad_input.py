"""Malformed and lying input: each row is answered as its table says, never with a 500, and leaves nothing behind."""

from pathlib import Path

import pytest

from runbell.http.body import MAX_BODY

from .visit import a_visit

pytestmark = pytest.mark.anyio
START = "/api/v1/jobs/load/executions"
PARAMETERS = {"n": {"type": "int"}, "d": {"type": "decimal"}, "t": {"type": "text"}, "j": {"type": "json"}}


def params(text: str) -> bytes:
    return f'{{"params":{{{text}}}}}'.encode()


BODIES: list[tuple[bytes, int, str]] = [
    (b"{", 400, "malformed"),
    (b"nonsense", 400, "malformed"),
    (b"{}{}", 400, "malformed"),
    (b"\xff\xfe", 400, "malformed"),
    (b"\xef\xbb\xbf{}", 400, "malformed"),
    ("{}".encode("utf-16"), 400, "malformed"),
    (params('"j":' + "[" * 62 + "]" * 62), 202, ""),
    (params('"j":' + "[" * 63 + "]" * 63), 400, "malformed"),
    (params('"j":' + "[" * 5_000 + "]" * 5_000), 400, "malformed"),
    (b"[" * 500_000, 400, "malformed"),
    (params('"n":NaN'), 400, "malformed"),
    (params('"n":-Infinity'), 400, "malformed"),
    (params('"d":1e400'), 400, "malformed"),
    (params('"n":' + "9" * 5_000), 400, "malformed"),
    (params('"n":9223372036854775807'), 202, ""),
    (params('"n":9223372036854775808'), 422, "invalid_params"),
    (params('"n":18446744073709551616'), 422, "invalid_params"),
    (params('"n":-9223372036854775809'), 422, "invalid_params"),
    (params('"d":18446744073709551616'), 202, ""),
    (params('"n":1,"n":2'), 400, "malformed"),
    (b'{"params":{},"params":{}}', 400, "malformed"),
    (params('"t":"\\ud800"'), 400, "malformed"),
    (params('"\\ud800":1'), 400, "malformed"),
    (params('"t":"\\u0000"'), 422, "invalid_field"),
    (params('"j":{"a\\u0000":[]}'), 422, "invalid_field"),
    (params('"\\u0001":1'), 422, "invalid_params"),
    (params('"t":"' + "x" * (257 << 10) + '"'), 422, "invalid_params"),
    (b"[]", 422, "invalid_field"),
    (b"null", 422, "invalid_field"),
    (b'"text"', 422, "invalid_field"),
    (b'{"params":null}', 422, "invalid_field"),
    (b'{"params":[]}', 422, "invalid_field"),
    (b'{"params":{"n":"x"}}', 422, "invalid_params"),
    (b'{"key":5}', 422, "invalid_field"),
    (b'{"key":""}', 422, "invalid_field"),
    (b'{"key":"a\\nb"}', 422, "invalid_field"),
    (b'{"key":"' + b"k" * 201 + b'"}', 422, "invalid_field"),
    (b'{"tags":["' + b'","'.join([b"t"] * 21) + b'"]}', 422, "invalid_field"),
    (b'{"tags":[1]}', 422, "invalid_field"),
    (b'{"tags":[""]}', 422, "invalid_field"),
    (b'{"priority":99999999999}', 422, "invalid_field"),
    (b'{"priority":1.5}', 422, "invalid_field"),
    (b'{"version":0}', 422, "invalid_field"),
    (b'{"version":99}', 404, "not_found"),
    (b'{"timeout_ms":0}', 422, "invalid_field"),
    (b'{"start_after":"tomorrow"}', 422, "invalid_field"),
    (b'{"start_by":"1971-01-01T00:00:00Z"}', 422, "invalid_field"),
    (b'{"start_after":1}', 422, "invalid_field"),
    (b'{"scopes":["XX"]}', 422, "invalid_field"),
    (b'{"key_policy":{"open":"maybe"}}', 422, "invalid_field"),
    (b'{"key_policy":{"closde":"allow"}}', 422, "unknown_field"),
    (b'{"status":"succeeded"}', 422, "unknown_field"),
    (b'{"project":"other"}', 422, "unknown_field"),
    (b'{"request_id":""}', 400, "malformed"),
    (b" " * (MAX_BODY - 2) + b"{}", 202, ""),
    (b" " * (MAX_BODY - 1) + b"{}", 413, "body_too_large"),
]


async def test_every_bad_body_is_answered_as_the_table_says(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load", parameters=PARAMETERS)
        accepted = 0
        for body, status, code in BODIES:
            reply = await visit.call.post(START, body)
            assert reply.status == status, (body[:80], reply)
            accepted += reply.status == 202
            if code:
                assert reply.code == code, (body[:80], reply)
                assert reply.json["detail"].endswith((".", "?")), reply
        counts = await visit.house.ports.store.counts()
        assert counts["queued"] == accepted


async def test_a_body_without_a_length_is_capped_too(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        reply = await visit.call.call("POST", START, pieces=[b"x" * 65_536] * 64, length=False)
        assert (reply.status, reply.code) == (413, "body_too_large")
        assert reply.received <= MAX_BODY // 65_536 + 1
        announced = await visit.call.call("POST", START, raw_headers=[(b"content-length", b"1048577")])
        assert (announced.status, announced.received) == (413, 0)
        whole = await visit.call.call("POST", START, pieces=[b"{", b"", b"}"], length=False)
        assert whole.status == 202


async def test_other_forms_of_a_body_are_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for headers in (
            {"content_type": "application/x-www-form-urlencoded"},
            {"content_type": "text/plain"},
            {"content_type": "application/json; charset=utf-16"},
            {"content_encoding": "gzip"},
            {"content_encoding": "br"},
        ):
            reply = await visit.call.post(START, b"{}", **headers)
            assert (reply.status, reply.code) == (415, "unsupported_media_type"), headers


async def test_bad_headers_and_queries_are_answered_as_the_table_says(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for query, headers, status, code in [
            ("", {"idempotency_key": ""}, 400, "malformed"),
            ("", {"idempotency_key": "a b"}, 400, "malformed"),
            ("", {"idempotency_key": "k" * 256}, 400, "malformed"),
            ("", {"idempotency_key": "\xe9"}, 400, "malformed"),
            ("?wait=soon", {}, 422, "invalid_field"),
            ("?wait=-1", {}, 422, "invalid_field"),
            ("?wait=1&wait=2", {}, 422, "invalid_field"),
            ("?async=maybe", {}, 422, "invalid_field"),
            ("?validate_onyl=true", {}, 422, "invalid_field"),
            ("?%ff=1", {}, 400, "malformed"),
            ("?project=%00", {}, 400, "malformed"),
            ("?project=other", {}, 404, "not_found"),
            ("", {"prefer": "wait=-1, =;;,\x7f"}, 202, ""),
            ("", {"x_request_id": "a\x7fb", "traceparent": "x"}, 202, ""),
        ]:
            reply = await visit.call.post(START + query, {}, **headers)
            assert reply.status == status, (query, headers, reply)
            if code:
                assert reply.code == code, (query, headers, reply)


async def test_what_may_come_once_is_refused_twice(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for name in (b"authorization", b"idempotency-key", b"content-type", b"host"):
            twice = [(name, b"application/json"), (name, b"b")]
            reply = await visit.call.call("POST", START, raw_headers=twice)
            assert (reply.status, reply.code) == (400, "malformed"), name
        joined = [(b"prefer", b"return=minimal"), (b"prefer", b"wait=0")]
        reply = await visit.call.call("POST", START, raw_headers=joined)
        assert reply.headers["preference-applied"] == "wait=0, return=minimal"


async def test_a_preference_that_changed_nothing_is_not_called_applied(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        own = (await visit.started())["links"]["self"]
        wish = {"prefer": "return=minimal, wait=0, handling=lenient"}
        looked = await visit.call.get(own, **wish)
        assert (looked.headers["preference-applied"], looked.json["status"]) == ("wait=0", "queued")
        labelled = await visit.call.send("PATCH", own, {"pinned": False, "x": 1}, **wish)
        assert (labelled.headers["preference-applied"], labelled.json["ignored"]) == ("handling=lenient", ["/x"])
        stopped = await visit.call.post(f"{own}/stop", {"x": 1}, **wish)
        assert stopped.headers["preference-applied"] == "wait=0, handling=lenient"
        assert (stopped.json["outcome"], stopped.json["ignored"]) == ("discarded", ["/x"])
        bulk = {"action": "delete", "filter": {"job": "load"}, "x": 1}
        tried = await visit.call.post("/api/v1/executions:bulk", {**bulk, "dry_run": True}, **wish)
        assert (tried.headers["preference-applied"], tried.json["ignored"]) == ("handling=lenient", ["/x"])
        assert (await visit.call.post("/api/v1/executions:bulk", bulk, **wish)).json["ignored"] == ["/x"]


async def test_names_that_are_not_there_and_methods_that_are_not_offered(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for method, path, status, allow in [
            ("POST", "/api/v1/jobs/none/executions", 404, ""),
            ("POST", "/api/v1/jobs/none:run", 404, ""),
            ("GET", "/", 404, ""),
            ("GET", "/api/v1", 404, ""),
            ("GET", "/api/v1/jobs/load:run", 405, "OPTIONS, POST"),
            ("DELETE", "/api/v1/jobs", 405, "GET, HEAD, OPTIONS"),
            ("PUT", "/api/v1/executions/1", 405, "DELETE, GET, HEAD, OPTIONS, PATCH"),
            ("TRACE", "/healthz", 405, "GET, HEAD, OPTIONS"),
            ("BREW", "/healthz", 405, "GET, HEAD, OPTIONS"),
            ("GET", "/api/v1/jobs/%00", 400, ""),
            ("GET", "/api/v1/jobs/%ff", 400, ""),
            ("GET", "/problems/none", 404, ""),
        ]:
            reply = await visit.call.call(method, path)
            assert reply.status == status, (method, path, reply)
            assert reply.headers["content-type"] == "application/problem+json"
            assert reply.headers.get("allow", "") == allow


async def test_the_last_moment_that_can_be_written_is_a_start_like_any_other(tmp_path: Path) -> None:
    """A start by a moment that no answer can say would make every list that holds it unreadable."""
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for moment, status in [
            ("9999-12-31T23:59:59Z", 202),
            ("9999-12-30T00:00:00Z", 202),
            ("9999-12-31T23:59:59.999Z", 422),
        ]:
            reply = await visit.call.post(START, {"start_after": moment})
            assert reply.status == status, (moment, reply)
        page = await visit.call.get("/api/v1/executions")
        assert [item["start_by"] for item in page.json["items"]] == ["9999-12-31T23:59:59.999Z"] * 2
