"""Builders for who is told what: endpoints, what is on its way to them, and attempts."""

from typing import Any

from msgspec import structs

from runbell.domain.delivery import (
    Attempt,
    Delivery,
    Verdict,
)
from runbell.domain.endpoint import Callback, Endpoint
from runbell.domain.ids import new_id
from runbell.ports.event_table import EventQuery
from runbell.ports.store import Store
from runbell.ports.webhook_table import (
    DeliveryQuery,
    Keys,
    PutEndpoint,
    TellAttempt,
)
from tests.builders import NOON

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
