"""The courier: in order, at least once, under one id, patient with who fails and in nobody else's way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from runbell.domain import signing_secret
from runbell.domain.delivery import DELAYS_MS, Delivery
from runbell.domain.endpoint import OWN_FORMAT, Endpoint
from runbell.domain.event import EVENT_TYPES
from runbell.engine.courier import AT_ONCE, DEFECT, FAILS_TOO_OFTEN, WEBHOOK, Courier
from runbell.engine.delivery_keeping import KEPT_MS, DeliveryKeeping
from runbell.operations import deliveries, subscribe
from runbell.operations.call_back import AskedBack, own_secret
from runbell.operations.subscribe import Wanted
from runbell.ports.notifier import Answered, CannotShape, Format, Notification
from runbell.ports.webhook_table import DeliveryQuery
from tests.builders import NOON
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio

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


@pytest.fixture
async def office(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Office]:
    async with a_house(tmp_path) as house:
        await house.define("load", "a")
        yield Office(house)


URL = "https://ops.example/"


async def test_everything_is_told_in_order_with_a_signature(office: Office) -> None:
    await office.listens()
    number = await office.ended()
    assert await office.courier.once() == 4
    assert office.receivers.of(URL) == ["queued", "started", "step_finished", "succeeded"]
    assert await office.states(number) == ["delivered"] * 4
    assert all(len(one.secrets) == 1 and one.id.startswith("msg_") for one in office.receivers.heard)


async def test_a_failing_receiver_gets_the_same_id_and_body_ten_times_over_75_hours_and_then_the_next(
    office: Office,
) -> None:
    await office.listens(events=("execution.started", "execution.succeeded"))
    office.receivers.replies[URL] = said(500)
    number = await office.ended()
    times = []
    while (await office.states(number))[0] == "due":
        await office.courier.once()
        times.append(office.house.clock.at - NOON)
        (line,) = await office.house.ports.store.lines()
        office.house.clock.at = max(office.house.clock.at, line.due_at)
    assert times == [sum(DELAYS_MS[: place + 1]) for place in range(10)]
    assert office.receivers.of(URL) == [*(["started"] * 10), "succeeded"]
    assert len({(one.id, one.body) for one in office.receivers.heard[:10]}) == 1
    assert len({one.at for one in office.receivers.heard[:10]}) == 10
    assert await office.states(number) == ["dead", "due"]
    office.receivers.replies[URL] = said(200)
    office.house.clock.at += 5_000
    await office.courier.once()
    assert await office.states(number) == ["dead", "delivered"]


async def test_nothing_overtakes_what_has_not_arrived(office: Office) -> None:
    await office.listens()
    office.receivers.replies[URL] = said(500)
    number = await office.ended()
    await office.courier.once()
    office.receivers.replies[URL] = said(204)
    assert office.receivers.of(URL) == ["queued"]
    office.house.clock.at += 5_000
    await office.courier.once()
    assert office.receivers.of(URL) == ["queued", "queued", "started", "step_finished", "succeeded"]
    assert await office.states(number) == ["delivered"] * 4


async def test_what_was_in_the_air_when_the_server_was_killed_is_sent_again_under_the_same_id(office: Office) -> None:
    await office.listens(events=("execution.succeeded",))
    office.receivers.silent.add(URL)
    await office.ended()
    killed = asyncio.create_task(office.courier.serve())
    while not office.receivers.heard:
        await asyncio.sleep(0)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    office.receivers.silent.clear()
    assert await office.another().once() == 1
    first, second = office.receivers.heard
    assert (first.id, first.body) == (second.id, second.body)


async def test_who_does_not_answer_delays_nobody_else(office: Office) -> None:
    await office.listens("dead", events=("execution.queued",))
    await office.listens("well", events=("execution.queued",))
    office.receivers.silent.add("https://dead.example/")
    for _ in range(3 * AT_ONCE):
        await office.ended()
    serving = asyncio.create_task(office.courier.serve())
    async with asyncio.timeout(5):
        while len(office.receivers.of("https://well.example/")) < 3 * AT_ONCE:
            await asyncio.sleep(0.001)
    assert 0 < len(office.receivers.of("https://dead.example/")) < 10
    assert office.receivers.most <= AT_ONCE
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_who_fails_again_and_again_gets_one_at_a_time_until_it_succeeds(office: Office) -> None:
    await office.listens(events=("execution.queued",))
    office.receivers.replies[URL] = said(500)
    for _ in range(FAILS_TOO_OFTEN + 8):
        await office.ended()
    await office.courier.once()
    office.receivers.most = 0
    office.house.clock.at += 5_000
    await office.courier.once()
    assert office.receivers.most == 1
    office.receivers.replies[URL] = said(200)
    office.house.clock.at += 300_000
    await office.courier.once()
    assert office.receivers.most > 1


async def test_who_asks_for_less_is_left_alone_for_so_long(office: Office) -> None:
    await office.listens(events=("execution.queued",))
    office.receivers.replies[URL] = said(429, retry_after_ms=60_000)
    await office.ended()
    await office.courier.once()
    await office.ended()
    assert await office.courier.once() == 0
    office.receivers.replies[URL] = said(200)
    office.house.clock.at += 59_999
    assert await office.courier.once() == 0
    office.house.clock.at += 1
    assert await office.courier.once() == 2


async def test_gone_disables_it_and_nothing_more_is_sent(office: Office) -> None:
    await office.listens()
    office.receivers.replies[URL] = said(410)
    number = await office.ended()
    await office.courier.once()
    assert await office.states(number) == ["dead"] * 4
    assert office.receivers.of(URL) == ["queued"]
    found = await subscribe.one(office.house.ports, ADMIN, "ops")
    assert found.disabled_why == "gone"


async def test_what_may_not_be_sent_is_dead_at_once_and_can_be_sent_again(office: Office) -> None:
    await office.listens(events=("execution.succeeded",))
    office.receivers.replies[URL] = said(None, refused=True, error="Not there.")
    number = await office.ended()
    await office.courier.once()
    (seen,) = await deliveries.of_webhook(office.house.ports, ADMIN, "ops", None, 5)
    assert (seen.delivery.state, seen.delivery.why, seen.attempts[0].error) == ("dead", "cannot_be_sent", "Not there.")
    office.receivers.replies[URL] = said(200)
    await deliveries.redeliver_of_webhook(office.house.ports, ADMIN, "ops", f"msg_{seen.delivery.id}")
    await office.courier.once()
    assert await office.states(number) == ["delivered"]
    assert len({one.id for one in office.receivers.heard}) == 1


async def test_during_a_rotation_both_secrets_sign_and_then_only_the_new_one(office: Office) -> None:
    await office.listens(events=("execution.succeeded",))
    await subscribe.rotate(office.house.ports, ADMIN, "ops", None, 60_000)
    for wait in (0, 59_999, 1):
        office.house.clock.at += wait
        await office.ended()
        await office.courier.once()
    assert [len(one.secrets) for one in office.receivers.heard] == [2, 2, 1]
    assert office.receivers.heard[0].secrets[0] == office.receivers.heard[2].secrets[0]


async def test_a_callback_is_signed_with_its_own_secret_else_with_the_callers(office: Office) -> None:
    secret = signing_secret.fresh("v1")
    await office.ended(call_back=AskedBack(url="https://c.example/1", secret=secret))
    await office.ended(call_back=AskedBack(url="https://c.example/2"))
    await office.courier.once()
    mine = own_secret(office.house.ports.vault, ADMIN.client)
    assert [(one.url, one.secrets) for one in office.receivers.heard] == [
        ("https://c.example/1", (secret,)), ("https://c.example/2", (mine,)),
    ]  # fmt: skip
    assert mine != own_secret(office.house.ports.vault, "client:other")


async def test_a_disabled_or_deleted_webhook_gets_nothing_of_what_was_on_its_way(office: Office) -> None:
    for name in ("off", "gone"):
        await office.listens(name)
    number = await office.ended()
    off = await subscribe.one(office.house.ports, ADMIN, "off")
    await subscribe.change(
        office.house.ports, ADMIN, off, Wanted(name="off", url=off.url, events=off.events, enabled=False)
    )
    await subscribe.remove(office.house.ports, ADMIN, "gone", None)
    await office.courier.once()
    assert office.receivers.heard == []
    assert await office.states(number) == ["dead"] * 8
    assert await office.house.ports.store.lines() == []


async def test_a_test_is_tried_once_even_while_the_webhook_is_disabled(office: Office) -> None:
    off = await office.listens("ops", enabled=False)
    office.receivers.replies[URL] = said(500)
    seen = await deliveries.test(office.house.ports, ADMIN, "ops")
    await office.courier.once()
    now = await office.house.ports.store.delivery(seen.delivery.id)
    assert now is not None
    assert (now.state, now.attempts, now.why) == ("dead", 1, "exhausted")
    assert off.disabled_why == "by_hand"


async def test_a_defect_in_sending_is_on_record_and_tried_again(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.listens(events=("execution.succeeded",))

    def breaks(_: Notification) -> Answered:
        raise ZeroDivisionError

    office.receivers.replies[URL] = breaks
    await office.ended()
    await office.courier.once()
    (seen,) = await deliveries.of_webhook(office.house.ports, ADMIN, "ops", None, 5)
    assert (seen.delivery.state, seen.attempts[0].error) == ("due", DEFECT)
    assert "delivery_failed" in caplog.text


async def test_what_no_body_can_be_made_of_is_dead(office: Office) -> None:
    await office.listens(events=("execution.queued", "execution.succeeded"))
    number = await office.ended(kind="job")
    await office.courier.once()
    assert await office.states(number) == ["dead", "delivered"]


async def test_what_ended_a_month_ago_is_forgotten(office: Office) -> None:
    await office.listens(events=("execution.succeeded",))
    number = await office.ended()
    await office.courier.once()
    office.house.clock.at += KEPT_MS
    assert await DeliveryKeeping(office.house.ports).once() == 0
    office.house.clock.at += 1
    assert await DeliveryKeeping(office.house.ports).once() == 1
    assert await office.states(number) == []


async def test_the_next_server_knows_who_is_to_be_told(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.define("load", "a")
        await Office(house).listens(events=("execution.queued",))
    async with a_house(tmp_path) as house:
        office = Office(house)
        await office.ended()
        await office.courier.once()
        assert office.receivers.of(URL) == ["queued"]
