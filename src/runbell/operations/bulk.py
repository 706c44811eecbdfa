"""Bulk: one action on everything that a filter names at the moment of acceptance, worked off behind the answer."""

from typing import Final

from msgspec import Struct, structs

from runbell.domain.execution import Execution
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.ids import new_id
from runbell.operations.idempotency import IdempotencyKey, settle
from runbell.operations.ports import Ports
from runbell.ports.bulk_table import AddBulk, Bulk, BulkItem, BulkKey, BulkOrder, EndBulk, FillBulk, OpenBulk
from runbell.ports.store import ExecutionQuery

RIGHTS: Final = {
    "stop": "executions:stop",
    "rerun": "executions:run",
    "restart": "executions:run",
    "delete": "executions:delete",
}
"""The right that each action needs."""
MOST: Final = 100_000
PIECE: Final = 2_000
SAMPLE: Final = 10


class Preview(Struct, frozen=True):
    """What a bulk would be about: how many (`more`: there are still more), and the newest of them."""

    count: int
    more: bool
    sample: list[Execution]


async def preview(ports: Ports, query: ExecutionQuery) -> Preview:
    """Look, and do nothing."""
    found = await ports.store.matching(query, MOST + 1)
    page = await ports.store.executions(structs.replace(query, limit=SAMPLE))
    return Preview(min(len(found), MOST), len(found) > MOST, page.items)


async def accept(
    ports: Ports, actor: Actor, order: BulkOrder, query: ExecutionQuery, sent: IdempotencyKey | None
) -> tuple[Bulk, bool]:
    """Take down what the filter names now, and begin. The bulk, and whether an earlier request had made it.

    Raises InvalidField for more than MOST executions, IdempotencyKeyReused, StorageFull.
    """
    key = None if sent is None else await _key(ports, actor, sent)
    if key is not None and (earlier := await ports.store.bulk_of_key(key)) is not None:
        return earlier, True
    found = await ports.store.matching(query, MOST + 1)
    if len(found) > MOST:
        said = f"The filter names more than {MOST:,} executions; narrow it, and do the rest after."
        raise InvalidField.at("/filter", "too_many", said)
    now = ports.clock.now()
    bulk = Bulk(
        number=0, id=new_id(now), project=actor.project, actor=actor.client, status="collecting", created_at=now,
        order=order,
    )  # fmt: skip
    number = await ports.store.add_bulk(AddBulk(bulk))
    for place in range(0, len(found), PIECE):
        await ports.store.fill_bulk(FillBulk(number, found[place : place + PIECE]))
    audit = actor.did(
        f"executions.bulk_{order.action}", f"bulk_{bulk.id}", now, filter=order.filter, executions=len(found)
    )
    opened = await ports.store.open_bulk(OpenBulk(bulk=number, key=key, audit=audit))
    return opened, opened.number != number


async def look(ports: Ports, actor: Actor, id_: str) -> Bulk:
    """One bulk; a caller who reaches only some jobs sees its own. Raises NotFound."""
    bulk = await ports.store.bulk(actor.project, id_)
    if bulk is None or bulk.status in {"collecting", "abandoned"} or not _sees(actor, bulk):
        raise NotFound(f"There is no bulk bulk_{id_}, or it was over for more than thirty days.")
    return bulk


async def items(ports: Ports, bulk: Bulk, after: int, limit: int) -> list[BulkItem]:
    """Its items by execution number, beyond `after`."""
    return await ports.store.bulk_items(bulk.number, after, limit)


async def cancel(ports: Ports, actor: Actor, id_: str) -> Bulk:
    """Go no further than the items in hand; what is done stays done. One that has ended stays as it is."""
    bulk = await look(ports, actor, id_)
    now = ports.clock.now()
    audit = actor.did("executions.bulk_cancel", f"bulk_{bulk.id}", now)
    return await ports.store.end_bulk(EndBulk(bulk=bulk.number, status="cancelled", at=now, audit=audit))


def _sees(actor: Actor, bulk: Bulk) -> bool:
    return actor.jobs is None or actor.client == bulk.actor


async def _key(ports: Ports, actor: Actor, sent: IdempotencyKey) -> BulkKey:
    kept = settle(ports, actor, sent)
    return BulkKey(client=kept.client, path=kept.path, key=kept.key, fingerprint=kept.fingerprint, members=kept.members)
