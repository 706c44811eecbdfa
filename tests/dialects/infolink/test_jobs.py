"""Jobs: their ids, how they stand, how they are stopped, and what their steps returned."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runbell.dialects.infolink import words
from runbell.dialects.infolink.result_sets import table
from runbell.domain.execution import Progress
from runbell.domain.status import DiscardReason, ExitStatus, Status
from tests.builders import an_execution

from .calling import STATUS, a_client, message

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "ended", "word", "said"),
    [
        (Status.SCHEDULED, None, "scheduled", None),
        (Status.QUEUED, None, "queued", None),
        (Status.RUNNING, None, "running", None),
        (Status.STOPPING, None, "stopping", None),
        (Status.SUCCEEDED, ExitStatus("OK"), "completed", None),
        (Status.SUCCEEDED, ExitStatus("WARN", "two rows"), "completed", "two rows"),
        (Status.FAILED, ExitStatus("ERROR", "no"), "completedWithError", "ERROR: no"),
        (Status.FAILED, ExitStatus("E7"), "completedWithError", "E7"),
        (Status.STOPPED, ExitStatus("STOPPED"), "stopped", "Stopped"),
        (Status.STOPPED, ExitStatus("STOPPED", "wrong day"), "stopped", "wrong day"),
        (Status.DISCARDED, ExitStatus("DISCARDED", "too late"), "stopped", "Discarded: too late"),
        (Status.LOST, ExitStatus("LOST", "its hand died"), "completedWithError", "LOST: its hand died"),
    ],
)
def test_every_status_has_its_word(status: Status, ended: ExitStatus | None, word: str, said: str | None) -> None:
    reason = DiscardReason.EXPIRED if status is Status.DISCARDED else None
    execution = an_execution(status, exit_status=ended, discard_reason=reason)
    assert (words.STATUSES[status], words.message(execution)) == (word, said)


def test_the_words_are_total_and_only_ends_read_like_ends() -> None:
    assert set(words.STATUSES) == set(words.STOPS) == set(Status)
    ends = {words.COMPLETED, words.WITH_ERROR, words.STOPPED}
    assert all((word in ends) is status.terminal for status, word in words.STATUSES.items())
    assert all((word == "already completed") is status.terminal for status, word in words.STOPS.items())


def test_what_runs_may_say_how_far_it_is() -> None:
    assert words.message(an_execution(Status.RUNNING, progress=Progress(1, 2, "half"))) == "half"


async def test_sixty_four_equal_calls_at_once_are_one_job(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        replies = await asyncio.gather(*(infolink.execute(jobId="nightly") for _ in range(64)))
        assert {reply.body for reply in replies} == {b'{"status":"success","result":{"jobId":"nightly"}}'}
        assert await infolink.visit.executions() == 1


async def test_the_order_of_members_makes_no_other_operation(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        first = {"opName": "RunScenario", "opParams": {"scenario": "Main", "parameters": {"a": 1, "b": 2}}}
        again = {"opParams": {"parameters": {"b": 2, "a": 1}, "scenario": "Main"}, "opName": "RunScenario"}
        for operation in (first, again):
            body = {"apiKey": infolink.key, "appId": "7", "jobId": 17, "operation": operation}
            assert (await infolink.post(body)).json["result"] == {"jobId": "17"}
        assert await infolink.visit.executions() == 1


async def test_another_client_does_not_get_the_job_of_an_id_that_is_taken(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.execute(jobId="mine")
        other = infolink.with_key(await infolink.visit.key(name="other"))
        assert message(await other.execute(jobId="mine")) == "Job id 'mine' is already in use"


async def test_a_call_that_is_repeated_after_the_scenario_was_disabled_still_finds_its_job(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.execute(jobId="early")
        await infolink.visit.defined("main", "companies", ids={"infolink": "Main"}, enabled=False)
        assert (await infolink.execute(jobId="early")).json["result"] == {"jobId": "early"}
        assert message(await infolink.execute(jobId="late")) == "Scenario 'Main' is disabled"


async def test_a_repeated_call_that_waits_gets_the_outcome_of_the_job(tmp_path: Path) -> None:
    async with a_client(tmp_path) as infolink:
        infolink.visit.house.script.returns("companies", '"done"')
        await infolink.execute(jobId="once")
        for _ in range(2):
            reply = await infolink.execute(jobId="once", isAsync=False, noResultSchema=True)
            sets = [{"name": "companies", "result": {"records": [{"value": '"done"'}]}}]
            assert reply.json == {"status": "success", "result": {"results": sets}}
        assert len(infolink.visit.house.script.orders) == 1


async def test_a_call_that_waits_too_long_hears_that_the_job_goes_on(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False, sync_timeout="1") as infolink:
        reply = await infolink.execute(isAsync=False, jobId="slow")
        said = {"message": "Job 'slow' is still running", "jobId": "slow", "status": "queued"}
        assert (reply.status, reply.json) == (200, {"status": "error", "result": said})
        assert reply.headers["x-job-id"] == "slow"
        assert (await infolink.look("slow")).json["result"]["status"] == "queued"


async def test_an_idempotency_key_works_as_everywhere(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        operation = {"opName": "RunScenario", "opParams": {"scenario": "Main"}}
        body = {"apiKey": infolink.key, "appId": "7", "operation": operation}
        first = await infolink.post(body, idempotency_key="k1")
        assert (await infolink.post(body, idempotency_key="k1")).json == first.json
        other = await infolink.post(body | {"appId": "12"}, idempotency_key="k1")
        assert message(other) == "Idempotency key was used for another request"


async def test_a_queued_job_that_is_stopped_never_runs(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        job = (await infolink.execute()).json["result"]["jobId"]
        assert await infolink.stop(job) == "stop started"
        assert await infolink.stop(job) == "already completed"
        result = (await infolink.look(job)).json["result"]
        said = "Discarded: Stopped before it began."
        assert result == {"status": "stopped", "jobId": job, "message": said, "results": []}


async def test_whoever_may_only_look_may_not_stop(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        job = (await infolink.execute()).json["result"]["jobId"]
        looks = infolink.with_key(await infolink.visit.key("executions:read", name="looks"))
        assert (await looks.look(job)).status == 200
        for path in ("/api/v1/stopJob.jsp", "/api/v1/stop.jsp"):
            refused = await looks.look(job, path)
            assert (refused.status, message(refused)) == (403, f"You may not stop job '{job}'")
            refused = await looks.post({"apiKey": looks.key, "appId": 7, "jobId": job}, path)
            assert (refused.status, message(refused)) == (403, f"You may not stop job '{job}'")
        runs = infolink.with_key(await infolink.visit.key("executions:run", name="runs"))
        refused = await runs.look(job)
        assert (refused.status, message(refused)) == (403, f"You may not read job '{job}'")


@pytest.mark.parametrize("body", ["form", "json"])
async def test_a_look_may_come_by_post_and_a_head_has_no_body(tmp_path: Path, body: str) -> None:
    async with a_client(tmp_path, serving=False) as infolink:
        await infolink.execute(jobId="a")
        if body == "json":
            reply = await infolink.post({"apiKey": infolink.key, "appId": 7, "jobId": "a"}, STATUS)
        else:
            reply = await infolink.visit.form(STATUS, {"apiKey": infolink.key, "appId": "7", "jobId": "a"})
        assert reply.json["result"] == {"status": "queued", "jobId": "a"}
        head = await infolink.caller.call("HEAD", f"{STATUS}?apiKey={infolink.key}&appId=7&jobId=a")
        assert (head.status, head.body) == (200, b"")


async def test_results_that_are_too_large_are_not_answered(tmp_path: Path) -> None:
    async with a_client(tmp_path, max_result_bytes="10") as infolink:
        infolink.visit.house.script.returns("companies", '"0123456789"')
        reply = await infolink.execute(isAsync=False, jobId="big")
        assert message(reply) == "Result is too large: 12 bytes"
        assert message(await infolink.look("big")) == "Result is too large: 12 bytes"
        assert (await infolink.visit.execution(1)).status is Status.SUCCEEDED


def kinds(value: Any) -> dict[str, str]:
    """The columns of a table and their types."""
    schema = table(value).schema
    assert isinstance(schema, list)
    return {column.name: column.type.type_str for column in schema}


def test_columns_are_typed_by_what_they_hold() -> None:
    rows = [
        {"t": "a", "i": 1, "f": 1.5, "b": True, "m": 1, "n": None},
        {"t": None, "i": 2, "f": 2, "b": False, "m": "x", "late": {"a": [1]}},
    ]
    text = "nvarchar(max)"
    assert kinds(rows) == {"t": text, "i": "bigint", "f": "float", "b": "bit", "m": text, "n": text, "late": text}
    assert table(rows).records == [
        {"t": "a", "i": 1, "f": 1.5, "b": True, "m": "1", "n": None, "late": None},
        {"t": None, "i": 2, "f": 2, "b": False, "m": '"x"', "n": None, "late": '{"a":[1]}'},
    ]


def test_whole_numbers_that_a_double_cannot_hold_are_text() -> None:
    assert table([{"n": 2**53}, {"n": 2**53 + 1}]).records == [{"n": 2**53}, {"n": str(2**53 + 1)}]


@pytest.mark.parametrize(("value", "text"), [({"a": 1}, '{"a":1}'), ("x", '"x"'), ([1, 2], "[1,2]"), (3, "3")])
def test_what_is_no_table_is_one_value(value: Any, text: str) -> None:
    assert table(value).records == [{"value": text}]


def test_no_rows_are_a_table_without_columns() -> None:
    assert (table([]).records, table([]).schema) == ([], [])
