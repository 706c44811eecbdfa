"""Exception records over the vendor's two gateways: counted in the details, fetched by a key or a signed URL."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.execution import DATA_REMOVED
from runbell.http.times import rfc3339
from runbell.operations import delete
from runbell.ports.store import Ref
from runbell.ports.upkeep_table import Strip
from tests.dialects.checked import CheckedCaller
from tests.dialects.visiting import DialectVisit, a_dialect_visit
from tests.house_of_cards import ADMIN
from tests.http.calling import Reply
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio

BLANKS = {"email-blanks": {"blank": [{"id": n, "email": None} for n in range(2)], "space": [{"id": 2, "email": " "}]}}


async def ended(visit: DialectVisit, data: Path, records: dict[str, Any] | None = None, **more: Any) -> int:
    """An execution of job 48213 whose first rule found these records."""
    await visit.defined("nightly-quality", "email-blanks", "row-count", ids={"dvsum": 48213}, **more)
    visit.house.script.plays["email-blanks"] = [Leaving(data, exceptions=BLANKS if records is None else records)]
    begun = await visit.call.post("/integration/jobs/48213/execute")
    number: int = begun.json["execution_id"]
    await visit.house.until(await visit.execution(number))
    return number


async def details(visit: DialectVisit, number: int, query: str = "") -> dict[str, Any]:
    reply = await visit.call.get(f"/integration/jobs/{number}/details{query}")
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.json
    return found


async def fetched(visit: DialectVisit, url: str, key: str | None = None, method: str = "GET") -> Reply:
    """What a download answers to somebody without any other credentials."""
    stranger: CheckedCaller = visit.with_key(None)
    headers = {} if key is None else {"x_api_key": key}
    return await stranger.call(method, url.removeprefix("http://localhost"), headers=headers)


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["code"]


async def test_the_details_count_the_records_and_the_key_that_they_give_opens_the_file(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        number = await ended(visit, tmp_path)
        told = await details(visit, number)
        assert (told["status"], told["result"]) == ("Completed", "Exception")
        assert told["exceptions"] == {"total": 3, "downloadable": 3, "limit": 10000, "truncated": False}
        assert [(rule["rule_status"], rule["exception_count"], rule["download"] is None) for rule in told["rules"]] == [
            ("Exception", 3, False), ("Passed", 0, True),
        ]  # fmt: skip
        given = told["download"]
        assert given == {
            "gateway_type": "ON_PREM", "download_url": f"http://localhost/integration/exceptions/{number}/download",
            "x-api-key": given["x-api-key"], "expires_at": rfc3339(visit.house.clock.at + 3_600_000), "record_count": 3,
            "total_count": 3, "truncated": False,
        }  # fmt: skip
        file = await fetched(visit, given["download_url"], given["x-api-key"])
        assert file.body == b"rule_id,id,email\r\nemail-blanks,0,\r\nemail-blanks,1,\r\nemail-blanks,2, \r\n"
        assert file.headers["content-disposition"] == f'attachment; filename="exceptions-{number}.csv"'
        counts = [file.headers[f"x-{name}"] for name in ("total-count", "record-count", "truncated")]
        assert counts == ["3", "3", "false"]
        head = await fetched(visit, given["download_url"], given["x-api-key"], "HEAD")
        assert (head.status, head.body, head.headers["x-total-count"]) == (200, b"", "3")


async def test_without_the_key_or_with_another_nothing_is_given(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        number = await ended(visit, tmp_path)
        given = (await details(visit, number))["download"]
        url, key = given["download_url"], given["x-api-key"]
        assert code(await fetched(visit, url)) == (401, "DOWNLOAD_KEY_REQUIRED")
        for other in (await visit.key(), key[:-1] + ("0" if key[-1] != "0" else "1"), "x"):
            assert code(await fetched(visit, url, other)) == (403, "DOWNLOAD_KEY_INVALID")
        visit.house.script.plays["email-blanks"] = [Leaving(tmp_path, exceptions=BLANKS)]
        again = (await visit.call.post("/integration/jobs/48213/execute")).json["execution_id"]
        await visit.house.until(await visit.execution(again))
        other = url.replace(f"/{number}/", f"/{again}/")
        assert code(await fetched(visit, other, key)) == (403, "DOWNLOAD_KEY_INVALID")
        looked = await visit.with_key(None).call(
            "GET", f"/integration/jobs/{number}/details", headers={"x_api_key": key}
        )
        assert code(looked) == (401, "UNAUTHORIZED")
        visit.house.clock.at += 3_600_000
        assert code(await fetched(visit, url, key)) == (403, "DOWNLOAD_KEY_INVALID")


async def test_the_cloud_gateway_signs_the_url_and_nothing_else_is_needed(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", gateway="cloud") as visit:
        number = await ended(visit, tmp_path)
        given = (await details(visit, number))["download"]
        assert given["gateway_type"] == "CLOUD"
        assert "x-api-key" not in given
        url = given["download_url"]
        assert (await fetched(visit, url)).body.startswith(b"rule_id,id,email\r\n")
        for changed in (url[:-1] + ("0" if url[-1] != "0" else "1"), url + "0", url.replace("expires=", "expires=1"),
                        url.replace("?", "?format=json&"), url.replace(f"/{number}/", f"/{number + 1}/")):  # fmt: skip
            assert code(await fetched(visit, changed)) == (403, "SIGNATURE_INVALID"), changed
        visit.house.clock.at += 3_600_000
        assert code(await fetched(visit, url)) == (403, "URL_EXPIRED")


async def test_a_deleted_execution_takes_its_downloads_along(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        number = await ended(visit, tmp_path)
        given = (await details(visit, number))["download"]
        await delete.delete(visit.ports, ADMIN, Ref(number=number))
        assert code(await fetched(visit, given["download_url"], given["x-api-key"])) == (404, "EXECUTION_NOT_FOUND")


async def test_what_retention_took_is_counted_and_not_offered_and_a_download_of_it_is_not_there(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        number = await ended(visit, tmp_path)
        given = (await details(visit, number))["download"]
        execution = await visit.execution(number)
        await visit.ports.artifacts.strip([execution.id], log=False, data=True)
        for form in ("csv", "json"):
            refused = await fetched(visit, f"{given['download_url']}?format={form}", given["x-api-key"])
            assert code(refused) == (404, "EXECUTION_NOT_FOUND")
        await visit.ports.store.strip(Strip(numbers=(number,), removed=DATA_REMOVED))
        told = await details(visit, number)
        assert (told["exceptions"]["total"], told["download"]) == (3, None)
        assert [rule["download"] for rule in told["rules"]] == [None, None]


async def test_a_file_ends_at_ten_thousand_records_and_says_so(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        many = {"a": {"x": [{"n": n} for n in range(9_000)]}, "b": {"y": [{"m": n} for n in range(16_012)]}}
        number = await ended(visit, tmp_path, many)
        told = await details(visit, number)
        given = told["download"]
        assert told["exceptions"] == {"total": 25_012, "downloadable": 10_000, "limit": 10_000, "truncated": True}
        assert (given["record_count"], given["total_count"], given["truncated"]) == (10_000, 25_012, True)
        file = await fetched(visit, given["download_url"], given["x-api-key"])
        rows = list(csv.reader(io.StringIO(file.body.decode())))
        assert (len(rows), rows[0], rows[1], rows[-1]) == (
            10_001, ["rule_id", "n", "m"], ["email-blanks", "0", ""], ["email-blanks", "", "999"],
        )  # fmt: skip
        assert (file.headers["x-total-count"], file.headers["x-truncated"]) == ("25012", "true")


async def test_one_rule_alone_as_json(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        number = await ended(visit, tmp_path)
        given = (await details(visit, number, "?exception_format=json"))["rules"][0]["download"]
        assert given["download_url"].endswith("/download?rule_id=email-blanks&format=json")
        file = await fetched(visit, given["download_url"], given["x-api-key"])
        assert file.json == {
            "execution_id": number, "rule_id": "email-blanks", "total_count": 3, "record_count": 3, "truncated": False,
            "limit": 10000, "columns": ["id", "email"],
            "records": [{"id": 0, "email": None}, {"id": 1, "email": None}, {"id": 2, "email": " "}],
        }  # fmt: skip
        base, key = given["download_url"].partition("?")[0], given["x-api-key"]
        empty = await fetched(visit, f"{base}?rule_id=row-count", key)
        assert (empty.body, empty.headers["x-total-count"]) == (b"rule_id\r\n", "0")
        assert code(await fetched(visit, f"{base}?rule_id=nothing", key)) == (404, "RULE_NOT_FOUND")
        assert code(await fetched(visit, f"{base}?format=xml", key)) == (400, "INVALID_PARAMETER")


async def test_before_the_end_only_the_rules_that_ended_have_a_download(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        await visit.defined("nightly-quality", "email-blanks", "row-count", ids={"dvsum": 48213})
        visit.house.script.plays["email-blanks"] = [Leaving(tmp_path, exceptions=BLANKS)]
        visit.house.script.held.add("row-count")
        number = (await visit.call.post("/integration/jobs/48213/execute")).json["execution_id"]
        await visit.house.until_running("row-count")
        told = await details(visit, number)
        assert (told["is_finished"], told["download"], told["exceptions"]["total"]) == (False, None, 3)
        rule = told["rules"][0]["download"]
        assert (await fetched(visit, rule["download_url"], rule["x-api-key"])).status == 200


async def test_who_may_look_but_not_read_results_is_told_the_counts_and_given_no_download(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        number = await ended(visit, tmp_path)
        looker = await visit.caller("executions:read", "results:read:another")
        told = (await looker.get(f"/integration/jobs/{number}/details")).json
        assert told["exceptions"]["total"] == 3
        assert [told["download"], *(rule["download"] for rule in told["rules"])] == [None, None, None]
