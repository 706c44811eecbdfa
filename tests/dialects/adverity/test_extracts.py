"""What executions leave, as the vendor's clients see it: extracts, their files, warnings, columns."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.data import Column
from tests.dialects.adverity.visit import AdverityVisit, a_visit
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio

ADS = "day,clicks,cost\r\n2031-01-01,5,1.50\r\n2031-01-02,7,2.25\r\n"


async def left(visit: AdverityVisit, data: Path, number: int = 7, step: str = "a", **what: object) -> int:
    visit.visit.house.script.plays[step] = [Leaving(data, **what)]  # type: ignore[arg-type]
    job = await visit.fetched(number)
    await visit.until_ended(job)
    return job


async def test_a_job_names_the_files_it_left_and_each_can_be_fetched(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("a")
        job = await left(visit, tmp_path, files={"ads.csv": ADS, "notes.txt": "hi"})
        reply = await visit.call.get(f"/api/jobs/{job}/imported/")
        assert [
            (one["filename"], one["file_size"], one["rows"], one["columns"], one["job_id"], one["datastream_id"])
            for one in reply.json["imported"]
        ] == [("ads.csv", len(ADS), 2, 3, job, 7), ("notes.txt", 2, None, None, job, 7)]
        first = reply.json["imported"][0]
        assert (await visit.call.get(f"/api/extracts/{first['id']}/")).json == first
        assert first["download_url"].endswith(f"/api/extracts/{first['id']}/download/")
        file = await visit.call.get(f"/api/extracts/{first['id']}/download/")
        assert (file.status, file.body) == (200, ADS.encode())
        assert file.headers["content-disposition"] == 'attachment; filename="ads.csv"'


async def test_extracts_are_listed_newest_job_first_by_job_and_by_datastream(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("a")
        await visit.defined("b", name="south", number=8)
        first = await left(visit, tmp_path, files={"1.txt": "1", "2.txt": "2"})
        second = await left(visit, tmp_path, 8, "b", files={"3.txt": "3"})

        async def names(query: str) -> tuple[list[str], int]:
            reply = await visit.call.get(f"/api/extracts/{query}")
            assert reply.status == 200, reply
            return [one["filename"] for one in reply.json["results"]], reply.json["count"]

        assert await names("") == (["3.txt", "1.txt", "2.txt"], 3)
        assert await names("?page_size=2") == (["3.txt", "1.txt"], 3)
        assert await names("?page_size=2&page=2") == (["2.txt"], 3)
        assert await names(f"?job_id={first}") == (["1.txt", "2.txt"], 2)
        assert await names("?datastream_id=8") == (["3.txt"], 1)
        assert await names("?job_id=999999") == ([], 0)
        assert await names("?datastream_id=999") == ([], 0)
        assert await names(f"?job_id={first}&datastream_id=8") == ([], 0)
        assert await names(f"?job_id={first}/&datastream_id=7/") == (["1.txt", "2.txt"], 2)
        for path in (f"{second * 100_000 + 2}", f"{999_999 * 100_000 + 1}", "12", "0"):
            reply = await visit.call.get(f"/api/extracts/{path}/")
            assert reply.status == 404, path


async def test_who_may_look_but_not_read_results_sees_how_a_job_stands_and_no_files(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("a")
        job = await left(visit, tmp_path, files={"ads.csv": ADS})
        looker = await visit.visit.caller("executions:read", "results:read:another", name="looker")
        told = (await looker.get(f"/api/jobs/{job}/imported/")).json
        assert (told["state_label"], told["imported"]) == ("Success", [])


async def test_a_page_of_extracts_reads_the_steps_of_all_its_jobs_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("a")
        for number in range(3):
            await left(visit, tmp_path, files={f"{number}.txt": "x"})
        store, asked = visit.visit.ports.store, []

        async def counted(executions: tuple[int, ...]) -> Any:
            asked.append(executions)
            return await read(executions)

        read = store.steps_of
        monkeypatch.setattr(store, "steps_of", counted)
        monkeypatch.setattr(store, "steps", None)
        assert (await visit.call.get("/api/extracts/")).json["count"] == 3
        assert [len(numbers) for numbers in asked] == [3]


async def test_exception_records_are_a_warning_of_their_step(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("a")
        records = [{"n": n} for n in range(12)]
        job = await left(visit, tmp_path, exceptions={"iata": {"no code": records}})
        shown = await visit.job(job)
        assert [(one["type_label"], one["message"], one["extraction_state_label"]) for one in shown["issues"]] == [
            ("Warning", "a: 12 exception records", "Success")
        ]


async def test_the_columns_of_a_datastream_are_those_of_its_last_table(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined("a")
        columns = (Column("day", "date"), Column("clicks", "int"), Column("cost", "decimal"), Column("ok", "bool"))
        await left(visit, tmp_path, results={"ads": []}, columns=columns)
        reply = await visit.call.get("/api/columns/?datastream_id=7")
        assert [(one["id"], one["name"], one["datatype"]) for one in reply.json["results"]] == [
            (1, "day", "Date"), (2, "clicks", "Long"), (3, "cost", "Float"), (4, "ok", "Boolean"),
        ]  # fmt: skip
        assert (await visit.call.get("/api/columns/?datastream_id=99")).json["count"] == 0
