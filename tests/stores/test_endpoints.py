"""Endpoints on the table: their names and revisions, and what disables them or gives up what is on its way to them."""

import pytest
from msgspec import structs

from runbell.domain.delivery import (
    ENDPOINT_DISABLED,
    ENDPOINT_GONE,
    Again,
    Dead,
    Delivered,
)
from runbell.domain.endpoint import FAILING_MS
from runbell.domain.faults import InUse, InvalidField, NotFound, RevisionMismatch
from runbell.domain.principals import Project
from runbell.ports.identity_table import PutProject, Remove
from runbell.ports.store import Store
from runbell.ports.webhook_table import (
    DeliveryQuery,
    GiveUp,
    Keys,
    PutEndpoint,
    RemoveEndpoint,
)
from tests.builders import NOON
from tests.stores.builders import a_job, a_start, claimed, ended, fresh, running

from .subscribers import CALLBACK, EVERYTHING, an_endpoint, by_id, changed, feed, listening, told, tried

pytestmark = pytest.mark.anyio


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


async def test_nothing_of_an_endpoint_that_was_enabled_again_is_given_up(store: Store) -> None:
    endpoint = await listening(store)
    await ended(store, await running(store, await a_job(store)))
    asked = GiveUp(at=NOON, why=ENDPOINT_DISABLED, endpoint=endpoint.number)
    assert await store.give_up(asked) == 0
    assert [one.state for one in await told(store, endpoint)] == ["due"]
