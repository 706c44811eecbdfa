"""All doors of one house, open at once: each serves its own clients in its own words, and all show the same executions.

What a single door does beyond this is tested beside that door.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import Malformed
from runbell.domain.status import Status
from runbell.operations.foreign import execution_guid
from tests.http.calling import Reply

from .doors import BY_NUMBER, DOORS, Court, a_court, says

pytestmark = pytest.mark.anyio

PROBLEM = "application/problem+json"
NOWHERE = "0b0f5c1e-3a3d-4a52-9a6d-0c1f5f6f9e21"
REAL = {"infolink": {"http_status_on_error": "real"}}
OCAPI = "/s/-/dw/data/v17_4"

LISTS: dict[str, tuple[str, Callable[[Any], list[Any]]]] = {
    "native": ("/api/v1/executions", lambda body: [row["number"] for row in body["items"]]),
    "adverity": ("/api/datastreams/1/jobs/", lambda body: [row["id"] for row in body["results"]]),
    "ocapi": (f"{OCAPI}/jobs/load/executions", lambda body: [int(row["id"]) for row in body["data"]]),
}
"""Where the executions are listed, and their numbers there. DES lists jobs alone; DvSum and InfoLink list nothing."""
STOPPING = ("native", "infolink", "adverity")
"""The doors whose vendor knows a stop of an execution."""


def own_words(name: str, reply: Reply) -> None:
    """Fail unless a refusal has the members of this door's refusals, and of no other's."""
    body, media = reply.json, reply.headers["content-type"]
    assert (media == PROBLEM) is (name == "native"), reply
    match name:
        case "native":
            assert body.keys() >= {"type", "title", "status", "detail", "code", "errors", "request_id"}, reply
            assert (body["status"], body["type"]) == (reply.status, f"/problems/{body['code']}")
        case "dvsum":
            assert (body.keys(), body["code"].isupper()) == ({"code", "message", "request_id"}, True), reply
        case "infolink":
            assert (body["status"], body.keys(), body["result"].keys()) == ("error", {"status", "result"}, {"message"})
        case "adverity":
            assert body.keys() == {"detail"}, reply
        case "ocapi":
            assert body.keys() == {"_v", "fault"}, reply
            assert body["_v"] == "17.4"
            assert (body["fault"].keys(), body["fault"]["type"][-9:]) == ({"arguments", "type", "message"}, "Exception")
        case _:
            assert body.keys() == {"code", "message", "details", "traceId"}, reply
            assert body["code"][0].isupper() and not body["code"].isupper(), reply


async def started_and_ended(court: Court, name: str) -> tuple[str, int]:
    """An execution that was started at that door: its id there, and its number."""
    before = await court.executions()
    told = await court.guests[name].start()
    assert await court.executions() == before + 1
    await court.house.until(await court.execution(before + 1))
    return told, before + 1


async def running(court: Court, name: str) -> str:
    """An execution that was started at that door and runs until its step is released; its id there."""
    court.house.script.held.add("a")
    told = await court.guests[name].start()
    await court.house.until_running("a")
    return told


@pytest.mark.parametrize("name", DOORS)
async def test_a_client_starts_and_looks_until_the_end_with_credentials_of_its_door(tmp_path: Path, name: str) -> None:
    async with a_court(tmp_path) as court:
        guest = court.guests[name]
        told = await running(court, name)
        assert not says(await guest.look(told), guest.talk.ended)
        court.house.script.release("a")
        await court.house.until(await court.execution(1))
        seen = await guest.look(told)
        assert (says(seen, guest.talk.ended), says(seen, guest.talk.good)) == (True, True), seen
        for output in guest.talk.outputs:
            reply = await guest.speak(output, told)
            assert reply.status in output.succeeds, reply


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_shows_what_was_started_at_every_door(tmp_path: Path, name: str) -> None:
    path, numbers = LISTS[name]
    async with a_court(tmp_path) as court:
        for door in DOORS:
            await started_and_ended(court, door)
        reply = await court.guests[name].send("GET", path)
        assert (reply.status, sorted(numbers(reply.json))) == (200, [1, 2, 3, 4, 5, 6])


async def test_a_client_of_des_finds_the_job_that_it_may_start(tmp_path: Path) -> None:
    async with a_court(tmp_path) as court:
        guest = court.guests["des"]
        (job,) = (await guest.send("POST", "/api/v1/queryjobs", b"{}")).json["jobs"]
        assert guest.talk.start.body["jobId"] == job["jobId"]


@pytest.mark.parametrize("name", STOPPING)
async def test_a_long_execution_is_stopped_over_the_door_that_started_it(tmp_path: Path, name: str) -> None:
    async with a_court(tmp_path) as court:
        guest = court.guests[name]
        told = await running(court, name)
        assert guest.talk.stop is not None
        reply = await guest.speak(guest.talk.stop, told)
        assert reply.status in guest.talk.stop.succeeds, reply
        ended = await court.house.until(await court.execution(1))
        assert (ended.status, len(court.house.script.stops)) == (Status.STOPPED, 1)
        seen = await guest.look(told)
        assert (says(seen, guest.talk.ended), says(seen, guest.talk.good)) == (True, False), seen


@pytest.mark.parametrize("name", sorted(set(DOORS) - set(STOPPING)))
async def test_a_client_whose_vendor_knows_no_stop_sees_that_somebody_else_stopped(tmp_path: Path, name: str) -> None:
    async with a_court(tmp_path) as court:
        guest, native = court.guests[name], court.guests["native"]
        assert guest.talk.stop is None
        told = await running(court, name)
        assert native.talk.stop is not None
        assert (await native.speak(native.talk.stop, "1")).status in native.talk.stop.succeeds
        await court.house.until(await court.execution(1))
        seen = await guest.look(told)
        assert (says(seen, guest.talk.ended), says(seen, guest.talk.good)) == (True, False), seen


UNREADABLE = {
    "native": b"/api/v1/jobs/\xff", "dvsum": b"/integration/jobs/\xff", "infolink": b"/api/v1/executeJob.jsp",
    "adverity": b"/api/jobs/\xff", "ocapi": b"/s/-/dw/data/v17_4/\xff", "des": b"/api/v1/startjob",
}  # fmt: skip


async def test_what_never_became_a_request_is_refused_in_the_words_of_the_door_it_was_meant_for(tmp_path: Path) -> None:
    async with a_court(tmp_path) as court:
        for name, path in UNREADABLE.items():
            for place in (path, f"/{name}".encode() + path):
                if name == "native" and place != path:
                    continue
                answer = court.doors.refuse(Malformed("This is no HTTP."), "POST", place)
                headers = {key.decode(): value.decode() for key, value in answer.headers}
                own_words(name, Reply(answer.status, headers, answer.body))


def scenario(name: str) -> bytes:
    """A body of InfoLink that runs it."""
    operation = {"opName": "RunScenario", "opParams": {"scenario": name, "parameters": {}}}
    return json.dumps({"appId": "default", "operation": operation}).encode()


REFUSED: list[tuple[str, str, str, bytes, int]] = [
    ("native", "POST", "/api/v1/jobs/nothing/executions", b"{}", 404),
    ("native", "GET", "/api/v1/executions/77777", b"", 404),
    ("native", "GET", "/api/v1/nowhere", b"", 404),
    ("native", "PATCH", "/api/v1/jobs/load/executions", b"{}", 405),
    ("native", "POST", "/api/v1/jobs/load/executions", b"{", 400),
    ("dvsum", "POST", "/integration/jobs/77777/execute", b"", 404),
    ("dvsum", "GET", "/integration/jobs/77777/details", b"", 404),
    ("dvsum", "GET", "/integration/nowhere", b"", 404),
    ("dvsum", "PATCH", "/integration/jobs/1/execute", b"", 405),
    ("dvsum", "POST", "/integration/jobs/[job_id]/execute", b"", 400),  # the body of a start is ignored, its id is not
    ("infolink", "POST", "/api/v1/executeJob.jsp", scenario("nothing"), 404),
    ("infolink", "GET", f"/api/v1/getJobStatus.jsp?appId=default&jobId={NOWHERE}", b"", 404),
    ("infolink", "GET", "/api/v1/executeJob.jsp/nowhere", b"", 404),
    ("infolink", "PATCH", "/api/v1/executeJob.jsp", b"{}", 405),
    ("infolink", "POST", "/api/v1/executeJob.jsp", b"{", 400),
    ("adverity", "POST", "/api/datastreams/77777/fetch_fixed/", b'{"start": "2031-01-01", "end": "2031-01-02"}', 404),
    ("adverity", "GET", "/api/jobs/77777/", b"", 404),
    ("adverity", "GET", "/api/nowhere/", b"", 404),
    ("adverity", "PATCH", "/api/datastreams/1/fetch_fixed/", b"{}", 405),
    ("adverity", "POST", "/api/datastreams/1/fetch_fixed/", b"{", 400),
    ("ocapi", "POST", f"{OCAPI}/jobs/nothing/executions", b"{}", 404),
    ("ocapi", "GET", f"{OCAPI}/jobs/load/executions/77777", b"", 404),
    ("ocapi", "GET", f"{OCAPI}/nowhere", b"", 404),
    ("ocapi", "PATCH", f"{OCAPI}/jobs/load/executions", b"{}", 405),
    ("ocapi", "POST", f"{OCAPI}/jobs/load/executions", b"{", 400),
    ("des", "POST", "/api/v1/startjob", json.dumps({"jobId": NOWHERE}).encode(), 400),  # no 404: as its clients expect
    ("des", "POST", "/api/v1/queryrunstatus", json.dumps({"jobRunId": NOWHERE}).encode(), 400),
    ("des", "GET", "/api/v1/startjob/nowhere", b"", 404),
    ("des", "PATCH", "/api/v1/startjob", b"{}", 405),
    ("des", "POST", "/api/v1/startjob", b"{", 400),
]


@pytest.mark.parametrize(
    ("name", "under"), [*((name, "") for name in DOORS), *((name, f"/{name}") for name in DOORS[1:])]
)
async def test_a_refusal_is_worded_as_its_door_words_them(tmp_path: Path, name: str, under: str) -> None:
    async with a_court(tmp_path, REAL) as court:
        guest = court.guests[name]
        guest.token = await guest.sign_in(under)  # a token of DES is for the address that it was asked for at
        for door, method, path, body, status in REFUSED:
            if door == name:
                reply = await guest.send(method, under + path, body)
                assert reply.status == status, (method, path, reply)
                own_words(name, reply)
        stranger = await guest.speak(guest.talk.start, token="nobody")
        assert stranger.status == 401
        own_words(name, stranger)
        assert await court.executions() == 0


async def test_infolink_says_200_to_what_it_refuses_unless_told_otherwise(tmp_path: Path) -> None:
    async with a_court(tmp_path) as court:
        for door, method, path, body, real in REFUSED:
            if door == "infolink" and real in {400, 404} and "nowhere" not in path:
                reply = await court.guests[door].send(method, path, body)
                assert reply.status == 200, (method, path, reply)
                own_words(door, reply)


@pytest.mark.parametrize("name", DOORS)
async def test_what_was_started_at_one_door_is_seen_at_all(tmp_path: Path, name: str) -> None:
    async with a_court(tmp_path) as court:
        told, number = await started_and_ended(court, name)
        (row,) = (await court.guests["native"].send("GET", "/api/v1/executions")).json["items"]
        surface = row["trigger"]["surface"]
        assert (surface, row["number"], row["status"]) == (name, number, "succeeded")
        guid = execution_guid(await court.execution(number))
        assert told in {str(number), guid, row["id"]}
        for door, guest in court.guests.items():
            seen = await guest.look(str(number) if door in BY_NUMBER else row["id"] if door == "native" else guid)
            assert says(seen, guest.talk.good), (door, seen)


@pytest.mark.parametrize("issuer", DOORS)
async def test_a_token_is_good_at_the_door_that_issued_it_and_at_no_other(tmp_path: Path, issuer: str) -> None:
    async with a_court(tmp_path) as court:
        told, number = await started_and_ended(court, issuer)
        guid, token = execution_guid(await court.execution(number)), court.guests[issuer].token
        assert says(await court.guests[issuer].look(told), court.guests[issuer].talk.good)
        for door in (one for one in DOORS if one != issuer):
            guest = court.guests[door]
            court.house.clock.at += 60_000  # whoever guesses at keys is slowed down
            shown = str(number) if door in (*BY_NUMBER, "native") else guid
            assert says(await guest.look(shown), guest.talk.good), door  # so that it is the token that is refused
            for call in (guest.talk.look, guest.talk.start):
                reply = await guest.speak(call, shown, token=token)
                assert reply.status == 401, (door, call.title, reply)
                own_words(door, reply)
        assert await court.executions() == 1
