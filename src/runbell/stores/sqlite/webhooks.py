"""Who is told what, as the store offers it."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from runbell.domain.delivery import Attempt, Delivery
from runbell.domain.endpoint import Callback, Endpoint
from runbell.ports.webhook_table import (
    DeliveryQuery,
    ForgetDeliveries,
    GiveUp,
    Keys,
    Line,
    Parcel,
    PutCallbackSecret,
    PutEndpoint,
    Redeliver,
    RemoveEndpoint,
    Replay,
    Replayed,
    SendTest,
    TellAttempt,
)
from runbell.stores.sqlite import read_webhooks
from runbell.stores.sqlite.ends import Ends

LINES: Final = 200


class WebhookRows(Ends):
    """Implements `ports.webhook_table.WebhookTable`."""

    async def put_endpoint(self, put: PutEndpoint) -> Endpoint:
        return msgspec.convert(await self._link.ask(put), Endpoint)

    async def put_callback_secret(self, put: PutCallbackSecret) -> None:
        await self._link.ask(put)

    async def callback_keys(self, client: str) -> Keys | None:
        return read_webhooks.callback_keys(self._db, client)

    async def remove_endpoint(self, asked: RemoveEndpoint) -> None:
        await self._link.ask(asked)

    async def endpoint(self, project: str, id_or_name: str) -> Endpoint | None:
        return read_webhooks.named(self._db, project, id_or_name)

    async def endpoint_keys(self, number: int) -> Keys | None:
        return read_webhooks.keys(self._db, number)

    async def endpoint_ids(self, numbers: tuple[int, ...]) -> dict[int, tuple[str, str]]:
        return read_webhooks.labels(self._db, numbers)

    async def endpoints(self, project: str, after: str, limit: int) -> list[Endpoint]:
        return read_webhooks.page(self._db, project, after, limit)

    async def naming(self, project: str, name: str) -> tuple[str, ...]:
        return read_webhooks.naming(self._db, project, name)

    async def lines(self) -> list[Line]:
        found: list[Line] = []
        while piece := read_webhooks.lines(self._db, found[-1].destination if found else "", LINES):
            found += piece
            await asyncio.sleep(0)  # there may be thousands, at 14 µs each, and others wait
        return found

    async def due(self, destination: str, at: int, limit: int) -> list[Parcel]:
        return read_webhooks.due(self._db, destination, at, limit)

    async def tell_attempt(self, told: TellAttempt) -> None:
        await self._link.ask(told)

    async def give_up(self, asked: GiveUp) -> int:
        count: int = await self._link.ask(asked)
        return count

    async def redeliver(self, asked: Redeliver) -> Delivery:
        return msgspec.convert(await self._link.ask(asked), Delivery)

    async def replay(self, asked: Replay) -> Replayed:
        return msgspec.convert(await self._link.ask(asked), Replayed)

    async def send_test(self, asked: SendTest) -> Delivery:
        return msgspec.convert(await self._link.ask(asked), Delivery)

    async def forget_deliveries(self, asked: ForgetDeliveries) -> int:
        count: int = await self._link.ask(asked)
        return count

    async def deliveries(self, query: DeliveryQuery) -> list[Delivery]:
        return read_webhooks.deliveries(self._db, query)

    async def delivery(self, id_: str) -> Delivery | None:
        return read_webhooks.delivery_of_id(self._db, id_)

    async def attempts(self, deliveries: tuple[int, ...]) -> dict[int, list[Attempt]]:
        return read_webhooks.attempts(self._db, deliveries)

    async def callback(self, execution: str) -> Callback | None:
        return read_webhooks.callback(self._db, execution)

    async def first_event_from(self, at: int) -> int:
        return read_webhooks.last_event_before(self._db, at)

    def on_deliveries(self, listener: Callable[[], None]) -> None:
        self._link.on_deliveries(listener)
