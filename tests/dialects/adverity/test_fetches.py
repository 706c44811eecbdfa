"""Fetches: what they are sent as, and what the job gets of them."""

from pathlib import Path
from typing import Any

import pytest

from runbell.egress.outlet import Outlet
from runbell.egress.policy import Policy
from runbell.engine.courier import WEBHOOK, Courier
from runbell.notifiers.webhook import WebhookNotifier
from runbell.ports.webhook_table import DeliveryQuery
from tests.dialects.adverity.visit import AdverityVisit, a_visit
from tests.dialects.notified import carried
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio
FETCH = "/api/datastreams/7/fetch_fixed/"
DATE_TIMES = {"start": "2031-01-01T13:00:00Z", "end": "2031-01-02T13:00:00Z"}
PARTS = "--x\r\nContent-Disposition: form-data; name=\"start\"\r\n\r\n2031-01-01T13:00:00Z\r\n" \
        "--x\r\nContent-Disposition: form-data; name=\"end\"\r\n\r\n2031-01-02T13:00:00Z\r\n--x--\r\n"  # fmt: skip


def part(name: str, value: str, more: str = "") -> str:
    return f'--x\r\nContent-Disposition: form-data; {more}name="{name}"\r\n\r\n{value}\r\n'


@pytest.mark.parametrize(
    "body",
    [
        PARTS.replace("\r\n", "\n"),
        "preamble\r\n" + PARTS + "epilogue",
        PARTS.removesuffix("--x--\r\n"),
        PARTS.replace('name="start"', "name=start").replace("Content-D", "content-d"),
        part("start", DATE_TIMES["start"], 'filename="name=end"; ') + part("end", DATE_TIMES["end"]) + "--x--",
        part("start", "no") + PARTS,
        PARTS.replace('name="end"', 'name="end"\r\nContent-Type: text/plain; charset=utf-8'),
    ],
)
async def test_a_form_in_parts_is_read_however_it_is_written(tmp_path: Path, body: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        reply = await at.form(FETCH, body, media='Multipart/Form-Data; charset=utf-8; boundary="x"')
        assert (reply.status, reply.json["start"], reply.json["end"]) == (200, *DATE_TIMES.values()), reply


@pytest.mark.parametrize(
    "body",
    [
        "", "--x--", "--y\r\n", "--x\r\n\r\nno name\r\n--x--", "--x\r\nno end of the head",
        "--x\r\nContent-Disposition: form-data; filename=start\r\n\r\n1\r\n--x--", part("a", "1") * 1_001 + "--x--",
        "--x\r\n" + "Content-Type: message/rfc822\r\n\r\n" * 5_000 + "--x--", "--x\r\n" * 200_000,
    ],
)  # fmt: skip
async def test_parts_that_cannot_be_read_are_refused_with_400_and_at_once(tmp_path: Path, body: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        reply = await at.form(FETCH, body, media="multipart/form-data; boundary=x")
        assert reply.status == 400, reply


async def test_form_parts_and_json_start_the_same_fetch_and_force_is_tolerated(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        replies = [
            await at.form(FETCH, DATE_TIMES | {"force": "false", "unknown": "x"}),
            await at.form(FETCH.rstrip("/"), DATE_TIMES, media=""),
            await at.form(FETCH, PARTS, media="multipart/form-data; boundary=x"),
            await at.call.post(FETCH, DATE_TIMES | {"force": True, "priority": None, "callback": None}),
        ]
        for reply in replies:
            assert reply.status == 200, reply
            assert {name: reply.json[name] for name in ("status", "start", "end")} == {"status": "ok", **DATE_TIMES}
            job = await at.job(reply.json["jobs"][0]["id"])
            assert (job["range_start"], job["range_end"]) == (DATE_TIMES["start"], DATE_TIMES["end"])
            assert (job["state_label"], job["job_start"], job["manual"]) == ("Scheduled", None, True)
        assert len({reply.json["jobs"][0]["id"] for reply in replies}) == 4


@pytest.mark.parametrize(
    ("kinds", "given"),
    [
        ({}, {}),
        ({"start": "text", "end": "text"}, {"start": "2031-01-01T00:00:00Z", "end": "2031-01-31T23:59:59Z"}),
        ({"start": "date", "end": "date"}, {"start": "2031-01-01", "end": "2031-01-31"}),
        ({"end": "text", "other": "text"}, {"end": "2031-01-31T23:59:59Z"}),
    ],
)
async def test_the_job_gets_the_range_as_the_parameters_that_it_declares(
    tmp_path: Path, kinds: dict[str, str], given: dict[str, str]
) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        declared = {name: {"type": kind, "required": name != "other"} for name, kind in kinds.items()}
        more = {"extra": {"type": "int", "required": True, "default": 5}}
        await at.defined("a", parameters=declared | more)
        number = await at.fetched()
        assert (await at.visit.execution(number)).params == given | {"extra": 5}


async def test_a_range_that_the_job_refuses_is_named_by_its_field(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a", parameters={"start": {"type": "date", "min": "2032-01-01"}})
        reply = await at.call.post(FETCH, {"start": "2031-01-01", "end": "2031-01-31"})
        assert reply.status == 400
        assert reply.json["detail"] == "Invalid input."
        assert set(reply.json["errors"]) == {"start"}


async def test_the_callback_is_kept(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        number = await at.fetched(callback="https://x.example/done?a=1")
        assert ((await at.visit.execution(number)).about or {})["callback"] == "https://x.example/done?a=1"


async def test_urgent_fetches_start_first_and_backdata_when_nothing_else_waits(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        for number in range(1, 6):
            await at.defined("a", name=f"d{number}", number=number * 100)
        await at.defined("a", name="own", number=600, limits={"priority": -999_999})
        words = ("backdata", "low", "default", "high", "LOW")
        made = [await at.fetched((place + 1) * 100, priority=word) for place, word in enumerate(words)]
        own = await at.fetched(600)
        queue = [execution.number for execution in await at.visit.ports.store.queue(10)]
        assert queue == [made[3], made[2], made[1], made[4], own, made[0]]


async def test_a_second_fetch_waits_for_the_first_and_two_datastreams_do_not(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        await at.defined("b", name="ads-south", number=8)
        running, waiting = await at.running(), await at.fetched()
        beside = await at.fetched(8)
        await at.until_ended(beside)
        assert (await at.job(waiting))["state_label"] == "Scheduled"
        at.visit.house.script.held.clear()
        at.visit.house.script.release("a")
        await at.until_ended(running)
        await at.until_ended(waiting)


async def test_an_idempotency_key_makes_one_job_of_the_same_fetch(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        first, again = [await at.call.post(FETCH, DATE_TIMES, idempotency_key='"k1"') for _ in range(2)]
        assert (first.status, again.status) == (200, 200)
        assert first.json == again.json
        assert await at.visit.executions() == 1
        reply = await at.call.post(FETCH, DATE_TIMES | {"priority": "low"}, idempotency_key='"k1"')
        assert (reply.status, reply.json) == (400, {"detail": "Idempotency key was used for another request"})
        assert (await at.call.post(FETCH, DATE_TIMES)).json["jobs"] != first.json["jobs"]


async def test_a_follow_up_of_a_job_that_failed_is_discarded(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("b", name="b", number=8)
        await at.defined("a", then=[{"job": "b"}])
        follow_ups = await predecessor_fails(at)
        assert follow_ups["state"] == 5
        assert (follow_ups["state_label"], follow_ups["manual"]) == ("Discarded", False)
        assert (follow_ups["job_start"], follow_ups["job_end"]) == (None, "2031-04-07T12:00:00Z")
        (issue,) = follow_ups["issues"]
        assert issue["message"] == "DISCARDED: The execution it follows did not end the way it waits for."


async def predecessor_fails(at: AdverityVisit) -> dict[str, Any]:
    at.visit.house.script.held.add("a")
    number = await at.running()
    (waiting,) = [found for found in await at.listed() if found != number]
    assert (await at.job(waiting))["state_label"] == "Scheduled"
    assert await at.listed("?manual=false") == [waiting]
    assert await at.listed("?manual=true") == [number]
    from runbell.domain.execution import Error
    from runbell.domain.outcome import Failed

    at.visit.house.script.release("a", Failed(Error(code="NO_DATA", detail="It broke.")))
    await at.until_ended(number)
    failed = await at.job(number)
    assert [issue["message"] for issue in failed["issues"]] == ["NO_DATA: It broke.", "a: NO_DATA: It broke."]
    assert {issue["type_label"] for issue in failed["issues"]} == {"Error"}
    assert {issue["extraction_state_label"] for issue in failed["issues"]} == {"Failed"}
    assert failed["issues"][0]["url"] == f"http://localhost/console/executions/{number}"
    assert await at.listed("?start=2031-04-07") == [waiting, number]
    return await at.job(waiting)


async def test_a_job_that_does_not_start_in_two_days_is_discarded(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a")
        number = await at.fetched()
        at.visit.house.clock.at += 2 * 86_400_000 - 1
        await at.visit.ports.store.tick(at.visit.house.clock.at, 10)
        assert (await at.job(number))["state_label"] == "Scheduled"
        at.visit.house.clock.at += 1
        await at.visit.ports.store.tick(at.visit.house.clock.at, 10)
        job = await at.job(number)
        assert (job["state_label"], job["job_start"], job["progress"]) == ("Discarded", None, 1)
        assert job["issues"][0]["message"] == "DISCARDED: It could not start before its start-by time."


async def test_the_callback_is_told_of_the_end_in_the_vendors_shape(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a", title="Ads North")
        number = await at.fetched(callback="https://x.example/done?a=1")
        await at.until_ended(number)
        receiver = await carried(at.visit.ports, at.visit.opened.format)
        assert [one.url for one in receiver.sent] == ["https://x.example/done?a=1"]
        assert receiver.bodies == [
            {
                "job_id": number, "filename": None, "creation_date": "2031-04-07T12:00:00Z",
                "datastream_name": "Ads North", "stack_name": "default", "file_size": None, "rows": None,
                "columns": None, "fetch_status": "Success", "files": [],
            }
        ]  # fmt: skip


@pytest.mark.parametrize("under", ["", "/adverity"])
async def test_a_callback_names_the_files_by_whole_addresses(tmp_path: Path, under: str) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        at.visit.house.script.plays["a"] = [Leaving(tmp_path, files={"ads.csv": "day,clicks\r\n1,2\r\n"})]
        fields = DATE_TIMES | {"callback": "https://x.example/done"}
        number = (await at.form(under + FETCH, fields)).json["jobs"][0]["id"]
        await at.until_ended(number)
        [told] = (await carried(at.visit.ports, at.visit.opened.format)).bodies
        assert [told[name] for name in ("filename", "rows", "columns")] == ["ads.csv", 1, 2]
        url = told["files"][0]["download_url"]
        assert url.startswith(f"http://localhost{under}/api/extracts/")
        assert (await at.call.get(url.removeprefix("http://localhost"))).body == b"day,clicks\r\n1,2\r\n"


async def test_a_callback_that_is_not_allowed_fails_its_delivery_and_never_the_job(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as at:
        await at.defined("a")
        number = await at.fetched(callback="http://127.0.0.1:1/inside")
        assert (await at.until_ended(number)).status == "succeeded"
        async with Outlet(Policy()) as outlet:
            form = at.visit.opened.format
            assert form is not None
            await Courier(at.visit.ports, {form.name: form}, {WEBHOOK: WebhookNotifier(outlet)}).once()
        (delivery,) = await at.visit.ports.store.deliveries(DeliveryQuery(execution=number))
        assert (delivery.state, delivery.why) == ("dead", "cannot_be_sent")
