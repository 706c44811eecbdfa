"""One action on everything that a filter names: tried, accepted, worked off, cancelled."""

from pathlib import Path
from typing import Any

import pytest

from runbell.engine.bulk_worker import BulkWorker
from tests.house_of_cards import a_house

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio

BULK = "/api/v1/executions:bulk"


async def worked_off(visit: Visit) -> None:
    worker = BulkWorker(visit.ports, pause_s=0)
    while await worker.once():
        pass


async def outcomes(visit: Visit, path: str) -> list[tuple[int, str, str | None]]:
    items: list[dict[str, Any]] = (await visit.call.get(path)).json["items"]
    return [(item["number"], item["outcome"], item["code"]) for item in items]


async def test_a_dry_run_counts_and_shows_and_changes_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for _ in range(12):
            await visit.started("load", {"tags": ["night"]})
        reply = await visit.call.post(BULK, {"action": "stop", "filter": {"tag": "night"}, "dry_run": True})
        assert (reply.status, reply.json["count"], reply.json["count_is"]) == (200, 12, "exact")
        assert [item["number"] for item in reply.json["sample"]] == list(range(12, 2, -1))
        assert await visit.ports.store.bulks_at_work() == []


async def test_what_matched_at_acceptance_is_stopped_and_nothing_that_came_later(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for _ in range(3):
            await visit.started()
        reply = await visit.call.post(BULK, {"action": "stop", "filter": {"status": ["queued"]}, "reason": "wrong day"})
        assert (reply.status, reply.json["status"], reply.json["total"]) == (202, "working", 3)
        path = reply.headers["location"]
        later = await visit.started()
        assert await outcomes(visit, path) == [(1, "pending", None), (2, "pending", None), (3, "pending", None)]
        await worked_off(visit)
        assert await outcomes(visit, path) == [(1, "done", None), (2, "done", None), (3, "done", None)]
        seen = (await visit.call.get(f"{path}?limit=2")).json
        assert (seen["status"], seen["done"], seen["refused"], seen["has_more"]) == ("done", 3, 0, True)
        rest = (await visit.call.get(f"{path}?limit=2&cursor={seen['next_cursor']}")).json
        assert [item["number"] for item in rest["items"]] == [3]
        stopped = (await visit.call.get("/api/v1/executions/1/stop")).json
        assert (stopped["reason"], stopped["requested_by"]) == ("wrong day", "key:admin")
        assert (await visit.call.get(later["links"]["self"])).json["status"] == "queued"
        audit = (await visit.call.get("/api/v1/audit?action=executions.stop")).json["items"]
        assert len(audit) == 3


async def test_each_item_has_its_own_result(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await visit.defined()
        visit.house.script.fails("a")
        await visit.ended()
        await visit.ended()
        reply = await visit.call.post(BULK, {"action": "restart", "filter": {"job": "load"}})
        await worked_off(visit)
        path = reply.headers["location"]
        assert await outcomes(visit, path) == [(1, "done", None), (2, "refused", "not_restartable")]
        items = (await visit.call.get(path)).json["items"]
        made = await visit.call.get(f"/api/v1/executions/{items[0]['made']}?wait=5")
        assert made.json["restart_of"] == items[0]["execution"]
        assert "only failed, stopped and lost ones restart" in items[1]["detail"]
        reply = await visit.call.post(BULK, {"action": "rerun", "filter": {"status": "failed"}, "mode": "current"})
        await worked_off(visit)
        assert await outcomes(visit, reply.headers["location"]) == [(1, "done", None)]
        reply = await visit.call.post(BULK, {"action": "delete", "filter": {"job": "load", "status": "failed"}})
        await worked_off(visit)
        assert (await visit.call.get("/api/v1/executions/1")).status == 410


async def test_a_bulk_goes_on_after_a_crash_and_makes_nothing_twice(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for number in range(1, 5):
            await visit.started()
            await visit.call.post(f"/api/v1/executions/{number}/stop")
        reply = await visit.call.post(BULK, {"action": "rerun", "filter": {"status": "discarded"}})
        worker = BulkWorker(visit.ports, pause_s=0)
        (bulk,) = await visit.ports.store.bulks_at_work()
        for item in await visit.ports.store.bulk_items(bulk.number, 0, 2):
            await worker._done(bulk, item)  # done, and the server dies before it is told
    async with a_house(tmp_path, serving=False) as house:
        again = BulkWorker(house.ports, pause_s=0)
        await again.abandon()
        while await again.once():
            pass
        bulk = await house.ports.store.bulk("default", reply.json["id"].removeprefix("bulk_")) or bulk
        assert (bulk.status, bulk.done, bulk.refused) == ("done", 4, 0)
        items = await house.ports.store.bulk_items(bulk.number, 0, 10)
        assert len({item.made for item in items}) == 4
        assert (await house.ports.store.counts())["queued"] == 4


async def test_what_was_never_accepted_is_given_up(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.started()
        reply = await visit.call.post(BULK, {"action": "stop", "filter": {"q": "load"}})
        (bulk,) = await visit.ports.store.bulks_at_work()
        await visit.ports.store._link.ask(_collecting(bulk))  # type: ignore[attr-defined]
        await BulkWorker(visit.ports).abandon()
        assert [one.id for one in await visit.ports.store.bulks_at_work()] == [bulk.id]
        assert (await visit.call.get(reply.headers["location"])).status == 200


def _collecting(bulk: Any) -> Any:
    from msgspec import structs

    from runbell.domain.ids import new_id
    from runbell.ports.bulk_table import AddBulk

    return AddBulk(structs.replace(bulk, id=new_id(1_900_000_000_000)))


async def test_the_same_key_and_body_is_the_same_bulk(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.started()
        body = {"action": "stop", "filter": {"job": "load"}}
        first = await visit.call.post(BULK, body, idempotency_key='"k"')
        second = await visit.call.post(BULK, body, idempotency_key='"k"')
        assert second.headers["location"] == first.headers["location"]
        assert (first.headers.get("idempotent-replayed"), second.headers["idempotent-replayed"]) == (None, "true")
        other = await visit.call.post(BULK, {**body, "reason": "x"}, idempotency_key='"k"')
        assert (other.status, other.code) == (422, "idempotency_key_reused")


async def test_a_cancelled_bulk_goes_no_further(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for _ in range(25):
            await visit.started()
        path = (await visit.call.post(BULK, {"action": "stop", "filter": {"job": "load"}})).headers["location"]
        await BulkWorker(visit.ports, pause_s=0).once()
        reply = await visit.call.post(f"{path}:cancel")
        assert (reply.json["status"], reply.json["done"]) == ("cancelled", 20)
        await worked_off(visit)
        seen = (await visit.call.get(path)).json
        assert [item["outcome"] for item in seen["items"]] == ["done"] * 20 + ["pending"] * 5
        assert (await visit.call.post(f"{path}:cancel")).json["status"] == "cancelled"
        audit = (await visit.call.get("/api/v1/audit?action=executions.bulk_cancel")).json["items"]
        assert [line["object"] for line in audit] == [path.rsplit("/", 1)[-1]]


async def test_a_bulk_needs_the_right_of_its_action_and_reaches_no_further_than_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        await visit.defined("other")
        await visit.started("load")
        await visit.started("other")
        body = {"action": "stop", "filter": {"status": "queued"}}
        reader = await visit.caller("executions:read", name="reader")
        reply = await reader.post(BULK, body)
        assert (reply.status, reply.code) == (403, "insufficient_scope")
        assert "executions:stop" in reply.json["detail"]
        narrow = await visit.caller("executions:read", "executions:stop:load", name="narrow")
        reply = await narrow.post(BULK, body)
        assert reply.json["total"] == 1
        await worked_off(visit)
        assert (await visit.call.get("/api/v1/executions/2")).json["status"] == "queued"
        assert (await reader.post(f"{reply.headers['location']}:cancel")).status == 403
        own = await visit.caller("executions:read:other", name="own")
        assert (await own.get(reply.headers["location"])).status == 404


async def test_a_filter_that_names_nothing_or_something_unknown_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for filters, pointer in [
            ({}, "/filter"),
            ({"statsu": "failed"}, "/filter/statsu"),
            ({"status": "done"}, "/filter/status"),
            ({"created_at.lt": "soon"}, "/filter/created_at.lt"),
            ({"job": None}, "/filter/job"),
        ]:
            reply = await visit.call.post(BULK, {"action": "delete", "filter": filters})
            assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, pointer), reply
        reply = await visit.call.post(BULK, {"action": "delete", "filter": {"q": "x"}, "mode": "kill"})
        assert reply.json["errors"][0]["pointer"] == "/mode"
        empty = await visit.call.post(BULK, {"action": "delete", "filter": {"job": "none"}})
        assert (empty.status, empty.json["status"], empty.json["total"]) == (202, "done", 0)
        assert (await visit.call.get("/api/v1/bulk/none")).status == 404
