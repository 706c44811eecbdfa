"""Who is told what, on the table: a delivery for everybody who wants an event, in the commit of the event."""

from typing import Any

import pytest
from msgspec import structs

from runbell.domain.audit import Entry
from runbell.domain.delivery import (
    ENDPOINT_DISABLED,
    ENDPOINT_GONE,
    EXHAUSTED,
    Again,
    Attempt,
    Dead,
    Delivered,
    Delivery,
    Verdict,
)
from runbell.domain.endpoint import FAILING_MS, Callback, Endpoint
from runbell.domain.execution import Execution
from runbell.domain.faults import InUse, InvalidField, NotFound, RevisionMismatch
from runbell.domain.ids import new_id
from runbell.domain.principals import Project
from runbell.ports.event_table import EventQuery
from runbell.ports.identity_table import PutProject, Remove
from runbell.ports.store import Delete, Store
from runbell.ports.webhook_table import (
    DeliveryQuery,
    ForgetDeliveries,
    GiveUp,
    Keys,
    Line,
    PutEndpoint,
    Redeliver,
    RemoveEndpoint,
    Replay,
    SendTest,
    TellAttempt,
)
from tests.builders import NOON
from tests.stores.builders import BROKEN, a_job, a_put, a_start, claimed, ended, fresh, queued, running

pytestmark = pytest.mark.anyio

EVERYTHING = (
    "execution.queued", "execution.started", "execution.step_finished", "execution.succeeded", "execution.failed",
)  # fmt: skip
CALLBACK = Callback(url="https://c.example/x", destination="c.example:443", sealed="sealed")


def an_endpoint(name: str = "ops", **fields: Any) -> Endpoint:
    """An endpoint of the project `default` that is not on the table yet."""
    known: dict[str, Any] = {
        "id": new_id(NOON), "project": "default", "name": name, "url": "https://e.example/hooks",
        "created_at": NOON, "created_by": "key:admin", "updated_at": NOON,
    }  # fmt: skip
    return Endpoint(**(known | fields))


async def listening(store: Store, name: str = "ops", **fields: Any) -> Endpoint:
    """An endpoint on the table."""
    return await store.put_endpoint(PutEndpoint(endpoint=an_endpoint(name, **fields), keys=Keys("sealed")))


async def changed(store: Store, endpoint: Endpoint, **fields: Any) -> Endpoint:
    return await store.put_endpoint(PutEndpoint(endpoint=structs.replace(endpoint, **fields)))


async def told(store: Store, endpoint: Endpoint) -> list[Delivery]:
    """What is on its way to an endpoint, or was, in order."""
    return (await store.deliveries(DeliveryQuery(endpoint=endpoint.number)))[::-1]


async def said(store: Store, endpoint: Endpoint) -> list[tuple[str, str]]:
    return [(one.type, one.state) for one in await told(store, endpoint)]


async def tried(store: Store, delivery: Delivery, verdict: Verdict, at: int = NOON, **fields: Any) -> None:
    attempt = Attempt(
        number=delivery.attempts + 1, at=at, duration_ms=3, url="https://e.example/hooks", headers={"webhook-id": "x"},
        **fields,
    )  # fmt: skip
    await store.tell_attempt(TellAttempt(delivery=delivery.number, attempt=attempt, verdict=verdict, body="{}"))


async def by_id(store: Store, delivery: Delivery) -> Delivery:
    found = await store.delivery(delivery.id)
    assert found is not None
    return found


async def feed(store: Store) -> list[tuple[int, str]]:
    page = await store.events(EventQuery(project="default", after=0, limit=500))
    return [(record.seq, record.type) for record in page.items]


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


async def test_the_next_of_a_line_goes_when_the_one_before_has_arrived_or_is_dead(store: Store) -> None:
    endpoint = await listening(store, events=EVERYTHING)
    await ended(store, await running(store, await a_job(store)))
    first, second, third = await told(store, endpoint)
    await tried(store, first, Again(NOON + 5_000), status=500)
    assert [one.state for one in await told(store, endpoint)] == ["due", "waiting", "waiting"]
    await tried(store, await by_id(store, first), Delivered(), status=200)
    assert [one.state for one in await told(store, endpoint)] == ["delivered", "due", "waiting"]
    await tried(store, second, Dead(EXHAUSTED), status=500)
    assert [one.state for one in await told(store, endpoint)] == ["delivered", "dead", "due"]
    await tried(store, third, Delivered(), status=204)
    assert await store.lines() == []


