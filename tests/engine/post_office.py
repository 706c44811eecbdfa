"""A house with a courier, and everybody who is told."""

import asyncio
from collections.abc import Callable
from typing import Any

from runbell.domain.delivery import Delivery
from runbell.domain.endpoint import OWN_FORMAT, Endpoint
from runbell.domain.event import EVENT_TYPES
from runbell.engine.courier import WEBHOOK, Courier
from runbell.operations import subscribe
from runbell.operations.subscribe import Wanted
from runbell.ports.notifier import Answered, CannotShape, Format, Notification
from runbell.ports.webhook_table import DeliveryQuery
from tests.house_of_cards import ADMIN, House

URL = "https://ops.example/"
ALL = tuple(kind for kind in EVENT_TYPES if kind.startswith("execution."))
Reply = Callable[[Notification], Answered]


def said(status: int | None, **fields: Any) -> Reply:
    return lambda _: Answered(headers={"webhook-id": "x"}, status=status, **fields)


class Receivers:
    """Everybody who is told; each answers by its URL. Implements `ports.notifier.Notifier`."""

    def __init__(self) -> None:
        self.heard: list[Notification] = []
        self.replies: dict[str, Reply] = {}
        self.silent: set[str] = set()
        self.most = 0
        self._now = 0

    async def notify(self, notification: Notification) -> Answered:
        self.heard.append(notification)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(0)
            if notification.url in self.silent:
                await asyncio.Event().wait()
            return self.replies.get(notification.url, said(204))(notification)
        finally:
            self._now -= 1

    def of(self, url: str) -> list[str]:
        return [one.type.removeprefix("execution.") for one in self.heard if one.url == url]


class Office:
    """A house with a courier whose dice always fall in the middle."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.receivers = Receivers()
        self.courier = self.another()

    def another(self) -> Courier:
        """The courier of the next server on the same table."""

        async def shape(delivery: Delivery) -> bytes:
            if delivery.told.data.get("trigger") == "job":
                raise CannotShape("There is nothing to tell.")
            return b'{"seq":%d}' % delivery.seq

        formats = {OWN_FORMAT: Format(name=OWN_FORMAT, shape=shape)}
        return Courier(self.house.ports, formats, {WEBHOOK: self.receivers}, dice=lambda: 0.5)

    async def listens(self, name: str = "ops", **fields: Any) -> Endpoint:
        wanted = Wanted(name=name, url=f"https://{name}.example/", **({"events": ALL} | fields))
        return (await subscribe.create(self.house.ports, ADMIN, wanted, "v1", None))[0]

    async def ended(self, **asked: Any) -> int:
        return (await self.house.until(await self.house.start("load", **asked))).number

    async def states(self, number: int) -> list[str]:
        found = await self.house.ports.store.deliveries(DeliveryQuery(execution=number))
        return [one.state for one in found[::-1]]
