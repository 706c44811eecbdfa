"""Deliveries: look at what was told to whom, send one again, send all that was missed, send a test."""

from typing import Final

from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.delivery import Attempt, Delivery
from runbell.domain.endpoint import TEST, Endpoint
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.ids import LENGTH, is_id, new_id, public
from runbell.operations import look, subscribe
from runbell.operations.ports import Ports
from runbell.ports.store import Ref
from runbell.ports.webhook_table import DeliveryQuery, Redeliver, Replay, SendTest

PREFIX: Final = "msg_"
PIECE: Final = 500


class Seen(Struct, frozen=True):
    """A delivery with its attempts, and the webhook that it goes to (None: the callback of its execution)."""

    delivery: Delivery
    attempts: list[Attempt]
    webhook: tuple[str, str] | None


async def of_execution(ports: Ports, actor: Actor, ref: Ref, before: int | None, limit: int) -> list[Seen]:
    """What was told of an execution, the newest first. Raises NotFound, Gone."""
    standing = await look.standing(ports, actor, ref)
    found = await ports.store.deliveries(DeliveryQuery(execution=standing.number, before=before, limit=limit))
    return await _seen(ports, found)


async def of_webhook(ports: Ports, actor: Actor, name: str, before: int | None, limit: int) -> list[Seen]:
    """What was told to a webhook, the newest first. Raises NotFound."""
    endpoint = await subscribe.one(ports, actor, name)
    return await _seen(
        ports, await ports.store.deliveries(DeliveryQuery(endpoint=endpoint.number, before=before, limit=limit))
    )


async def redeliver_of_execution(ports: Ports, actor: Actor, ref: Ref, id_: str) -> Seen:
    """Send a delivery of an execution again, under the same id. Raises NotFound, Gone, InvalidField."""
    standing = await look.standing(ports, actor, ref)
    found = await _found(ports, id_)
    if found is None or found.execution != standing.number:
        raise _absent(id_)
    return await _again(ports, actor, found)


async def redeliver_of_webhook(ports: Ports, actor: Actor, name: str, id_: str) -> Seen:
    """Send a delivery to a webhook again, under the same id. Raises NotFound, InvalidField."""
    endpoint = await subscribe.one(ports, actor, name)
    found = await _found(ports, id_)
    if found is None or found.endpoint != endpoint.number:
        raise _absent(id_)
    return await _again(ports, actor, found)


async def replay(ports: Ports, actor: Actor, name: str, since: int, *, everything: bool) -> tuple[Endpoint, int]:
    """Send a webhook what it was not told since that moment (with `everything`, also what it was); how many.

    It goes as far back as events are kept. Raises NotFound, InvalidField for one that is disabled.
    """
    endpoint = await subscribe.one(ports, actor, name)
    _refuse_disabled(endpoint)
    now = ports.clock.now()
    after, upto = await ports.store.first_event_from(since), (await ports.store.event_bounds()).newest
    audit: Entry | None = actor.did(
        "webhooks.replay", subscribe.PREFIX + endpoint.id, now, since=since, everything=everything
    )
    count = 0
    while after < upto or audit is not None:
        asked = Replay(
            endpoint=endpoint.number, after=after, upto=upto, at=now, everything=everything, limit=PIECE, audit=audit
        )
        done = await ports.store.replay(asked)
        count, after, audit = count + done.count, done.last, None
    return endpoint, count


async def test(ports: Ports, actor: Actor, name: str) -> Seen:
    """Send a webhook an event that means nothing; one attempt, also while it is disabled. Raises NotFound."""
    endpoint = await subscribe.one(ports, actor, name)
    now = ports.clock.now()
    audit = actor.did("webhooks.test", subscribe.PREFIX + endpoint.id, now)
    made = await ports.store.send_test(SendTest(endpoint=endpoint.number, id=new_id(now), at=now, audit=audit))
    return (await _seen(ports, [made]))[0]


async def _again(ports: Ports, actor: Actor, found: Delivery) -> Seen:
    now = ports.clock.now()
    for id_, _ in (await ports.store.endpoint_ids((found.endpoint,) if found.endpoint > 0 else ())).values():
        endpoint = await ports.store.endpoint(found.project, id_)
        if endpoint is not None and found.type != TEST:
            _refuse_disabled(endpoint)
    detail = {"execution": public(found.told.execution)} if found.told.execution else {}
    audit = actor.did("webhooks.redeliver", PREFIX + found.id, now, **detail)
    made = await ports.store.redeliver(Redeliver(delivery=found.number, at=now, audit=audit))
    return (await _seen(ports, [made]))[0]


def _refuse_disabled(endpoint: Endpoint) -> None:
    """All that is on its way to a disabled webhook is given up."""
    if endpoint.disabled_at is not None:
        raise InvalidField(f"The webhook {endpoint.name} is disabled; enable it first, then send this again.")


async def _found(ports: Ports, id_: str) -> Delivery | None:
    bare = id_.removeprefix(PREFIX)
    return await ports.store.delivery(bare) if len(bare) == LENGTH and is_id(bare) else None


async def _seen(ports: Ports, found: list[Delivery]) -> list[Seen]:
    attempts = await ports.store.attempts(tuple(one.number for one in found))
    webhooks = await ports.store.endpoint_ids(tuple({one.endpoint for one in found if one.endpoint}))
    return [Seen(one, attempts[one.number], webhooks.get(one.endpoint)) for one in found]


def _absent(id_: str) -> NotFound:
    return NotFound(f"There is no delivery {id_[:100]} here, or it is not kept any more; list the deliveries.")
