"""Who is told what, on the table: a delivery for everybody who wants an event, in the commit of the event."""

import pytest
from msgspec import structs

from runbell.domain.audit import Entry
from runbell.domain.delivery import (
    Delivered,
)
from runbell.domain.ids import new_id
from runbell.ports.store import Store
from runbell.ports.webhook_table import (
    DeliveryQuery,
    SendTest,
)
from tests.builders import NOON
from tests.stores.builders import BROKEN, a_job, a_put, a_start, claimed, ended, fresh, queued, running

from .subscribers import CALLBACK, EVERYTHING, feed, listening, said, told, tried

pytestmark = pytest.mark.anyio


async def test_an_event_and_its_delivery_bear_one_number(store: Store) -> None:
    endpoint = await listening(store, events=EVERYTHING)
    job = await a_job(store)
    run = await ended(store, await running(store, job, key="k1"))
    found = await told(store, endpoint)
    assert [(one.seq, one.type) for one in found] == await feed(store)
    assert [one.state for one in found] == ["due", "waiting", "waiting"]
    last = found[-1].told
    assert (last.execution, last.number, last.key, last.job) == (run.id, run.number, "k1", "load")
    assert (last.status, last.revision) == ("succeeded", run.revision)
    assert last.data["exit_status"] == {"code": "OK", "message": ""}
    assert len({one.id for one in found}) == 3


async def test_nobody_is_told_what_nobody_asked_for(store: Store) -> None:
    ends = await listening(store)
    other_job = await listening(store, "other", job="sweep")
    named = await listening(store, "named", only_named=True)
    disabled = await listening(store, "off", disabled_at=NOON, disabled_why="by_hand")
    elsewhere = await listening(store, "elsewhere", project="lab")
    await ended(store, await running(store, await a_job(store)))
    assert await said(store, ends) == [("execution.succeeded", "due")]
    for silent in (other_job, named, disabled, elsewhere):
        assert await said(store, silent) == []


async def test_a_job_tells_whom_its_current_definition_names_and_each_once(store: Store) -> None:
    named = await listening(store, "named", only_named=True)
    ops = await listening(store, "ops")
    notify = {"webhooks": ["named", "ops", "nobody"], "on": ["failed"]}
    job = (await store.put_job(a_put(definition={"notify": notify}))).job
    await ended(store, await running(store, job))
    await ended(store, await running(store, job), BROKEN)
    assert await said(store, named) == [("execution.failed", "due")]
    assert await said(store, ops) == [("execution.succeeded", "due"), ("execution.failed", "due")]
    assert await store.naming("default", "named") == ("load",)
    await store.put_job(a_put(definition={"steps": []}))
    await ended(store, await running(store, job), BROKEN)
    assert len(await told(store, named)) == 1


async def test_a_job_tells_addresses_by_mail_and_none_waits_for_another(store: Store) -> None:
    notify = {"email": ["ops@example.org", "dev@example.org"], "on": ["failed"]}
    job = (await store.put_job(a_put(definition={"notify": notify}))).job
    await ended(store, await running(store, job))
    run = await ended(store, await running(store, job), BROKEN)
    found = await store.deliveries(DeliveryQuery(execution=run.number))
    assert sorted((one.receiver, one.type, one.state) for one in found) == [
        ("dev@example.org", "execution.failed", "due"), ("ops@example.org", "execution.failed", "due"),
    ]  # fmt: skip
    assert [line.destination for line in await store.lines()] == ["mail dev@example.org", "mail ops@example.org"]
    (parcel,) = await store.due("mail ops@example.org", NOON + 100, 5)
    assert (parcel.delivery.receiver, parcel.endpoint, parcel.callback) == ("ops@example.org", None, None)
    await tried(store, parcel.delivery, Delivered())
    assert [line.destination for line in await store.lines()] == ["mail dev@example.org"]
    await store.put_job(a_put(definition={"steps": []}))
    await ended(store, await running(store, job), BROKEN)
    assert len(await store.lines()) == 1


async def test_a_callback_is_told_of_its_own_execution_only_and_of_the_ends(store: Store) -> None:
    job = await a_job(store)
    run = (await store.start(a_start(job, fresh(job), callback=CALLBACK))).execution
    await ended(store, await running(store, job))
    await ended(store, await claimed(store, run))
    (delivery,) = await store.deliveries(DeliveryQuery(execution=run.number))
    assert (delivery.type, delivery.endpoint, delivery.state) == ("execution.succeeded", 0, "due")
    (parcel,) = await store.due("c.example:443", NOON + 100, 5)
    assert (parcel.callback, parcel.endpoint) == (CALLBACK, None)


async def test_a_callback_that_wants_the_first_event_gets_it(store: Store) -> None:
    job = await a_job(store)
    callback = structs.replace(CALLBACK, events=("execution.queued",))
    run = (await store.start(a_start(job, fresh(job), callback=callback))).execution
    (delivery,) = await store.deliveries(DeliveryQuery(execution=run.number))
    assert (delivery.type, delivery.told.number) == ("execution.queued", run.number)


async def test_a_test_event_goes_to_its_endpoint_alone_and_into_no_feed(store: Store) -> None:
    endpoint, other = await listening(store), await listening(store, "other")
    for _ in range(3):
        await queued(store, await a_job(store))
    audit = Entry(at=NOON, actor="key:a", action="webhooks.test", project="default", object="wh_1")
    made = await store.send_test(SendTest(endpoint=endpoint.number, id=new_id(NOON), at=NOON, audit=audit))
    assert [made] == await told(store, endpoint)
    assert (made.type, made.state, made.execution) == ("endpoint.test", "due", 0)
    assert [kind for _, kind in await feed(store)] == ["execution.queued"] * 3
    assert await told(store, other) == []


async def test_who_sends_is_woken_by_a_delivery_and_by_nothing_else(store: Store) -> None:
    rung: list[int] = []
    store.on_deliveries(lambda: rung.append(1))
    job = await a_job(store)
    await ended(store, await running(store, job))
    assert rung == []
    await listening(store)
    run = await running(store, job)
    assert rung == []
    await ended(store, run)
    assert rung == [1]