async def test_executions_do_not_wait_for_each_other(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(3):
        await ended(store, await running(store, job))
    assert [one.state for one in await told(store, endpoint)] == ["due"] * 3


async def test_what_is_due_is_found_by_receiver_and_time(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    run = (await store.start(a_start(job, fresh(job), callback=CALLBACK))).execution
    await ended(store, await claimed(store, run))
    line = f"endpoint {endpoint.number}"
    assert await store.lines() == [Line("c.example:443", NOON + 100), Line(line, NOON + 100)]
    (parcel,) = await store.due(line, NOON + 100, 5)
    assert (parcel.endpoint, parcel.keys) == (endpoint, Keys("sealed"))
    assert await store.due(line, NOON + 99, 5) == []
    await tried(store, parcel.delivery, Again(NOON + 5_000))
    assert await store.lines() == [Line("c.example:443", NOON + 100), Line(line, NOON + 5_000)]


async def test_an_attempt_is_kept_and_one_told_twice_counts_once(store: Store) -> None:
    endpoint = await listening(store)
    await ended(store, await running(store, await a_job(store)))
    (first,) = await told(store, endpoint)
    await tried(store, first, Again(NOON + 5_000), status=500, answer="no")
    await tried(store, first, Delivered(), status=200)
    (now,) = await told(store, endpoint)
    assert (now.state, now.attempts, now.tries, now.body, now.due_at) == ("due", 1, 1, "{}", NOON + 5_000)
    found = await store.attempts((first.number,))
    assert found[first.number] == [
        Attempt(number=1, at=NOON, duration_ms=3, url="https://e.example/hooks", headers={"webhook-id": "x"},
                status=500, answer="no")
    ]  # fmt: skip


async def test_an_endpoint_that_is_gone_is_disabled_and_its_owner_told(store: Store) -> None:
    endpoint = await listening(store)
    owner = await listening(store, "owner", events=("endpoint.disabled",))
    job = await a_job(store)
    await ended(store, await running(store, job))
    (delivery,) = await told(store, endpoint)
    await tried(store, delivery, Dead(ENDPOINT_GONE), status=410)
    now = await store.endpoint("default", "ops")
    assert now is not None
    assert (now.disabled_at, now.disabled_why, now.revision) == (NOON + 3, "gone", 2)
    (told_owner,) = await told(store, owner)
    assert (await feed(store))[-1] == (told_owner.seq, "endpoint.disabled")
    assert told_owner.told.data == {"endpoint": f"wh_{endpoint.id}", "name": "ops", "reason": "gone"}
    await ended(store, await running(store, job))
    assert len(await told(store, endpoint)) == 1


async def test_an_endpoint_that_fails_for_five_days_is_disabled_and_one_success_begins_anew(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(4):
        await ended(store, await running(store, job))
    first, second, third, fourth = await told(store, endpoint)
    await tried(store, first, Again(NOON), at=NOON)
    await tried(store, second, Delivered(), at=NOON + FAILING_MS)
    await tried(store, third, Again(NOON), at=NOON + FAILING_MS)
    now = await store.endpoint("default", "ops")
    assert now is not None
    assert now.disabled_at is None
    await tried(store, fourth, Again(NOON), at=NOON + 2 * FAILING_MS - 1)
    assert (now := await store.endpoint("default", "ops")) is not None
    assert now.disabled_at is None
    await tried(store, await by_id(store, fourth), Again(NOON), at=NOON + 2 * FAILING_MS)
    assert (now := await store.endpoint("default", "ops")) is not None
    assert now.disabled_why == "failing"


async def test_a_callback_that_is_gone_is_told_nothing_more(store: Store) -> None:
    job = await a_job(store)
    callback = structs.replace(CALLBACK, events=EVERYTHING)
    run = (await store.start(a_start(job, fresh(job), callback=callback))).execution
    taken = await claimed(store, run)
    first, _ = (await store.deliveries(DeliveryQuery(execution=run.number)))[::-1]
    await tried(store, first, Dead(ENDPOINT_GONE), status=410)
    await ended(store, taken)
    found = await store.deliveries(DeliveryQuery(execution=run.number))
    assert [(one.state, one.why) for one in found] == [("dead", ENDPOINT_GONE)] * 2


async def test_what_is_on_its_way_to_a_deleted_endpoint_is_given_up_in_pieces(store: Store) -> None:
    endpoint = await listening(store, events=EVERYTHING)
    await ended(store, await running(store, await a_job(store)))
    await store.remove_endpoint(RemoveEndpoint(number=endpoint.number, at=NOON))
    assert await store.endpoint("default", "ops") is None
    assert await store.endpoint_keys(endpoint.number) is None
    assert await store.endpoint_ids((endpoint.number,)) == {endpoint.number: (endpoint.id, "ops")}
    (parcel,) = await store.due(f"endpoint {endpoint.number}", NOON + 100, 5)
    assert parcel.endpoint is None
    gave_up = GiveUp(at=NOON, why=ENDPOINT_DISABLED, endpoint=endpoint.number, limit=2)
    assert await store.give_up(gave_up) == 2
    assert len(await store.due(f"endpoint {endpoint.number}", NOON + 100, 5)) == 1
    assert await store.give_up(gave_up) == 1
    assert {one.state for one in await told(store, endpoint)} == {"dead"}
    assert await listening(store) != endpoint


async def test_a_delivery_that_is_sent_once_more_goes_before_what_came_later(store: Store) -> None:
    endpoint = await listening(store, events=EVERYTHING)
    await ended(store, await running(store, await a_job(store)))
    first, _, _ = await told(store, endpoint)
    await tried(store, first, Delivered(), status=200)
    again = await store.redeliver(Redeliver(delivery=first.number, at=NOON + 9))
    assert (again.id, again.state, again.due_at, again.tries, again.attempts) == (first.id, "due", NOON + 9, 0, 1)
    assert [one.state for one in await told(store, endpoint)] == ["due", "waiting", "waiting"]
    await tried(store, again, Delivered(), status=200)
    assert [one.state for one in await told(store, endpoint)] == ["delivered", "due", "waiting"]
    with pytest.raises(NotFound):
        await store.redeliver(Redeliver(delivery=99, at=NOON))


async def test_a_replay_sends_what_failed_and_what_was_missed_and_no_more(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(2):
        await ended(store, await running(store, job))
    first, second = await told(store, endpoint)
    await tried(store, first, Dead(EXHAUSTED))
    await tried(store, second, Delivered(), status=200)
    off = await changed(store, endpoint, disabled_at=NOON, disabled_why="by_hand")
    await ended(store, await running(store, job))
    on = await changed(store, off, disabled_at=None, disabled_why=None)
    assert [one.state for one in await told(store, on)] == ["dead", "delivered"]
    newest = (await store.event_bounds()).newest
    came = await store.replay(Replay(endpoint=on.number, after=0, upto=newest, at=NOON + 7))
    assert (came.count, came.last) == (2, newest)
    now = await told(store, on)
    assert [(one.seq, one.state) for one in now] == [(first.seq, "due"), (second.seq, "delivered"), (newest, "due")]
    came = await store.replay(Replay(endpoint=on.number, after=0, upto=newest, at=NOON + 8, everything=True))
    assert came.count == 1
    assert [one.state for one in await told(store, on)] == ["due", "due", "due"]


async def test_a_replay_goes_on_in_pieces_from_a_moment(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for at in (NOON, NOON + 1_000, NOON + 2_000):
        await queued(store, job, created_at=at)
    assert [await store.first_event_from(NOON + after) for after in (0, 1, 1_000, 1_001, 9_000)] == [0, 1, 1, 2, 3]
    piece = await store.replay(Replay(endpoint=endpoint.number, after=0, upto=3, at=NOON, limit=2))
    assert piece.last == 2


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


async def test_a_name_is_given_once_per_project_and_a_project_has_so_many(store: Store) -> None:
    await listening(store)
    await listening(store, project="lab")
    with pytest.raises(InvalidField, match="already"):
        await listening(store)
    other = await listening(store, "other")
    with pytest.raises(InvalidField, match="already"):
        await changed(store, other, name="ops")
    with pytest.raises(InvalidField, match="as many as it may"):
        await store.put_endpoint(PutEndpoint(endpoint=an_endpoint("third"), keys=Keys("s"), most=2))


async def test_a_change_of_another_revision_is_refused(store: Store) -> None:
    endpoint = await listening(store)
    await changed(store, endpoint, url="https://new.example/")
    with pytest.raises(RevisionMismatch):
        await changed(store, endpoint, url="https://other.example/")
    with pytest.raises(RevisionMismatch):
        await store.remove_endpoint(RemoveEndpoint(number=endpoint.number, at=NOON, if_revision=1))
    with pytest.raises(NotFound):
        await store.remove_endpoint(RemoveEndpoint(number=99, at=NOON))


async def test_a_project_with_webhooks_has_to_stay(store: Store) -> None:
    await store.put_project(PutProject(project=Project(name="lab", number=0, id="p", created_at=NOON)))
    endpoint = await listening(store, project="lab")
    with pytest.raises(InUse, match="webhooks"):
        await store.remove(Remove(kind="project", name="lab"))
    await store.remove_endpoint(RemoveEndpoint(number=endpoint.number, at=NOON))
    assert await store.remove(Remove(kind="project", name="lab"))


async def test_what_was_delivered_goes_with_its_execution_and_what_was_not_still_arrives(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    runs: list[Execution] = []
    for _ in range(2):
        run = (await store.start(a_start(job, fresh(job), callback=CALLBACK))).execution
        runs.append(await ended(store, await claimed(store, run)))
    first, _ = await told(store, endpoint)
    await tried(store, first, Delivered(), status=200)
    for run in runs:
        await store.delete(Delete(number=run.number, at=NOON))
    assert [one.execution for one in await told(store, endpoint)] == [runs[1].number]
    assert await store.attempts((first.number,)) == {first.number: []}
    assert len(await store.due("c.example:443", NOON + 100, 5)) == 2


async def test_what_ended_long_ago_is_forgotten(store: Store) -> None:
    endpoint = await listening(store)
    job = await a_job(store)
    for _ in range(2):
        await ended(store, await running(store, job))
    first, _ = await told(store, endpoint)
    await tried(store, first, Delivered(), status=200)
    assert await store.forget_deliveries(ForgetDeliveries(before=NOON, limit=10)) == 0
    assert await store.forget_deliveries(ForgetDeliveries(before=NOON + 10, limit=10)) == 1
    assert len(await told(store, endpoint)) == 1


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
