"""What the courier sends no more: to who is gone or disabled, what may not be sent, and what ended long ago."""

from pathlib import Path

import pytest

from runbell.engine.courier import DEFECT
from runbell.engine.delivery_keeping import KEPT_MS, DeliveryKeeping
from runbell.operations import deliveries, subscribe
from runbell.operations.call_back import AskedBack
from runbell.operations.subscribe import Wanted
from runbell.ports.notifier import Answered, Notification
from tests.builders import NOON
from tests.house_of_cards import ADMIN, a_house

from .post_office import URL, Office, said

pytestmark = pytest.mark.anyio


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


async def test_a_test_does_not_wait_behind_what_is_of_no_execution_and_cannot_arrive(office: Office) -> None:
    await office.listens(events=("endpoint.disabled",))
    other = await office.listens("other", events=("execution.succeeded",))
    office.receivers.replies[URL] = said(500)
    office.receivers.replies[other.url] = said(410)
    await office.ended()
    await office.courier.once()
    await office.courier.once()
    assert office.receivers.of(URL) == ["endpoint.disabled"]
    office.receivers.replies[URL] = said(204)
    seen = await deliveries.test(office.house.ports, ADMIN, "ops")
    await office.courier.once()
    now = await office.house.ports.store.delivery(seen.delivery.id)
    assert now is not None
    assert (now.state, office.receivers.of(URL)[-1]) == ("delivered", "endpoint.test")


async def test_a_test_reaches_a_webhook_whose_deliveries_are_given_up_because_it_was_disabled(office: Office) -> None:
    off = await office.listens()
    number = await office.ended()
    await subscribe.change(
        office.house.ports, ADMIN, off, Wanted(name="ops", url=URL, events=off.events, enabled=False)
    )
    seen = await deliveries.test(office.house.ports, ADMIN, "ops")
    await office.courier.once()
    now = await office.house.ports.store.delivery(seen.delivery.id)
    assert now is not None
    assert (await office.states(number), office.receivers.of(URL)) == (["dead"] * 4, ["endpoint.test"])
    assert now.state == "delivered"


async def test_a_webhook_of_one_job_is_not_told_of_another_that_names_it(office: Office) -> None:
    await office.listens(job="mine", events=("execution.succeeded",))
    await office.house.define("load", "a", notify={"webhooks": ["ops"], "on": ["succeeded"]})
    number = await office.ended()
    assert (await office.courier.once(), await office.states(number)) == (0, [])
    await deliveries.replay(office.house.ports, ADMIN, "ops", NOON, everything=True)
    assert await office.courier.once() == 0


async def test_what_cannot_be_written_down_is_not_sent_again_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.listens(events=("execution.succeeded",))
    await office.ended()

    async def broken(_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(office.house.ports.store, "tell_attempt", broken)
    for later in (0, 1_000, 58_000):
        office.house.clock.at = NOON + later
        await office.courier.once()
    assert len(office.receivers.heard) == 1
    monkeypatch.undo()
    office.house.clock.at = NOON + 60_000
    await office.courier.once()
    assert len({one.id for one in office.receivers.heard}) == 1
    assert len(office.receivers.heard) == 2


async def test_receivers_to_whom_nothing_is_on_its_way_are_forgotten(office: Office) -> None:
    for place in range(9):
        await office.ended(call_back=AskedBack(url=f"https://c{place}.example/"))
        await office.courier.once()
    assert len(office.receivers.heard) == 9
    assert len(office.courier._receivers) < 2
