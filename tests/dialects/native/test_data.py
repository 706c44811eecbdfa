"""Result sets, exception records and files over the native API: listed, paged, exported, fetched."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from runbell.domain.data import Column
from runbell.runners.hand.outputs import LONGEST_NAME
from tests.dialects.native.visit import Visit, a_visit
from tests.left_behind import Leaving

pytestmark = pytest.mark.anyio

BIG = 2**53 + 1
COLUMNS = (Column("iata", "text", "VARCHAR", False), Column("feet", "int", "BIGINT"))


async def ran(visit: Visit, root: Path) -> str:
    """An execution that left something of each kind; answers its path."""
    await visit.defined("load", "a")
    visit.house.script.plays["a"].append(Leaving(
        root, results={"airports": [{"iata": f"A{n}", "feet": n or BIG} for n in range(120)]}, columns=COLUMNS,
        exceptions={None: {"no code": [{"id": 1, "reason": "own"}, {"id": 2}, {"id": 3}]}},
        files={"out/räksm\"ör.csv": bytes(range(100))},
    ))  # fmt: skip
    return f"/api/v1/executions/{(await visit.ended())['id']}"


async def test_result_sets_are_listed_and_paged(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        links = (await visit.call.get(path)).json["links"]
        listed = (await visit.call.get(links["results"])).json
        [one] = listed["items"]
        assert (one["name"], one["step"], one["scope"], one["row_count"]) == ("airports", "a", None, 120)
        assert one["columns"][0] == {"name": "iata", "type": "text", "nullable": False, "source_type": "VARCHAR"}
        first = (await visit.call.get(one["links"]["self"] + "?limit=100")).json
        assert first["items"][0] == {"iata": "A0", "feet": str(BIG)}
        assert (first["row_count"], first["has_more"], first["schema"]) == (120, True, one["columns"])
        again = await visit.call.get(f"{one['links']['self']}?limit=100&cursor={first['next_cursor']}")
        assert [row["feet"] for row in again.json["items"]] == list(range(100, 120))
        assert again.json["next_cursor"] is None
        middle = (await visit.call.get(one["links"]["self"] + "?after_row=50&limit=1")).json
        assert middle["items"] == [{"iata": "A50", "feet": 50}]
        some = (await visit.call.get(one["links"]["self"] + "?filter.iata=A7&filter.feet=7")).json
        assert some["items"] == [{"iata": "A7", "feet": 7}]


async def test_a_cursor_is_good_for_its_own_rows_and_filters_only(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        cursor = (await visit.call.get(f"{path}/results/airports?limit=1")).json["next_cursor"]
        other = (await visit.call.get(f"{path}/exceptions/a?limit=1")).json["next_cursor"]
        for wrong in (f"cursor={other}", f"cursor={cursor}&filter.iata=A1", f"cursor={cursor[:-2]}"):
            assert (await visit.call.get(f"{path}/results/airports?{wrong}")).code == "bad_cursor"
        unknown = await visit.call.get(f"{path}/results/airports?filter.iat=A1")
        assert (unknown.code, "`iata`" in unknown.json["detail"]) == ("invalid_field", True)


async def test_rows_are_exported_by_accept(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        one = await ran(visit, tmp_path) + "/results/airports"
        csv = await visit.call.get(one, accept="text/csv")
        assert csv.body.startswith(b"iata,feet\r\nA0,9007199254740993\r\nA1,1\r\n")
        assert csv.headers["content-type"] == "text/csv; charset=utf-8"
        assert csv.headers["content-disposition"] == 'attachment; filename="airports.csv"'
        assert csv.headers["x-content-type-options"] == "nosniff"
        ndjson = await visit.call.get(one, accept="application/x-ndjson")
        assert json.loads(ndjson.body.splitlines()[0]) == {"iata": "A0", "feet": str(BIG)}
        parquet = await visit.call.get(one, accept="application/vnd.apache.parquet")
        (tmp_path / "x.parquet").write_bytes(parquet.body)
        found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [f"{tmp_path}/x.parquet"]).fetchone()
        assert found == ("A0", BIG)
        assert not list((tmp_path / "exports").iterdir())
        assert (await visit.call.get(one, accept="image/png")).code == "not_acceptable"


async def test_without_duckdb_parquet_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbell.artifacts.parquet.find_spec", lambda _: None)
    async with a_visit(tmp_path) as visit:
        one = await ran(visit, tmp_path) + "/results/airports"
        refused = await visit.call.get(one, accept="application/vnd.apache.parquet")
        assert (refused.code, "text/csv" in refused.json["detail"]) == ("not_acceptable", True)


async def test_exception_records_are_counted_and_shown_with_their_reason(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        assert (await visit.call.get(path)).json["steps"][0]["exceptions"] == 3
        account = (await visit.call.get(f"{path}/exceptions")).json
        assert (account["count"], account["truncated"], account["kept"]) == (3, False, True)
        assert account["by_reason"] == account["sets"][0]["by_reason"] == [{"reason": "no code", "count": 3}]
        page = (await visit.call.get(f"{path}/exceptions/a?limit=2")).json
        assert page["items"][0] == {"n": 1, "reason": "no code", "sample": False, "row": {"id": 1, "reason": "own"}}
        none = (await visit.call.get(f"{path}/exceptions/a?reason=other")).json
        assert (none["items"], none["next_cursor"]) == ([], None)
        own = (await visit.call.get(f"{path}/exceptions/a?filter.reason=own")).json
        assert [one["n"] for one in own["items"]] == [1]
        csv = await visit.call.get(f"{path}/exceptions/a", accept="text/csv")
        assert csv.body == b"_reason,id,reason\r\nno code,1,own\r\nno code,2,\r\nno code,3,\r\n"


async def test_a_file_comes_whole_or_in_part(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        [one] = (await visit.call.get(f"{path}/artifacts")).json["items"]
        assert (one["name"], one["size"], one["content_type"]) == ('out/räksm"ör.csv', 100, "text/csv")
        whole = await visit.call.get(one["links"]["self"])
        assert (whole.status, whole.body) == (200, bytes(range(100)))
        disposition = "attachment; filename=\"r_ksm__r.csv\"; filename*=UTF-8''r%C3%A4ksm%22%C3%B6r.csv"
        assert whole.headers["content-disposition"] == disposition
        part = await visit.call.get(one["links"]["self"], range="bytes=10-19", if_range=whole.headers["etag"])
        assert (part.status, part.body, part.headers["content-range"]) == (206, bytes(range(10, 20)), "bytes 10-19/100")
        changed = await visit.call.get(one["links"]["self"], range="bytes=10-19", if_range='"other"')
        assert (changed.status, len(changed.body)) == (200, 100)
        assert (await visit.call.get(one["links"]["self"], range="bytes=100-")).status == 416
        head = await visit.call.call("HEAD", one["links"]["self"])
        assert (head.status, head.headers["content-length"], head.body) == (200, "100", b"")


@pytest.mark.parametrize("kind", ["results", "exceptions", "artifacts"])
async def test_names_that_are_not_there_open_nothing(tmp_path: Path, kind: str) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        names = ["..%2f..%2flog", "%2e%2e", "%252e%252e%252flog", "/etc/passwd".replace("/", "%2f"), "a%5c..%5clog",
                 "x" * (LONGEST_NAME + 1), "%C0%AE"]  # fmt: skip
        for name in names:
            for after in ("", "/download"):
                reply = await visit.call.get(f"{path}/{kind}/{name}{after}")
                assert reply.status in {400, 404}, (name, reply)


async def test_what_retention_took_is_gone_and_still_listed(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        found = (await visit.call.get(path)).json
        await visit.ports.artifacts.strip([found["id"].removeprefix("run_")], log=False, data=True)
        for one in ("results/airports", "exceptions/a", "results/airports/download"):
            assert (await visit.call.get(f"{path}/{one}")).code == "gone"
        [left] = (await visit.call.get(f"{path}/artifacts")).json["items"]
        for link in left["links"].values():
            assert (await visit.call.get(link)).code == "gone"
        assert (await visit.call.get(f"{path}/exceptions")).json["count"] == 3


async def test_without_the_right_to_results_nothing_is_told(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ran(visit, tmp_path)
        lacking = await visit.caller("executions:read")
        narrowed = await visit.caller("results:read:other", name="narrowed")
        for one in ("results", "results/airports", "exceptions/a/download", "artifacts"):
            assert (await lacking.get(f"{path}/{one}")).code == "insufficient_scope"
            absent = (await narrowed.get(f"{path[:-4]}0000/{one}")).json
            hidden: dict[str, Any] = (await narrowed.get(f"{path}/{one}")).json
            assert (hidden["code"], hidden["title"]) == (absent["code"], absent["title"]) == ("not_found", "Not found")
