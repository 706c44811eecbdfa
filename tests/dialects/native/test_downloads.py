"""Downloads without credentials: a signed link or a key opens what it was given out for, for a while, no more."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from msgspec import structs

from runbell.domain.download import LONGEST_S, Ticket
from runbell.operations import give_download
from tests.dialects.native.test_data import ran
from tests.dialects.native.visit import Visit, a_visit
from tests.http.calling import Reply

pytestmark = pytest.mark.anyio


async def given(visit: Visit, path: str, what: str = "results/airports", query: str = "") -> dict[str, Any]:
    reply = await visit.call.get(f"{path}/{what}/download{query}", host="jobs.example")
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store"), reply
    found: dict[str, Any] = reply.json
    return found


async def fetch(visit: Visit, url: str, method: str = "GET", **headers: str) -> Reply:
    return await visit.anonymous().call(method, url.removeprefix("http://jobs.example"), headers=headers)


async def test_a_signed_link_needs_nothing_else(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        link = await given(visit, path, query="?format=ndjson")
        assert (link["size"], link["sha256"], link["content_type"]) == (None, None, "application/x-ndjson")
        assert "headers" not in link
        reply = await fetch(visit, link["download_url"])
        assert (reply.status, len(reply.body.splitlines())) == (200, 120)
        assert reply.headers["content-disposition"] == 'attachment; filename="airports.ndjson"'
        assert reply.headers["cache-control"] == "no-store"
        head = await fetch(visit, link["download_url"], "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert (await fetch(visit, link["download_url"], "POST")).status == 405


async def test_a_file_says_its_size_and_digest_and_comes_in_parts(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        [one] = (await visit.call.get(f"{path}/artifacts")).json["items"]
        link = (await visit.call.get(one["links"]["download"], host="jobs.example")).json
        assert (link["size"], link["sha256"]) == (one["size"], one["sha256"])
        part = await fetch(visit, link["download_url"], range="bytes=-5")
        assert (part.status, part.body) == (206, bytes(range(95, 100)))
        moved = await visit.call.get(one["links"]["download"] + "?redirect=true", host="jobs.example")
        assert moved.status == 303
        assert (await fetch(visit, moved.headers["location"])).body == bytes(range(100))


async def test_the_gateway_form_needs_its_key_and_that_opens_one_execution(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        link = await given(visit, path, "exceptions/a", "?form=gateway")
        assert (await fetch(visit, link["download_url"])).code == "unauthenticated"
        key = link["headers"]["x-api-key"]
        assert (await fetch(visit, link["download_url"], x_api_key=key)).body.startswith(b"_reason,id")
        sibling = await given(visit, path, "results/airports", "?form=gateway")
        assert (await fetch(visit, sibling["download_url"], x_api_key=key)).status == 200
        other = await given(visit, await ran(visit, tmp_path), "exceptions/a", "?form=gateway")
        for wrong in (key[:-1] + ("0" if key[-1] != "0" else "1"), "rb_dl_x_y", visit.call.key or ""):
            assert (await fetch(visit, link["download_url"], x_api_key=wrong)).code == "invalid_token"
        refused = await fetch(visit, link["download_url"], x_api_key=other["headers"]["x-api-key"])
        assert (refused.code, "another execution" in refused.json["detail"]) == ("invalid_token", True)
        assert (await visit.anonymous().get(path, x_api_key=key)).code == "invalid_token"


async def test_any_change_to_a_link_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        url = (await given(visit, path))["download_url"]
        before, _, query = url.partition("?")
        pairs = parse_qsl(query)
        changed = [f"{before}?{urlencode(pairs[1:] + pairs[:1])}", f"{before}x?{query}", f"{before}?{query}0"]
        changed += [f"{before}?{urlencode([*pairs[:n], (pairs[n][0], pairs[n][1] + '1'), *pairs[n + 1:]])}"
                    for n in range(len(pairs))]  # fmt: skip
        changed += [f"{before}?{urlencode([*pairs[:n], *pairs[n + 1 :]])}" for n in range(len(pairs))]
        for wrong in changed:
            reply = await fetch(visit, wrong)
            assert reply.status in {401, 404, 422}, (wrong, reply)
        assert (await fetch(visit, url)).status == 200


async def test_a_link_dies_with_its_time_its_execution_and_whoever_gave_it_out(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        url = (await given(visit, path, query="?expires_in=60"))["download_url"]
        visit.house.clock.at += 59_000
        assert (await fetch(visit, url)).status == 200
        visit.house.clock.at += 1_000
        reply = await fetch(visit, url)
        assert (reply.code, "expired" in reply.json["detail"]) == ("invalid_token", True)
        reader = await visit.caller("results:read", name="reader")
        theirs = (await reader.get(f"{path}/results/airports/download", host="jobs.example")).json["download_url"]
        assert (await fetch(visit, theirs)).status == 200
        [key] = [key for key in (await visit.call.get("/api/v1/keys")).json["items"] if key["name"] == "reader"]
        assert (await visit.call.delete(f"/api/v1/keys/{key['id']}")).status == 204
        refused = await fetch(visit, theirs)
        assert (refused.code, "gave out" in refused.json["detail"]) == ("invalid_token", True)
        last = (await given(visit, path))["download_url"]
        assert (await visit.call.delete(path)).status == 204
        assert (await fetch(visit, last)).code == "gone"


async def test_nothing_is_signed_for_more_than_seven_days(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        assert (await visit.call.get(f"{path}/results/airports/download?expires_in={LONGEST_S + 1}")).status == 422
        url = (await given(visit, path))["download_url"]
        named = dict(parse_qsl(url.partition("?")[2]))
        at = visit.house.clock.at // 1_000 + LONGEST_S + 60
        what = Ticket(named["project"], named["execution"], named["artifact"], named["by"], at)
        place = url.removeprefix("http://jobs.example").partition("?")[0]
        forever = give_download.signed_url(visit.ports, place, what, {"format": "csv"})
        assert (await fetch(visit, forever)).code == "invalid_token"
        soon = give_download.signed_url(
            visit.ports, place, structs.replace(what, expires_at=at - 100), {"format": "csv"}
        )
        assert (await fetch(visit, soon)).status == 200


async def test_a_link_of_somebody_who_may_look_but_not_read_results_opens_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        url = (await given(visit, path))["download_url"]
        named = dict(parse_qsl(url.partition("?")[2]))
        place = url.removeprefix("http://jobs.example").partition("?")[0]
        await visit.caller("executions:read", "results:read:another", name="looker")
        [key] = [key for key in (await visit.call.get("/api/v1/keys")).json["items"] if key["name"] == "looker"]
        what = Ticket(
            named["project"], named["execution"], named["artifact"], f"key:{key['id']}", int(named["expires"])
        )
        refused = await fetch(visit, give_download.signed_url(visit.ports, place, what, {"format": "csv"}))
        assert (refused.code, "gave out" in refused.json["detail"]) == ("invalid_token", True)
