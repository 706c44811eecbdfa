"""Who takes what an execution left stands in the audit log: every download before its first byte, every link."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import StorageFull
from tests.dialects.native.test_data import ran
from tests.dialects.native.test_downloads import fetch, given
from tests.dialects.native.visit import Visit, a_visit

pytestmark = pytest.mark.anyio


async def taken(visit: Visit) -> list[tuple[str, str, dict[str, Any]]]:
    """The lines about results: action, who, and what is said of it."""
    await visit.ports.readings.flush(visit.ports.store, visit.house.clock.at)
    found = await visit.ports.store.audit_from(0, 1_000)
    return [
        (one.entry.action, one.entry.actor, one.entry.detail)
        for one in found
        if one.entry.action.startswith("results.") and one.entry.outcome == "done"
    ]


async def test_exports_and_files_have_their_lines_with_who_what_and_where(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        execution = path.rpartition("/")[2]
        reader = await visit.caller("results:read", name="reader")
        for accept in ("text/csv", "application/x-ndjson", "application/vnd.apache.parquet"):
            assert (await reader.get(f"{path}/results/airports", accept=accept, x_request_id="req-1")).status == 200
        await reader.get(f"{path}/exceptions/a", accept="text/csv")
        assert (await reader.call("HEAD", f"{path}/artifacts/out%2Fr%C3%A4ksm%22%C3%B6r.csv")).status == 200
        await reader.get(f"{path}/artifacts/out%2Fr%C3%A4ksm%22%C3%B6r.csv", range="bytes=1-2")
        lines = await taken(visit)
        rows = {"job": "load", "name": "airports", "kind": "result", "rows": 120}
        assert lines == [
            *(("results.download", "key:reader", rows | {"format": form}) for form in ("csv", "ndjson", "parquet")),
            ("results.download", "key:reader",
             {"job": "load", "name": "a", "kind": "exceptions", "rows": 3, "format": "csv"}),
            ("results.download", "key:reader",
             {"job": "load", "name": "out/räksm\"ör.csv", "kind": "file", "bytes": 100}),
        ]  # fmt: skip
        entry = (await visit.ports.store.audit_from(0, 1_000))[-5].entry
        assert (entry.object, entry.project, entry.request, bool(entry.address)) == (
            execution,
            "default",
            "req-1",
            True,
        )


async def test_a_link_has_its_line_and_so_has_each_download_through_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        link = await given(visit, path, query="?format=json")
        keyed = await given(visit, path, "exceptions/a", "?form=gateway")
        await fetch(visit, link["download_url"])
        await fetch(visit, link["download_url"])
        await fetch(visit, keyed["download_url"], x_api_key=keyed["headers"]["x-api-key"])
        await fetch(visit, link["download_url"] + "0")
        lines = await taken(visit)
        assert [(action, who, what["name"]) for action, who, what in lines] == [
            ("results.link", "key:admin", "airports"), ("results.link", "key:admin", "a"),
            ("results.download", "link:key:admin", "airports"), ("results.download", "link:key:admin", "airports"),
            ("results.download", "link:key:admin", "a"),
        ]  # fmt: skip
        assert lines[0][2] == {
            "job": "load", "name": "airports", "kind": "result", "rows": 120, "form": "signed", "format": "json",
            "expires_at": link["expires_at"],
        }  # fmt: skip
        assert lines[1][2]["form"] == "gateway"
        everything = str(await visit.ports.store.audit_from(0, 1_000))
        for secret in (link["download_url"].rpartition("=")[2], keyed["headers"]["x-api-key"]):
            assert secret not in everything


async def test_pages_of_rows_are_counted_within_a_second(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        reader = await visit.caller("results:read", name="reader")
        page = await reader.get(f"{path}/results/airports?limit=50")
        while (onward := page.json["next_cursor"]) is not None:
            page = await reader.get(f"{path}/results/airports?limit=50&cursor={onward}")
        await reader.get(f"{path}/exceptions/a")
        assert [(action, what["name"], what.get("times")) for action, _, what in await taken(visit)] == [
            ("results.read", "airports", 3), ("results.read", "a", None),
        ]  # fmt: skip


async def test_nothing_leaves_when_its_line_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)

        async def full(_: object) -> None:
            raise StorageFull("The disk of the data folder is full; make room, then send this again.")

        monkeypatch.setattr(visit.ports.store, "deny", full)
        assert (await visit.call.get(f"{path}/results/airports/download")).code == "storage_full"
        reply = await visit.call.get(f"{path}/results/airports", accept="text/csv")
        assert b"A0" not in reply.body, reply
