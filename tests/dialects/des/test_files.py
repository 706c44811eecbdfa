"""The files of a run: listed with content and links, zipped, raw, and fetched by a link that nobody can change."""

import io
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.des.calling import ACCOUNT, HOST, Des, a_client, code
from tests.http.calling import Caller
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio


async def a_run(des: Des, data: Path, files: dict[str, str]) -> str:
    """A run of a job of one step that left these files."""
    await des.visit.defined("plain", "a")
    record = await des.visit.ports.store.job("default", "plain")
    assert record is not None
    des.visit.house.script.plays["a"] = [Leaving(data, files=files)]
    run = await des.start(record.id)
    await des.visit.house.until(await des.visit.execution(1))
    return run


async def fetched(des: Des, url: str) -> Any:
    """What a link answers, without any credentials."""
    return await Caller(des.caller.app).call("GET", url.partition(HOST)[2], headers={"host": HOST})


async def test_files_are_listed_with_the_run_and_come_with_content_and_a_link(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        run = await a_run(des, tmp_path, {"posusage.json": "{}", "a/notes.txt": "hello"})
        status = (await des.post("queryrunstatus", {"jobRunId": run})).json
        files = (await des.post("getrunfiles", {"jobRunId": run})).json["files"]
        listed = [{name: file[name] for name in status["outputFiles"][0]} for file in files]
        assert status["outputFiles"] == listed
        assert [(file["fileName"], file["sizeBytes"], b64decode(file["contentBase64"])) for file in files] == [
            ("posusage.json", 2, b"{}"), ("a/notes.txt", 5, b"hello"),
        ]  # fmt: skip
        assert files[0]["sha256"] == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        reply = await fetched(des, files[1]["downloadUrl"])
        assert (reply.status, reply.body) == (200, b"hello")
        assert reply.headers["content-disposition"] == 'attachment; filename="notes.txt"'


async def test_who_may_look_but_not_read_results_is_told_the_end_and_no_files(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        run = await a_run(des, tmp_path, {"posusage.json": "{}"})
        rights = ("executions:read", "results:read:another")
        await des.visit.client("looker", {"default": rights}, user=ACCOUNT)
        des.token = (await des.sign_in(grant_type="client_credentials", client_id="looker")).json["access_token"]
        told = (await des.post("queryrunstatus", {"jobRunId": run})).json
        assert (told["success"], told["outputFiles"]) == (True, [])
        assert code(await des.post("getrunfiles", {"jobRunId": run})) == (403, "Forbidden")


async def test_a_link_that_was_changed_or_is_for_another_file_opens_nothing(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        run = await a_run(des, tmp_path, {"1.txt": "1", "2.txt": "2"})
        first, second = [
            file["downloadUrl"] for file in (await des.post("getrunfiles", {"jobRunId": run})).json["files"]
        ]
        path, _, query = first.partition("?")
        for url in (
            f"{second.partition('?')[0]}?{query}",
            f"{path}?{query[:-1]}0",
            path,
            first.replace("expires=", "expires=1"),
        ):
            if url != first:
                refused = await fetched(des, url)
                assert (code(refused), "www-authenticate" in refused.headers) == ((403, "LinkInvalid"), False), url
        des.visit.house.clock.at += 901_000
        assert code(await fetched(des, second)) == (403, "LinkExpired")


async def test_a_zip_has_all_files_or_the_chosen_ones_and_raw_is_one(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        run = await a_run(des, tmp_path, {"1.txt": "one", "2.txt": "two"})
        reply = await des.post("getrunfiles", {"jobRunId": run}, accept="application/zip")
        with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == {"1.txt": b"one", "2.txt": b"two"}
            assert archive.testzip() is None
        raw = await des.post(
            "getrunfiles", {"jobRunId": run, "fileNames": ["2.txt"]}, accept="application/octet-stream"
        )
        assert (raw.body, raw.headers["content-type"]) == (b"two", "application/octet-stream")
        assert code(await des.post("getrunfiles", {"jobRunId": run}, accept="application/octet-stream")) == (
            400,
            "SeveralFiles",
        )
        assert code(await des.post("getrunfiles", {"jobRunId": run, "fileNames": ["3.txt"]})) == (400, "FileNotFound")
        ids = [file["fileId"] for file in (await des.post("getrunfiles", {"jobRunId": run})).json["files"]]
        chosen = (await des.post("getrunfiles", {"jobRunId": run, "fileIds": ids[1:]})).json["files"]
        assert [file["fileName"] for file in chosen] == ["2.txt"]


async def test_of_two_files_of_one_name_the_second_is_called_otherwise(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        await des.visit.defined("plain", "a", "b")
        record = await des.visit.ports.store.job("default", "plain")
        assert record is not None
        for step in "ab":
            des.visit.house.script.plays[step] = [Leaving(tmp_path, files={"out.tar.gz": step})]
        run = await des.start(record.id)
        await des.visit.house.until(await des.visit.execution(1))
        files = (await des.post("getrunfiles", {"jobRunId": run})).json["files"]
        assert [file["fileName"] for file in files] == ["out.tar.gz", "out.tar (2).gz"]
